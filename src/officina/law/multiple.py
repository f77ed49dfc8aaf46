"""Several prescriptions of Schedule II for one medicine, issued on one day, each with the day before which it may not be filled.

21 CFR 1306.12(b): at most a 90 days' supply in all; each is dated and signed on the day issued, and each but the first says the
earliest day on which it may be filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from officina.law import facts, refills
from officina.law.facts import Fact
from officina.law.ruling import Ruling, in_words, ruled


@dataclass(frozen=True, slots=True, kw_only=True)
class Most(Fact):
    """The days' supply that all of them may come to."""

    days_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of the prescriptions of a series."""

    written_on: date
    days_supply: int
    fill_from: date | None = None
    """The earliest day on which it may be filled; only the first needs none."""


def sound(series: Sequence[Member], *, state: str = "") -> Ruling:
    """Is this series as the law asks?"""
    issued = series[0].written_on
    row = min(facts.in_force(facts.rows("multiple", Most), on=issued, state=state), key=lambda one: one.days_most)
    total = sum(member.days_supply for member in series)
    if any(member.written_on != issued for member in series):
        words = "All must be dated on the day on which they were issued: none may be dated ahead."
        return ruled(row, allowed=False, rule=words)
    if total > row.days_most:
        words = f"Together they last {total} days: at most {row.days_most} days are allowed."
        return ruled(row, allowed=False, rule=words)
    if any(member.fill_from is None for member in series[1:]):
        lacking = ("the earliest day on which it may be filled, on each but the first",)
        return ruled(row, allowed=False, rule="A series needs its earliest days.", missing=lacking)
    return ruled(row, allowed=True, rule=f"{len(series)} prescriptions for {total} days in all.")


def may_fill(series: Sequence[Member], which: int, *, on: date, state: str = "") -> Ruling:
    """May prescription `which` (from 0) of the series be filled on this day? Before its own day the answer names that day."""
    whole = sound(series, state=state)
    member = series[which]
    last = refills.last_day(2, member.written_on, state=state)
    if not whole.allowed:
        return whole
    if last is not None and on > last:
        return refills.fill(2, member.written_on, 0, authorised_refills=0, on=on, state=state)
    begin = max(member.fill_from or member.written_on, member.written_on)
    if on >= begin:
        return Ruling(allowed=True, rule="Its day has come.", source=whole.source, until=last)
    passes = begin if last is None or begin <= last else None
    words = f"The prescriber wrote that it may not be filled before {in_words(begin)}."
    return Ruling(allowed=False, rule=words, source=whole.source, passes_on=passes, until=last)
