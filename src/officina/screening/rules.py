"""What stands against a new medicine: allergies, duplicates, interactions. Plain judgements over facts; findings are data."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from officina.kernel.findings import Finding, Severity

What = Literal["active", "recent", "otc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    name: str
    ingredients: tuple[str, ...]
    classes: frozenset[str]
    key: str
    started_on: date | None = None
    supply_ends_on: date | None = None
    what: What = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyFact:
    text: str
    ingredient: str = ""
    drug_class: str = ""
    reaction: str = ""
    severity: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    allergies: tuple[AllergyFact, ...] | None
    medicines: tuple[Medicine, ...]
    on: date


@dataclass(frozen=True, slots=True)
class NotScreened:
    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Screened:
    findings: tuple[Finding, ...]
    not_screened: tuple[NotScreened, ...]
    checked: tuple[str, ...]


def default_packs() -> None:
    return None


def screen(new: Medicine, subject: Subject, packs: None) -> Screened:
    found = []
    missing = [NotScreened("dose, disease and kidney function", "this edition holds no data for it")]
    if subject.allergies is None:
        missing.append(NotScreened("allergies", "nobody has asked"))
    for a in subject.allergies or ():
        if a.ingredient in new.ingredients or (a.drug_class and a.drug_class in new.classes):
            found.append(Finding("allergy.ingredient", f"Allergy to {a.text}: {new.name}.", Severity.MAJOR, about=(a.text, new.name)))
    return Screened(tuple(found), tuple(missing), ("allergies",))
