"""The FDA's lists beside the NDC directory: unfinished drugs (bulk and further processing) and excluded listings.

Neither may be dispensed; their NDCs are known so that one that is scanned or sent is told for what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from officina.drugs.sources.files import Bundle, Member
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import has_columns, records
from officina.kernel.errors import ParseError
from officina.kernel.ids.ndc import Ndc

KEY: str = "fda-unlisted"
TITLE: str = "FDA unfinished and excluded drugs"
STALE_AFTER: int = 60
URL: str = "https://www.accessdata.fda.gov/cder/ndc_unfinished.zip"

_PACKAGES = ("PRODUCTID", "PRODUCTNDC", "NDCPACKAGECODE", "PACKAGEDESCRIPTION")
_FULL = "SAMPLE_PACKAGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedRow:
    """A package that is no finished, listed medicine."""

    HISTORY: ClassVar[bool] = False

    ndc12: str
    ndc: str
    description: str
    why: str
    """`unfinished` or `excluded`."""

    @property
    def key(self) -> str:
        """The package and why it stands here."""
        return f"{self.why} {self.ndc12}"


def tells(bundle: Bundle) -> bool:
    """Known by a package table without the directory's sample column, or by files that are named excluded."""
    return bool(_tables(bundle)) and not has_columns(bundle.named("package.txt"), (*_PACKAGES, _FULL), separator="\t")


def edition(bundle: Bundle) -> date | None:
    """The day on which the zip was packed."""
    return next((m.dated for m in bundle.members if m.dated), None)


def rows(bundle: Bundle, faults: Faults) -> Iterator[UnlistedRow]:
    """One row a package; NDCs that repeat are given once."""
    seen: set[str] = set()
    for member in _tables(bundle):
        why = "excluded" if "exclu" in member.name.lower() or "exclu" in bundle.path.name.lower() else "unfinished"
        for number, row in records_of(member, faults):
            try:
                ndc = Ndc.parse(row["ndcpackagecode"])
            except ParseError as problem:
                faults.add(number, str(problem), row["ndcpackagecode"])
                continue
            found = UnlistedRow(
                ndc12=ndc.digits12, ndc=ndc.text, description=row["packagedescription"].strip(), why=why
            )
            if found.key not in seen:
                seen.add(found.key)
                yield found


def records_of(member: Member, faults: Faults) -> Iterator[tuple[int, dict[str, str]]]:
    """Tab separated and never quoted: labeler names hold loose quotation marks."""
    return records(member, faults, separator="\t", quoted=False)


def _tables(bundle: Bundle) -> list[Member]:
    return [m for m in bundle.members if has_columns(m, _PACKAGES, separator="\t")]
