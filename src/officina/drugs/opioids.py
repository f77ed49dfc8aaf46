"""What a medicine counts as in milligrams of oral morphine, by the list that was brought in (CDC)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.drugs import schedules
from officina.drugs.models import Drug, MorphineFactor
from officina.drugs.rules.morphine import is_of
from officina.drugs.sources.safety_lists import MORPHINE_FACTORS
from officina.kernel.quantity import written


@dataclass(frozen=True, slots=True)
class Factor:
    """One opioid's factor, with the guideline that gives it and the edition of the list that it was read from."""

    opioid: str
    unit: str
    factor: Decimal | None
    """None where the guideline gives steps by dose."""
    steps: str
    guideline: str
    """The year of the CDC's guideline."""
    source: str
    edition: date | None
    """None where the list tells no day."""
    loaded_on: date | None
    """When the house brought it in."""

    def __str__(self) -> str:
        by = f"× {written(self.factor)}" if self.factor is not None else f"by steps {self.steps}"
        return f"{self.opioid}, {self.unit} {by}"


def factors_of(drug: Drug) -> list[Factor]:
    """The factor of each of its opioids by the newest guideline that has one; none is not known, never zero.

    One statement where no list was brought in, at most three.
    """
    rows = list(MorphineFactor.objects.filter(ended_on=None).select_related("edition").order_by("guideline", "pk"))
    if not rows:
        return []
    bases = schedules.bases_of(drug)
    newest = {row.opioid: row for row in rows if is_of(row.opioid, bases=bases, route=drug.route)}
    return [
        Factor(
            opioid=row.opioid,
            unit=row.unit,
            factor=row.factor,
            steps=row.steps,
            guideline=row.guideline,
            source=MORPHINE_FACTORS.TITLE,
            edition=row.edition.dated if row.edition else None,
            loaded_on=row.edition.loaded_at.date() if row.edition else None,
        )
        for _, row in sorted(newest.items())
    ]
