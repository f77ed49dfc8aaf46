"""The barcode of the fill number: a square DataMatrix whose cells are a whole number of printer dots."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import zxingcpp

from officina.kernel.errors import Refused

_DOTS = {10: 5, 12: 5, 14: 4, 16: 4}
"""Dots a cell at 203 an inch, by cells a side: never under 0.5 mm, and never larger than the corner that it stands in."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A DataMatrix as its dark cells (column, row)."""

    data: str
    side: int
    cells: frozenset[tuple[int, int]]

    @property
    def module(self) -> Decimal:
        """The width of a cell in points: whole dots at 203 an inch, since an edge between dots does not scan."""
        return Decimal(_DOTS[self.side] * 72) / 203

    @property
    def width(self) -> Decimal:
        return self.module * self.side


def encode(data: str) -> Symbol:
    """The data's square DataMatrix (ISO/IEC 16022, ECC 200); `Refused` where it is no short number of letters and digits."""
    if not (data.isascii() and data.isalnum()):
        raise Refused(
            "label_number",
            f"The fill number {data!r} is not letters and digits, so it has no barcode. Nothing was printed.",
            came=data,
        )
    made = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    image: Any = made.to_image(scale=1, add_quiet_zones=False)  # speaks the buffer protocol; its stubs do not say so
    picture = memoryview(image)
    side = len(image_row(picture, 0))
    if side not in _DOTS:
        raise Refused(
            "label_number",
            f"The fill number {data} is too long for the label's barcode. Nothing was printed.",
            came=data,
        )
    dark = ((x, y) for y in range(side) for x, shade in enumerate(image_row(picture, y)) if shade == 0)
    return Symbol(data, side, frozenset(dark))


def image_row(picture: memoryview, y: int) -> bytes:
    """One row of grey values of a picture."""
    width = (picture.shape or (0, 0))[1]
    return picture.tobytes()[y * width : (y + 1) * width]
