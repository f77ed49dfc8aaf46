"""Bringing a flat list into the drug file: rows are compared by key and fingerprint, and only what changed is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from hashlib import blake2b

from officina.drugs.bulk import Table, in_chunks
from officina.drugs.models import (
    Approval,
    Exclusivity,
    Look,
    LookAlike,
    MorphineFactor,
    Patent,
    Price,
    Recall,
    RecallNdc,
    RxName,
    RxNdc,
    RxRelation,
    Shortage,
    SubstanceSchedule,
    Unlisted,
)
from officina.drugs.models import Row as Kept
from officina.drugs.sources import fda_recalls, fda_shortages, fda_unlisted, nadac, orange_book, rxnorm, safety_lists
from officina.drugs.sources.fda_ndc import fingerprint
from officina.drugs.sources.shape import Row

TABLES: dict[type, type[Kept]] = {
    fda_unlisted.UnfinishedRow: Unlisted,
    fda_unlisted.ExcludedRow: Unlisted,
    rxnorm.ConceptRow: RxName,
    rxnorm.RelationRow: RxRelation,
    rxnorm.NdcLinkRow: RxNdc,
    rxnorm.LookRow: Look,
    orange_book.ApprovalRow: Approval,
    orange_book.PatentRow: Patent,
    orange_book.ExclusivityRow: Exclusivity,
    nadac.PriceRow: Price,
    fda_shortages.ShortageRow: Shortage,
    fda_recalls.RecallRow: Recall,
    fda_recalls.RecallNdcRow: RecallNdc,
    safety_lists.ScheduleRow: SubstanceSchedule,
    safety_lists.LookAlikeRow: LookAlike,
    safety_lists.MorphineFactorRow: MorphineFactor,
}
_PART: dict[type, dict[str, str]] = {
    fda_unlisted.UnfinishedRow: {"why": "unfinished"},
    fda_unlisted.ExcludedRow: {"why": "excluded"},
}
"""Where two lists share a table: the rows of which one speaks. Of the others' rows it must end none."""
_LONGEST_KEY = 120


@dataclass(slots=True)
class Change:
    """What a load did to one table."""

    name: str
    before: int = 0
    rows: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0

    @property
    def shrinks(self) -> bool:
        """Whether more than a tenth of what stood would end: more often a broken file than a true one."""
        return self.ended * 10 > self.before


class _Load:
    """One table of a list while its file is read."""

    def __init__(self, kind: type, edition_id: int, on: date) -> None:
        self.model = TABLES[kind]
        self.history = bool(kind.HISTORY)  # type: ignore[attr-defined]  # every row class says it
        self.names = [f.name for f in fields(kind)]
        self.edition_id, self.on = edition_id, on
        self.have = {
            key: (pk, mark, ended is None)
            for pk, key, mark, ended in self.model._default_manager.filter(**_PART.get(kind, {})).values_list(
                "pk", "key", "fingerprint", "ended_on"
            )
        }
        self.table = Table(self.model, ["key", *self.names, "fingerprint", "edition", "ended_on"])
        self.change = Change(self.model._meta.model_name or "", before=sum(1 for h in self.have.values() if h[2]))
        self.seen: set[str] = set()

    def take(self, row: Row) -> None:
        """Write the row where it is new or other than before; a key that repeats counts once."""
        key = _key(row.key)
        if key in self.seen:
            return
        self.seen.add(key)
        values = [getattr(row, name) for name in self.names]
        mark = fingerprint([str(v) for v in values])
        have = self.have.get(key)
        if have is None:
            self.table.insert(key, *values, mark, self.edition_id, None)
        elif have[1:] != (mark, True):
            self.table.update(have[0], key, *values, mark, self.edition_id, None)

    def finish(self) -> Change:
        """End what no longer stands in a list that is whole; what adds up over editions stays."""
        self.table.close()
        gone = [] if self.history else [pk for key, (pk, _, now) in self.have.items() if now and key not in self.seen]
        for chunk in in_chunks(gone):
            self.model._default_manager.filter(pk__in=chunk).update(ended_on=self.on, edition_id=self.edition_id)
        self.change.rows, self.change.ended = len(self.seen), len(gone)
        self.change.added, self.change.changed = self.table.inserted, self.table.updated
        return self.change


def load(rows: Iterable[Row], *, edition_id: int, on: date, tell: Callable[[int], None]) -> list[Change]:
    """Bring the rows in; gives what changed, table by table. A table of which the file holds nothing stays as it is."""
    loads: dict[type, _Load] = {}
    for count, row in enumerate(rows, 1):
        kind = type(row)
        if kind not in loads:
            loads[kind] = _Load(kind, edition_id, on)
        loads[kind].take(row)
        if count % 1000 == 0:
            tell(count)
    return [one.finish() for one in loads.values()]


def _key(text: str) -> str:
    """A key that fits its column: the end of a long one is its digest."""
    if len(text) <= _LONGEST_KEY:
        return text
    return f"{text[: _LONGEST_KEY - 33]} {blake2b(text.encode(), digest_size=16).hexdigest()}"
