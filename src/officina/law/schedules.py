"""The schedule that holds here: the stricter of the federal one and the state's."""

from dataclasses import dataclass
from datetime import date

from officina.law import facts
from officina.law.facts import US, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSchedule(Fact):
    """An ingredient that a state controls, or controls more strictly."""

    ingredient: str
    schedule: int


def strictest(federal: int, ingredients: tuple[str, ...], *, on: date, state: str) -> tuple[int, str]:
    """The schedule in force and whose it is ('US' or 'US-KY'); 0 is not controlled, 2 is stricter than 5."""
    every = [
        row for row in facts.rows("schedules", StateSchedule) if row.ingredient in {i.lower() for i in ingredients}
    ]
    found = [(row.schedule, row.jurisdiction) for row in facts.in_force(every, on=on, state=state)]
    return min([(federal, US), *found], key=lambda one: one[0] or 9)


def may_differ(state: str) -> bool:
    """Whether a state has schedules of its own; where not, nobody needs to look at ingredients."""
    return any(row.state == state for row in facts.rows("schedules", StateSchedule))
