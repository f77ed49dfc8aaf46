"""What stands against a new medicine: allergies, duplicates, interactions. Plain judgements over facts; findings are data.

What was not screened, and why, is part of every answer: an empty list of findings never means "no problem".
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from officina.drugs import starter
from officina.kernel import packs
from officina.kernel.findings import Finding, Severity

What = Literal["active", "recent", "otc"]
CHECKED = ("allergies", "duplicate ingredients", "duplicate classes", "the fifteen high-priority interactions")
NO_DATA = ("dose", "disease, pregnancy and age", "kidney function", "other interactions")
NO_DATA_WHY = "this edition holds no data for it"
"""The same on every prescription: what is missing for this one patient must stand out from it."""
LOCAL_ROUTES = frozenset({"ophthalmic", "auricular (otic)", "topical", "cutaneous"})
"""Routes of medicines that act where they are put: an antifungal cream does not build up a statin."""
SEVERE_WORDS = ("anaphyla", "angioedema", "throat", "stevens", "sjs", "dress", "necrolysis")
"""Reactions that are severe whatever somebody ticked beside them."""
ALLERGIC_WORDS = (*SEVERE_WORDS, "hives", "urticaria", "swell", "swollen", "wheez", "bronchospasm", "breath")
"""Reactions that nobody may file away as an intolerance."""
JUST_ENDED = timedelta(days=30)
"""What ended this recently may still be taken (domain practice: a later duplicate is not asked about)."""
RENEWAL = timedelta(days=10)
"""The same medicine again, this close to the end of its supply, is a renewal."""


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
    route: str = ""
    """As the drug listing writes it; empty is taken to act in the whole body."""
    holds: tuple[tuple[str, str], ...] = ()
    """(key of an ingredient or ':class', name of that ingredient): what an alert calls by name."""

    @property
    def is_local(self) -> bool:
        """Whether it acts only where it is put; a product of several routes is not local."""
        return bool(self.route) and {r.strip() for r in self.route.lower().split(";")} <= LOCAL_ROUTES

    def names_of(self, *keys: str) -> list[str]:
        """The names of the ingredients that these keys or classes mean."""
        return sorted({name for key, name in self.holds if key in keys})

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
    """A row of the allergy pack: what an allergy reaches beyond itself."""

    allergens: tuple[str, ...]
    reaches: tuple[str, ...]
    severity: int
    severe: int
    """The severity where the noted reaction was anaphylaxis or another severe one."""
    note: str
    reactions: tuple[str, ...] = ()
    """Where given, the row speaks only when the noted reaction holds one of these words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplication:
    """A row of the duplication pack; its classes count together."""

    classes: tuple[str, ...]
    name: str
    allowed: int
    severity: int


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs that a screening rests on, and the classes that the drug file knows."""

    interactions: packs.Pack[Interaction]
    allergies: packs.Pack[CrossAllergy]
    duplications: packs.Pack[Duplication]
    classes: frozenset[str]


@functools.cache
def default_packs() -> Packs:
    """The packs that come with the house, loaded and validated once."""
    folder = Path(__file__).parent / "packs"
    return Packs(
        packs.load(folder / "onc_high_priority.toml", Interaction),
        packs.load(folder / "allergy_cross.toml", CrossAllergy),
        packs.load(folder / "duplication.toml", Duplication),
        frozenset(c.key for c in starter.classes()),
    )


def screen(new: Medicine, subject: Subject, by: Packs) -> Screened:
    """Compare a new medicine with allergies and with every other medicine in use; the caller leaves out the order itself."""
    found = [*_allergies(new, subject, by), *_interactions(new, subject, by), *_duplicates(new, subject, by)]
    ordered = tuple(sorted(dict.fromkeys(found), key=lambda f: (f.severity, f.code, f.about, f.sentence)))
    return Screened(ordered, tuple(_not_screened(new, subject, by)), CHECKED)


def _not_screened(new: Medicine, subject: Subject, by: Packs) -> Iterator[NotScreened]:
    if not new.ingredients:
        yield NotScreened("everything", f"the ingredients of {new.name} are not in the drug file")
    if subject.allergies is None:
        yield NotScreened("allergies", "nobody asked the patient yet")
    for a in subject.allergies or ():
        if not a.ingredient and not a.drug_class:
            why = "it is noted as free text and names no substance of the drug file"
            yield NotScreened(f"allergy to {a.text}", why)
        elif not a.ingredient and a.drug_class not in by.classes:
            yield NotScreened(f"allergy to {a.text}", f"the drug file knows no class “{a.drug_class}”")
    for m in subject.medicines:
        if not m.ingredients:
            yield NotScreened(f"interactions with {m.name}", "its ingredients are not in the drug file")
    for check in NO_DATA:
        yield NotScreened(check, NO_DATA_WHY)


def _allergies(new: Medicine, subject: Subject, by: Packs) -> Iterator[Finding]:
    """The same substance or class, else what the allergy pack says it reaches (domain rules, section 3.4)."""
    for a in subject.allergies or ():
        grave = a.severity if a.severity in {"anaphylaxis", "severe"} else ""
        reaction = "" if a.reaction.lower() == grave else a.reaction
        how = ": ".join(part for part in (grave, reaction) if part)
        said = f"{a.text} ({how})" if how else a.text
        if a.ingredient in new.ingredients or (a.drug_class and a.drug_class in new.classes):
            code = "allergy.ingredient" if a.ingredient in new.ingredients else "allergy.class"
            names = new.names_of(a.ingredient, f":{a.drug_class}")
            sentence = f"Allergic to {said}. This medicine contains {' and '.join(names) or new.name}."
            severity = Severity.CONTRAINDICATED if _is_severe(a) else Severity.MAJOR
            yield _allergy_finding(code, sentence, severity, a, new, "noted in the profile")
            continue
        worst = min(_reached(a, new, by), key=lambda found: found[0], default=None)
        if worst:
            sentence = f"Allergic to {said}, which may reach {new.name}. {worst[1]}"
            yield _allergy_finding("allergy.cross", sentence, worst[0], a, new, by.allergies.header.name)


def _reached(a: AllergyFact, new: Medicine, by: Packs) -> list[tuple[Severity, str]]:
    """The rows that lead from this allergy to this medicine: how serious, and why."""
    mine = {a.ingredient, f":{a.drug_class}"} - {"", ":"}
    reaction = a.reaction.lower()
    return [
        (Severity(row.severe if _is_severe(a) else row.severity), row.note)
        for row in by.allergies.rows
        if mine & set(row.allergens)
        and new.has(row.reaches)
        and (not row.reactions or any(word in reaction for word in row.reactions))
    ]


def _is_severe(a: AllergyFact) -> bool:
    return a.severity in {"anaphylaxis", "severe"} or any(word in a.reaction.lower() for word in SEVERE_WORDS)


def _is_intolerance(a: AllergyFact) -> bool:
    return a.severity == "intolerance" and not any(word in a.reaction.lower() for word in ALLERGIC_WORDS)


def _allergy_finding(
    code: str, sentence: str, severity: Severity, a: AllergyFact, new: Medicine, source: str
) -> Finding:
    if _is_intolerance(a):
        severity = Severity.MINOR
        sentence = f"The patient does not tolerate {a.text} well; that is no allergy. {new.name} is or resembles it."
    return Finding(code, sentence, severity, source=source, about=(a.text, new.name))


def _interactions(new: Medicine, subject: Subject, by: Packs) -> Iterator[Finding]:
    """The pairs of the pack, whichever of the two came first, with their look-back (domain rules, section 3.2)."""
    if new.is_local:
        return
    for m in subject.medicines:
        # A medicine does not interact with itself: that it is there twice is a duplicate's business.
        if m.is_local or set(m.ingredients) & set(new.ingredients):
            continue
        for row in by.interactions.rows:
            if _meets(m, new, row, on=subject.on):
                sentence = f"{m.name} with {new.name}: {row.consequence} {row.advice}"
                code, source = f"interaction.{row.rule}", by.interactions.header.source
                yield Finding(code, sentence, Severity(row.severity), source=source, about=(m.name, new.name))


def _meets(old: Medicine, new: Medicine, row: Interaction, *, on: date) -> bool:
    """Whether the two stand on the two sides of the row, and the older one still counts."""
    first = old.has(row.one) and new.has(row.other) and on <= _counts_until(old, row, is_one=True)
    return first or (old.has(row.other) and new.has(row.one) and on <= _counts_until(old, row, is_one=False))


def _counts_until(old: Medicine, row: Interaction, *, is_one: bool) -> date:
    """A medicine counts while it is in use, and its washout days after its last day; where that day is not known, always."""
    if old.what != "recent" or old.supply_ends_on is None:
        return date.max
    days = row.one_washout_days if is_one else row.other_washout_days
    if is_one:
        days = max([days, *(d for ingredient, d in row.one_washout.items() if ingredient in old.ingredients)])
    return old.supply_ends_on + timedelta(days=days)


def _duplicates(new: Medicine, subject: Subject, by: Packs) -> Iterator[Finding]:
    """The same ingredient twice, and more of a class than may stand beside each other (domain rules, section 3.3)."""
    others = [m for m in subject.medicines if m.is_local == new.is_local and _may_be_taken(m, on=subject.on)]
    for m in others:
        if set(m.ingredients) & set(new.ingredients):
            yield from _same_ingredient(m, new, on=subject.on)
    if new.is_local:
        return
    different = [m for m in others if set(m.ingredients) != set(new.ingredients)]
    for row in by.duplications.rows:
        of_class = [m for m in different if m.classes & set(row.classes)]
        if new.classes & set(row.classes) and len(of_class) >= row.allowed:
            names = ", ".join(m.name for m in of_class)
            sentence = f"{new.name} would be one more {row.name} beside {names}."
            over = all(m.what == "recent" for m in of_class)
            severity = max(Severity(row.severity), Severity.MODERATE) if over else Severity(row.severity)
            yield Finding(
                "duplicate.class", sentence, severity, source=by.duplications.header.name, about=(row.name, new.name)
            )


def _may_be_taken(m: Medicine, *, on: date) -> bool:
    """In use, or ended so lately that it may be."""
    return m.what != "recent" or m.supply_ends_on is None or on <= m.supply_ends_on + JUST_ENDED


def _same_ingredient(m: Medicine, new: Medicine, *, on: date) -> Iterator[Finding]:
    """The very same medicine is serious unless its supply is at its end; another strength or product may be a change of therapy."""
    about, source = (m.name, new.name), "same ingredient"
    if m.name != new.name:
        shared = ", ".join(sorted(set(m.ingredients) & set(new.ingredients)))
        sentence = f"The patient already has {m.name} with the same {shared}: is this a change of therapy?"
        yield Finding("duplicate.ingredient", sentence, Severity.MODERATE, source=source, about=about)
    elif m.supply_ends_on is None or on + RENEWAL < m.supply_ends_on:
        yield Finding(
            "duplicate.ingredient", f"The patient already has {m.name}.", Severity.MAJOR, source=source, about=about
        )
