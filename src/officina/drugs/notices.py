"""What the dated lists say of packages: surveyed prices through time, shortages and recalls. Ended notices are told apart, never lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from officina.drugs.models import Package, Price, Recall, RecallNdc, Shortage

_RECALL = "https://api.fda.gov/drug/enforcement.json?search=recall_number:%22{}%22"
_SHORTAGES = "https://www.accessdata.fda.gov/scripts/drugshortages/"


@dataclass(frozen=True, slots=True)
class Dated:
    """The surveyed price of a unit from a day on."""

    since: date
    per_unit: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A shortage or a recall that names a package."""

    kind: str
    """'shortage' or 'recall'."""
    title: str
    """'Class II' or 'Current': how grave, as the list says it."""
    text: str
    who: str
    """Firm that tells it."""
    on: date | None
    link: str
    """Always https, to the source; what a list wrote as link is taken only so, since it becomes an address to press."""
    lots: str = ""
    """Lots that a recall names, as written."""
    ended: bool = False


def packages_of_product(product_id: int) -> list[Package]:
    """Every package of a product that ever stood in a list, smallest first; ended ones too, since they may stand on a shelf."""
    return list(Package.objects.filter(product_id=product_id).order_by("size", "ndc12"))


def prices_of(ndc12: str, *, on: date) -> list[Dated]:
    """What a unit of a package was surveyed to cost until a day, oldest first. One statement."""
    rows = Price.objects.filter(ndc12=ndc12, starts_on__lte=on).order_by("starts_on", "id")
    return [Dated(row.starts_on, row.per_unit, row.unit) for row in rows]


def notices_of(ndc12s: Sequence[str]) -> list[Notice]:
    """Shortages and recalls that name any of these packages, open ones first, then newest. Two statements."""
    shortages = [
        Notice(
            "shortage",
            row.status,
            "; ".join(filter(None, (row.presentation or row.generic_name, row.availability, row.reason))),
            row.company,
            row.updated_on or row.posted_on,
            row.link if row.link.startswith("https://") else _SHORTAGES,
            ended=row.ended_on is not None or row.status.lower() != "current",
        )
        for row in Shortage.objects.filter(ndc12__in=ndc12s).order_by("id")
    ]
    named = RecallNdc.objects.filter(ndc12__in=ndc12s, ended_on=None).values("number")
    recalls = [
        Notice(
            "recall",
            row.recall_class,
            row.reason,
            row.firm,
            row.started_on,
            _RECALL.format(quote(row.number, safe="")),
            row.lots,
            row.ended_on is not None or row.status.lower() in {"terminated", "completed"},
        )
        for row in Recall.objects.filter(number__in=named).order_by("id")
    ]
    return sorted(shortages + recalls, key=lambda n: (n.ended, -(n.on or date.min).toordinal()))
