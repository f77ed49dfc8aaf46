"""Records that may be one person's, for somebody to look at: nothing is merged by itself."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations

from officina.base.access import Actor
from officina.drugs.rules.spelling import sound
from officina.patients import likeness, queries, rules
from officina.patients.models import Patient, TwoPeople

_MOST_OF_ONE_NAME = 60
"""Of a name that so many bear, the name says too little to compare all of them pairwise."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that are alike, and in what."""

    one: Patient
    other: Patient
    why: str


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    last: tuple[str, ...]
    first: tuple[str, ...]
    born_on: date
    phone: str
    street: str


_sound = lru_cache(maxsize=100_000)(sound)


def likely(actor: Actor, *, most: int = 50) -> list[Pair]:
    """The likeliest pairs of the site, without those that somebody said are two people. Three statements; reads every record."""
    told = set(TwoPeople.objects.filter(one__site=actor.site_id).values_list("one_id", "other_id"))
    found = {keys: (weight, why) for weight, keys, why in _pairs(_rows(actor)) if keys not in told}
    best = sorted(found.items(), key=lambda one: (-one[1][0], one[0]))[:most]
    rows = Patient.objects.in_bulk([pk for keys, _ in best for pk in keys])
    return [Pair(rows[low], rows[high], why) for (low, high), (_, why) in best]


def _rows(actor: Actor) -> list[_Row]:
    columns = ("pk", "last_name", "first_name", "born_on", "phone", "street")
    rows = queries.people(actor).order_by("pk").values_list(*columns)
    return [
        _Row(pk, tuple(rules.fold(last).split()), tuple(rules.fold(first).split()), born, phone, rules.fold(street))
        for pk, last, first, born, phone, street in rows.iterator(chunk_size=5000)
    ]


def _pairs(rows: list[_Row]) -> Iterator[tuple[int, tuple[int, int], str]]:
    by_birth, by_name = defaultdict(list), defaultdict(list)
    for row in rows:
        by_birth[row.born_on].append(row)
        by_name[row.last, row.first].append(row)
    for born in by_birth.values():
        for a, b in combinations(born, 2):
            if verdict := _same_birth(a, b):
                yield verdict[0], (a.pk, b.pk), verdict[1]
    for named in by_name.values():
        for a, b in combinations(named[:_MOST_OF_ONE_NAME], 2):
            if verdict := _same_name(a, b):
                yield verdict[0], (a.pk, b.pk), verdict[1]


def _same_birth(a: _Row, b: _Row) -> tuple[int, str] | None:
    """Two born on one day: alike in both names, be they swapped; or the same first name at one address under another last name."""
    is_near = bool((a.phone and a.phone == b.phone) or (a.street and a.street == b.street))
    if (a.last, a.first) == (b.last, b.first):
        return 9 + is_near, "same name and birth date"
    if (a.last, a.first) == (b.first, b.last):
        return 8, "same birth date, first and last name swapped"
    if _alike(a.last, b.last) and _alike(a.first, b.first):
        return 6 + is_near, "same birth date, names alike"
    if is_near and _alike(a.first, b.first):
        return 5, "same birth date, first name and " + ("telephone" if a.phone and a.phone == b.phone else "street")
    return None


def _same_name(a: _Row, b: _Row) -> tuple[int, str] | None:
    """Two of one name: born on days that one takes for each other, or at the same telephone."""
    if a.born_on == b.born_on:
        return None
    is_near = bool(a.phone and a.phone == b.phone)
    if not is_near and not likeness.is_slip(a.born_on, b.born_on):
        return None
    dates = f"same name, born {rules.said(a.born_on)} and {rules.said(b.born_on)}"
    return (7, f"{dates}, same telephone") if is_near else (4, dates)


def _alike(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return any(_may_sound(a, b) and likeness.are_alike(a, b) for a in some for b in others)


def _may_sound(a: str, b: str) -> bool:
    """Whether comparing letter by letter is worth it: most pairs of a day begin with other sounds."""
    return a[:1] == b[:1] or _sound(a)[:1] == _sound(b)[:1] or b in likeness.called(a)
