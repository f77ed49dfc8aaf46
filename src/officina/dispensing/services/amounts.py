"""What a fill costs the patient: by the prices that the house set, and where it set none, by the price it begins with."""

from datetime import datetime
from decimal import Decimal

from officina.base.access import Actor
from officina.dispensing.models import Fill
from officina.dispensing.rules import pricing
from officina.drugs import prices
from officina.drugs.models import Package
from officina.kernel.errors import Refused
from officina.kernel.quantity import to_cents


def refuse_cut(package: Package, quantity: Decimal) -> None:
    """Refused where a package that is given whole would be opened."""
    if package.unit_of_use and quantity % package.holds:
        raise Refused(
            "not_whole_packages",
            f"{package.ndc} is dispensed in whole packages of {package.holds:f} {package.unit}.",
            {"quantity": f"A multiple of {package.holds:f}"},
        )


def agreed(actor: Actor, fill: Fill, *, at: datetime) -> Decimal:
    """The amount due for a whole fill; Refused where the house set its terms and no cost is known: a guess is no price."""
    assert fill.package is not None
    assert fill.quantity is not None
    quoted = prices.quote(actor.site_id, fill.package, fill.quantity, on=actor.day(at))
    if quoted is None:
        return pricing.cash_price(fill.quantity, fill.package.unit_cost, pricing.rule()).amount
    if quoted.amount is None:
        raise Refused(
            "no_price",
            f"No price known for NDC {fill.package.ndc}: no list tells what it costs. The owner fixes its price at the drug desk, "
            "or another package is chosen.",
        )
    return quoted.amount


def of_part(actor: Actor, fill: Fill, have: Decimal, *, at: datetime) -> Decimal | None:
    """The amount due for the part in the vial, never more than what was agreed for the whole; None where nothing was agreed.

    Where the terms give no price any more, the part costs its share of what was agreed.
    """
    if fill.price is None:
        return None
    assert fill.package is not None
    assert fill.quantity is not None
    quoted = prices.quote(actor.site_id, fill.package, have, on=actor.day(at))
    if quoted is None:
        now = pricing.cash_price(have, fill.package.unit_cost, pricing.rule()).amount
    else:
        now = to_cents(fill.price * have / fill.quantity) if quoted.amount is None else quoted.amount
    return min(now, fill.price)
