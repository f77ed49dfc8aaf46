r"""ZPL II, the language of label printers: labels built as text from typed fields, so that data can never become a command.

A label is one `^XA … ^XZ`. Every field states its place, its font and its data; nothing is left to what an earlier job set.
Text goes out under `^CI28` (UTF-8) as an `^FH` field: `^`, `~`, `\` and everything outside printable ASCII are written as the
hexadecimal of their bytes, so a name cannot end a field, start a command or reset a printer. Places are printer dots from the
top left corner; `y` of a text is its baseline (`^FT`).

>>> label = Label(width=812, length=457, fields=(Text(x=20, y=60, height=40, text="Núñez ^XZ~JR"), DataMatrix(x=20, y=90, module=5, data="F2000015")))
>>> print(build([label]))
^XA
^PW812^LL457^LH0,0^PON^PMN^LRN^FWN^CI28
^FT20,60^A0N,40,40^FH\^FDN\C3\BA\C3\B1ez \5EXZ\7EJR^FS
^FO20,90^BXN,5,200,,,,_^FH\^FDF2000015^FS
^XZ
<BLANKLINE>
>>> unescape("N\\C3\\BA\\C3\\B1ez")
'Núñez'
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from officina.kernel.errors import ParseError

DOTS_PER_INCH = (203, 300)
"""Print heads that the house speaks to: 8 and 11.8 dots a millimetre."""

_LONGEST = 3072
"""Bytes that a printer keeps of one `^FD` (ZPL II guide); more would be cut in silence."""

_ESCAPE = "\\"
_HEX = re.compile(rb"\\([0-9A-F]{2})")


class Align(StrEnum):
    """How a text stands in its block (`^FB`)."""

    LEFT = "L"
    RIGHT = "R"
    CENTRE = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`^FB`: the width that a text is set in. The caller has measured it: lines beyond `lines` would print over the last."""

    width: int
    lines: int = 1
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in the printer's scalable font 0. `height` is the whole letter cell in dots."""

    x: int
    y: int
    height: int
    text: str
    width: int = 0
    """Cell width in dots; 0 is the font's own proportion."""
    block: Block | None = None
    reverse: bool = False
    """White on a black box that was drawn before (`^FR`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A filled black rectangle (`^GB`): a rule, a band, a frame's edge."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMatrix:
    """`^BX`: an ECC 200 square symbol, `module` dots a cell."""

    x: int
    y: int
    module: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code128:
    """`^BC`: bars of `module` dots, subsets chosen by the printer, no printed digits of its own."""

    x: int
    y: int
    module: int
    height: int
    data: str


Field: TypeAlias = Text | Bar | DataMatrix | Code128


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label of so many dots, its fields in drawing order."""

    width: int
    length: int
    fields: tuple[Field, ...] = field(default=())
    copies: int = 1


def escape(text: str) -> str:
    r"""Text as `^FH\` data: printable ASCII stays, the rest is `\hh` for each UTF-8 byte (ZPL II guide, ^FH).

    A control character is refused: printers act on some of them, and none belongs on a label.
    """
    if bad := next((c for c in text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0), None):
        raise ParseError("label text", expected="no control characters", got=bad)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise ParseError("label text", expected="whole Unicode characters", got=text) from None
    plain = "".join(chr(b) if 0x20 <= b < 0x7F and chr(b) not in "^~\\" else f"{_ESCAPE}{b:02X}" for b in raw)
    if len(plain) > _LONGEST:
        raise ParseError("label text", expected=f"at most {_LONGEST} bytes", got=text)
    return plain


def unescape(data: str) -> str:
    """The text that a printer reads from `escape`d data."""
    return _HEX.sub(lambda m: bytes([int(m[1], 16)]), data.encode("ascii")).decode()


def build(labels: Sequence[Label]) -> str:
    """The print job: each label its own `^XA … ^XZ`, each restating what an earlier job may have changed."""
    return "".join(_label(label) for label in labels)


def _label(label: Label) -> str:
    size = f"^PW{_dots(label.width)}^LL{_dots(label.length)}"
    # A mirrored, inverted or shifted print is a wrong label that looks like a printer fault: put all of it back first
    lines = ["^XA", f"{size}^LH0,0^PON^PMN^LRN^FWN^CI28", *(_field(f, label) for f in label.fields)]
    copies = f"^PQ{_dots(label.copies)}" if label.copies != 1 else ""
    return "\n".join([*lines, f"{copies}^XZ"]) + "\n"


def _field(item: Field, label: Label) -> str:
    if not (0 <= item.x < label.width and 0 <= item.y <= label.length):
        raise ParseError("label field", expected="a place on the label", got=(item.x, item.y))
    match item:
        case Text():
            return _text(item)
        case Bar(x=x, y=y, width=w, height=h):
            return f"^FO{x},{y}^GB{_dots(w)},{_dots(h)},{min(w, h)}^FS"
        case DataMatrix(x=x, y=y, module=module, data=data):
            # '_' is named as the symbol's own escape character, so one in the data is written twice
            return f"^FO{x},{y}^BXN,{_dots(module)},200,,,,_{_data(_symbol(data).replace('_', '__'))}"
        case Code128(x=x, y=y, module=module, height=h, data=data):
            # '>' would switch the code subset (ZPL II guide, ^BC); '>0' is the character itself
            return f"^FO{x},{y}^BY{_dots(module)}^BCN,{_dots(h)},N,N,N,A{_data(_symbol(data).replace('>', '>0'))}"


def _text(item: Text) -> str:
    reverse = "^FR" if item.reverse else ""
    block, words = "", item.text
    if item.block:
        block = f"^FB{_dots(item.block.width)},{_dots(item.block.lines)},0,{item.block.align},0"
        words = words.replace(_ESCAPE, _ESCAPE * 2)  # in a block a single backslash would break the line
    cell = f"^A0N,{_dots(item.height)},{_dots(item.width or item.height)}"
    return f"^FT{item.x},{item.y}{cell}{block}{reverse}{_data(words)}"


def _data(words: str) -> str:
    return rf"^FH\^FD{escape(words)}^FS"


def _symbol(data: str) -> str:
    if not data or not all(0x20 <= ord(c) < 0x7F for c in data):
        raise ParseError("barcode data", expected="printable ASCII characters", got=data)
    return data


def _dots(number: int) -> int:
    if number < 1:
        raise ParseError("label measure", expected="at least one dot", got=number)
    return number
