"""NADAC: what pharmacies paid on average for a drug, weekly (CMS, NADAC Data Definitions)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from officina.drugs.sources.files import Bundle
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import day, has_columns, records
from officina.kernel.errors import ParseError
from officina.kernel.ids.ndc import Ndc
from officina.kernel.quantity import D

KEY: str = "nadac"
TITLE: str = "CMS NADAC prices"

_UNITS = {"EA": "each", "ML": "mL", "GM": "g", "": ""}
PLACES = 5
_DAYS = ("%m/%d/%Y", "%Y-%m-%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """The average acquisition cost of one unit of a package from a day on. What this house paid is another matter."""

    HISTORY: ClassVar[bool] = True

    ndc12: str
    starts_on: date
    per_unit: Decimal
    """US dollars, five places, as CMS gives them."""
    unit: str
    """each, mL or g; empty where the file does not say."""
    is_otc: bool

    @property
    def key(self) -> str:
        """The package and the day."""
        return f"{self.ndc12} {self.starts_on:%Y%m%d}"


def tells(bundle: Bundle) -> bool:
    """Known by its columns; older years write them with underscores."""
    return len(bundle.members) == 1 and has_columns(
        bundle.members[0], ("NDC", "NADAC Per Unit", "Effective Date", "Pricing Unit", "As of Date")
    )


def edition(bundle: Bundle) -> date | None:
    """The newest day as of which a row speaks: the day on which the file was packed or fetched says nothing of its prices."""
    told = {r["asofdate"] for _, r in records(bundle.members[0], Faults())}
    return max((found for text in told if (found := _as_of(text))), default=None)


def _as_of(text: str) -> date | None:
    try:
        return day(text, *_DAYS)
    except ParseError:
        return None


def rows(bundle: Bundle, faults: Faults) -> Iterator[PriceRow]:
    """One row a package and effective day; the weeks in between repeat it."""
    seen: dict[str, Decimal] = {}
    for number, r in records(bundle.members[0], faults):
        try:
            row = _price(r)
        except ParseError as problem:
            faults.add(number, str(problem), r["ndc"])
            continue
        before = seen.get(row.key)
        if before is None:
            seen[row.key] = row.per_unit
            yield row
        elif before != row.per_unit:
            faults.add(number, f"two prices on one day: {before:f} and {row.per_unit:f}", r["ndc"])


def _price(r: dict[str, str]) -> PriceRow:
    starts_on = day(r["effectivedate"], *_DAYS)
    per_unit = D(r["nadacperunit"], where="NADAC Per Unit")
    if starts_on is None:
        raise ParseError("price", expected="an effective date", got=r["ndc"])
    if per_unit <= 0 or per_unit != round(per_unit, PLACES):
        raise ParseError("price", expected=f"more than nothing, {PLACES} places", got=r["nadacperunit"])
    if r["pricingunit"].strip().upper() not in _UNITS:
        raise ParseError("pricing unit", expected="EA, ML or GM", got=r["pricingunit"])
    return PriceRow(
        ndc12=Ndc.parse(r["ndc"]).digits12,
        starts_on=starts_on,
        per_unit=per_unit,
        unit=_UNITS[r["pricingunit"].strip().upper()],
        is_otc=r.get("otc", "").strip().upper() == "Y",
    )
