"""How long a prescription holds and how often it may be refilled, by schedule (21 CFR 1306.12, 1306.22; states)."""

from dataclasses import dataclass
from datetime import date

from officina.kernel.clock import add_days, add_months
from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, in_words, ruled, schedule_name, strictest


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Fact):
    """The refills and the time of one schedule (0: not controlled); None: this law sets no limit."""

    schedule: int
    refills: int | None = None
    months: int | None = None
    days: int | None = None

    @property
    def ends(self) -> bool:
        """Whether this law sets a last day."""
        return self.months is not None or self.days is not None

    def last_day(self, written_on: date) -> date | None:
        """The last day for a fill; a day that its month lacks becomes the month's last (Aug 31 + 6 months = Feb 28)."""
        if self.months is not None:
            return add_months(written_on, self.months)
        return add_days(written_on, self.days) if self.days is not None else None


def limits(schedule: int, *, on: date, state: str = "") -> list[Limit]:
    """The limits in force; a schedule that nobody knows is held as Schedule II, the strictest that can be dispensed."""
    every = facts.rows("refills", Limit)
    known = {row.schedule for row in every}
    asked = schedule if schedule in known else 2
    return facts.in_force([row for row in every if row.schedule == asked], on=on, state=state)


def refills_most(schedule: int, *, on: date, state: str = "") -> Limit | None:
    """The limit that allows the fewest refills, or None where no law counts them."""
    counted = [row for row in limits(schedule, on=on, state=state) if row.refills is not None]
    return min(counted, key=lambda row: row.refills or 0, default=None)


def shortest(schedule: int, written_on: date, *, state: str = "") -> tuple[date | None, Limit | None]:
    """The last day of a prescription with the limit that sets it; (None, None) where no law ends it."""
    ends = [(row.last_day(written_on), row) for row in limits(schedule, on=written_on, state=state)]
    dated = [(day, row) for day, row in ends if day is not None]
    return min(dated, key=lambda end: end[0], default=(None, None))


def last_day(schedule: int, written_on: date, *, state: str = "") -> date | None:
    """The last day on which a prescription of this schedule may be filled; that day still counts."""
    return shortest(schedule, written_on, state=state)[0]


def authorised(schedule: int, written_on: date, refills: int, *, state: str = "") -> Ruling:
    """May so many refills be authorised on a prescription of this schedule?"""
    found = limits(schedule, on=written_on, state=state)
    counting = [row for row in found if row.refills is not None or row.ends]
    return strictest(_authorised(row, written_on, refills) for row in counting or found)


def _authorised(row: Limit, written_on: date, refills: int) -> Ruling:
    name = schedule_name(row.schedule)
    most = "as many refills as authorised" if row.refills is None else _at_most(row.refills)
    last = row.last_day(written_on)
    end = f", the last on {in_words(last)}" if last else ""
    if row.refills is not None and refills > row.refills:
        return ruled(row, allowed=False, rule=f"{_capital(name)}: {_at_most(row.refills)}.", until=last)
    return ruled(row, allowed=True, rule=f"{_capital(name)}: {most}{end}.", until=last)


def _at_most(refills: int) -> str:
    return "no refills" if refills == 0 else f"at most {refills} refills"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def fill(schedule: int, written_on: date, number: int, *, authorised_refills: int, on: date, state: str = "") -> Ruling:
    """May fill `number` (0: the first, 1: the first refill) be dispensed on this day?"""
    most = refills_most(schedule, on=written_on, state=state)
    last, ending = shortest(schedule, written_on, state=state)
    row = ending or most or limits(schedule, on=written_on, state=state)[0]
    name = _capital(schedule_name(schedule)) if schedule in range(6) else "This schedule"
    if on < written_on:
        rule = f"Written on {in_words(written_on)}: it may not be filled before it was written."
        return ruled(row, allowed=False, rule=rule, passes_on=written_on, until=last)
    if most is not None and number > (most.refills or 0):
        return ruled(most, allowed=False, rule=f"{name}: {_at_most(most.refills or 0)}.", until=last)
    if number > authorised_refills:
        return ruled(row, allowed=False, rule=f"The prescriber authorised {_at_most(authorised_refills)}.", until=last)
    if last is not None and on > last:
        return ruled(
            row, allowed=False, rule=f"It expired on {in_words(last)}. A new prescription is needed.", until=last
        )
    end = f" It may be filled until {in_words(last)}." if last else ""
    return ruled(row, allowed=True, rule=f"{name}: fill {number} of {authorised_refills} refills.{end}", until=last)
