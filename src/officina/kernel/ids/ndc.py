"""The National Drug Code of a package: labeler, product and package (21 CFR 207.33; 12 digits by law from 2033, 91 FR 10749).

>>> ndc = Ndc.parse("50242-040-62")
>>> ndc.digits12, ndc.digits11, ndc.digits10, ndc.hyphenated11
('050242004062', '50242004062', '5024204062', '50242-0040-62')
>>> Ndc.parse("50242004062") == ndc
True

Ten digits without hyphens name up to three packages, and two packages of the 2019 FDA directory share theirs: 29500-9077-7
and 29500-907-77. So ten digits are never parsed; `Ndc.readings` gives what they may be, and the drug file or a person decides.
"""

import re
from dataclasses import dataclass, field
from typing import Self

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import are_digits

_FORMS_OF_TEN = ((4, 4, 2), (5, 3, 2), (5, 4, 1))
_FORMS = (*_FORMS_OF_TEN, (5, 4, 2), (6, 4, 2))
_HYPHENATED = re.compile(r"([0-9]{4,6})-([0-9]{3,4})-([0-9]{1,2})", re.ASCII)
_WIDTHS = (6, 4, 2)


@dataclass(frozen=True, slots=True)
class Ndc:
    """One package. Two are equal when they mean the same package, however each was printed."""

    text: str = field(compare=False)
    """With hyphens, as printed; of a code that came in plain digits, the 5-4-2 or 6-4-2 form."""
    digits12: str
    """6-4-2, the key to store: every older form has one place in it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 4-4-2, 5-3-2, 5-4-1, 5-4-2 or 6-4-2 with hyphens, or 11 (5-4-2) or 12 (6-4-2) plain digits (21 CFR 207.33, 45 CFR 162)."""
        code = text.strip()
        if "-" in code:
            return cls._from_parts(_split(code))
        if not are_digits(code) or len(code) not in (10, 11, 12):
            raise ParseError("NDC", expected="hyphenated digits such as 0002-8215-01, or 11 or 12 digits", got=text)
        if len(code) == 10:
            raise ParseError("NDC", expected="hyphens: 10 digits without them may mean up to three packages", got=text)
        labeler = len(code) - 6
        return cls._from_parts((code[:labeler], code[labeler:-2], code[-2:]))

    @classmethod
    def readings(cls, ten_digits: str) -> tuple[Self, ...]:
        """The three packages that ten digits without hyphens may mean, as 4-4-2, 5-3-2 and 5-4-1, in that order."""
        code = ten_digits.strip()
        if len(code) != 10 or not are_digits(code):
            raise ParseError("NDC", expected="10 digits", got=ten_digits)
        return tuple(cls._from_parts((code[:a], code[a : a + b], code[a + b :])) for a, b, _ in _FORMS_OF_TEN)

    @classmethod
    def _from_parts(cls, parts: tuple[str, str, str]) -> Self:
        padded = (part.zfill(width) for part, width in zip(parts, _WIDTHS, strict=True))
        return cls("-".join(parts), "".join(padded))

    @property
    def digits11(self) -> str | None:
        """5-4-2, the form of claims; None for a labeler that truly has six digits, which no 11 can hold."""
        return self.digits12[1:] if self.digits12[0] == "0" else None

    @property
    def hyphenated11(self) -> str | None:
        """5-4-2 with hyphens."""
        code = self.digits11
        return code and f"{code[:5]}-{code[5:9]}-{code[9:]}"

    @property
    def digits10(self) -> str | None:
        """The ten digits that stand in a barcode; None where the printed form is not known and cannot be told from the zeros.

        An 11-digit code is a 10-digit one with one part padded by a zero. Where just one part starts with zero it is that
        one; where two do, either may be the pad, and a guess would name another package.
        """
        parts = _split(self.text)
        if sum(map(len, parts)) == 10:
            return "".join(parts)
        code = self.digits11
        if code is None:
            return None
        pads = [place for place in (0, 5, 9) if code[place] == "0"]
        return code[: pads[0]] + code[pads[0] + 1 :] if len(pads) == 1 else None

    def __str__(self) -> str:
        return self.text


def _split(code: str) -> tuple[str, str, str]:
    shape = _HYPHENATED.fullmatch(code)
    if shape is None or (len(shape[1]), len(shape[2]), len(shape[3])) not in _FORMS:
        raise ParseError(
            "NDC", expected="labeler-product-package of 4-4-2, 5-3-2, 5-4-1, 5-4-2 or 6-4-2 digits", got=code
        )
    return shape[1], shape[2], shape[3]
