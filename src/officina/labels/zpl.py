"""The vial label in the printer's own language, from the same layout that the PDF draws.

The printer's font 0 is narrower than the face that the house measures with, so a line that fits by our measure fits in print.
Every line goes out as a field of its own: the printer breaks nothing, and so it can lose nothing.
"""

from decimal import ROUND_HALF_UP, Decimal

from officina.codecs import zpl as codec
from officina.kernel.errors import Refused
from officina.labels import layout
from officina.labels.content import LabelContent
from officina.labels.layout import Box, Line, Page


def render_zpl(content: LabelContent, dpi: int = 203) -> str:
    """The print job for a 4 × 2.25 inch label at 203 or 300 dots an inch. `Refused` where it does not fit."""
    if dpi not in codec.DOTS_PER_INCH:
        raise Refused("label_dpi", f"Label printers here have 203 or 300 dots an inch, not {dpi}. Nothing was printed.")
    return codec.build([_label(page, dpi) for page in layout.lay_out(content)])


def _label(page: Page, dpi: int) -> codec.Label:
    fields: list[codec.Field] = [
        *(_bar(bar, dpi) for bar in page.bars),
        *(_text(line, dpi) for line in page.lines),
        _symbol(page, dpi),
    ]
    return codec.Label(width=_dots(layout.WIDTH, dpi), length=_dots(layout.HEIGHT, dpi), fields=tuple(fields))


def _dots(points: Decimal, dpi: int) -> int:
    return int((points * dpi / 72).quantize(Decimal(1), ROUND_HALF_UP))


def _bar(box: Box, dpi: int) -> codec.Bar:
    width, height = max(_dots(box.width, dpi), 1), max(_dots(box.height, dpi), 1)
    return codec.Bar(x=_dots(box.x, dpi), y=_dots(box.y, dpi), width=width, height=height)


def _text(line: Line, dpi: int) -> codec.Text:
    high = _dots(line.type.size, dpi)
    align = codec.Align.RIGHT if line.flush_right else codec.Align.CENTRE if line.white else None
    block = codec.Block(width=_dots(line.box.width, dpi), align=align) if align else None
    x, y = _dots(line.box.x, dpi), _dots(line.baseline, dpi)
    return codec.Text(x=x, y=y, height=high, text=line.text, block=block, reverse=line.white)


def _symbol(page: Page, dpi: int) -> codec.DataMatrix:
    """The barcode, in whole dots and never larger than the room that was kept for it."""
    module = int(page.symbol.module * dpi / 72 + Decimal("0.01"))
    return codec.DataMatrix(
        x=_dots(page.symbol_box.x, dpi), y=_dots(page.symbol_box.y, dpi), module=module, data=page.symbol.data
    )
