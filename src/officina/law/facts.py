"""Facts of the law, read from dated packs: federal rows, and rows of the states that stand beside them.

A subject has one pack in `packs/us/` (or `packs/site/` for a rule of the house) and, where states differ, one of the same shape
in `packs/states/`, whose rows name their state. A state's row never replaces a federal one: both are judged, and the stricter answer wins. Rows of state `any` say
what most states ask; they stand in where a state has no row of its own, so that an unknown state is a strict one.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from officina.kernel import packs

US = "US"
"""Asked for in place of a state: federal law alone."""
ANY = "any"
SITE = "site"
"""A rule of the house beside the law, such as a plan's threshold; it holds everywhere."""
_FOLDER = Path(__file__).parent / "packs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every row has: where it holds, between which days, on whose word, and whether somebody must still check it."""

    state: str = US
    since: date = date.min
    until: date | None = None
    source: str
    needs_review: bool = False

    @property
    def jurisdiction(self) -> str:
        """'US', 'US-TX', or 'US (common state rule)'."""
        return {US: US, SITE: "house rule", ANY: "US (common state rule)"}.get(self.state, f"US-{self.state}")


AnyFact = TypeVar("AnyFact", bound=Fact)


def rows(name: str, kind: type[AnyFact]) -> tuple[AnyFact, ...]:
    """Every row of a subject, federal ones first, validated once."""
    return cast("tuple[AnyFact, ...]", _read(name, cast("Hashable", kind)))


@cache
def _read(name: str, kind: Hashable) -> tuple[Fact, ...]:
    files = [_FOLDER / folder / f"{name}.toml" for folder in ("us", "site", "states")]
    return tuple(row for file in files if file.exists() for row in packs.load(file, cast("type[Fact]", kind)).rows)


def in_force(found: Iterable[AnyFact], *, on: date, state: str = "") -> list[AnyFact]:
    """The rows that hold on this day in this state: federal ones, and the state's own or else what most states ask.

    `state` is two letters, empty where it is not known, `US` for federal law alone. Rows handed in must be about one thing.
    """
    dated = [row for row in found if row.since <= on and (row.until is None or on <= row.until)]
    federal = [row for row in dated if row.state in {US, SITE}]
    own = [row for row in dated if row.state == state and state != US]
    usual = [row for row in dated if row.state == ANY and state != US]
    return [*federal, *(own or usual)]
