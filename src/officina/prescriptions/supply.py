"""Days' supply of an order: what its directions, quantity and product give, with the working that stands beside the field."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from officina.dosing import days_supply, holding, supply_facts, wording
from officina.dosing.days_supply import Result
from officina.dosing.dosage import Amount
from officina.dosing.holding import Holds, one
from officina.dosing.supply_facts import Medicine
from officina.drugs.models import Drug, Package
from officina.kernel.errors import ParseError

Supply = Result


def worked(drug: Drug, package: Package | None, *, quantity: Decimal | None, directions: str) -> Result:
    """The days with their working, or why they cannot be counted. The package tells what one inhaler, bottle or pen holds."""
    if not quantity or quantity <= 0:
        return Result(None, why_not="The quantity is not known.")
    read = wording.of(directions)
    if read.dosage is None:
        return Result(None, why_not=f"The directions are not understood: {read.place}.")
    try:
        have = one(Fraction(quantity), holding.unit(drug.unit))
    except ParseError:
        return Result(None, why_not=f"What one {drug.unit} holds is not known.")
    return days_supply.of(read.dosage, have, _medicine(drug, package, have))


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How a medicine is used, as far as it matters for giving less of it than was ordered."""

    why_not: str = ""
    """Why the directions cannot be read; then nothing else is told."""
    as_needed: bool = False
    ends: bool = False
    """The directions end or change by themselves: a taper, a course."""
    is_packaged: bool = False
    """The packs know it as a package that is made for a number of days, or is kept whole."""


def habit(drug: Drug, package: Package | None, *, quantity: Decimal, directions: str) -> Habit:
    """What the directions and the packs say of how it is used."""
    read = wording.of(directions)
    if read.dosage is None:
        return Habit(why_not=f"The directions are not understood: {read.place}.")
    parts = read.dosage.parts
    try:
        have = one(Fraction(quantity), holding.unit(drug.unit))
    except ParseError:
        return Habit(why_not=f"What one {drug.unit} holds is not known.")
    return Habit(
        as_needed=any(part.as_needed for part in parts),
        ends=len({part.sequence for part in parts}) > 1 or any(part.duration or part.days for part in parts),
        is_packaged=bool(_medicine(drug, package, have).sources),
    )


def needed(drug: Drug, package: Package | None, *, days: int, directions: str) -> tuple[Decimal | None, Result]:
    """How much, in whole units, lasts for so many days, with the working; None with the reason where it cannot be counted."""
    read = wording.of(directions)
    if read.dosage is None:
        return None, Result(None, why_not=f"The directions are not understood: {read.place}.")
    try:
        unit = holding.unit(drug.unit)
    except ParseError:
        return None, Result(None, why_not=f"What one {drug.unit} holds is not known.")
    medicine = _medicine(drug, package, one(1, unit))
    told = days_supply.quantity_for(read.dosage, days, medicine, unit)
    if told.quantity is None or told.days != days:
        return None, replace(told, why_not=told.why_not or "The directions end before that day.")
    whole = ceil(told.quantity.high)
    if whole != told.quantity.high:
        told = replace(told, working=(*told.working, f"in whole units: {whole}"))
    return Decimal(whole), told


def _medicine(drug: Drug, package: Package | None, have: Amount) -> Medicine:
    name = " ".join((drug.generic_name, package.product.brand_name if package else "", drug.form, drug.strength))
    return supply_facts.known(Medicine(holds=_holds(drug)), name, have)


def differs(told: Result, typed: int | None) -> str:
    """The note where other days were typed than worked; empty where they agree or nothing can be compared."""
    if typed is None or told.days is None or typed in (told.days, *(other.days for other in told.others)):
        return ""
    return f"{typed} days are entered; the directions and the quantity give {told.days}."


def _holds(drug: Drug) -> tuple[Holds, ...]:
    """The strength of one piece or of its mL. A strength alone says nothing of a mL or a gram."""
    measured = drug.unit in ("mL", "g", "L")
    if measured and "/" not in drug.strength:
        return ()
    return holding.strength(drug.strength, "" if measured else drug.unit)
