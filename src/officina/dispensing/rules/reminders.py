"""When somebody calls about a bag that waits: after so many days, and once more before it goes back to stock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from officina.dispensing.rules.returns import will_call

ENOUGH = frozenset({"reached", "message_left"})
"""How a call ends that need not be made again before the next step: a wrong number has told nobody."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Where the calls about a bag stand."""

    number: int
    """1 is the first call, 2 the second."""
    due_on: date
    is_called: bool
    """Somebody was reached, or a message left, since this call is due."""
    next_on: date
    """When the next call is due, or the bag goes back to stock."""
    goes_back_next: bool


def reminder(since: date, calls: Iterable[tuple[date, str]], *, on: date) -> Reminder | None:
    """The call that is due on this day for a bag in its bin since `since`; None before the first is due.

    `calls` are days and outcomes (the values of `BagCall.Outcome`) of the calls made.
    """
    limits = will_call()
    days = (on - since).days
    passed = [n for n in limits.call_days if days >= n]
    if not passed:
        return None
    due_on = since + timedelta(days=passed[-1])
    later = [n for n in limits.call_days if n > passed[-1]]
    return Reminder(
        number=len(passed),
        due_on=due_on,
        is_called=any(day >= due_on and outcome in ENOUGH for day, outcome in calls),
        next_on=since + timedelta(days=later[0] if later else limits.days_in_bin),
        goes_back_next=not later,
    )
