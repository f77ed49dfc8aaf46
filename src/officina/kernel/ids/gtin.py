"""The number in a product's barcode: GTIN of 8, 12, 13 or 14 digits, always held as 14 (GS1 General Specifications 3.3.2, 7.9).

>>> bottle = Gtin.parse("300028215012")
>>> bottle.digits, bottle.ndc10
('00300028215012', '0002821501')
>>> from officina.kernel.ids.ndc import Ndc
>>> Gtin.for_ndc(Ndc.parse("0002-8215-01")) == bottle
True
"""

from dataclasses import dataclass
from typing import Self

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import are_digits, gs1, is_gs1
from officina.kernel.ids.ndc import Ndc

_LENGTHS = (8, 12, 13, 14)


@dataclass(frozen=True, slots=True)
class Gtin:
    """Fourteen digits: indicator, company and item, check digit. Shorter codes are the same number with leading zeros."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an EAN-8, UPC-A, EAN-13 or GTIN-14; a wrong check digit is an error, never a warning."""
        code = text.strip()
        if len(code) not in _LENGTHS or not are_digits(code):
            raise ParseError("GTIN", expected="8, 12, 13 or 14 digits", got=text)
        if not is_gs1(code):
            raise ParseError("GTIN", expected=f"check digit {gs1(code[:-1])}: a digit is wrong", got=text)
        return cls(code.zfill(14))

    @classmethod
    def for_ndc(cls, ndc: Ndc, *, indicator: int = 0) -> Self:
        """The GTIN under which a drug package is sold: indicator, 03, the ten digits, check digit; indicator 1 to 8 is a case of it.

        ParseError where the ten digits are not known: an 11-digit code alone does not always tell them, a 12-digit one has none.
        """
        ten = ndc.digits10
        if ten is None:
            raise ParseError("NDC that has a GTIN", expected="one whose 10-digit form is known", got=ndc.text)
        payload = f"{indicator}03{ten}"
        return cls(f"{payload}{gs1(payload)}")

    @property
    def indicator(self) -> int:
        """0 for the single package, 1 to 8 for cases and bundles of it, 9 for goods sold by measure."""
        return int(self.digits[0])

    @property
    def is_case(self) -> bool:
        """Whether it names something larger than the single package: received as a whole, never dispensed as a unit."""
        return self.indicator != 0

    @property
    def ndc10(self) -> str | None:
        """The ten NDC digits of a single US drug package, without hyphens: see `Ndc.readings`. Devices under 03 carry other numbers there."""
        return self.digits[3:13] if self.digits.startswith("003") else None

    def __str__(self) -> str:
        return self.digits
