"""May a prescription be refilled by itself on the patient's consent? Federal law, the state and the house must all allow it.

>>> from datetime import date
>>> may_consent(2, on=date(2026, 11, 25)).source
'21 CFR 1306.12(a): no refills'
"""

from dataclasses import dataclass
from datetime import date

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, ruled, schedule_name, strictest


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance(Fact):
    """Whether a schedule (0: not controlled) may be refilled by itself."""

    schedule: int
    allowed: bool


def may_consent(schedule: int, *, on: date, state: str = "") -> Ruling:
    """The strictest of what federal law, the state and the house say; a schedule that nobody knows is held as Schedule II."""
    every = facts.rows("auto_refill", Allowance)
    known = {row.schedule for row in every}
    asked = schedule if schedule in known else 2
    found = facts.in_force([row for row in every if row.schedule == asked], on=on, state=state)
    return strictest(_ruling(row) for row in found)


def _ruling(row: Allowance) -> Ruling:
    name = "What is not controlled" if row.schedule == 0 else schedule_name(row.schedule)
    if row.allowed:
        return ruled(row, allowed=True, rule=f"{name} may be refilled automatically with the patient's consent.")
    return ruled(row, allowed=False, rule=f"{name} is never refilled automatically.", code="auto_refill")
