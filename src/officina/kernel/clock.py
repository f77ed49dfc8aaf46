"""Instants are aware UTC; calendar days are asked for in a site's zone. Only an edge reads the clock, once a request."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, aware, in UTC. Called by edges only; services are given `at`."""
    return datetime.now(UTC)


def day_of(instant: datetime, zone: str) -> date:
    """The calendar day at `instant` where the site is (zone name such as America/Chicago)."""
    return instant.astimezone(ZoneInfo(zone)).date()


def begin_of(day: date, zone: str) -> datetime:
    """The midnight that begins a day where the site is."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on, or that month's last day (2026-08-31 + 6 months = 2027-02-28).

    Where the calendar ends before, its last day: a mistyped year is refused by who asks, not here.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_days(day: date, days: int) -> date:
    """So many days on; where the calendar ends before, its last day."""
    return day + timedelta(days=days) if (date.max - day).days >= days else date.max


def said(instant: datetime, zone: str) -> str:
    """'Nov 23, 2026, 2:30 PM' where the site is: as a sentence says it."""
    here = instant.astimezone(ZoneInfo(zone))
    return f"{here:%b} {here.day}, {here.year}, {here.hour % 12 or 12}:{here:%M} {here:%p}"


def in_words(span: timedelta) -> str:
    """A waiting time as people say it: 'just now', '12 min', '3 h 5 min', '2 days'."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 60 * 24:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = minutes // (60 * 24)
    return f"{days} day" if days == 1 else f"{days} days"
