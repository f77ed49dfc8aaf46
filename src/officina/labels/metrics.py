"""How wide letters are: the house measures every line with its own font before anything is printed.

The face is Bitstream Vera, which ships with reportlab and goes into every PDF. Measures are points (1/72 inch), exact.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from officina.labels.drawing import ALONE

_ENDS_IN_NUMBER = re.compile(r"\d$")

REGULAR, BOLD = "OfficinaVera", "OfficinaVeraBold"
SET = Decimal("0.86")
"""Letters are set to this part of their width: Vera runs wide, and so it takes the room of the usual sans serif at a larger eye."""

ASCENT, DESCENT = Decimal("0.76"), Decimal("0.24")
"""Above and below the baseline, in parts of the size."""


@dataclass(frozen=True, slots=True)
class Type:
    """A size in points and a weight."""

    size: Decimal
    bold: bool = False

    @property
    def font(self) -> str:
        return BOLD if self.bold else REGULAR


@cache
def _face(font: str) -> tuple[Mapping[int, Decimal], Decimal]:
    with ALONE:
        # Once: a label that is being drawn keeps what it knows of its letters with the font that it began with.
        if font not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(font, "VeraBd.ttf" if font == BOLD else "Vera.ttf"))
        face = pdfmetrics.getFont(font).face
    return {code: Decimal(str(w)) for code, w in face.charWidths.items()}, Decimal(str(face.defaultWidth))


def ready() -> None:
    """Have both weights registered with the PDF library."""
    _face(REGULAR), _face(BOLD)


def width(text: str, kind: Type) -> Decimal:
    """The width of a line as it will be set, rounded up to a hundredth of a point."""
    widths, default = _face(kind.font)
    ems = sum((widths.get(ord(c), default) for c in text), Decimal(0))
    return (ems * kind.size * SET / 1000).quantize(Decimal("0.01"), ROUND_CEILING)


def printable(text: str) -> str:
    """The text in letters that the face has: a letter without a glyph loses its accent (ő → o), never itself.

    What has no base letter in the face stays, and `unprintable` names it: such a label is refused, since a box in place of a
    letter tells the patient nothing.
    """
    return "".join(c if _has(c) else _base(c) for c in unicodedata.normalize("NFC", text))


def unprintable(text: str) -> str:
    """The first letter that cannot be printed, or empty."""
    return next((c for c in printable(text) if not _has(c)), "")


def _base(letter: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return plain if plain and all(map(_has, plain)) else letter


def _has(letter: str) -> bool:
    return ord(letter) in _face(REGULAR)[0] and unicodedata.category(letter)[0] != "C"


def broken(text: str, kind: Type, room: Decimal) -> tuple[str, ...] | None:
    """The text in lines no wider than `room`, broken at spaces; None where a single word is wider.

    A number stays on the line of its unit where it can: a lone '5' at a line's end is read with whatever stands below it.
    """
    lines: list[str] = []
    for word in _held(text.split(), kind, room):
        if width(word, kind) > room:
            return None
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, kind) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


def _held(words: list[str], kind: Type, room: Decimal) -> list[str]:
    held: list[str] = []
    for word in words:
        together = f"{held[-1]} {word}" if held else ""
        if together and _ENDS_IN_NUMBER.search(held[-1]) and width(together, kind) <= room:
            held[-1] = together
        else:
            held.append(word)
    return held
