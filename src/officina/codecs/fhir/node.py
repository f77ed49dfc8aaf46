"""A cursor over one JSON object: typed reading that notes what is wrong and keeps what nobody asked for."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from officina.codecs.fhir.wire import Json, dumps
from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity

Read = TypeVar("Read")

SOURCE = "HL7 FHIR R4 (4.0.1)"
MOST_FINDINGS = 50
MOST_IN_LIST = 20_000
_DATE_TIME = re.compile(
    r"(?P<day>[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


@dataclass(slots=True)
class Notes:
    """What was noticed and kept while a resource was read."""

    findings: list[Finding] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)

    def add(self, code: str, sentence: str, *, where: str, expected: str = "", came: str = "") -> None:
        """Note a broken rule; of a resource that breaks hundreds, the first fifty tell a person enough."""
        if len(self.findings) == MOST_FINDINGS:
            return
        self.findings.append(
            Finding(code, sentence, Severity.MAJOR, where=where, expected=expected, came=came[:200], source=SOURCE)
        )


def as_day(text: str) -> date | None:
    """The calendar day that a FHIR date, dateTime or instant names where it was written; None for a year or month only.

    >>> as_day("2026-11-22T23:30:00-06:00")
    datetime.date(2026, 11, 22)
    >>> as_day("2026-11") is None
    True
    """
    try:
        return date.fromisoformat(text[:10]) if len(text) >= 10 else None
    except ValueError:
        return None


def is_date_time(text: str) -> bool:
    """Whether the text is a FHIR date or dateTime of the calendar (R4 section 2.24.0.1): a year, a month, a day, or an instant."""
    found = _DATE_TIME.fullmatch(text)
    if not found or ("T" in text and len(found["day"]) != 10):
        return False
    day = found["day"]
    try:
        date.fromisoformat((day + "-01-01")[:10] if len(day) < 10 else day)
    except ValueError:
        return False
    return True


class Node:
    """One object of the tree at its FHIRPath place; what is not read by the end of `reading` goes to the kept list."""

    __slots__ = ("_read", "data", "notes", "path")

    def __init__(self, data: Mapping[str, Json], path: str, notes: Notes) -> None:
        self.data, self.path, self.notes = data, path, notes
        self._read: set[str] = {"resourceType"}

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    def place(self, key: str) -> str:
        return f"{self.path}.{key}"

    def text(self, key: str) -> str:
        value = self._take(key)
        if value is None or isinstance(value, str):
            return value or ""
        self._wrong(key, "text", value)
        return ""

    def moment(self, key: str) -> str:
        """A date or dateTime, '' with a finding where the text is none."""
        text = self.text(key)
        if text and not is_date_time(text):
            self._wrong(key, "a date as YYYY-MM-DD, with or without time", text)
            return ""
        return text

    def flag(self, key: str) -> bool | None:
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return value
        self._wrong(key, "true or false", value)
        return None

    def whole(self, key: str) -> int | None:
        """An unsignedInt (0 to 2,147,483,647)."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
            return value
        self._wrong(key, "a whole number, 0 or more", value)
        return None

    def number(self, key: str) -> Decimal | None:
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
        self._wrong(key, "a number", value)
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list; a null keeps the place of an extension and is passed over (R4 section 2.6.2.2)."""
        return tuple(value for _, value in self._list(key, str, "text") if isinstance(value, str))

    def one(self, key: str, read: Callable[["Node"], Read]) -> Read | None:
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._wrong(key, "an object", value)
            return None
        return self._inside(value, self.place(key), read)

    def many(self, key: str, read: Callable[["Node"], Read]) -> tuple[Read, ...]:
        return tuple(
            self._inside(value, place, read)
            for place, value in self._list(key, Mapping, "an object")
            if isinstance(value, Mapping)
        )

    def raw(self, key: str) -> str:
        """The value as JSON text, '' where absent."""
        value = self._take(key)
        return "" if value is None else dumps(value)

    def rest(self) -> dict[str, Json]:
        """Everything not read so far, taken as read now."""
        left = {key: value for key, value in self.data.items() if key not in self._read}
        self._read.update(left)
        return left

    def keep(self, path: str, value: Json) -> None:
        self.notes.kept.append((path, dumps(value)))

    def close(self) -> None:
        for key, value in self.rest().items():
            self.keep(self.place(key), value)

    def _inside(self, value: Mapping[str, Json], place: str, read: Callable[["Node"], Read]) -> Read:
        node = Node(value, place, self.notes)
        found = read(node)
        node.close()
        return found

    def _take(self, key: str) -> Json:
        self._read.add(key)
        return self.data.get(key)

    def _list(self, key: str, kind: type[str] | type[Mapping[str, Json]], expected: str) -> Iterator[tuple[str, Json]]:
        values = self._take(key)
        if values is None:
            return
        if not isinstance(values, list):
            self._wrong(key, "a list", values)
            return
        if len(values) > MOST_IN_LIST:
            raise ParseError(
                "FHIR list",
                where=self.place(key),
                expected=f"at most {MOST_IN_LIST} elements",
                got=f"{len(values)} elements",
            )
        for at, value in enumerate(values):
            if isinstance(value, kind):
                yield f"{self.place(key)}[{at}]", value
            elif value is not None:
                self._wrong(f"{key}[{at}]", expected, value)

    def _wrong(self, key: str, expected: str, value: Json) -> None:
        self.notes.add(
            "fhir_type",
            f"{self.place(key)} could not be read: expected {expected}.",
            where=self.place(key),
            expected=expected,
            came=dumps(value),
        )
        self.keep(self.place(key), value)
