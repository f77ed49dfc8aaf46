"""The cash price of a package: what it cost, a percentage on it, a fee, a minimum; or a price that the house fixed. Rounded once.

>>> terms = Terms(percent=D(20), fee=D(6), minimum=D("9.99"))
>>> told = quote(D(60), Cost(D("0.032"), "NADAC", date(2025, 1, 1)), terms)
>>> told.amount, told.working
(Decimal('9.99'), 'cost 1.92 from NADAC 2025-01-01, + 20 % 0.38, + fee 6.00 = 8.30; minimum 9.99 applies')
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from officina.kernel.errors import ParseError
from officina.kernel.quantity import CENT, MONEY_PLACES, D, to_cents, written

STEPS = (CENT, D("0.05"), D("0.10"), D("0.25"), D("0.50"), D(1))
"""To what a price may be rounded, in dollars."""
MOST_PERCENT = D(1000)
MOST_DOLLARS = D(100_000)
_MOST_TIERS = 12
NOT_KNOWN = "no price known"
"""Said wherever a cost is missing: a guessed price would be a loss, or somebody overcharged."""


@dataclass(frozen=True, slots=True)
class Tier:
    """From this quantity on, in dispensing units, another percentage on the cost."""

    quantity: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the house makes a price. Dollars, and per cent of the cost."""

    percent: Decimal
    fee: Decimal
    minimum: Decimal
    tiers: tuple[Tier, ...] = ()
    round_to: Decimal = CENT
    """A cent: half up. Anything coarser: up to the next step, so that rounding never sells below the terms."""

    def __post_init__(self) -> None:
        for name, number, most in (
            ("percent", self.percent, MOST_PERCENT),
            ("fee", self.fee, MOST_DOLLARS),
            ("minimum", self.minimum, MOST_DOLLARS),
        ):
            if not 0 <= number <= most or number != round(number, MONEY_PLACES):
                raise ParseError(name, expected=f"0 to {written(most)}, at most {MONEY_PLACES} places", got=str(number))
        if self.round_to not in STEPS:
            raise ParseError("rounding", expected=", ".join(map(str, STEPS)), got=str(self.round_to))
        quantities = [t.quantity for t in self.tiers]
        if quantities != sorted(set(quantities)) or len(quantities) > _MOST_TIERS or any(q <= 0 for q in quantities):
            raise ParseError("tiers", expected=f"at most {_MOST_TIERS} rising quantities", got=tiers_text(self.tiers))
        if any(not 0 <= t.percent <= MOST_PERCENT for t in self.tiers):
            raise ParseError("tiers", expected=f"percentages from 0 to {MOST_PERCENT}", got=tiers_text(self.tiers))

    def percent_at(self, quantity: Decimal) -> Decimal:
        """The percentage of the highest tier that a quantity reaches; the usual one below the first."""
        return next((t.percent for t in reversed(self.tiers) if quantity >= t.quantity), self.percent)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a unit cost in dollars, who says so, and of which day."""

    per_unit: Decimal
    source: str
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Quote:
    """A price with its working. `amount` is None where no cost is known."""

    amount: Decimal | None
    working: str


def quote(quantity: Decimal, cost: Cost | None, terms: Terms) -> Quote:
    """The price of `quantity` units by the terms; no price where the cost is not known. ParseError for no quantity."""
    _refuse_nothing(quantity)
    if cost is None:
        return Quote(None, NOT_KNOWN)
    percent = terms.percent_at(quantity)
    bare = quantity * cost.per_unit
    full = bare + bare * percent / 100 + terms.fee
    amount = rounded(max(full, terms.minimum), terms.round_to)
    dated = f" {cost.as_of.isoformat()}" if cost.as_of else ", undated"
    working = (
        f"cost {to_cents(bare)} from {cost.source}{dated}, + {written(percent)} % {to_cents(bare * percent / 100)}, "
        f"+ fee {to_cents(terms.fee)} = {to_cents(full)}"
    )
    if full < terms.minimum:
        working += f"; minimum {to_cents(terms.minimum)} applies"
    if terms.round_to != CENT:
        working += f"; rounded up to {written(terms.round_to)} = {amount}"
    return Quote(amount, working)


def fixed(quantity: Decimal, per_unit: Decimal, since: date) -> Quote:
    """The price of `quantity` units at a price that the house fixed for a unit: no fee and no minimum are added."""
    _refuse_nothing(quantity)
    amount = to_cents(quantity * per_unit)
    return Quote(amount, f"local price {written(per_unit)} since {since.isoformat()} × {written(quantity)} = {amount}")


def rounded(amount: Decimal, step: Decimal) -> Decimal:
    """To the cent half up; to a coarser step always up."""
    if step == CENT:
        return to_cents(amount)
    return to_cents((amount / step).to_integral_value(ROUND_CEILING) * step)


def read_tiers(text: str) -> tuple[Tier, ...]:
    """Tiers as a person types them: "180: 15; 360: 10" is 15 % from 180 units on and 10 % from 360. ParseError otherwise."""
    tiers = []
    for part in filter(None, (p.strip() for p in text.replace("\n", ";").split(";"))):
        quantity, colon, percent = part.partition(":")
        if not colon:
            raise ParseError("tiers", expected="quantity: percent; quantity: percent", got=part)
        tiers.append(Tier(D(quantity, where="tiers"), D(percent.replace("%", ""), where="tiers")))
    return tuple(tiers)


def tiers_text(tiers: tuple[Tier, ...]) -> str:
    """Tiers as `read_tiers` reads them."""
    return "; ".join(f"{written(t.quantity).replace(',', '')}: {written(t.percent)}" for t in tiers)


def _refuse_nothing(quantity: Decimal) -> None:
    if quantity <= 0:
        raise ParseError("quantity", expected="more than nothing", got=str(quantity))
