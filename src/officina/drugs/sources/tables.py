"""Tables of text as agencies publish them: columns by their header, the encoding made certain, the end of the file not cut off."""

import csv
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from officina.drugs.sources.files import Member
from officina.drugs.sources.shape import Faults
from officina.kernel.errors import ParseError

_FAULTY = 0.01
_FEW = 20
_TENTH = 10
"""Of a short list: twenty lines may be half of it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written. An official header is held to the letter: a column moved is a column misread."""

    header: tuple[str, ...]
    separator: str
    quoted: bool = False
    open_end: bool = False
    """Its publisher leaves out the line end of the last line."""


@dataclass(slots=True)
class _Text:
    """Windows-1252 or UTF-8, whichever the first letter outside ASCII is written in; never both in one file."""

    member: Member
    encoding: str = ""

    def decode(self, number: int, line: bytes) -> str:
        if b"\0" in line:
            raise self._no(number, line)
        if line.isascii():
            return line.decode("ascii")
        self.encoding = self.encoding or _encoding(line)
        try:
            text = line.decode(self.encoding)
        except UnicodeDecodeError:
            raise self._no(number, line) from None
        if self.encoding == "cp1252" and _encoding(line) == "utf-8":
            raise self._no(number, line)
        return text

    def _no(self, number: int, line: bytes) -> ParseError:
        where = f"{self.member.name} line {number}"
        return ParseError("text", where=where, expected="Windows-1252 or UTF-8, one of them throughout", got=line[:60])


def _encoding(line: bytes) -> str:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def plain(name: str) -> str:
    """A column's name without case, spaces and underscores: they changed over the years."""
    return name.strip().lstrip("\ufeff").replace(" ", "").replace("_", "").lower()


def is_table(member: Member | None, layout: Layout) -> bool:
    """Whether a file's first line is this header."""
    if member is None:
        return False
    head = member.head().lstrip(b"\xef\xbb\xbf\r\n")
    first = head.split(b"\n", 1)[0].rstrip(b"\r").decode("cp1252", errors="replace")
    names = _split(first, layout) if first else []
    return [plain(n) for n in names[: len(layout.header)]] == [plain(h) for h in layout.header]


def lines(member: Member, layout: Layout, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Rows of a table whose every record is one line. A row of the wrong width is a fault; too many, or one at the end, a ParseError."""
    text, width = _Text(member), len(layout.header)
    rows, last, begun, before = 0, 0, False, faults.count
    for number, line in member.lines(open_end=layout.open_end):
        if not begun:
            begun = bool(line.strip(b"\xef\xbb\xbf \t"))
            continue
        fields = text.decode(number, line).split(layout.separator)
        rows += 1
        if len(fields) == width:
            yield number, fields
            continue
        if not line.strip():
            rows -= 1
            continue
        faults.add(number, f"{len(fields)} columns instead of {width}", line[:120].decode("cp1252", errors="replace"))
        last = number if len(fields) < width else last
    _end(member, number if begun else 0, last)
    believable(member.name, rows, faults, before=before)


def lines_without_header(member: Member | None, layout: Layout, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Rows of a table that has no header: RRF. Where the file was not given, none."""
    if member is None:
        return
    text, width = _Text(member), len(layout.header)
    number = rows = last = 0
    before = faults.count
    for number, line in member.lines():
        fields = text.decode(number, line).split(layout.separator)
        if len(fields) == width:
            rows += 1
            yield number, fields
        elif line.strip():
            faults.add(
                number, f"{len(fields)} columns instead of {width}", line[:120].decode("utf-8", errors="replace")
            )
            last = number
    _end(member, number, last)
    believable(member.name, rows, faults, before=before)


def records(
    member: Member, faults: Faults, *, separator: str = ",", quoted: bool = True, strict: bool = True
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a quoted CSV as mappings from `plain` column names; a quoted field may run over several lines."""
    text = _Text(member)
    reader = csv.reader(
        (text.decode(n, line) + "\n" for n, line in member.lines()),
        delimiter=separator,
        strict=strict,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    header: list[str] = []
    rows = last = 0
    before = faults.count
    try:
        for fields in reader:
            if not header:
                named = [plain(f) for f in fields]
                # A line that names nothing, such as a byte order mark alone, is no header.
                header = named if any(named) else []
            elif len(fields) == len(header):
                rows += 1
                yield reader.line_num, dict(zip(header, fields, strict=True))
            elif fields:
                rows, last = rows + 1, reader.line_num
                faults.add(reader.line_num, f"{len(fields)} columns instead of {len(header)}", separator.join(fields))
    except csv.Error as problem:
        where = f"{member.name} line {reader.line_num}"
        raise ParseError(
            "CSV", where=where, expected="quotes that close, fields of a sane length", got=str(problem)
        ) from None
    _end(member, reader.line_num, last)
    believable(member.name, rows, faults, before=before)


def has_columns(member: Member | None, names: Sequence[str], *, separator: str = ",") -> bool:
    """Whether a file's first line that is not empty names all these columns."""
    if member is None:
        return False
    first = (
        member.head().lstrip(b"\xef\xbb\xbf\r\n").split(b"\n", 1)[0].rstrip(b"\r").decode("cp1252", errors="replace")
    )
    try:
        found = {plain(n) for n in next(csv.reader([first], delimiter=separator), [])}
    except csv.Error:
        return False
    return {plain(n) for n in names} <= found


def believable(name: str, rows: int, faults: Faults, *, before: int = 0) -> None:
    """ParseError where the file holds nothing, or more lines than a slip here and there could not be read.

    `before` are the faults of the files that were read before this one.
    """
    if not rows:
        raise ParseError("table", where=name, expected="rows below the header", got="none")
    count = faults.count - before
    if count > max(_FEW, rows * _FAULTY) or count * _TENTH > rows:
        first = faults.first[min(before, len(faults.first) - 1)]
        got = f"{count} of {rows} lines not read, the first at line {first.line}: {first.what}"
        raise ParseError("table", where=name, expected="nearly every line to be readable", got=got)


def _end(member: Member, number: int, last_short: int) -> None:
    if number and last_short == number:
        raise ParseError(
            "whole table",
            where=f"{member.name} line {number}",
            expected="a last line that is not cut off",
            got="a part of one",
        )


def _split(line: str, layout: Layout) -> list[str]:
    if layout.quoted:
        return next(csv.reader([line], delimiter=layout.separator), [])
    return line.split(layout.separator)


@functools.lru_cache(10_000)
def day(text: str, *formats: str) -> date | None:
    """A day in the first format that fits; None where the field is empty. ParseError where it is neither."""
    if not text.strip():
        return None
    for form in formats:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  # a calendar day has no zone
        except ValueError:
            continue
    raise ParseError("date", expected=" or ".join(formats), got=text)


@functools.lru_cache(20_000)
def packed_day(text: str) -> date | None:
    """A day as YYYYMMDD; None where the field is empty."""
    digits = text.strip()
    if not digits:
        return None
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        raise ParseError("date", expected="YYYYMMDD", got=text)
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise ParseError("date", expected="YYYYMMDD", got=text) from None
