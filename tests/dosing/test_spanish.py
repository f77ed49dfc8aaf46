"""The Spanish of the label, for every construction that the grammar can produce; marked for the review of a fluent pharmacist."""

import itertools
import re
from fractions import Fraction
from pathlib import Path

import pytest

from officina.dosing import label, sig, words
from officina.dosing.dosage import Amount, Dosage, Maximum, Part, Span, Times, When
from officina.kernel import packs

TEXT = (Path(__file__).parent / "spanish.txt").read_text(encoding="utf-8")
ROWS = [tuple(p.strip() for p in line.split("|")) for line in TEXT.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(("construction", "direction", "spanish"), ROWS, ids=[r[0] for r in ROWS])
def test_a_construction_is_said_in_spanish_as_it_was_written_down(construction, direction, spanish):
    read = sig.read(direction)
    assert read.dosage is not None, read.place
    assert label.text(read.dosage, "es") == spanish


def constructions(part: Part) -> set[str]:
    """What of the structure a part uses, each by a name of its own."""
    said = {
        f"verb {part.verb in ('wash', 'shampoo') and 'of a place'}",
        f"route {bool(part.route)}",
        f"site {bool(part.site)}",
    }
    if amount := part.amount:
        kind = "range" if amount.low != amount.high else "mixed" if amount.high > 1 and amount.high.denominator > 1 else "less" if amount.high < 1 else "one" if amount.high == 1 else "many"  # fmt: skip
        said |= {f"amount {kind}", f"unit {bool(amount.unit)}", f"strength {bool(part.strength)}"}
    else:
        said.add("amount none")
    if part.times:
        said.add(f"times {part.times.period} {'up to' if part.times.up_to else 'range' if part.times.low != part.times.high else 'once' if part.times.high == 1 else 'many'}")  # fmt: skip
    if part.every:
        said.add(f"every {part.every.unit} {'range' if part.every.low != part.every.high else 'one' if part.every.high == 1 else 'many'}")  # fmt: skip
    for when in part.when:
        said.add(f"when {'clock one' if when.event.startswith('at 1:') else 'clock' if when.event[:3].strip() == 'at' and when.event[-1] == 'm' else 'event'} {'start' if when.start else ''} {'offset' if when.offset else ''}")  # fmt: skip
    said |= {f"whens {len(part.when) > 1}"} if part.when else set()
    said |= {f"weekdays {min(len(part.weekdays), 3)}"} if part.weekdays else set()
    said |= {f"days {part.days[0] != part.days[1]}"} if part.days else set()
    said |= {f"needed {part.as_needed} for {min(len(part.reasons), 2)}", f"notes {min(len(part.notes), 2)}"}
    if part.duration:
        span = part.duration
        said.add(f"duration {span.unit} {'up to' if span.up_to else 'range' if span.low != span.high else 'one' if span.high == 1 else 'many'}")  # fmt: skip
    said |= {f"maximum {m.period}" for m in part.maximum}
    return said


WANTED = {
    *(f"amount {k}" for k in ("one", "many", "range", "mixed", "less", "none")), "unit True", "unit False", "strength True",
    "route True", "site True", "verb of a place",
    *(f"times {k}" for k in ("day once", "day many", "day range", "day up to", "week once", "week many", "week up to", "month once", "month many")),
    *(f"every {k}" for k in ("hour one", "hour many", "hour range", "minute many", "day many", "week many", "month many")),
    "when event  ", "when event  offset", "when event start offset", "when event start ", "when clock  ", "when clock one  ",
    "whens True", "weekdays 1", "weekdays 2", "weekdays 3", "days True", "days False",
    "needed True for 0", "needed True for 1", "needed True for 2", "needed False for 1", "notes 1", "notes 2",
    *(f"duration {k}" for k in ("day many", "day range", "day up to", "week many", "month one", "month many", "night many", "hour one")),
    "maximum day", "maximum week", "maximum ",
}  # fmt: skip


def test_the_table_covers_every_construction_of_the_structure():
    parts = [p for _, direction, _ in ROWS for p in sig.read(direction).dosage.parts]
    assert WANTED - set().union(*map(constructions, parts)) == set()
    orders = {tuple(p.sequence for p in sig.read(d).dosage.parts) for _, d, _ in ROWS}
    assert {(1,), (1, 1), (1, 2)} <= orders


F = Fraction
AMOUNTS = [None, *(Amount(F(a), F(b), "tablet") for a, b in (("1", "1"), ("2", "2"), ("1", "2"), ("1/2", "1/2"), ("3/2", "3/2"))), Amount(F(1), F(1), "")]  # fmt: skip
TIMINGS = [
    *({"times": Times(F(a), F(b), period, up_to)} for period in ("day", "week", "month") for a, b, up_to in ((1, 1, False), (2, 2, False), (2, 3, False), (3, 3, True))),
    *({"every": Span(F(a), F(b), unit)} for unit in ("minute", "hour", "day", "week", "month") for a, b in ((1, 1), (2, 2), (4, 6))),
    *({"when": when} for when in (
        (When("at bedtime"),), (When("in the morning"), When("at bedtime")), (When("before breakfast", Span(F(30), F(60), "minute")),),
        (When("before surgery", Span(F(3), F(3), "day"), start=True),), (When("at 1:00 pm"),), (When("at 8:00 am"), When("at 8:00 pm")),
    )),
    *({"weekdays": days} for days in (("Monday",), ("Saturday", "Sunday"), ("Monday", "Wednesday", "Friday"))),
    {"days": (1, 1)}, {"days": (2, 5)}, {},
]  # fmt: skip
ENDINGS = [
    {}, {"as_needed": True}, {"as_needed": True, "reasons": ("pain",)}, {"reasons": ("cough", "fever")},
    {"maximum": (Maximum(Amount(F(8), F(8), "tablet"), "day"),)}, {"maximum": (Maximum(Amount(F(3), F(3), "dose"), ""), Maximum(Amount(F(5), F(5), "tablet"), "week"))},
    {"notes": ("with food", "do not crush or chew")},
]  # fmt: skip
DURATIONS = [None, *(Span(F(a), F(b), unit, up_to) for unit in ("hour", "day", "night", "week", "month") for a, b, up_to in ((1, 1, False), (3, 5, False), (7, 7, True)))]  # fmt: skip
ENGLISH = re.compile(
    r"\b(take|and|then|every|day|days|hours?|weeks?|months?|times?|for|as needed|up to|on|at|in the|before|after|with|maximum|starting|tablets?|to)\b"
)


def test_every_combination_has_spanish_without_a_word_of_english():
    seen = 0
    for amount, timing, ending, duration in itertools.product(AMOUNTS, TIMINGS, ENDINGS, DURATIONS):
        part = Part(verb="take", amount=amount, route="by mouth", duration=duration, **timing, **ending)
        for dosage in (Dosage((part,)),) if seen % 50 else (Dosage((part,)), Dosage((part, part)), Dosage((part, Part(sequence=2, verb="take", amount=AMOUNTS[1], **TIMINGS[0])))):  # fmt: skip
            spanish = label.text(dosage, "es")
            assert spanish, dosage
            assert not ENGLISH.search(spanish.lower()), spanish
        seen += 1
    assert seen > 20_000


def test_every_word_of_the_packs_and_the_table_itself_are_marked_for_review():
    assert "needs the review of a fluent pharmacist" in TEXT.replace("need the review", "needs the review")
    for path in sorted((Path(words.__file__).parent / "packs").glob("*.toml")):
        assert "the Spanish needs the review of a fluent pharmacist" in packs.load(path, words.Word).header.review
