"""The shape of every source of the drug file: a module that knows its file by its content and reads it row by row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Protocol

from officina.drugs.sources.files import Bundle

_KEPT = 50


class Row(Protocol):
    """One row of a source: a frozen dataclass whose field names are those of the table that keeps it."""

    HISTORY: ClassVar[bool]
    """Whether rows add up over editions (prices by day); where not, a row that is missing from an edition has ended."""

    @property
    def key(self) -> str:
        """What makes it the same row in the next edition."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that could not be read, and was left out."""

    line: int
    what: str
    got: str


@dataclass(slots=True)
class Faults:
    """The lines that were left out: all counted, the first ones kept."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, line: int, what: str, got: str) -> None:
        """Count a line that is left out."""
        self.count += 1
        if len(self.first) < _KEPT:
            self.first.append(Fault(line, what, got[:120]))


class Source(Protocol):
    """What a module of this package offers."""

    KEY: str
    TITLE: str

    def tells(self, bundle: Bundle) -> bool:
        """Whether the content is that of this source; the name of the file decides nothing."""
        ...

    def edition(self, bundle: Bundle) -> date | None:
        """The day of the edition, where the file tells it."""
        ...

    def rows(self, bundle: Bundle, faults: Faults) -> Iterator[Row]:
        """The rows; ParseError where the file as a whole cannot be believed."""
        ...
