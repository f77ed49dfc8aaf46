"""The receipt of a hand-over on a roll of 80 mm: pharmacy, day, prescription numbers, amounts, how it was paid.

A receipt lies in purses and bins, so it names no medicine and no patient unless the patient asks for that, as an insurer or a tax office may.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from officina.kernel.errors import Refused
from officina.labels import metrics
from officina.labels.drawing import alone
from officina.labels.metrics import Type

D = Decimal

FORMS = ("pdf",)
MEDIA_TYPES = {"pdf": "application/pdf"}
WIDTH = D("226.77")
"""80 mm in points."""
MARGIN = D(12)
INNER = WIDTH - 2 * MARGIN
TIGHT = D("1.3")
PLAIN, BOLD, LARGE = Type(D(9)), Type(D(9), bold=True), Type(D(12), bold=True)


@dataclass(frozen=True, slots=True)
class Line:
    """One fill on the receipt."""

    rx_number: str
    medicine: str
    """Empty unless the patient wants it named."""
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """All that the receipt says; money is in dollars, rounded to cents."""

    pharmacy_name: str
    pharmacy_street: str
    pharmacy_city_line: str
    pharmacy_phone: str
    at: str
    """Day and time as said at the site."""
    patient_name: str
    lines: tuple[Line, ...]
    total: Decimal
    paid: tuple[tuple[str, Decimal], ...]
    """Kind in words, and amount."""
    given: Decimal | None
    change: Decimal | None
    training: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it will be printed: words at the left, an amount at the right."""

    left: str
    right: str
    type: Type


def lay_out(facts: ReceiptFacts) -> tuple[Row, ...]:
    """Every line in its order; `Refused` where something cannot be printed or does not fit. Nothing is ever cut."""
    return tuple(_rows(facts))


def _rows(facts: ReceiptFacts) -> Iterator[Row]:
    yield from _broken(facts.pharmacy_name, LARGE)
    for words in (facts.pharmacy_street, facts.pharmacy_city_line, facts.pharmacy_phone, facts.at, facts.patient_name):
        yield from _broken(words, PLAIN)
    if facts.training:
        yield Row("TRAINING", "", BOLD)
    yield Row("", "", PLAIN)
    for line in facts.lines:
        yield Row(f"Rx {line.rx_number}", f"${line.amount:,.2f}", PLAIN)
        yield from _broken(line.medicine, PLAIN)
    yield Row("Total", f"${facts.total:,.2f}", BOLD)
    for kind, amount in facts.paid:
        yield Row(kind, f"${amount:,.2f}", PLAIN)
    if facts.given is not None and facts.change is not None:
        yield Row("Given", f"${facts.given:,.2f}", PLAIN)
        yield Row("Change", f"${facts.change:,.2f}", PLAIN)


def _broken(text: str, kind: Type) -> Iterator[Row]:
    if letter := metrics.unprintable(text):
        raise Refused(
            "label_letter", f"The letter “{letter}” (U+{ord(letter):04X}) cannot be printed. Nothing was printed.", came=text
        )  # fmt: skip
    lines = metrics.broken(metrics.printable(text), kind, INNER)
    if lines is None:
        raise Refused("label_overflow", "This does not fit on the receipt. Nothing was printed.", came=text)
    for line in lines:
        yield Row(line, "", kind)


@alone
def render_pdf(facts: ReceiptFacts) -> bytes:
    """The receipt as a PDF of one page, as long as it needs; the same facts give the same bytes."""
    metrics.ready()
    rows = lay_out(facts)
    height = 2 * MARGIN + sum((row.type.size * TIGHT for row in rows), D(0))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(float(WIDTH), float(height)), invariant=1, pageCompression=1)
    canvas.setTitle("Receipt")
    y = MARGIN
    for row in rows:
        baseline = height - y - row.type.size * metrics.ASCENT
        _write(canvas, row.left, row.type, MARGIN, baseline)
        _write(canvas, row.right, row.type, WIDTH - MARGIN - metrics.width(row.right, row.type), baseline)
        y += row.type.size * TIGHT
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _write(canvas: Canvas, words: str, kind: Type, x: Decimal, baseline: Decimal) -> None:
    text = canvas.beginText(float(x), float(baseline))
    text.setFont(kind.font, float(kind.size))
    text.setHorizScale(float(metrics.SET * 100))
    text.textOut(words)
    canvas.drawText(text)
