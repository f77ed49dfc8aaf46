"""The label linter: what must not be printed, what must be, and what does not fit, as findings.

A finding that is serious (`severity.is_serious`) stops the print; the others stand beside the work.

>>> [f.code for f in lint_text("Take 1.0 mg QD", what="directions")]
['trailing_zero', 'qd']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from officina.kernel import packs
from officina.kernel.errors import Refused
from officina.kernel.findings import Finding, Severity
from officina.labels import layout
from officina.labels.content import LabelContent, Part, day

_PACKS = Path(__file__).parent / "packs"
_READ = (Part.DIRECTIONS, Part.DRUG, Part.PURPOSE, Part.AUXILIARY)
"""Parts whose words are ours or a prescriber's. Names of people and pharmacies are nobody's to correct."""


@dataclass(frozen=True, slots=True)
class Banned:
    """A way of writing that has been misread."""

    code: str
    pattern: str
    instead: str
    where: tuple[str, ...]
    severity: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """A part that the label must show, or words that a part must hold for some medicines."""

    part: str
    title: str
    severity: int
    source: str
    schedules: tuple[int, ...] = ()
    ingredients: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    must_say: str = ""


@cache
def banned() -> tuple[tuple[re.Pattern[str], Banned], ...]:
    """The rows of the list of error-prone writings, ready to search with."""
    rows = packs.load(_PACKS / "lists.toml", Banned).rows
    return tuple((re.compile(row.pattern), row) for row in rows)


@cache
def required() -> tuple[Required, ...]:
    """The rows of what a label must show."""
    return packs.load(_PACKS / "required.toml", Required).rows


def lint_text(text: str, *, what: str) -> tuple[Finding, ...]:
    """Error-prone writings in one text (Joint Commission and ISMP lists); `what` names it: directions, drug, purpose, auxiliary."""
    held = what if what in _READ else Part.DIRECTIONS
    return tuple(
        Finding(
            row.code, f"The {what} say “{came}”, which has been misread. Write: {row.instead}.", Severity(row.severity),
            where=what, expected=row.instead, came=came, source=row.source,
        )
        for pattern, row in banned() if held in row.where
        for came in dict.fromkeys(found[0].strip() for found in pattern.finditer(text))
    )  # fmt: skip


def lint(content: LabelContent) -> tuple[Finding, ...]:
    """Everything that is wrong with a label, most serious first."""
    found = [f for part in _READ for f in lint_text(content.text(part), what=part)]
    found += [*_missing(content), *_contradictions(content), *_overflows(content)]
    return tuple(sorted(found, key=lambda f: f.severity))


def _missing(content: LabelContent) -> Iterator[Finding]:
    facts = content.facts
    ingredients = {i.lower().split(" ")[0] for i in facts.ingredients}
    for row in required():
        meant = (not row.schedules or facts.schedule in row.schedules) and (
            not row.ingredients or ingredients & set(row.ingredients)
        )
        meant = meant and (not row.routes or facts.route.lower() in row.routes)
        if meant and row.must_say not in content.text(Part(row.part)).lower():
            yield _finding("label_must_say", f"{row.title} is missing on the label.", row, Severity(row.severity))
        elif meant and (not content.text(Part(row.part)) or not _whole(content, Part(row.part))):
            yield _finding("label_missing", f"{row.title} is missing on the label.", row, Severity(row.severity))


def _finding(code: str, sentence: str, row: Required, severity: Severity) -> Finding:
    return Finding(code, sentence, severity, where=row.part, expected=row.title, source=row.source)


def _whole(content: LabelContent, part: Part) -> bool:
    """Whether a part of several facts has all of those that the law names."""
    facts = content.facts
    match part:
        case Part.RX:
            return bool(facts.rx_number.strip() and facts.fill_number.strip())
        case Part.PHARMACY:
            return bool(
                facts.pharmacy_name.strip() and facts.pharmacy_street.strip() and facts.pharmacy_city_line.strip()
            )
        case Part.MAKER:
            return bool(facts.labeler.strip())
        case _:
            return True


def _contradictions(content: LabelContent) -> Iterator[Finding]:
    facts = content.facts
    if facts.quantity <= 0:
        yield Finding(
            "label_quantity",
            "The quantity is not more than 0.",
            Severity.MAJOR,
            where=Part.QUANTITY,
            came=str(facts.quantity),
        )
    if facts.schedule == 2 and facts.refills_left:
        sentence = f"A Schedule II prescription has no refills, and the label would promise {facts.refills_left}."
        yield Finding("label_refills", sentence, Severity.MAJOR, where=Part.REFILLS, source="21 CFR 1306.12(a)")
    if content.discard_on <= facts.filled_on:
        sentence = f"The lot expires {day(content.discard_on)}: it may not be dispensed on {day(facts.filled_on)}."
        yield Finding("label_expired", sentence, Severity.MAJOR, where=Part.DISCARD, came=day(content.discard_on))
    if facts.schedule in (3, 4) and facts.fill_no and not facts.first_filled_on:
        sentence = "A refill of a controlled medicine shows the date of the first fill, and that date is not given."
        yield Finding("label_first_filled", sentence, Severity.MODERATE, where=Part.RX, source="21 CFR 1306.24(a)")


def _overflows(content: LabelContent) -> Iterator[Finding]:
    try:
        layout.lay_out(content)
    except Refused as no:
        yield Finding(no.code, no.sentence, Severity.MAJOR, came=no.came)
