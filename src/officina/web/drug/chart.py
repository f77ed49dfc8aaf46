"""The price of a unit through time, as places on a drawing: a price holds until the next one, so the line goes in steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.drugs.notices import Dated

WIDTH, HEIGHT = 640, 96
_UNITS = {"EA": "each", "EACH": "each", "ML": "a mL", "GM": "a gram"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of prices, with the same told in words for who does not see it."""

    path: str
    first: Dated
    last: Dated
    lowest: Decimal
    highest: Decimal
    last_y: int
    sentence: str


def of(prices: Sequence[Dated], *, until: date) -> Chart | None:
    """The drawing; None of fewer than two prices, where a line would show a course that nobody surveyed."""
    if len(prices) < 2:
        return None
    first, last = prices[0], prices[-1]
    lowest, highest = min(p.per_unit for p in prices), max(p.per_unit for p in prices)
    days = max((until - first.since).days, 1)
    xs = [round((p.since - first.since).days / days * WIDTH) for p in prices]
    ys = [_height(p.per_unit, lowest, highest) for p in prices]
    steps = [f"H{x}V{y}" for x, y in zip(xs[1:], ys[1:], strict=True)]
    sentence = (
        f"From {dollars(first.per_unit)} on {_day(first.since)} to {dollars(last.per_unit)} since {_day(last.since)}; "
        f"lowest {dollars(lowest)}, highest {dollars(highest)}."
    )
    return Chart(f"M0 {ys[0]}{''.join(steps)}H{WIDTH}", first, last, lowest, highest, ys[-1], sentence)


def _height(price: Decimal, lowest: Decimal, highest: Decimal) -> int:
    if highest == lowest:
        return HEIGHT // 2
    return round((highest - price) / (highest - lowest) * HEIGHT)


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def dollars(per_unit: Decimal, unit: str = "") -> str:
    """The price of one unit with every digit that it has, and two at least: '$0.02345 each', '$1.50 a mL'."""
    whole, _, rest = f"{per_unit:,.5f}".rstrip("0").partition(".")
    word = _UNITS.get(unit.upper(), f"a {unit}" if unit else "")
    return f"${whole}.{rest.ljust(2, '0')} {word}".rstrip()
