"""Rule packs: laws, limits and lists as dated text files, loaded and validated, never constants in code.

A pack is a TOML file with a header (what, where, since when, from which source, who reviewed it) and rows. Which packs are
in force is a question of jurisdiction and date; where nothing is known, the caller takes the strictest rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from officina.kernel.errors import ParseError

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where a pack comes from and when it holds."""

    name: str
    title: str
    jurisdiction: str
    """'US' for federal rules and lists, 'US-TX' for a state, 'site' for house policy."""
    effective_from: date
    effective_to: date | None = None
    source: str
    last_verified: date
    review: str
    """Who has read it, or 'needs a pharmacist's review' where rows were written from memory."""


@dataclass(frozen=True, slots=True)
class Pack(Generic[Row]):
    """A validated pack: its header and its rows, frozen."""

    header: Header
    rows: tuple[Row, ...] = field(default=())

    def in_force(self, on: date) -> bool:
        """Whether the pack holds on this calendar day."""
        end = self.header.effective_to
        return self.header.effective_from <= on and (end is None or on <= end)


def load(path: Path, row: type[Row]) -> Pack[Row]:
    """Read and validate a pack file: `[pack]` is the header, `[[row]]` the rows, each checked against the class `row`.

    A misspelt key is an error: a law whose end was misspelt would never end.
    """
    try:
        raw = msgspec.toml.decode(path.read_text(encoding="utf-8"))
        head, rows = raw.pop("pack"), raw.pop("row", [])
        header = msgspec.convert(head, Header)
        parsed = msgspec.convert(rows, list[row])  # type: ignore[valid-type]
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError) as problem:
        raise ParseError(
            "rule pack",
            where=path.name,
            expected="a header [pack] and rows [[row]] of the right shape",
            got=str(problem),
        ) from problem
    unknown = {*raw, *_unknown(Header, [head]), *_unknown(row, rows)}
    if unknown:
        raise ParseError("rule pack", where=path.name, expected="only keys that the pack knows", got=sorted(unknown))
    if header.effective_to is not None and header.effective_to < header.effective_from:
        raise ParseError(
            "rule pack",
            where=path.name,
            expected="an end after the beginning",
            got=f"{header.effective_from} to {header.effective_to}",
        )
    return Pack(header, tuple(parsed))


def _unknown(kind: type[Any], rows: list[dict[str, Any]]) -> set[str]:
    """Keys of the rows that are no fields of the class."""
    return {key for r in rows for key in r} - {f.name for f in fields(kind)}


def one_in_force(packs: Sequence[Pack[Row]], on: date) -> Pack[Row]:
    """The one pack of an edition series that holds on this day; ParseError where there is none or more than one."""
    found = [p for p in packs if p.in_force(on)]
    if len(found) != 1:
        raise ParseError(
            "rule pack", expected=f"exactly one edition in force on {on}", got=[p.header.name for p in found]
        )
    return found[0]
