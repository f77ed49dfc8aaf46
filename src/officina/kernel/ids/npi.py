"""The National Provider Identifier of a prescriber, a pharmacy or an organisation (45 CFR 162.406).

>>> Npi.parse("1234567893").digits
'1234567893'
"""

from dataclasses import dataclass
from typing import Self

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import are_digits, is_luhn

_CARD_PREFIX = "80840"
"""Card issuer prefix for US health: the check digit is that of the number on a card, prefix included."""


@dataclass(frozen=True, slots=True)
class Npi:
    """Ten digits, the first 1 or 2, the last a Luhn check digit."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an NPI; spaces around it are let go, nothing else is."""
        digits = text.strip()
        if len(digits) != 10 or not are_digits(digits):
            raise ParseError("NPI", expected="10 digits", got=text)
        if digits[0] not in "12":
            raise ParseError("NPI", expected="a first digit 1 or 2", got=text)
        if not is_luhn(_CARD_PREFIX + digits):
            raise ParseError("NPI", expected="a matching check digit: one of the digits is wrong", got=text)
        return cls(digits)

    def __str__(self) -> str:
        return self.digits
