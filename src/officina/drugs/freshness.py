"""Which lists of the drug file are stale: asked for by every counter page, so what it needs is kept in the process for a minute."""

import time
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from officina.drugs import addresses, queries
from officina.drugs.addresses import Address
from officina.drugs.models import Edition
from officina.drugs.sources.registry import SOURCES
from officina.kernel.errors import Refused

KEPT_SECONDS = 60
_kept: list[tuple[float, list["_Newest"]]] = []


@dataclass(frozen=True, slots=True)
class _Newest:
    key: str
    edition_on: date


@dataclass(frozen=True, slots=True)
class Stale:
    """A list that is older than it may be."""

    key: str
    title: str
    edition_on: date
    """The day of the edition, or of the load where the file told none."""
    age: int
    most: int
    """Days that an edition may be used."""
    mend: str
    """What brings it up to date."""


def stale(*, on: date) -> list[Stale]:
    """The lists that are too old on this day. One that was never loaded is missing and not stale. One statement a minute."""
    found = []
    for newest in _newest():
        address = _address(newest.key)
        age = (on - newest.edition_on).days
        if age > address.stale_after:
            title = queries.title_of(newest.key)
            found.append(Stale(newest.key, title, newest.edition_on, age, address.stale_after, address.mend))
    return found


def _address(key: str) -> Address:
    """A house's own file that cannot be read is told by `drugs status`; it must not close the counter."""
    try:
        return queries.address(key)
    except Refused:
        return addresses.book()[key]


def forget() -> None:
    """Look anew at the next question."""
    _kept.clear()


def _newest() -> list[_Newest]:
    now = time.monotonic()
    if _kept and now - _kept[0][0] < KEPT_SECONDS:
        return _kept[0][1]
    loads = Edition.objects.values("source").annotate(last=Max("pk")).values("last")
    rows = Edition.objects.filter(pk__in=loads).order_by("source").values_list("source", "dated", "loaded_at")
    known = {source.KEY for source in SOURCES}
    found = [_Newest(key, dated or at.date()) for key, dated, at in rows if key in known]
    _kept[:] = [(now, found)]
    return found
