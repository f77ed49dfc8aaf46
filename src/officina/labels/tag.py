"""Small tags of 2.25 × 1.25 inches: the number of a bag or of a returned vial, for people and for the scanner.

A bag stands where other people look, so its tag names the patient and never a medicine. A returned vial goes back among the
medicines, so its tag names the medicine, its lot and its last day, and never a patient.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from officina.codecs import zpl as codec
from officina.kernel.errors import Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.labels import metrics, symbol
from officina.labels.drawing import alone
from officina.labels.metrics import Type

D = Decimal

FORMS = ("pdf", "zpl")
MEDIA_TYPES = {"pdf": "application/pdf", "zpl": "text/plain; charset=utf-8"}

WIDTH, HEIGHT = D(162), D(90)
MARGIN = D(6)
INNER = WIDTH - 2 * MARGIN
CORNER = D(28)
"""Room kept at the top right for the barcode and its quiet zone."""
TIGHT = D("1.12")
NUMBER_STEPS = (("15", 1), ("13", 1), ("11", 1), ("9", 1))
FIRST_STEPS = (("12", 1), ("11", 1), ("10", 2), ("9", 2), ("8", 3))
OTHER_STEPS = (("9", 1), ("8", 1), ("7", 2))
TRAINING = "TRAINING"


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tag says: its number, and the lines under it, the first one large."""

    number: HouseNumber
    words: tuple[str, ...]
    training: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """One line at its place, from the top left corner, in points."""

    text: str
    type: Type
    x: Decimal
    y: Decimal


def bag(number: str, *, patient_name: str, bin_name: str, training: bool = False) -> Tag:
    """The tag of a will-call bag: whose it is and where it stands, nothing of what is in it."""
    return Tag(HouseNumber.parse(number), (patient_name, f"Bin {bin_name}"), training)


def vial(number: str, *, medicine: str, ndc: str, lot: str, expires_on: date, training: bool = False) -> Tag:
    """The tag of a vial that came back to stock: what it is, from which lot, until when; nobody's name."""
    last = f"{expires_on:%b} {expires_on.day}, {expires_on.year}"
    return Tag(HouseNumber.parse(number), (medicine, f"Use before {last}", f"Lot {lot}", f"NDC {ndc}"), training)


def lay_out(tag: Tag) -> tuple[Written, ...]:
    """Every line at its place; `Refused` where something cannot be printed or does not fit. Nothing is ever cut."""
    for words in tag.words:
        if letter := metrics.unprintable(words):
            raise Refused(
                "label_letter",
                f"The letter “{letter}” (U+{ord(letter):04X}) cannot be printed. Nothing was printed.",
                came=words,
            )
    lines = list(_head(tag))
    y = MARGIN + CORNER
    for n, words in enumerate(map(metrics.printable, tag.words)):
        made = list(_fit(words, INNER, FIRST_STEPS if n == 0 else OTHER_STEPS, y, bold=n == 0))
        y += sum((line.type.size * TIGHT for line in made), D(0))
        lines += made
    if y > HEIGHT - MARGIN + 1:
        raise _overflow(" ".join(tag.words))
    return tuple(lines)


def _head(tag: Tag) -> Iterator[Written]:
    yield from _fit(tag.number.text, INNER - CORNER, NUMBER_STEPS, MARGIN, bold=True)
    if tag.training:
        yield from _fit(TRAINING, INNER - CORNER, (("8", 1),), MARGIN + 17, bold=True)


def _fit(
    text: str, room: Decimal, steps: tuple[tuple[str, int], ...], y: Decimal, *, bold: bool = False
) -> Iterator[Written]:
    """The text in the first size that holds it."""
    for size, most in steps:
        kind = Type(D(size), bold)
        lines = metrics.broken(text, kind, room)
        if lines is not None and len(lines) <= most:
            for n, line in enumerate(lines):
                yield Written(line, kind, MARGIN, y + n * kind.size * TIGHT)
            return
    raise _overflow(text)


def _overflow(text: str) -> Refused:
    return Refused("label_overflow", "This does not fit on a small tag. Nothing was printed.", came=text)


def render(tag: Tag, *, kind: str, dpi: int = 203) -> bytes:
    """The tag as PDF, or as ZPL for a printer of 203 or 300 dots an inch."""
    return render_pdf(tag) if kind == "pdf" else render_zpl(tag, dpi).encode()


def render_pdf(tag: Tag) -> bytes:
    """The tag as a PDF of one small page; the same tag gives the same bytes."""
    return render_pages([tag], title=f"Tag {tag.number.text}")


@alone
def render_pages(tags: Sequence[Tag], *, title: str) -> bytes:
    """Many tags as one PDF, a page each, to be printed in one go."""
    metrics.ready()
    out = BytesIO()
    canvas = Canvas(out, pagesize=(float(WIDTH), float(HEIGHT)), invariant=1, pageCompression=1)
    canvas.setTitle(title)
    for tag in tags:
        _draw(canvas, tag)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, tag: Tag) -> None:
    for line in lay_out(tag):
        _write(canvas, line)
    made = symbol.encode(tag.number.barcode)
    path, left = canvas.beginPath(), WIDTH - MARGIN - made.width
    for x, y in sorted(made.cells):
        top = HEIGHT - MARGIN - (y + 1) * made.module
        path.rect(float(left + x * made.module), float(top), float(made.module), float(made.module))
    canvas.drawPath(path, stroke=0, fill=1)


def _write(canvas: Canvas, line: Written) -> None:
    text = canvas.beginText(float(line.x), float(HEIGHT - line.y - line.type.size * metrics.ASCENT))
    text.setFont(line.type.font, float(line.type.size))
    text.setHorizScale(float(metrics.SET * 100))
    text.textOut(line.text)
    canvas.drawText(text)


def render_zpl(tag: Tag, dpi: int = 203) -> str:
    """The print job for one small tag."""
    if dpi not in codec.DOTS_PER_INCH:
        raise Refused("label_dpi", f"Label printers here have 203 or 300 dots an inch, not {dpi}. Nothing was printed.")
    made = symbol.encode(tag.number.barcode)
    code = codec.DataMatrix(
        x=_dots(WIDTH - MARGIN - made.width, dpi),
        y=_dots(MARGIN, dpi),
        module=int(made.module * dpi / 72 + D("0.01")),
        data=made.data,
    )
    fields: tuple[codec.Field, ...] = (*(_text(line, dpi) for line in lay_out(tag)), code)
    return codec.build([codec.Label(width=_dots(WIDTH, dpi), length=_dots(HEIGHT, dpi), fields=fields)])


def _text(line: Written, dpi: int) -> codec.Text:
    baseline = line.y + line.type.size * metrics.ASCENT
    return codec.Text(x=_dots(line.x, dpi), y=_dots(baseline, dpi), height=_dots(line.type.size, dpi), text=line.text)


def _dots(points: Decimal, dpi: int) -> int:
    return int((points * dpi / 72).quantize(D(1), ROUND_HALF_UP))
