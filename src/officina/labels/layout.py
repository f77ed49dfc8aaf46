"""Where everything stands on a vial label of 4 × 2.25 inches: one layout in points, drawn by PDF, picture and printer alike.

The top belongs to the patient: name, medicine, directions as large as they go. The foot belongs to the pharmacy. Sizes shrink in
steps, never below what the law or USP <17> allows; then the directions go on to a second label; then the label is refused.
Nothing is ever cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from officina.kernel.errors import Refused
from officina.labels import metrics, symbol
from officina.labels.content import LabelContent, Part
from officina.labels.metrics import Type
from officina.labels.symbol import Symbol

D = Decimal

WIDTH, HEIGHT = D(288), D(162)
LEFT, RIGHT, TOP, BOTTOM = D(8), WIDTH - 8, D(7), HEIGHT - 6
INNER = RIGHT - LEFT
SIDE = D(78)
"""Width of the column of auxiliary labels, where there are any."""
GAP = D(8)
HALF = (INNER - GAP) / 2

CORNER = D(26)
"""Room kept beside the foot for the barcode and its quiet zone."""

DIRECTIONS_SIZES = tuple(map(D, ("15", "14", "13", "12.5", "12", "11.5", "11")))
"""Points. 11 in a sans serif is the least that USP <17> allows for what the patient must read."""
PATIENT_STEPS = (("12", 1), ("11", 1), ("10", 1), ("9", 2), ("8", 3))
DRUG_STEPS = (("11", 1), ("10.5", 1), ("10", 1), ("9.5", 1), ("9", 1), ("9.5", 2), ("8.5", 3))
"""Size in points and most lines, tried in order."""
LEGAL_SIZE = D(6)
"""21 CFR 209.11(b): the side-effects line in no less than 6 points."""
LEADING = D("1.2")
TIGHT = D("1.12")
SEPARATOR = "  ·  "
FIRST_OF_TWO = "LABEL 1 OF 2: MORE ON LABEL 2"
SECOND_OF_TWO = "LABEL 2 OF 2"
NDC_MARK = "NDC "


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, from its top left corner."""

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share any area."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height

    def holds(self, other: "Box") -> bool:
        """Whether the other lies wholly inside."""
        across = self.x <= other.x and other.x + other.width <= self.x + self.width
        return across and self.y <= other.y and other.y + other.height <= self.y + self.height


SHEET = Box(D(0), D(0), WIDTH, HEIGHT)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in its box."""

    part: Part
    text: str
    type: Type
    box: Box
    white: bool = False
    """On a black bar."""
    flush_right: bool = False

    @property
    def baseline(self) -> Decimal:
        return self.box.y + self.type.size * metrics.ASCENT


@dataclass(frozen=True, slots=True)
class Page:
    """One printed label: lines, black bars, and the barcode of the fill number."""

    number: int
    of: int
    lines: tuple[Line, ...]
    bars: tuple[Box, ...]
    symbol: Symbol
    symbol_box: Box


@dataclass(frozen=True, slots=True)
class _Set:
    """Text broken to a width in a type, not yet placed."""

    part: Part
    type: Type
    lines: tuple[str, ...]
    leading: Decimal = TIGHT

    @property
    def height(self) -> Decimal:
        return self.type.size * self.leading * len(self.lines)

    def at(self, x: Decimal, y: Decimal) -> Iterator[Line]:
        for i, text in enumerate(self.lines):
            box = Box(x, y + i * self.type.size * self.leading, metrics.width(text, self.type), self.type.size)
            yield Line(self.part, text, self.type, box)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Head and foot of a label, and the room that they leave between them."""

    lines: tuple[Line, ...]
    bars: tuple[Box, ...]
    symbol_box: Box
    y: Decimal
    height: Decimal


@dataclass(frozen=True, slots=True)
class _Middle:
    """What stands between head and foot."""

    lines: tuple[Line, ...]
    bars: tuple[Box, ...] = ()


def lay_out(content: LabelContent) -> tuple[Page, ...]:
    """One label, or two where the words are many; `Refused` names the part that fits nowhere."""
    content = _printable(content)
    frame = _frame(content, "")
    single = _single(content, frame)
    if single:
        return (_page(content, frame, single, 1, 1),)
    frames = (_frame(content, FIRST_OF_TWO), _frame(content, SECOND_OF_TWO))
    middles = _double(content, *frames)
    return _page(content, frames[0], middles[0], 1, 2), _page(content, frames[1], middles[1], 2, 2)


def _page(content: LabelContent, frame: _Frame, middle: _Middle, number: int, of: int) -> Page:
    lines, bars = (*frame.lines, *middle.lines), (*frame.bars, *middle.bars)
    return Page(number, of, lines, bars, symbol.encode(content.facts.fill_number), frame.symbol_box)


def _printable(content: LabelContent) -> LabelContent:
    for block in content.blocks:
        if bad := next((c for line in block.lines if (c := metrics.unprintable(line))), ""):
            raise Refused(
                "label_letter",
                f"The {_named(block.part)} has a letter that the label cannot print ({bad!r}, U+{ord(bad):04X}). Nothing was printed. Write it in Latin letters.",
                came=" ".join(block.lines),
            )
    blocks = tuple(replace(b, lines=tuple(map(metrics.printable, b.lines))) for b in content.blocks)
    return replace(content, blocks=blocks)


def _named(part: Part) -> str:
    return part.replace("_", " ")


def _overflow(part: Part, text: str) -> Refused:
    return Refused(
        "label_overflow",
        f"The {_named(part)} does not fit on the label even at the smallest legal size. Nothing was printed. Shorten it.",
        came=text,
    )


def _fit(part: Part, text: str, room: Decimal, steps: Sequence[tuple[str, int]], *, bold: bool = False) -> _Set:
    """The text at the first step (size, most lines) that holds it."""
    for size, most in steps:
        kind = Type(D(size), bold)
        lines = metrics.broken(text, kind, room)
        if lines is not None and len(lines) <= most:
            return _Set(part, kind, lines)
    raise _overflow(part, text)


def _flow(part: Part, items: Sequence[str], room: Decimal, size: str, *, bold: bool = False) -> _Set:
    """Items set one after another with dots between, an item broken only where it is wider than the room."""
    kind = Type(D(size), bold)
    lines: list[str] = []
    for item in items:
        longer = f"{lines[-1]}{SEPARATOR}{item}" if lines else item
        if lines and metrics.width(longer, kind) <= room:
            lines[-1] = longer
            continue
        more = metrics.broken(item, kind, room)
        if more is None:
            raise _overflow(part, item)
        lines += more
    return _Set(part, kind, tuple(lines))


def _frame(content: LabelContent, counting: str) -> _Frame:
    lines, bars, y = [*_band(content, counting)], [], TOP
    if lines:
        bars.append(Box(D(0), D(0), WIDTH, D(12)))
        y = D(15)
    second = counting == SECOND_OF_TWO
    maker = [i for i in content.lines(Part.MAKER) if not i.startswith(NDC_MARK)]
    under = {
        "": [*maker, *content.lines(Part.DESCRIPTION)],
        FIRST_OF_TWO: maker,
        SECOND_OF_TWO: content.lines(Part.DESCRIPTION),
    }[counting]
    lines += _head(content, y, under)
    y = max(line.box.y + line.type.size * TIGHT for line in lines) + 3
    foot = _foot(content, short=second)
    side = symbol.encode(content.facts.fill_number).width
    top = BOTTOM - max(sum((s.height for s in foot), D(0)), side)
    bars.append(Box(LEFT, top - D("3.5"), INNER, D("0.5")))
    at = top
    for each in foot:
        lines += each.at(LEFT, at)
        at += each.height
    corner = Box(RIGHT - side, BOTTOM - side, side, side)
    return _Frame(tuple(lines), tuple(bars), corner, y, top - D("5.5") - y)


def _band(content: LabelContent, counting: str) -> Iterator[Line]:
    """The black band on top: a training label must shout, and so must a label that says only half."""
    words = [w for w in (content.text(Part.TRAINING), counting) if w]
    if words:
        kind, text = Type(D(8), bold=True), SEPARATOR.join(words)
        wide = metrics.width(text, kind)
        yield Line(Part.TRAINING, text, kind, Box((WIDTH - wide) / 2, D(2), wide, kind.size), white=True)


def _head(content: LabelContent, y: Decimal, under: Sequence[str]) -> Iterator[Line]:
    rx = _fit(Part.RX, (content.lines(Part.RX) or ("",))[0], D(110), (("9", 1), ("8", 1), ("7", 1)), bold=True)
    rx_wide = max(metrics.width(line, rx.type) for line in (*rx.lines, ""))
    for line in rx.at(RIGHT - rx_wide, y + 2):
        yield replace(line, flush_right=True)
    room = INNER - rx_wide - GAP
    patient = _fit(Part.PATIENT, content.text(Part.PATIENT), room, PATIENT_STEPS, bold=True)
    yield from patient.at(LEFT, y)
    y += max(patient.height, rx.height + 2)
    drug = _fit(Part.DRUG, content.text(Part.DRUG), INNER, DRUG_STEPS, bold=True)
    yield from drug.at(LEFT, y)
    yield from _flow(Part.MAKER, under, INNER, "7").at(LEFT, y + drug.height)


def _foot(content: LabelContent, *, short: bool) -> list[_Set]:
    """The pharmacy's own block; on a second label without what the first one has said."""
    room = INNER - CORNER - 4
    pharmacy = content.lines(Part.PHARMACY)
    name, phone = pharmacy[:1], pharmacy[1:][-1:]
    if short:
        return [
            _flow(Part.PHARMACY, [*name, *phone], room, "7.5", bold=True),
            _flow(Part.RX, content.lines(Part.RX)[1:], room, "6.5"),
        ]
    ndc = [i for i in content.lines(Part.MAKER) if i.startswith(NDC_MARK)]
    staff = [*content.lines(Part.PRESCRIBER), *content.lines(Part.RX)[1:], *ndc, *content.lines(Part.PHARMACIST)]
    rows = [_flow(Part.PHARMACY, [*name, *phone], room, "7.5", bold=True)]
    rows.append(_flow(Part.RX, [", ".join(pharmacy[1:-1]), *staff] if pharmacy[1:-1] else staff, room, "6.5"))
    return [*rows, _fit(Part.SIDE_EFFECTS, _legal(content), room, ((str(LEGAL_SIZE), 4),))]


def _legal(content: LabelContent) -> str:
    return " ".join((*content.lines(Part.CAUTION), *content.lines(Part.SIDE_EFFECTS)))


def _directions(content: LabelContent) -> str:
    return " ".join((*content.lines(Part.DIRECTIONS), *content.lines(Part.PURPOSE)))


def _largest(content: LabelContent, room: Decimal, height: Decimal) -> _Set | None:
    """The directions in the largest size that stays in this room."""
    for points in DIRECTIONS_SIZES:
        for leading in (LEADING, TIGHT):
            lines = metrics.broken(_directions(content), Type(points), room)
            directions = _Set(Part.DIRECTIONS, Type(points), lines or (), leading)
            if lines is not None and directions.height <= height:
                return directions
    return None


def _supply(content: LabelContent, room: Decimal) -> _Set:
    """Quantity, refills and discard-after date."""
    items = [content.text(p) for p in (Part.QUANTITY, Part.REFILLS, Part.DISCARD)]
    return _flow(Part.QUANTITY, [i for i in items if i], room, "8", bold=True)


def _single(content: LabelContent, frame: _Frame) -> _Middle | None:
    """Everything on one label: directions on the left, auxiliary labels in a column on the right."""
    sides = _sides(content, frame.height)
    if sides is None:
        return None
    room = INNER - (SIDE + GAP if sides else 0)
    supply = _supply(content, room)
    directions = _largest(content, room, frame.height - supply.height - 3)
    if directions is None:
        return None
    lines = [*directions.at(LEFT, frame.y), *supply.at(LEFT, frame.y + frame.height - supply.height)]
    beside = _marked(sides, RIGHT - SIDE, frame.y + 2)
    return _Middle((*lines, *beside.lines), beside.bars)


def _sides(content: LabelContent, height: Decimal) -> tuple[_Set, ...] | None:
    """The auxiliary labels in the largest size that fits the column."""
    for size in ("8", "7.5", "7", "6.5"):
        sides = _warnings(content, SIDE - 6, size)
        if _stacked(sides) + 2 <= height:
            return sides
    return None


def _warnings(content: LabelContent, room: Decimal, size: str) -> tuple[_Set, ...]:
    return tuple(_fit(Part.AUXILIARY, text, room, ((size, 9),)) for text in content.lines(Part.AUXILIARY))


def _stacked(sets: Sequence[_Set]) -> Decimal:
    return sum((s.height for s in sets), D(0)) + 3 * max(len(sets) - 1, 0)


def _marked(sides: Sequence[_Set], x: Decimal, y: Decimal) -> _Middle:
    """Warnings one under another, each with a black bar at its left."""
    lines: list[Line] = []
    bars: list[Box] = []
    for side in sides:
        bars.append(Box(x, y, D("1.5"), side.height))
        lines += side.at(x + 6, y)
        y += side.height + 3
    return _Middle(tuple(lines), tuple(bars))


def _double(content: LabelContent, first: _Frame, second: _Frame) -> tuple[_Middle, _Middle]:
    """Two labels: the warnings go to the second in two columns, and if need be the end of the directions with them."""
    supply = _supply(content, INNER)
    bottom = first.y + first.height - supply.height
    room = bottom - 2 - first.y
    warnings = _warnings(content, HALF - 6, "8")
    columns = warnings[::2], warnings[1::2]
    high = max(map(_stacked, columns))
    here, there = _largest(content, INNER, room) if warnings else None, None
    if here is None:
        here, there = _parted(content, room, second.height - high - 4)
    y = second.y + (there.height + 4 if there else 2)
    if y + high > second.y + second.height:
        raise _overflow(Part.AUXILIARY, content.text(Part.AUXILIARY))
    rest = tuple(there.at(LEFT, second.y)) if there else ()
    left, right = _marked(columns[0], LEFT, y), _marked(columns[1], RIGHT - HALF, y)
    below = _Middle((*rest, *left.lines, *right.lines), (*left.bars, *right.bars))
    return _Middle((*here.at(LEFT, first.y), *supply.at(LEFT, bottom))), below


def _parted(content: LabelContent, here: Decimal, there: Decimal) -> tuple[_Set, _Set]:
    """The directions on two labels, parted at the end of a sentence where one allows it."""
    words = _directions(content)
    for ends in (True, False):
        for kind in map(Type, DIRECTIONS_SIZES):
            high = kind.size * TIGHT
            for first, second in _partings(words, kind, ends=ends):
                if len(first) * high <= here and len(second) * high <= there:
                    return _Set(Part.DIRECTIONS, kind, first), _Set(Part.DIRECTIONS, kind, second)
    raise _overflow(Part.DIRECTIONS, words)


def _partings(text: str, kind: Type, *, ends: bool) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Ways to part a text in two runs of lines, the longest first part first."""
    words = text.split()
    for at in range(len(words) - 1, 0, -1):
        if ends and not words[at - 1].endswith((".", ";")):
            continue
        first, second = (metrics.broken(" ".join(w), kind, INNER) for w in (words[:at], words[at:]))
        if first is not None and second is not None:
            yield first, second
