"""The cash price of a fill: cost, a percentage on it, a fee, a minimum; rounded once."""

import functools
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from officina.kernel import packs
from officina.kernel.quantity import to_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class CashRule:
    """How the house prices a fill for cash."""

    percent_on_cost: Decimal
    fee: Decimal
    minimum: Decimal
    unknown_unit_cost: Decimal
    """What a unit is taken to cost where no cost is on file; the price then says so."""


@functools.cache
def rule() -> CashRule:
    """The cash rule in force."""
    return packs.load(Path(__file__).parent.parent / "packs" / "cash_price.toml", CashRule).rows[0]


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in dollars and how it came about."""

    amount: Decimal
    working: str
    cost_known: bool


def cash_price(quantity: Decimal, unit_cost: Decimal | None, by: CashRule) -> Price:
    """Price of `quantity` units at `unit_cost` dollars a unit, rounded to cents once at the end."""
    cost = quantity * (by.unknown_unit_cost if unit_cost is None else unit_cost)
    full = cost * (100 + by.percent_on_cost) / 100 + by.fee
    amount = to_cents(max(full, by.minimum))
    working = (
        f"cost ${to_cents(cost)} + {by.percent_on_cost}% + fee ${to_cents(by.fee)}, at least ${to_cents(by.minimum)}"
    )
    return Price(amount, working, unit_cost is not None)
