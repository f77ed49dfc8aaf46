"""Days' supply of an order: what its directions, quantity and product give, with the working that stands beside the field."""

from decimal import Decimal
from fractions import Fraction

from officina.dosing import days_supply, holding, supply_facts, wording
from officina.dosing.days_supply import Result
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
    name = " ".join((drug.generic_name, package.product.brand_name if package else "", drug.form, drug.strength))
    return days_supply.of(read.dosage, have, supply_facts.known(Medicine(holds=_holds(drug)), name, have))


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
