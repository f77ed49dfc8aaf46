"""Refill too soon: the first day on which enough of the last supply is used up, what lets it pass earlier, and sums over time.

The thresholds are the house's, after those of common plans (pack `site/too_soon.toml`). Days are whole; percents round up, so
that a threshold is never undercut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, in_words, ruled

ACCUMULATION_DAYS = 180
"""How far back early refills are summed (common plans)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Fact):
    """The percent of the last days' supply that must be used up."""

    controlled: bool
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Fact):
    """A reason for which it may pass early: the code of the claim, a name, words."""

    code: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Supply:
    """One fill: the day on which it was handed over, and how many days it lasts."""

    on: date
    days: int


def threshold(*, controlled: bool, on: date, state: str = "") -> Threshold:
    """The threshold in force; the strictest where there are several."""
    of_it = [row for row in facts.rows("too_soon", Threshold) if row.controlled == controlled]
    return max(facts.in_force(of_it, on=on, state=state), key=lambda row: row.percent)


def overrides(*, on: date) -> list[Override]:
    """The reasons for which payers let a refill pass early."""
    return facts.in_force(facts.rows("too_soon_overrides", Override), on=on)


def earliest(last: Supply, percent: int) -> date:
    """The last day + percent of its days, rounded up: 30 days from October 1 at 85 % is October 27."""
    return last.on + timedelta(days=-(-last.days * percent // 100))


def may_refill(last: Supply, *, controlled: bool, on: date, override: str = "", state: str = "") -> Ruling:
    """May it be refilled on this day, as far as time goes? `override` is the code or name of a reason that payers accept."""
    row = threshold(controlled=controlled, on=on, state=state)
    day = earliest(last, row.percent)
    if on >= day:
        return ruled(row, allowed=True, rule=f"{row.percent} % of the last {last.days} days are used up.")
    reason = next((one for one in overrides(on=on) if override in {one.code, one.name}), None)
    if reason is not None:
        return ruled(reason, allowed=True, rule=f"Early, for this reason: {reason.words}.")
    words = f"Handed over on {in_words(last.on)} for {last.days} days: too soon before {in_words(day)}."
    return ruled(row, allowed=False, rule=words, passes_on=day)


def carried(supplies: Sequence[Supply]) -> int:
    """The days that early refills have added up to before the last one, within 180 days of it. What ran out carries nothing."""
    latest = max((one.on for one in supplies), default=None)
    recent = [
        one for one in sorted(supplies, key=lambda s: s.on) if latest and (latest - one.on).days < ACCUMULATION_DAYS
    ]
    days = 0
    for before, after in pairwise(recent):
        days = max(days + before.days - (after.on - before.on).days, 0)
    return days


def earliest_accumulated(supplies: Sequence[Supply], percent: int) -> date:
    """The earliest day where early refills count: the days carried over must be used up first."""
    last = max(supplies, key=lambda s: s.on)
    return earliest(last, percent) + timedelta(days=carried(supplies))


def days_covered(supplies: Sequence[Supply], *, begin: date, days: int) -> Decimal:
    """Proportion of days covered, to three places; an early refill covers the days after the supply before it has run out."""
    free, covered = begin, 0
    end = begin + timedelta(days=days)
    for one in sorted(supplies, key=lambda s: s.on):
        start = max(one.on, free)
        stop = min(start + timedelta(days=one.days), end)
        covered += max((stop - max(start, begin)).days, 0)
        free = max(free, start + timedelta(days=one.days))
    return (Decimal(covered) / days).quantize(Decimal("0.001"))


def short_fill(per_day: Decimal, *, on: date, anchor: date) -> Decimal:
    """The quantity that lasts until the day on which all of a patient's medicines are to be filled together."""
    return per_day * max((anchor - on).days, 0)
