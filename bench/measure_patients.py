"""Finding among 100,000 patients: what fits, what is near, by birth date, and the list of likely duplicates."""

import itertools
import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from bench.harness import Figure, measure, once
from officina.base import services as house
from officina.base.access import Actor
from officina.base.services import NewSite
from officina.demo import people
from officina.patients import duplicates, finding, likeness, rules
from officina.patients.models import NameWord, Patient

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANY = int(os.environ.get("OFFICINA_BENCH_PATIENTS", "100000"))
ASKED = 400


def figures() -> Iterator[Figure]:
    """Each kind of search over patients drawn at random, the list of words read once before."""
    boss = house.open_site(NewSite(name="Bench of the patients", training=True), at=AT)
    rng = random.Random(11)
    _fill(boss, rng)
    drawn = rng.sample(list(Patient.objects.order_by("pk")), ASKED)
    yield once(f"{MANY:,} patients: reading the words of all names", lambda: finding.find(boss, "zzzzyq"))
    slips = [_slip(rng, p) for p in drawn]
    day_first = [f"{p.last_name} {p.first_name} {p.born_on.day}/{p.born_on.month}/{p.born_on.year}" for p in drawn]
    asked = {
        "beginnings of both names": [f"{p.last_name[:5]} {p.first_name[:2]}" for p in drawn],
        "name and birth date": [f"{p.last_name} {p.first_name} {p.born_on:%m/%d/%Y}" for p in drawn],
        "birth date alone": [f"{p.born_on:%m/%d/%Y}" for p in drawn],
        "names swapped": [f"{p.first_name} {p.last_name}" for p in drawn],
        "one name misspelt": slips,
        "one name misspelt, and the birth date": [
            f"{s} {p.born_on:%m/%d/%Y}" for s, p in zip(slips, drawn, strict=True)
        ],
        "day and month swapped": day_first,
    }
    for what, texts in asked.items():
        yield _each(f"{MANY:,} patients: {what}", boss, texts)
    yield once(f"{MANY:,} patients: likely duplicates", lambda: duplicates.likely(boss))


def _fill(boss: Actor, rng: random.Random) -> None:
    """Patients by bulk, with the words of their names as the service keeps them."""
    firsts = sorted({*likeness._called(), *people.WOMEN, *people.MEN})
    begins = [
        "al",
        "ba",
        "be",
        "ca",
        "co",
        "da",
        "de",
        "fa",
        "fi",
        "gar",
        "go",
        "ha",
        "hen",
        "jo",
        "ka",
        "ki",
        "la",
        "lo",
        "mar",
        "mc",
        "mo",
        "na",
        "no",
        "o",
        "pa",
        "per",
        "ra",
        "ro",
        "sa",
        "san",
        "sch",
        "ta",
        "to",
        "va",
        "wa",
        "we",
    ]
    ends = [
        "ez",
        "son",
        "man",
        "ski",
        "er",
        "ton",
        "ley",
        "ova",
        "ini",
        "berg",
        "field",
        "well",
        "o",
        "a",
        "ing",
        "ards",
    ]
    middles = ["b", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "w", "k", "ch", "rr", "ll", "nd", "st", "nk"]
    last = [f"{x}{m}{y}".capitalize() for x in begins for m in middles for y in ends]
    rng.shuffle(last)
    weight = [1 / (n + 20) for n in range(len(last))]
    for start in range(0, MANY, 5000):
        rows = []
        for n in range(start, min(start + 5000, MANY)):
            first, name = rng.choice(firsts).capitalize(), rng.choices(last, weight)[0]
            born = date(1930, 1, 1) + timedelta(days=rng.randrange(33_000))
            rows.append(
                Patient(
                    site_id=boss.site_id, number=f"P{n:06}", last_name=name, first_name=first, born_on=born,
                    name_key=rules.name_key(name, first), phone=f"608{rng.randrange(10**7):07}", street=f"{n} Elm St",
                )
            )  # fmt: skip
        made = Patient.objects.bulk_create(rows)
        words = [
            NameWord(site_id=boss.site_id, patient=p, word=word)
            for p in made
            for word in sorted(rules.name_words(p.last_name, p.first_name))
        ]
        NameWord.objects.bulk_create(words)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _slip(rng: random.Random, patient: Patient) -> str:
    name = list(patient.last_name.lower())
    place = rng.randrange(1, len(name) - 1)
    name[place], name[place + 1] = name[place + 1], name[place]
    return f"{''.join(name)} {patient.first_name}"


def _each(what: str, boss: Actor, texts: list[str]) -> Figure:
    turn = itertools.cycle(texts)
    return measure(what, lambda: finding.find(boss, next(turn)), times=len(texts), warm_up=20)
