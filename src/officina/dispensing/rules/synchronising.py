"""Bringing a patient's medicines to one date: on which day, by how much of each, and what cannot be brought there.

A medicine that lasts until the 12th and shall end with the others on the 24th needs 12 days: a short fill. Where it needs more than one
fill may hold, the short fill comes first and whole fills after it end on the date.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from officina.dispensing.rules.refilling import Standing
from officina.kernel import packs
from officina.kernel.errors import Refused
from officina.kernel.quantity import written
from officina.law import refills
from officina.law.ruling import in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How far ahead the date may lie, and what can be given in a smaller quantity."""

    most_days: int
    units: tuple[str, ...]
    routes: tuple[str, ...]
    whole_words: tuple[str, ...]


@functools.cache
def terms() -> Terms:
    """The terms in force."""
    return packs.load(Path(__file__).parent.parent / "packs" / "synchronising.toml", Terms).rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What is dispensed and how it is used."""

    unit: str
    route: str
    form: str
    unit_of_use: bool
    """Dispensed in the maker's own package."""
    is_packaged: bool
    """Known as a package that is made for a number of days, or is kept whole."""
    as_needed: bool
    ends: bool
    """The directions end or change by themselves."""
    not_read: str
    """Why the directions cannot be read."""
    days_differ: str
    """What was entered and what the directions give, where they differ."""


def obstacle(standing: Standing, used: Used, *, on: date) -> Refused | None:
    """Why a medicine cannot be brought to any date; what may pass another day is judged by the rules of refills."""
    if standing.schedule not in {0, 3, 4, 5}:
        none = refills.refills_most(2, on=on)
        source = f" ({none.source})" if none is not None else ""
        return Refused("schedule_ii", f"Schedule II is never refilled: each fill needs a new prescription.{source}")
    if standing.runs_out_on is None or standing.first_is_due:
        return Refused("not_dispensed", "Nothing of it was handed over yet: fill it first.")
    if used.as_needed:
        return Refused("as_needed", "Used as needed: nobody knows when it runs out.")
    if why := _undivided(used):
        return Refused("not_divided", why)
    if used.ends:
        return Refused("ends", "Its directions end or change by themselves.")
    if used.not_read or used.days_differ:
        return Refused("not_counted", f"{used.not_read or used.days_differ} A pharmacist settles that first.")
    return None


def _undivided(used: Used) -> str:
    """Why less than the whole cannot be given; empty where it can."""
    routes = {part.strip() for part in used.route.lower().replace(";", ",").split(",")}
    words = set(used.form.lower().replace("-", " ").split())
    if used.unit_of_use or used.is_packaged or words & set(terms().whole_words):
        return "Dispensed in the maker's own package, which is not divided."
    if used.unit not in terms().units or not routes & set(terms().routes):
        return f"What is given by the {used.unit} this way ({used.route or 'route not known'}) is not divided."
    return ""


def propose(runs_out: Iterable[date], *, on: date) -> date | None:
    """The day on which the last of them runs out, of those that do so before the farthest day: by then none is left of any."""
    last = on + timedelta(days=terms().most_days)
    return max((max(day, on) for day in runs_out if day <= last), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a medicine comes to the date: a fill of so many days now, and whole fills after it."""

    from_on: date
    """The first day that the fill covers."""
    need: int
    """Days from there to the date; 0 where it falls due on the date already."""
    days: int
    """Of the fill that comes first."""
    is_short: bool
    whole_after: int

    @property
    def lasts_until(self) -> date:
        """The last day of the first fill."""
        return self.from_on + timedelta(days=self.days - 1)


def way(runs_out_on: date, whole_days: int, *, on: date, anchor: date) -> Way | Refused:
    """From the day on which it runs out to the date; Refused where it lasts beyond it."""
    start = max(runs_out_on, on)
    need = (anchor - start).days
    if need < 0:
        return Refused("lasts_longer", f"It lasts until {in_words(start - timedelta(days=1))}: choose a later date.")
    whole, short = divmod(need, whole_days)
    if short:
        return Way(from_on=start, need=need, days=short, is_short=True, whole_after=whole)
    days = whole_days if whole else 0
    return Way(from_on=start, need=need, days=days, is_short=False, whole_after=max(whole - 1, 0))


def steps(found: Way, *, anchor: date, whole_days: int) -> tuple[str, ...]:
    """The days, as a student can follow them."""
    if not found.need:
        return (f"runs out on {in_words(found.from_on)}: it falls due on the date already",)
    told = [f"{in_words(found.from_on)} to {in_words(anchor)} = {_days(found.need)}"]
    whole = found.need // whole_days
    if whole:
        fills = f"{whole} whole fill{'s' if whole > 1 else ''} of {_days(whole_days)}"
        told.append(f"{_days(found.need)} = " + (f"{found.days} + " if found.is_short else "") + fills)
    return tuple(told)


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"


def notes(standing: Standing, found: Way, quantity: Decimal, *, anchor: date) -> tuple[str, ...]:
    """What will stand in the way later: too little authorised, or the order ends before the date."""
    told = []
    need = quantity + found.whole_after * standing.whole
    if need > standing.authorised >= quantity:
        told.append(
            f"{written(need)} are needed to come to the date, {written(standing.authorised)} are authorised: ask for a renewal."
        )
    if standing.expires_on is not None and standing.expires_on < anchor:
        told.append(f"It expires on {in_words(standing.expires_on)}: to go on from the date a renewal is needed.")
    if standing.schedule and found.is_short:
        told.append("Recorded like a refill; all together at most what was authorised. (21 CFR 1306.23)")
    return tuple(told)


def refuse_date(anchor: date, *, on: date) -> None:
    """Refused where the date is past, today, or farther than the terms allow."""
    last = on + timedelta(days=terms().most_days)
    if not on < anchor <= last:
        raise Refused(
            "date", f"Choose a day after today, at the latest {in_words(last)}.", {"on": f"Until {in_words(last)}"}
        )
