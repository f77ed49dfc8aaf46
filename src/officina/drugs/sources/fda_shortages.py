"""The FDA's drug shortage list: its CSV download, and openFDA's JSON (open.fda.gov, drug/shortages)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from officina.drugs.sources import json_results
from officina.drugs.sources.files import Bundle
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import believable, day, has_columns, records
from officina.kernel.errors import ParseError
from officina.kernel.ids.ndc import Ndc

KEY: str = "fda-shortages"
TITLE: str = "FDA drug shortages"

_NDC = re.compile(r"(?<![0-9-])[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}(?![0-9-])", re.ASCII)
_COLUMNS = (
    "Generic Name",
    "Company Name",
    "Presentation",
    "Type of Update",
    "Date of Update",
    "Availability Information",
    "Reason for Shortage",
    "Status",
    "Initial Posting Date",
)
_DAYS = ("%m/%d/%Y", "%Y-%m-%d", "%Y%m%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortageRow:
    """What one company says of one presentation."""

    HISTORY: ClassVar[bool] = False

    ndc12: str
    """Empty where the notice names no readable NDC: it then holds for the generic name."""
    generic_name: str
    company: str
    presentation: str
    status: str
    """Current, To Be Discontinued, Resolved, as the FDA writes it."""
    availability: str
    reason: str
    posted_on: date | None
    updated_on: date | None
    link: str

    @property
    def key(self) -> str:
        """Presentation, company and kind of notice: one may be resolved and short again."""
        thing = self.ndc12 or self.presentation or self.generic_name
        return f"{thing} {self.company} {self.status} {self.posted_on}"


def tells(bundle: Bundle) -> bool:
    """Known by its columns or its fields."""
    if len(bundle.members) != 1:
        return False
    member = bundle.members[0]
    return has_columns(member, _COLUMNS) or json_results.has_results(
        member, "update_type", "initial_posting_date", "generic_name"
    )


def edition(bundle: Bundle) -> date | None:
    """The day in its heading; the CSV tells none."""
    return json_results.last_updated(bundle.members[0]) or bundle.members[0].dated


def rows(bundle: Bundle, faults: Faults) -> Iterator[ShortageRow]:
    """One row a presentation, company and status; the newest update where the list repeats one."""
    member = bundle.members[0]
    is_json = member.head().lstrip().startswith(b"{")
    found: dict[str, ShortageRow] = {}
    number = 0
    for number, r in (
        json_results.results(member) if is_json else records(member, faults, strict=False)
    ):  # its texts hold loose quotation marks
        try:
            made = _of_json(r) if is_json else _of_csv(r)
        except (ParseError, TypeError, AttributeError) as problem:
            faults.add(number, str(problem), str(r)[:80])
            continue
        for row in made:
            before = found.get(row.key)
            if before is None or (row.updated_on or date.min) >= (before.updated_on or date.min):
                found[row.key] = row
    believable(member.name, number, faults)
    yield from found.values()


def _of_csv(r: dict[str, str]) -> list[ShortageRow]:
    text = r["presentation"]
    codes = [Ndc.parse(code).digits12 for code in dict.fromkeys(_NDC.findall(text))] or [""]
    return [
        ShortageRow(
            ndc12=ndc12,
            generic_name=r["genericname"].strip(),
            company=r["companyname"].strip(),
            presentation=text.strip(),
            status=r["status"].strip(),
            availability=r["availabilityinformation"].strip(),
            reason=r["reasonforshortage"].strip(),
            posted_on=day(r["initialpostingdate"], *_DAYS),
            updated_on=day(r["dateofupdate"], *_DAYS),
            link=r.get("genericnamelink", "").strip(),
        )
        for ndc12 in codes
    ]


def _of_json(r: dict[str, Any]) -> list[ShortageRow]:
    code = r.get("package_ndc") or ""
    return [
        ShortageRow(
            ndc12=Ndc.parse(code).digits12 if code else "",
            generic_name=r["generic_name"].strip() if r.get("generic_name") else "",
            company=r.get("company_name") or "",
            presentation=r.get("presentation") or "",
            status=r.get("status") or "",
            availability=r.get("availability") or "",
            reason=r.get("shortage_reason") or "",
            posted_on=day(r.get("initial_posting_date") or "", *_DAYS),
            updated_on=day(r.get("update_date") or "", *_DAYS),
            link="",
        )
    ]
