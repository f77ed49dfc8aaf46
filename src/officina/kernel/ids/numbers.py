"""Our own numbers for people and labels: prescription, fill, bag, vial and patient, each with a check digit.

>>> HouseNumber.issue("F", 200017).text
'F2000175'
>>> HouseNumber.parse("f2000175").value
200017
>>> HouseNumber.issue("", 100001).barcode
'RX1000015'

A number is read aloud on the telephone and typed from a crumpled label. Damm's digit makes every single wrong digit and every
swap of two neighbours fail, so that another patient's bag does not answer.
"""

import re
from dataclasses import dataclass
from typing import Literal, Self, get_args

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import damm, is_damm

Series = Literal["", "F", "B", "V", "P"]
"""Prescription (no letter), fill, will-call bag, vial lot, patient."""

_SHAPE = re.compile(r"(RX|[FBVP]|)([1-9][0-9]{4,18})", re.ASCII)
_BY_LETTERS: dict[str, Series] = {"RX": "", **{series: series for series in get_args(Series)}}
_LEAST = 1000


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """A series letter and digits, the last of them the check digit."""

    series: Series
    digits: str

    @classmethod
    def issue(cls, series: Series, value: int) -> Self:
        """The number for the next value of a counter: at least 1000, so that a stray short number is never one of ours."""
        if not _LEAST <= value < 10**18:
            raise ValueError(f"a house number counts from {_LEAST} to 18 digits, not {value}")
        return cls(series, f"{value}{damm(str(value))}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as typed or scanned: capitals or not, a prescription's with or without its RX."""
        whole = text.strip().upper() if text.isascii() else text
        shape = _SHAPE.fullmatch(whole)
        if shape is None:
            raise ParseError("number of this house", expected="digits, or F, B, V, P or RX and digits", got=text)
        if not is_damm(shape[2]):
            raise ParseError(
                "number of this house", expected="a matching check digit: a digit is wrong or two are swapped", got=text
            )
        return cls(_BY_LETTERS[shape[1]], shape[2])

    @property
    def text(self) -> str:
        """As printed for people and stored."""
        return f"{self.series}{self.digits}"

    @property
    def barcode(self) -> str:
        """As printed in a barcode: a prescription's has RX before it, since bare digits may also be an NDC or a GTIN."""
        return f"{self.series or 'RX'}{self.digits}"

    @property
    def value(self) -> int:
        """The counter's value, without the check digit."""
        return int(self.digits[:-1])

    def __str__(self) -> str:
        return self.text
