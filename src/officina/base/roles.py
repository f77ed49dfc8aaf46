"""The default roles of a site, read from the rule pack of the jurisdiction it stands in."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from officina.base.access import Level
from officina.kernel import packs


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One row of the matrix."""

    role: str
    title: str
    alone: tuple[str, ...] = ()
    supervised: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    jurisdiction: str = "US"


@dataclass(frozen=True, slots=True)
class DefaultRole:
    key: str
    title: str
    grants: Mapping[str, str]
    licences: tuple[str, ...]


@functools.cache
def pack() -> packs.Pack[RoleRow]:
    """The matrix as data, loaded and validated once."""
    return packs.load(Path(__file__).parent / "packs" / "roles.toml", RoleRow)


def defaults(jurisdiction: str) -> tuple[DefaultRole, ...]:
    """The roles of a site in this jurisdiction: the US row of each, with what the state adds."""
    roles: dict[str, DefaultRole] = {}
    for row in sorted((r for r in pack().rows if r.jurisdiction in {"US", jurisdiction}), key=lambda r: r.jurisdiction):
        before = roles.get(row.role)
        grants = {**(before.grants if before else {})}
        grants |= dict.fromkeys(row.supervised, str(Level.SUPERVISED)) | dict.fromkeys(row.alone, str(Level.ALONE))
        roles[row.role] = DefaultRole(row.role, row.title, grants, row.licences)
    return tuple(roles.values())
