"""Exact numbers with units: no floats, and nothing is added across units.

>>> Quantity(D("30"), "tablet") + Quantity(D("60"), "tablet")
Quantity(number=Decimal('90'), unit='tablet')
>>> written(D("1000.50"))
'1,000.5'
>>> written(D("0.50"))
'0.5'
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from officina.kernel.errors import ParseError

QUANTITY_PLACES = 6
MONEY_PLACES = 4
CENT = Decimal("0.01")
_DIGITS = re.compile(r"[+-]?(\d{1,15}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)


def D(text: str | int | Decimal, *, where: str = "", most: Decimal = Decimal("1e9")) -> Decimal:  # noqa: N802
    """Read an exact decimal from plain text, an int or a Decimal; a float, NaN, infinity, exponent or underscore is refused."""
    if isinstance(text, float | bool):
        raise TypeError("a float has already lost digits, and a yes is no number: pass the text")
    if isinstance(text, str) and not _DIGITS.fullmatch(text.strip()):
        raise ParseError("number", where=where, expected="plain digits with at most one decimal point", got=text)
    number = Decimal(text.strip() if isinstance(text, str) else text)
    if not number.is_finite() or abs(number) > most:
        raise ParseError("number", where=where, expected=f"a number no larger than {most:f}", got=text)
    return number


def written(number: Decimal) -> str:
    """A number as a label may print it: no trailing zero, a leading zero, thousands with commas (ISMP)."""
    text = f"{abs(number) if number == 0 else number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_cents(amount: Decimal) -> Decimal:
    """Round money once, on the document, half up to the cent."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Quantity:
    """So many of a unit. It adds only to its own unit; ask `is_zero`, there is no truth value."""

    number: Decimal
    unit: str

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.number + other._same(self.unit), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.number - other._same(self.unit), self.unit)

    def __bool__(self) -> bool:
        raise TypeError("ask is_zero: the truth of a quantity is ambiguous")

    def __str__(self) -> str:
        return f"{written(self.number)} {self.unit}"

    @property
    def is_zero(self) -> bool:
        return self.number == 0

    def _same(self, unit: str) -> Decimal:
        if unit != self.unit:
            raise TypeError(f"cannot add {self.unit} to {unit}: convert through the product's own package first")
        return self.number
