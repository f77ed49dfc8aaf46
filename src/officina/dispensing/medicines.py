"""Searching for a medicine at a desk: what is dispensed here most comes first, and look-alikes carry their mark."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache

from django.db import connection
from django.db.models import BigIntegerField

from officina.base.access import Actor
from officina.base.rows import Question
from officina.dispensing.models import FillStep
from officina.drugs import search as drugs
from officina.drugs.search import DidYouMean as DidYouMean
from officina.drugs.search import Found as Found
from officina.drugs.search import Hit as Hit
from officina.labels import tallman

_STEPS = 100_000
"""Steps that are looked back over: some ten thousand fills, and whoever searches first waits for them."""


@dataclass(frozen=True, slots=True)
class _Dispensed:
    newest: int = 0
    """The last step that was counted."""
    counts: Counter[int] = field(default_factory=Counter)


_dispensed: dict[tuple[str, int], _Dispensed] = {}
_NEWEST = Question(lambda: FillStep.objects.order_by("-pk").values_list("pk")[:1])
_HANDED_OVER = Question(
    # Of every pharmacy: asked for one alone, a database may go through all its fills instead of the new steps.
    lambda after, newest: (
        FillStep.objects.filter(pk__gt=after, pk__lte=newest, move="hand_over")
        .exclude(fill__package=None)
        .values_list("fill__site_id", "fill__package__product__drug_id")
    ),
    after=BigIntegerField(),
    newest=BigIntegerField(),
)


def search(actor: Actor, text: str, *, limit: int = 20, among: Collection[int] | None = None) -> Found:
    """Medicines by brand, generic, strength and form in any order, or by NDC, GTIN or RxCUI; two to six statements.

    `among` leaves only these drugs. What is misspelt finds nothing: `did_you_mean` proposes, and a person decides.
    """
    used = dispensed_here(actor.site_id)
    return drugs.search(text, used=used, among=among, unlike=_unlike(), limit=limit)


def dispensed_here(site_id: int) -> Mapping[int, int]:
    """How often each drug was handed over at a site lately; what is new since the last call is added. One statement, two where there is."""
    key = (str(connection.settings_dict["NAME"]), site_id)
    last = _NEWEST.first()
    newest = last[0] if last else 0
    before = _dispensed.get(key) or _Dispensed(newest=max(newest - _STEPS, 0))
    if newest == before.newest:
        return before.counts
    new = Counter(drug for site, drug in _HANDED_OVER(after=before.newest, newest=newest) if site == site_id)
    # A whole new count, never the old one changed: another thread may be reading that, and the index knows it by being the same.
    _dispensed[key] = _Dispensed(newest, before.counts + new if new else before.counts)
    return _dispensed[key].counts


def forget() -> None:
    """Drop what was counted: for a process whose database was put back to what it was."""
    _dispensed.clear()


@cache
def _unlike() -> Mapping[str, Collection[str]]:
    return {row.write.lower(): frozenset(name.lower() for name in row.unlike) for row in tallman.pack().rows}
