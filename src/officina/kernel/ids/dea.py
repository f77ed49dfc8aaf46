"""The DEA registration number of whoever may prescribe, dispense or handle controlled substances (21 CFR 1301).

>>> DeaNumber.parse("mk3614511").is_mid_level
True
>>> DeaNumber.parse("AB1234563-012").suffix
'012'
"""

import re
from dataclasses import dataclass
from typing import Self

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import is_dea

_REGISTRANTS = "ABCDEFGHJKLMPRSTUX"
"""First letters in use: the kind of registrant. X is the waiver of before December 2022, still printed on old paper."""
_SHAPE = re.compile(rf"([{_REGISTRANTS}][A-Z9])([0-9]{{7}})(?:-([A-Z0-9]{{1,20}}))?", re.ASCII)
_PLACEHOLDER = "AA0000000"
"""Typed into many systems where a number is missing; its check digit is right, so it would pass for a real prescriber."""


@dataclass(frozen=True, slots=True)
class DeaNumber:
    """Two letters (the second may be 9), seven digits; a person acting under a hospital's number has a suffix after a hyphen."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a DEA number in capitals or not."""
        whole = text.strip().upper() if text.isascii() else text
        shape = _SHAPE.fullmatch(whole)
        if shape is None:
            raise ParseError(
                "DEA number", expected="two letters (or a letter and 9) and 7 digits, such as AB1234563", got=text
            )
        if shape[1] + shape[2] == _PLACEHOLDER:
            raise ParseError("DEA number", expected="a real registration: AA0000000 is a placeholder", got=text)
        if not is_dea(shape[2]):
            raise ParseError("DEA number", expected="a matching check digit: one of the digits is wrong", got=text)
        return cls(whole)

    @property
    def registration(self) -> str:
        """The nine characters that the check digit covers, without suffix."""
        return self.text[:9]

    @property
    def suffix(self) -> str:
        """The institution's own code for the person, empty where there is none."""
        return self.text[10:]

    @property
    def is_mid_level(self) -> bool:
        """M: a nurse practitioner, physician assistant or the like, whose schedules the state may limit."""
        return self.text[0] == "M"

    def agrees_with(self, name: str) -> bool:
        """Whether the second letter is the first of this last or business name; a name may have changed, so no is a question only."""
        return self.text[1] == "9" or name.strip().upper().startswith(self.text[1])

    def __str__(self) -> str:
        return self.text
