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

_PACKAGES = ("PRODUCTID", "PRODUCTNDC", "NDCPACKAGECODE", "PACKAGEDESCRIPTION")
_FULL = "SAMPLE_PACKAGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRow:
    """A package of bulk drug, or of a drug for further processing."""

    HISTORY: ClassVar[bool] = False

    ndc12: str
    ndc: str
    description: str
    why: str = "unfinished"

    @property
    def key(self) -> str:
        """The package and why it stands here."""
        return f"{self.why} {self.ndc12}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedRow:
    """A package whose listing the FDA took out of the directory."""

    HISTORY: ClassVar[bool] = False

    ndc12: str
    ndc: str
    description: str
    why: str = "excluded"

    @property
    def key(self) -> str:
        """The package and why it stands here."""
        return f"{self.why} {self.ndc12}"


class _Unlisted:
    """One of the two lists: they come in files of their own, and neither says anything of the other's rows."""

    def __init__(self, key: str, title: str, row: type[UnfinishedRow] | type[ExcludedRow]) -> None:
        self.KEY, self.TITLE = key, title
        self._row, self._is_excluded = row, row is ExcludedRow

    def tells(self, bundle: Bundle) -> bool:
        """Known by a package table without the directory's sample column; which of the two, by what its files are called."""
        tables = _tables(bundle)
        if not tables or has_columns(bundle.named("package.txt"), (*_PACKAGES, _FULL), separator="\t"):
            return False
        return (
            any("exclu" in name.lower() for name in (bundle.path.name, *(m.name for m in tables))) == self._is_excluded
        )

    @staticmethod
    def edition(bundle: Bundle) -> date | None:
        """The day on which the zip was packed."""
        return next((m.dated for m in bundle.members if m.dated), None)

    def rows(self, bundle: Bundle, faults: Faults) -> Iterator[UnfinishedRow | ExcludedRow]:
        """One row a package; NDCs that repeat are given once."""
        seen: set[str] = set()
        for member in _tables(bundle):
            # Tab separated and never quoted: labeler names hold loose quotation marks.
            for number, row in records(member, faults, separator="\t", quoted=False):
                try:
                    ndc = Ndc.parse(row["ndcpackagecode"])
                except ParseError as problem:
                    faults.add(number, str(problem), row["ndcpackagecode"])
                    continue
                if ndc.digits12 not in seen:
                    seen.add(ndc.digits12)
                    yield self._row(ndc12=ndc.digits12, ndc=ndc.text, description=row["packagedescription"].strip())


def _tables(bundle: Bundle) -> list[Member]:
    return [m for m in bundle.members if has_columns(m, _PACKAGES, separator="\t")]


UNFINISHED = _Unlisted("fda-unfinished", "FDA unfinished drugs", UnfinishedRow)
EXCLUDED = _Unlisted("fda-excluded", "FDA excluded drugs", ExcludedRow)
