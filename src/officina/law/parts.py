"""May this part of a controlled prescription be dispensed now? Rulings over the cases of `officina.law.partial`: who may ask, until when the rest may follow, and when the rest is void.

Schedule II has four cases (21 CFR 1306.13): the pharmacy cannot supply it all (72 hours from the first part); patient or
prescriber asked for less (30 days from the date written); a resident of long-term care or a terminally ill patient (60 days);
an emergency oral order of which less was asked (72 hours from the order). Schedules III to V: within the prescription's own
time, each part recorded like a refill (21 CFR 1306.23). What is left after the last moment is void: a new prescription.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from officina.kernel.clock import add_months
from officina.kernel.quantity import written
from officina.law import partial, refills
from officina.law.facts import Fact
from officina.law.ruling import Moment, Ruling, in_words, instant, is_past, ruled, strictest


class Case(StrEnum):
    """Why less than the whole is dispensed."""

    UNABLE = "unable"
    ASKED = "asked"
    LONG_TERM_CARE = "long_term_care"
    TERMINALLY_ILL = "terminally_ill"
    EMERGENCY = "emergency_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Fact):
    """How long the rest may follow; the clock starts at `counts_from`: 'first_part', 'order' or 'written'."""

    counts_from: str
    hours: int | None = None
    days: int | None = None
    months: int | None = None
    record: str = ""
    """What must be recorded before the first part is handed over, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """One part of a prescription. Instants are aware and in the pharmacy's zone, so that days are its days.

    `prescribed` is the total authorised (for Schedules III to V the original and its refills), `dispensed` what went out before.
    """

    schedule: int
    case: Case
    written_on: date
    at: datetime
    quantity: Decimal
    prescribed: Decimal
    dispensed: Decimal = Decimal(0)
    first_at: datetime | None = None
    """When the first part was dispensed; None: this is the first."""
    ordered_at: datetime | None = None
    """When an emergency oral order was given."""
    recorded: bool = True
    """What the case asks to record is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What the patient is still owed, until when, and when somebody should be reminded."""

    quantity: Decimal
    reason: Case
    deadline: Moment | None
    alarm_at: datetime | None
    is_void: bool
    sentence: str
    source: str


def windows(case: Case, schedule: int) -> list[Window]:
    """The windows of this case and schedule, from the one pack of cases."""
    return [_window(row) for row in partial.cases(schedule) if schedule and row.case == case]


def _window(row: partial.Case) -> Window:
    return Window(
        counts_from=row.counted_from,
        hours=row.hours,
        days=row.days,
        months=row.months,
        record=row.record,
        source=row.source,
    )


def may_dispense(portion: Portion, *, state: str = "") -> Ruling:
    """May this part be dispensed now? The strictest of federal law, the state, and the prescription's own last day."""
    found = windows(portion.case, portion.schedule)
    if not found:
        return _no_such_case(portion)
    return strictest([*(_by_window(row, portion) for row in found), *_by_last_day(portion, state)])


def deadline(portion: Portion) -> tuple[Moment | None, Window | None]:
    """The last day or moment for the rest, and the rule that sets it; (None, None) where no rule knows the case."""
    found = windows(portion.case, portion.schedule)
    ends: list[tuple[Moment, Window]] = [(_end(row, portion), row) for row in found]
    return min(ends, key=lambda pair: _instant_of(pair[0], portion), default=(None, None))


def owed(portion: Portion, *, state: str = "") -> Owed:
    """What is still owed at `portion.at`, judged after the parts in `dispensed`, the first of them at `first_at`."""
    rest = portion.prescribed - portion.dispensed
    end, row = deadline(portion)
    last = refills.last_day(portion.schedule, portion.written_on, state=state)
    if last is not None and (end is None or _instant_of(last, portion) < _instant_of(end, portion)):
        end = last
    source = row.source if row else "prescription's own last day"
    is_void = is_past(portion.at, end)
    if end is None:
        return Owed(
            quantity=rest, reason=portion.case, deadline=None, alarm_at=None, is_void=False, sentence="", source=source
        )
    if is_void:
        sentence = f"The rest of {written(rest)} was void after {in_words(end)}: a new prescription is needed. The prescriber is told."
    else:
        sentence = f"{written(rest)} owed; the rest must be dispensed by {in_words(end)} and is void afterwards."
    alarm = partial.alarm(_beginning(row, portion), _instant_of(end, portion))
    return Owed(
        quantity=rest,
        reason=portion.case,
        deadline=end,
        alarm_at=alarm,
        is_void=is_void,
        sentence=sentence,
        source=source,
    )


def _no_such_case(portion: Portion) -> Ruling:
    if portion.schedule == 0:
        rule = "Not controlled: parts may be dispensed while the prescription holds and its quantity lasts."
        return Ruling(
            allowed=portion.dispensed + portion.quantity <= portion.prescribed,
            rule=rule,
            source="state practice",
            needs_review=True,
        )
    return Ruling(
        allowed=False,
        rule=f"No rule allows a part of this schedule for the reason '{portion.case}'.",
        source="21 CFR 1306.13, 1306.23",
    )


def _by_last_day(portion: Portion, state: str) -> list[Ruling]:
    """The prescription's own time: a part after it is a fill after it."""
    last, row = refills.shortest(portion.schedule, portion.written_on, state=state)
    if last is None or row is None:
        return []
    past = portion.at.date() > last
    rule = (
        f"The prescription expired on {in_words(last)}." if past else f"The prescription holds until {in_words(last)}."
    )
    return [ruled(row, allowed=not past, rule=rule, until=last)]


def _by_window(row: Window, portion: Portion) -> Ruling:
    end = _end(row, portion)
    total = portion.dispensed + portion.quantity
    if portion.quantity <= 0:
        return ruled(row, allowed=False, rule="A part must be more than nothing.", until=end)
    if total > portion.prescribed:
        rule = f"{written(total)} would be more than the {written(portion.prescribed)} prescribed in all."
        return ruled(row, allowed=False, rule=rule, until=end)
    if portion.at.date() < portion.written_on:
        rule = f"Written on {in_words(portion.written_on)}: nothing may be dispensed before."
        return ruled(row, allowed=False, rule=rule, passes_on=portion.written_on, until=end)
    if _is_rest(portion) and is_past(portion.at, end):
        rule = f"The rest is void: it could be dispensed until {in_words(end)}. A new prescription is needed, and the prescriber is told."
        return ruled(row, allowed=False, rule=rule, until=end)
    if row.record and not portion.recorded:
        return ruled(row, allowed=False, rule="Something must be recorded first.", until=end, missing=(row.record,))
    rest = f" The rest must be dispensed by {in_words(end)}; afterwards it is void."
    notes = (row.record,) if row.record else ()
    bound = end if _is_rest(portion) else None
    return ruled(row, allowed=True, rule=f"This part may be dispensed.{rest}", until=bound, notes=notes)


def _is_rest(portion: Portion) -> bool:
    """A first part on request may be dispensed while the prescription holds; the window binds what comes after it."""
    return portion.first_at is not None or portion.case is not Case.ASKED or portion.schedule != 2


def _end(row: Window, portion: Portion) -> Moment:
    """The last moment (hours) or the last day (days) for the rest; a first part starts the clock itself."""
    if row.counts_from == "written":
        if row.months is not None:
            return add_months(portion.written_on, row.months)
        return portion.written_on + timedelta(days=row.days or 0)
    start = _beginning(row, portion)
    # Hours are counted in UTC: 72 hours over the end of summer time are still 72.
    return (start.astimezone(UTC) + timedelta(hours=row.hours or 0)).astimezone(portion.at.tzinfo)


def _beginning(row: Window | None, portion: Portion) -> datetime:
    if row is not None and row.counts_from == "first_part":
        return portion.first_at or portion.at
    if row is not None and row.counts_from == "order":
        return portion.ordered_at or portion.first_at or portion.at
    return instant(portion.written_on, portion.at)


def _instant_of(end: Moment, portion: Portion) -> datetime:
    return end if isinstance(end, datetime) else instant(end, portion.at, after=True)
