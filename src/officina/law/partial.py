"""Partial fills: which cases there are, and until when the rest may be dispensed.

>>> from datetime import date, datetime
>>> from zoneinfo import ZoneInfo
>>> first = datetime(2026, 11, 20, 14, 30, tzinfo=ZoneInfo("America/Chicago"))
>>> due(case_of("unable", 2), written_on=date(2026, 11, 1), since=first, expires_on=None, zone="America/Chicago").isoformat()
'2026-11-23T20:30:00+00:00'
"""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from officina.kernel import packs
from officina.kernel.clock import add_months, begin_of
from officina.kernel.errors import Refused

ALARM_PERCENT = 75
"""Of its window is over when what is owed becomes urgent at the counter (house rule)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Why a fill is partial, and how long the rest may wait: hours, days or months; none of them means as long as the order holds."""

    case: str
    title: str
    schedules: tuple[int, ...]
    hours: int | None = None
    days: int | None = None
    months: int | None = None
    counted_from: Literal["first_part", "written", "order"]
    """"order" is the moment of an emergency order by telephone."""
    record: str
    """What must be written down."""
    source: str


@functools.cache
def pack() -> packs.Pack[Case]:
    """The pack of cases, loaded and validated once."""
    return packs.load(Path(__file__).parent / "packs" / "partial_fills.toml", Case)


def cases(schedule: int) -> tuple[Case, ...]:
    """The cases in which a medicine of this schedule may be filled in part; an unknown schedule is taken for II, the strictest."""
    known = schedule if schedule in {0, 3, 4, 5} else 2
    return tuple(case for case in pack().rows if known in case.schedules)


def case_of(name: str, schedule: int) -> Case:
    """A case by name; Refused with those that there are."""
    for case in cases(schedule):
        if case.case == name:
            return case
    titles = "; ".join(case.title.lower() for case in cases(schedule))
    raise Refused("partial_case", f"Say why it is filled in part: {titles}.", {"case": "Choose one"})


def begins(
    case: Case, *, written_on: date, first_at: datetime, ordered_at: datetime | None = None, zone: str
) -> datetime:
    """From when the time for the rest is counted; an order by telephone whose moment nobody knows counts from its day."""
    if case.counted_from == "first_part":
        return first_at
    if case.counted_from == "order" and ordered_at is not None:
        return ordered_at
    return begin_of(written_on, zone)


def due(case: Case, *, written_on: date, since: datetime, expires_on: date | None, zone: str) -> datetime | None:
    """The last moment for the rest, never after the order's own end; None where nothing limits it. A last day counts whole, at the site.

    `since` is when the time began (`begins`).
    """
    until = None if expires_on is None else _end_of(expires_on, zone)
    own = None
    if case.hours is not None:
        # Hours that pass, not hours of the clock on the wall, which is set forward and back.
        own = since.astimezone(UTC) + timedelta(hours=case.hours)
    elif case.days is not None:
        own = _end_of(written_on + timedelta(days=case.days), zone)
    elif case.months is not None:
        own = _end_of(add_months(written_on, case.months), zone)
    return min((moment for moment in (own, until) if moment is not None), default=None)


def alarm(since: datetime, due_at: datetime) -> datetime:
    """When what is owed becomes urgent. Counted in UTC: a clock that is put back in between must not make it an hour late."""
    begun, end = since.astimezone(UTC), due_at.astimezone(UTC)
    return (begun + (end - begun) * ALARM_PERCENT / 100).astimezone(due_at.tzinfo)


def _end_of(day: date, zone: str) -> datetime:
    return begin_of(day + timedelta(days=1), zone) - timedelta(seconds=1)
