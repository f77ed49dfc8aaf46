"""FDA enforcement reports: recalls, as openFDA publishes them (open.fda.gov, drug/enforcement), in JSON or as a flat CSV of its fields."""

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

KEY: str = "fda-recalls"
TITLE: str = "FDA enforcement reports (recalls)"

_NDC = re.compile(r"(?<![0-9-])[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}(?![0-9-])", re.ASCII)
_DAYS = ("%Y%m%d", "%Y-%m-%d", "%m/%d/%Y")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRow:
    """One recall of one product."""

    HISTORY: ClassVar[bool] = True

    number: str
    firm: str
    recall_class: str
    status: str
    reason: str
    description: str
    lots: str
    """Lot numbers and dates as the firm wrote them; empty where the file dropped them, which is not "all lots" and not "none"."""
    started_on: date | None

    @property
    def key(self) -> str:
        """The recall number."""
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallNdcRow:
    """A package that a recall names, in its description or in openFDA's own list."""

    HISTORY: ClassVar[bool] = True

    number: str
    ndc12: str

    @property
    def key(self) -> str:
        """Recall and package."""
        return f"{self.number} {self.ndc12}"


def tells(bundle: Bundle) -> bool:
    """Known by its fields."""
    if len(bundle.members) != 1:
        return False
    member = bundle.members[0]
    return has_columns(member, ("recall_number", "recalling_firm", "reason_for_recall")) or json_results.has_results(
        member, "recall_number", "recalling_firm", "reason_for_recall"
    )


def edition(bundle: Bundle) -> date | None:
    """The day in its heading."""
    return json_results.last_updated(bundle.members[0]) or bundle.members[0].dated


def rows(bundle: Bundle, faults: Faults) -> Iterator[RecallRow | RecallNdcRow]:
    """Each recall once, followed by the packages that it names."""
    member = bundle.members[0]
    is_json = member.head().lstrip().startswith(b"{")
    seen: set[str] = set()
    number = 0
    for number, r in json_results.results(member) if is_json else records(member, faults):
        try:
            recall = _recall(r)
        except (ParseError, TypeError, AttributeError) as problem:
            faults.add(number, str(problem), str(r)[:80])
            continue
        if recall.number in seen:
            continue
        seen.add(recall.number)
        yield recall
        for ndc12 in _packages(r):
            yield RecallNdcRow(number=recall.number, ndc12=ndc12)
    believable(member.name, number, faults)


def _recall(r: dict[str, Any]) -> RecallRow:
    number = plain_text(r, "recall_number")
    if not number:
        raise ParseError("recall", expected="a recall number", got=r.get("recalling_firm"))
    return RecallRow(
        number=number,
        firm=plain_text(r, "recalling_firm"),
        recall_class=plain_text(r, "classification") or plain_text(r, "recall_class"),
        status=plain_text(r, "status"),
        reason=plain_text(r, "reason_for_recall"),
        description=plain_text(r, "product_description"),
        lots=plain_text(r, "code_info"),
        started_on=day(plain_text(r, "recall_initiation_date"), *_DAYS),
    )


def plain_text(r: dict[str, Any], name: str) -> str:
    """A field under its JSON name or its CSV column."""
    return str(r.get(name) or r.get(name.replace("_", "")) or "").strip()


def _packages(r: dict[str, Any]) -> list[str]:
    named = _NDC.findall(plain_text(r, "product_description"))
    listed = (r.get("openfda") or {}).get("package_ndc", []) if isinstance(r.get("openfda"), dict) else []
    found = []
    for code in dict.fromkeys([*named, *listed]):
        try:
            found.append(Ndc.parse(code).digits12)
        except ParseError:
            continue  # 5-3-1 and other device numbers look alike; the description stands beside it whole
    return list(dict.fromkeys(found))
