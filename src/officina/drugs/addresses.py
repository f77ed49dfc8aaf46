"""Where each official list is had and how long an edition may be used: a pack, and the house's own file in front of it."""

import functools
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from officina.kernel import packs
from officina.kernel.errors import ParseError

PACK = Path(__file__).parent / "packs" / "sources.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One official list."""

    key: str
    """The source, as `officina drugs update` calls it."""
    url: str
    stale_after: int
    """Days after which an edition is stale."""
    largest_mb: int
    """A file that is larger is not taken: a server gone wrong must not fill the disk."""
    hosts: tuple[str, ...] = ()
    """Other hosts to which the address may send on; to any other it is not followed."""
    names_file: bool = False
    """The address answers with JSON that names the file under downloadURL."""
    by_hand: bool = False
    """A page, from which a person types the list."""

    @property
    def mend(self) -> str:
        """What brings a stale list up to date."""
        if self.by_hand:
            return f"Type it from {self.url} and import the file with: officina drugs import FILE"
        return f"officina drugs update {self.key}"


@functools.cache
def book(own: str = "") -> dict[str, Address]:
    """Every address by key; those of the house's own file stand in place of the shipped ones. ParseError where that file is wrong."""
    shipped = {row.key: row for row in packs.load(PACK, Address).rows}
    if own and not Path(own).is_file():
        raise ParseError("file of addresses", where="OFFICINA_DRUG_SOURCES", expected="a file that is there", got=own)
    ours = {row.key: row for row in packs.load(Path(own), Address).rows} if own else {}
    for row in ours.values():
        _check(row, shipped)
    return shipped | ours


def _check(row: Address, shipped: dict[str, Address]) -> None:
    if row.key not in shipped:
        raise ParseError("source of the drug file", where=row.url, expected=" or ".join(shipped), got=row.key)
    if urlsplit(row.url).scheme not in {"http", "https"} or not urlsplit(row.url).hostname:
        raise ParseError("address", where=row.key, expected="http:// or https:// and a host", got=row.url)
    if row.stale_after < 1 or row.largest_mb < 1:
        raise ParseError("row", where=row.key, expected="stale_after and largest_mb of 1 or more", got=row.url)
