"""Rule packs: laws, limits and lists as dated text files, loaded and validated, never constants in code.

A pack is a TOML file with a header (what, where, since when, from which source, who reviewed it) and rows. Which packs are
in force is a question of jurisdiction and date; where nothing is known, the caller takes the strictest rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

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
    """Read and validate a pack file: `[pack]` is the header, `[[row]]` the rows, each checked against the class `row`."""
    try:
        raw = msgspec.toml.decode(path.read_bytes())
        header = msgspec.convert(raw.pop("pack"), Header)
        rows = msgspec.convert(raw.pop("row", []), list[row])  # type: ignore[valid-type]
    except (msgspec.MsgspecError, KeyError) as problem:
        raise ParseError("rule pack", where=path.name, expected="a header [pack] and rows [[row]] of the right shape", got=str(problem)) from problem
    if raw:
        raise ParseError("rule pack", where=path.name, expected="only [pack] and [[row]]", got=sorted(raw))
    return Pack(header, tuple(rows))


def one_in_force(packs: Sequence[Pack[Row]], on: date) -> Pack[Row]:
    """The one pack of an edition series that holds on this day; ParseError where there is none or more than one."""
    found = [p for p in packs if p.in_force(on)]
    if len(found) != 1:
        raise ParseError("rule pack", expected=f"exactly one edition in force on {on}", got=[p.header.name for p in found])
    return found[0]
