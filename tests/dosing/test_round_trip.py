"""Structure → label text → structure is the identity; Spanish exists for all of it; nonsense never raises and never loses a number."""

import os
import random
import re
from fractions import Fraction

import pytest

from officina.dosing import label, sig, words
from officina.dosing.dosage import Amount, Dosage, Maximum, Part, Span, Times, When

SWALLOWED = ("tablet", "capsule", "softgel", "mL", "mg", "packet", "drop")
KINDS = (
    ("take", SWALLOWED, ("by mouth", ""), ("",)),
    ("give", ("mL", "tablet", "mg"), ("by mouth", "by feeding tube"), ("",)),
    ("chew", ("tablet", "gummy"), ("by mouth", ""), ("",)),
    ("place", ("tablet", "film"), ("under the tongue", "inside the cheek"), ("",)),
    ("inject", ("unit", "mg", "mL", "mcg", "syringe"), ("under the skin", "into the muscle", "into a vein"), ("", "in the abdomen")),
    ("inhale", ("puff", "vial", "capsule"), ("by mouth", "by nebulizer", "by inhalation", ""), ("",)),
    ("instill", ("drop",), ("",), ("in the right eye", "in both eyes", "in the left ear", "in the affected eye")),
    ("use", ("spray",), ("",), ("in each nostril", "in 1 nostril", "in the left nostril")),
    ("apply", ("g", "patch", "thin layer", "application", "inch"), ("on the skin", ""), ("", "to the affected area", "to the scalp")),
    ("insert", ("suppository", "tablet", "applicatorful", "ring"), ("in the rectum", "in the vagina"), ("",)),
    ("swish and swallow", ("mL",), ("",), ("",)),
)  # fmt: skip
NUMBERS = [
    Fraction(n)
    for n in ("1/4", "1/2", "3/4", "1", "1.5", "2", "2.5", "3", "5", "10", "0.3", "17", "0.05", "1000", "1/3")
]


def _two(rng, low=1, high=12):
    first = rng.randint(low, high)
    return Fraction(first), Fraction(first + rng.choice((0, 0, 0, 1, 2)))


def _amount(rng, unit):
    low = rng.choice(NUMBERS)
    return Amount(low, rng.choice((low, low, low, low + 1)), unit)


def _timing(rng):
    kind = rng.randrange(7)
    if kind == 0:
        return {"times": Times(*_two(rng, 1, 6), rng.choice(("day", "week", "month")))}
    if kind == 1:
        return {"every": Span(*_two(rng, 2, 24), rng.choice(("hour", "day", "week", "minute")))}
    if kind == 2:
        events = rng.sample(sorted(words.of("when")), rng.randint(1, 3))
        return {"when": tuple(When(e) for e in events)}
    if kind == 3:
        event = rng.choice([e for e in sorted(words.of("when")) if e.startswith(("before", "after"))])
        return {"when": (When(event, Span(*_two(rng, 1, 90), "minute")),)}
    if kind == 4:
        return {"weekdays": tuple(rng.sample(list(words.of("weekday")), rng.randint(1, 4)))}
    if kind == 5:
        return {"times": Times(*(Fraction(rng.randint(2, 6)),) * 2, "day", up_to=True)}
    clock = f"at {rng.randint(1, 12)}:{rng.choice(('00', '30', '45'))} {rng.choice(('am', 'pm'))}"
    return {"when": (When(clock),)}


def _part(rng, kind, sequence, *, last):
    verb, units, routes, sites = kind
    amount = _amount(rng, rng.choice(units))
    said = {"sequence": sequence, "verb": verb, "amount": amount, "route": routes, "site": sites} | _timing(rng)
    if rng.random() < 0.2 and amount.unit in ("tablet", "capsule"):
        said["strength"] = Amount(Fraction(50), Fraction(50), "mg")
    if rng.random() < 0.3:
        said["as_needed"] = True
    if rng.random() < 0.3:
        said["reasons"] = tuple(rng.sample(sorted(words.of("reason")), rng.choice((1, 1, 2))))
    if rng.random() < 0.4 or not last:
        said["duration"] = Span(*_two(rng, 1, 30), rng.choice(("day", "week", "month", "night")), rng.random() < 0.2)
    if rng.random() < 0.2 and last:
        said["maximum"] = (Maximum(Amount(Fraction(8), Fraction(8), amount.unit), rng.choice(("day", "week"))),)
    if rng.random() < 0.3 and last:
        said["notes"] = tuple(rng.sample(sorted(words.of("note")), rng.choice((1, 2))))
    return Part(**said)


def _dosage(rng):
    verb, units, routes, sites = rng.choice(KINDS)
    kind = (verb, units, rng.choice(routes), rng.choice(sites))
    steps = rng.choice((1, 1, 1, 2, 3))
    return Dosage(tuple(_part(rng, kind, i, last=i == steps) for i in range(1, steps + 1)))


def _drill(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        dosage = _dosage(rng)
        text = label.text(dosage)
        read = sig.read(text)
        assert read.dosage == dosage, f"{text}\n{read.status} {read.place} {read.readings}"
        spanish = label.text(dosage, "es")
        assert spanish, text
        assert (
            sorted(re.findall(r"\d+", spanish)) == sorted(re.findall(r"\d+", text.replace("once", "1 time")))
            or "sí y otro" in spanish
        ), spanish


def test_what_the_label_says_is_read_back_as_it_was():
    _drill(seed=1, count=4_000)


@pytest.mark.skipif(os.environ.get("OFFICINA_DRILL") != "long", reason="the whole number runs in make drill")
def test_a_hundred_thousand_dosages_are_read_back_as_they_were():
    _drill(seed=2026, count=100_000)


@pytest.mark.parametrize(
    "row", [w for w in words.rows() if w.kind not in ("becomes", "ambiguous", "skip", "kept")], ids=lambda w: w.en
)
def test_every_word_of_a_label_has_its_spanish(row):
    assert row.es
    assert bool(row.many) == bool(row.es_many)


def _numbers(dosage):
    """Every number that the structure holds, and those in the notes and in what was kept."""
    found = []

    def walk(thing):
        if isinstance(thing, Fraction | int) and not isinstance(thing, bool):
            found.append(Fraction(thing))
        elif isinstance(thing, str):
            found.extend(Fraction(n) for n in re.findall(r"\d+(?:\.\d+)?", thing))
        elif isinstance(thing, tuple):
            [walk(t) for t in thing]
        elif hasattr(thing, "__slots__"):
            [walk(getattr(thing, s)) for s in thing.__slots__ if s != "sequence"]

    walk(dosage)
    return set(found)


def test_token_salad_never_raises_and_no_number_of_it_is_lost():
    rng = random.Random(7)
    stock = sorted(words.written()) + [t for w in words.rows() if w.kind == "becomes" for t in w.written]
    digits = ["7", "13", "2.5", "0.75", "400", "1,250", "11", "0", "1.0", ".5", "3/2"]
    glue = ["for", "every", "x", "and", "then", "at", "on day", "max", "to", "-", ",", ".", "(", ")", "/", "up to", "=", "q", "h", "days",
            "times a day", "hours", "mg", "tablet", "tabs", "take", "po", "zzz", "é", "\x00", "#"]  # fmt: skip
    understood = 0
    for _ in range(20_000):
        tokens = [rng.choice(rng.choice((stock, digits, glue))) for _ in range(rng.randint(1, 9))]
        if rng.random() < 0.5:
            tokens = ["take", rng.choice(("7", "13", "2.5")), "tablets", "by mouth", *tokens[:3], "every day"]
        sig.read("".join(tokens))
        text = " ".join(tokens)
        read = sig.read(text)
        if read.dosage is None:
            assert read.place
            continue
        understood += 1
        said = {Fraction(t.replace(",", "")) for t in tokens if t in digits and t != "3/2"}
        # '1 time a day before waking' is before waking: the number of times stands in the events that it counts.
        events = {Fraction(sum(w.count for w in part.when)) for part in read.dosage.parts}
        held = _numbers(read.dosage)
        spoons = {n / 5 for n in held} | {n / 15 for n in held}  # what was said in spoons is held in mL
        mixed = {Fraction(int(n)) for n in held if n.denominator > 1}  # '7 one-fourth' is 7 1/4
        assert said <= held | events | spoons | mixed, f"{text}\n{read.dosage}"
    assert understood > 300
