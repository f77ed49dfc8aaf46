"""openFDA's JSON: `results` read one record at a time, so that a file of a quarter gigabyte needs no gigabyte of memory."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from officina.drugs.sources.files import Member
from officina.drugs.sources.tables import day
from officina.kernel.errors import ParseError

_START = re.compile(rb'"results"\s*:\s*\[')
_UPDATED = re.compile(rb'"last_updated"\s*:\s*"(\d{4}-\d{2}-\d{2})"')
_CHUNK = 1 << 20
_LONGEST = 8 << 20
_GAP = re.compile(r"[\s,]*")
_RISKY = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def has_results(member: Member, *names: str) -> bool:
    """Whether this is an openFDA answer whose records have these fields."""
    head = member.head()
    start = _START.search(head)
    return bool(
        head.lstrip().startswith(b"{") and start and all(f'"{n}"'.encode() in head[start.end() :] for n in names)
    )


def last_updated(member: Member) -> date | None:
    """The day that the answer names as its own."""
    found = _UPDATED.search(member.head())
    return day(found[1].decode(), "%Y-%m-%d") if found else None


def results(member: Member) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records with their number; ParseError where the array does not end, or a record is larger than any real one."""
    decoder = json.JSONDecoder()
    with member.open() as stream:
        chunks = iter(lambda: stream.read(_CHUNK), b"")
        buffer, number, at = _opened(chunks, member), 0, 0
        while True:
            at = _GAP.match(buffer, at).end()  # type: ignore[union-attr]  # matches the empty text
            if buffer.startswith("]", at):
                return
            try:
                begin = at
                record, at = decoder.raw_decode(buffer, at)
                number += 1
                if _RISKY.search(buffer, begin, at):
                    _check_text(record, f"{member.name} record {number}")
                if not isinstance(record, dict):
                    raise ParseError("record", where=f"{member.name} record {number}", expected="an object", got=record)
                yield number, record
            except (json.JSONDecodeError, RecursionError) as problem:
                buffer, at = buffer[at:], 0
                more = next(chunks, b"")
                if not more or len(buffer) > _LONGEST:
                    where = f"{member.name} record {number + 1}"
                    raise ParseError(
                        "JSON", where=where, expected="records to the closing bracket", got=str(problem)
                    ) from None
                buffer += _text(more, chunks, member)
            except ParseError:
                raise
            except ValueError as problem:
                where = f"{member.name} record {number + 1}"
                raise ParseError("JSON", where=where, expected="numbers of a sane length", got=str(problem)) from None


def _check_text(value: Any, where: str) -> None:
    """ParseError for a letter that no database keeps: the zero, and half of a pair."""
    for part in value.items() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_text(list(part) if isinstance(part, tuple) else part, where)
    if isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        raise ParseError("text", where=where, expected="letters that can be written down", got=value)


def _opened(chunks: Iterator[bytes], member: Member) -> str:
    head = next(chunks, b"")
    start = _START.search(head)
    if start is None:
        raise ParseError("openFDA answer", where=member.name, expected="an array named results", got=head[:60])
    return _text(head[start.end() :], chunks, member)


def _text(data: bytes, chunks: Iterator[bytes], member: Member) -> str:
    """The text of some bytes; a letter cut in two is completed from the next chunk."""
    for _ in range(2):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as problem:
            if problem.start < len(data) - 4:
                raise ParseError(
                    "text", where=member.name, expected="UTF-8", got=data[problem.start : problem.start + 20]
                ) from None
            data += next(chunks, b"")
    raise ParseError("text", where=member.name, expected="UTF-8", got=data[-20:])
