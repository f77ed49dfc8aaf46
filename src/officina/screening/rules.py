"""What stands against a new medicine: allergies, duplicates, interactions. Plain judgements over facts; findings are data.

What was not screened, and why, is part of every answer: an empty list of findings never means "no problem".
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from officina.kernel import packs
from officina.kernel.findings import Finding, Severity

What = Literal["active", "recent", "otc"]
CHECKED = ("allergies", "duplicate ingredients", "duplicate classes", "the fifteen high-priority interactions")
NO_DATA = ("dose", "disease, pregnancy and age", "kidney function", "other interactions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """A medicine as far as screening goes; `key` tells two orders of the same drug apart."""

    name: str
    ingredients: tuple[str, ...]
    classes: frozenset[str]
    key: str
    started_on: date | None = None
    supply_ends_on: date | None = None
    """The last day that what was handed over should last; None where nothing was handed over yet."""
    what: What = "active"

    def has(self, members: tuple[str, ...]) -> bool:
        """Whether one of the members names this medicine: ':class' or an ingredient."""
        return any((m[1:] in self.classes) if m.startswith(":") else (m in self.ingredients) for m in members)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyFact:
    """An allergy as noted; without ingredient or class it cannot be screened."""

    text: str
    ingredient: str = ""
    drug_class: str = ""
    reaction: str = ""
    severity: str = "unknown"
    """anaphylaxis, severe, mild, intolerance or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The patient's profile on a day; `allergies` is None where nobody ever asked."""

    allergies: tuple[AllergyFact, ...] | None
    medicines: tuple[Medicine, ...]
    on: date


@dataclass(frozen=True, slots=True)
class NotScreened:
    """A check that was not made, and why."""

    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Screened:
    """Findings, most serious first; what was checked; what was not."""

    findings: tuple[Finding, ...]
    not_screened: tuple[NotScreened, ...]
    checked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A row of the interaction pack."""

    rule: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    severity: int
    consequence: str
    advice: str
    one_washout_days: int = 0
    other_washout_days: int = 0
    one_washout: dict[str, int] = field(default_factory=dict)
    """Days by ingredient, where one member of the class stays longer in the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossAllergy:
    """A row of the allergy pack."""

    allergen: str
    reaches: str
    severity: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplication:
    """A row of the duplication pack."""

    drug_class: str
    allowed: int
    severity: int


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs that a screening rests on."""

    interactions: packs.Pack[Interaction]
    allergies: packs.Pack[CrossAllergy]
    duplications: packs.Pack[Duplication]


@functools.cache
def default_packs() -> Packs:
    """The packs that come with the house, loaded and validated once."""
    folder = Path(__file__).parent / "packs"
    return Packs(
        packs.load(folder / "onc_high_priority.toml", Interaction),
        packs.load(folder / "allergy_cross.toml", CrossAllergy),
        packs.load(folder / "duplication.toml", Duplication),
    )


def screen(new: Medicine, subject: Subject, by: Packs) -> Screened:
    """Compare a new medicine with allergies and with every other medicine in use; the caller leaves out the order itself."""
    found = [*_allergies(new, subject, by), *_interactions(new, subject, by), *_duplicates(new, subject, by)]
    ordered = tuple(sorted(dict.fromkeys(found), key=lambda f: (f.severity, f.code, f.about)))
    return Screened(ordered, tuple(_not_screened(new, subject)), CHECKED)


def _not_screened(new: Medicine, subject: Subject) -> Iterator[NotScreened]:
    if not new.ingredients:
        yield NotScreened("everything", f"the ingredients of {new.name} are not in the drug file")
    if subject.allergies is None:
        yield NotScreened("allergies", "nobody asked the patient yet")
    for a in subject.allergies or ():
        if not a.ingredient and not a.drug_class:
            yield NotScreened(
                f"allergy to {a.text}", "it is noted as free text and names no substance of the drug file"
            )
    for m in subject.medicines:
        if not m.ingredients:
            yield NotScreened(f"interactions with {m.name}", "its ingredients are not in the drug file")
    for check in NO_DATA:
        yield NotScreened(check, "this edition holds no data for it")


def _allergies(new: Medicine, subject: Subject, by: Packs) -> Iterator[Finding]:
    for a in subject.allergies or ():
        said = f"{a.text} ({a.reaction})" if a.reaction else a.text
        direct = a.ingredient in new.ingredients or (bool(a.drug_class) and a.drug_class in new.classes)
        if direct:
            code = "allergy.ingredient" if a.ingredient in new.ingredients else "allergy.class"
            sentence = f"The patient is allergic to {said}, and {new.name} is or holds it."
            yield _allergy_finding(code, sentence, Severity.MAJOR, a, new, "noted in the profile")
            continue
        mine = {a.ingredient, f":{a.drug_class}"} - {"", ":"}
        reached = [c for c in by.allergies.rows if c.allergen in mine and new.has((c.reaches,))]
        if reached:
            worst = min(reached, key=lambda c: c.severity)
            sentence = f"The patient is allergic to {said}, which may reach {new.name}. {worst.note}"
            yield _allergy_finding(
                "allergy.cross", sentence, Severity(worst.severity), a, new, by.allergies.header.name
            )


def _allergy_finding(code: str, sentence: str, base: Severity, a: AllergyFact, new: Medicine, source: str) -> Finding:
    severity = base
    if a.severity in {"anaphylaxis", "severe"} and base > Severity.CONTRAINDICATED:
        severity = Severity(base - 1)
    if a.severity == "intolerance":
        severity, sentence = (
            Severity.MINOR,
            f"The patient does not tolerate {a.text} well; that is no allergy. {new.name} is or resembles it.",
        )
    return Finding(code, sentence, severity, source=source, about=(a.text, new.name))


def _interactions(new: Medicine, subject: Subject, by: Packs) -> Iterator[Finding]:
    for m in subject.medicines:
        for row in by.interactions.rows:
            for old_side, new_side in (("one", "other"), ("other", "one")):
                if not m.has(getattr(row, old_side)) or not new.has(getattr(row, new_side)):
                    continue
                if _still_counts(m, row, old_side, on=subject.on):
                    yield Finding(
                        f"interaction.{row.rule}",
                        f"{m.name} with {new.name}: {row.consequence} {row.advice}",
                        Severity(row.severity),
                        source=by.interactions.header.source,
                        about=(m.name, new.name),
                    )


def _still_counts(m: Medicine, row: Interaction, side: str, *, on: date) -> bool:
    """A medicine counts while its supply lasts, and for its washout days after."""
    if m.what != "recent" or m.supply_ends_on is None:
        return True
    days = row.one_washout_days if side == "one" else row.other_washout_days
    if side == "one":
        days = max([days, *(d for ingredient, d in row.one_washout.items() if ingredient in m.ingredients)])
    return on <= m.supply_ends_on + timedelta(days=days)


def _duplicates(new: Medicine, subject: Subject, by: Packs) -> Iterator[Finding]:
    active = [m for m in subject.medicines if m.what != "recent"]
    same: set[str] = set()
    for m in active:
        shared = sorted(set(m.ingredients) & set(new.ingredients))
        if shared:
            same.add(m.key)
            if m.name == new.name:
                sentence = f"The patient already has {m.name}."
                yield Finding(
                    "duplicate.ingredient", sentence, Severity.MAJOR, source="same ingredient", about=(m.name, new.name)
                )
            else:
                sentence = (
                    f"The patient already has {m.name} with the same {', '.join(shared)}: is this a change of therapy?"
                )
                yield Finding(
                    "duplicate.ingredient",
                    sentence,
                    Severity.MODERATE,
                    source="same ingredient",
                    about=(m.name, new.name),
                )
    for row in by.duplications.rows:
        if row.drug_class not in new.classes:
            continue
        others = [m for m in active if row.drug_class in m.classes and m.key not in same]
        if len(others) >= row.allowed:
            names = ", ".join(m.name for m in others)
            sentence = f"{new.name} would be one more {row.drug_class.replace('-', ' ')} beside {names}."
            yield Finding(
                "duplicate.class",
                sentence,
                Severity(row.severity),
                source=by.duplications.header.name,
                about=(row.drug_class, new.name),
            )
