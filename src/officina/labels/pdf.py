"""The vial label as a PDF, one page a label, with its letters embedded and its barcode as one filled path."""

from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from officina.labels import layout, metrics
from officina.labels.content import LabelContent
from officina.labels.drawing import alone
from officina.labels.layout import HEIGHT, WIDTH, Box, Line, Page
from officina.labels.symbol import Symbol


@alone
def render_pdf(content: LabelContent) -> bytes:
    """The label as a PDF of 4 × 2.25 inch pages; the same content gives the same bytes. `Refused` where it does not fit."""
    metrics.ready()
    out = BytesIO()
    canvas = Canvas(out, pagesize=(float(WIDTH), float(HEIGHT)), invariant=1, pageCompression=1)
    canvas.setTitle(f"Label {content.facts.fill_number}")
    for page in layout.lay_out(content):
        _draw(canvas, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, page: Page) -> None:
    for bar in page.bars:
        _fill(canvas, bar)
    for line in page.lines:
        _write(canvas, line)
    _symbol(canvas, page.symbol, page.symbol_box)


def _fill(canvas: Canvas, box: Box) -> None:
    canvas.rect(float(box.x), float(HEIGHT - box.y - box.height), float(box.width), float(box.height), stroke=0, fill=1)


def _write(canvas: Canvas, line: Line) -> None:
    text = canvas.beginText(float(line.box.x), float(HEIGHT - line.baseline))
    text.setFont(line.type.font, float(line.type.size))
    text.setHorizScale(float(metrics.SET * 100))
    text.setFillGray(1 if line.white else 0)
    text.textOut(line.text)
    canvas.drawText(text)
    canvas.setFillGray(0)


def _symbol(canvas: Canvas, symbol: Symbol, box: Box) -> None:
    path, module = canvas.beginPath(), symbol.module
    for x, y in sorted(symbol.cells):
        path.rect(float(box.x + x * module), float(HEIGHT - box.y - (y + 1) * module), float(module), float(module))
    canvas.drawPath(path, stroke=0, fill=1)
