"""The number on an insurance card that says where a claim goes: BIN of six digits, or IIN of eight (ISO/IEC 7812-1).

>>> Bin.parse("004336").digits
'004336'
"""

from dataclasses import dataclass
from typing import Self

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import are_digits


@dataclass(frozen=True, slots=True)
class Bin:
    """Six digits as on most cards, or eight; text, since leading zeros route the claim."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a BIN; there is no check digit to catch a typing error."""
        digits = text.strip()
        if len(digits) not in (6, 8) or not are_digits(digits):
            raise ParseError("BIN", expected="6 or 8 digits", got=text)
        return cls(digits)

    def __str__(self) -> str:
        return self.digits
