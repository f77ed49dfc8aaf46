"""What goes along with a medicine: guides and inserts, the package that a child cannot open, two sentences, an offer to counsel."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, ruled

CAUTION = "Caution: Federal law prohibits the transfer of this drug to any person other than the patient for whom it was prescribed."
"""21 CFR 290.5, word for word."""

SIDE_EFFECTS = (
    "Call your doctor for medical advice about side effects. You may report side effects to FDA at 1-800-FDA-1088."
)
"""21 CFR 209.10, word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet(Fact):
    """Medicines that a leaflet goes along with: one of the ingredients, or one of the classes."""

    words: str
    ingredients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption(Fact):
    """A medicine that needs no child-resistant package; with a limit, only up to so many mg of a package or of a unit."""

    words: str
    ingredient: str = ""
    classes: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    most_mg: Decimal | None = None
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """What is handed over, as the drug file knows it. Names and forms in small letters."""

    ingredients: tuple[str, ...]
    classes: tuple[str, ...] = ()
    form: str = ""
    schedule: int = 0
    mg_of_unit: Decimal | None = None
    mg_of_package: Decimal | None = None


def bears_caution(schedule: int) -> bool:
    """Whether the label warns against passing the medicine on: Schedules II to IV (21 CFR 290.5)."""
    return schedule in {2, 3, 4}


def leaflets(medicine: Medicine, *, on: date) -> list[tuple[str, Leaflet]]:
    """The Medication Guides and inserts that go along with each fill and refill: kind, and the row that asks."""
    kinds = (("Medication Guide", "medication_guides"), ("patient package insert", "patient_inserts"))
    return [
        (kind, row)
        for kind, name in kinds
        for row in facts.in_force(facts.rows(name, Leaflet), on=on)
        if _is_of(medicine, row.ingredients, row.classes)
    ]


def may_be_plain(medicine: Medicine, *, on: date, is_asked_by: str = "", is_institution: bool = False) -> Ruling:
    """May it be handed over in a package that is not child-resistant?

    `is_asked_by` is 'patient' (for this or for all of their prescriptions) or 'prescriber' (for this one), or empty.
    """
    asked = Ruling(allowed=True, rule="", source="15 USC 1473(b); 16 CFR 1701")
    if is_asked_by in {"patient", "prescriber"}:
        words = f"The {is_asked_by} asked for a package that is easy to open: record it."
        return Ruling(allowed=True, rule=words, source=asked.source)
    if is_institution:
        words = "Given by the staff of an institution: no child-resistant package is needed."
        return Ruling(allowed=True, rule=words, source="16 CFR 1701.1", needs_review=True)
    for row in facts.in_force(facts.rows("child_resistant", Exemption), on=on):
        if _is_exempt(row, medicine):
            return ruled(row, allowed=True, rule=f"Exempt: {row.words}.")
    words = "Oral prescription medicines go in a child-resistant package, unless patient or prescriber ask otherwise."
    return Ruling(allowed=False, rule=words, source="16 CFR 1700.14(a)(10)")


def duties(medicine: Medicine, *, on: date, is_new: bool) -> list[Ruling]:
    """Everything that goes along with this fill, each with its source: what must be said, given and offered."""
    found = [
        ruled(row, allowed=True, rule=f"Hand over the {kind} ({row.words}).") for kind, row in leaflets(medicine, on=on)
    ]
    if bears_caution(medicine.schedule):
        found.append(Ruling(allowed=True, rule=f"On the label: {CAUTION}", source="21 CFR 290.5"))
    found.append(
        Ruling(allowed=True, rule=f"On label, cap, sheet or guide: {SIDE_EFFECTS}", source="21 CFR 209.10, 209.11")
    )
    counsel = "Offer counselling by a pharmacist, and record whether it was accepted."
    often = "with each new prescription; most states and payers with each refill too"
    whom = "the patient or caregiver"
    source = f"42 CFR 456.705(c): {often}"
    found.append(Ruling(allowed=True, rule=counsel, source=source, for_whom=whom, needs_review=not is_new))
    return found


def _is_of(medicine: Medicine, ingredients: tuple[str, ...], classes: tuple[str, ...]) -> bool:
    return bool({*medicine.ingredients} & {*ingredients} or {*medicine.classes} & {*classes})


def _is_exempt(row: Exemption, medicine: Medicine) -> bool:
    """One ingredient only: in a combination the other one may be the danger. An amount that is not known exempts nothing."""
    if row.ingredient and medicine.ingredients != (row.ingredient,):
        return False
    if row.classes and not {*row.classes} & {*medicine.classes}:
        return False
    if row.forms and medicine.form not in row.forms:
        return False
    if row.most_mg is None:
        return True
    amount = medicine.mg_of_package if row.of == "package" else medicine.mg_of_unit
    return amount is not None and amount <= row.most_mg
