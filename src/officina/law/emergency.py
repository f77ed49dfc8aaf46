"""Schedule II by telephone in an emergency: what must be established before, and the signed prescription that must follow.

21 CFR 1306.11(d): the prescriber says that the medicine is needed at once, that nothing else would do and that no prescription
can be provided before; the quantity covers the emergency only; the pharmacist writes it down at once. Within seven days a
signed prescription follows, or the DEA is told; without it the right to have dispensed is void.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, in_words, ruled, strictest


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Fact):
    """One thing to establish before dispensing. `only_if_unknown`: only of a prescriber whom the pharmacist does not know."""

    name: str
    words: str
    only_if_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp(Fact):
    """Within how many days the signed prescription must be delivered or postmarked, what it must say, and what if not."""

    days: int
    marked: str
    if_missed: str


class Standing(StrEnum):
    """Where the follow-up stands."""

    WAITING = "waiting"
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The signed prescription that followed. `on`: delivered, or postmarked, or sent electronically on this day."""

    on: date
    is_marked: bool
    """'Authorization for Emergency Dispensing' stands on it (electronic: noted in the record)."""
    oral_date_on_it: bool


def checks(*, on: date, state: str = "", knows_prescriber: bool = False) -> list[Check]:
    """The checklist, in the order in which it is asked."""
    found = facts.in_force(facts.rows("emergency_checks", Check), on=on, state=state)
    return [row for row in found if not (row.only_if_unknown and knows_prescriber)]


def may_dispense(answered: AbstractSet[str], *, on: date, state: str = "", knows_prescriber: bool = False) -> Ruling:
    """May an oral order of Schedule II be dispensed today? `answered` are the names of the checks that were answered with yes."""
    asked = checks(on=on, state=state, knows_prescriber=knows_prescriber)
    lacking = [row for row in asked if row.name not in answered]
    due = due_on(on, state=state)
    if lacking:
        words = "Schedule II by telephone is for emergencies only, after every point of the checklist."
        return ruled(lacking[0], allowed=False, rule=words, missing=tuple(row.words for row in lacking))
    words = f"Emergency supply only. The signed prescription must be delivered or postmarked by {in_words(due)}."
    return ruled(_rules(on, state)[0], allowed=True, rule=words)


def due_on(oral_on: date, *, state: str = "") -> date:
    """The last day for the signed prescription: ordered on the 22nd, due on the 29th."""
    return oral_on + timedelta(days=min(row.days for row in _rules(oral_on, state)))


def standing(oral_on: date, received: Received | None, *, on: date, state: str = "", soon_days: int = 2) -> Standing:
    """Where the follow-up stands on this day; the last days before it is due are told apart, so that somebody calls."""
    due = due_on(oral_on, state=state)
    if received is not None and received.on <= due and received.is_marked and received.oral_date_on_it:
        return Standing.RECEIVED
    if on > due:
        return Standing.OVERDUE
    return Standing.DUE_SOON if on >= due - timedelta(days=soon_days) else Standing.WAITING


def follow_up(oral_on: date, received: Received | None, *, on: date, state: str = "") -> Ruling:
    """Is the emergency order in order today? Where not, what to do stands in the notes."""
    return strictest(_followed(row, oral_on, received, on) for row in _rules(oral_on, state))


def _followed(row: FollowUp, oral_on: date, received: Received | None, on: date) -> Ruling:
    due = oral_on + timedelta(days=row.days)
    lacking = _lacking(row, received)
    if received is None and on <= due:
        words = f"The signed prescription is awaited until {in_words(due)}."
        return ruled(row, allowed=True, rule=words, until=due)
    if received is None or received.on > due:
        came = "has not come" if received is None else f"came on {in_words(received.on)}"
        words = f"The signed prescription {came}; it was due on {in_words(due)}."
        return ruled(row, allowed=False, rule=words, until=due, notes=(row.if_missed,))
    if lacking:
        return ruled(row, allowed=False, rule="The signed prescription lacks something.", until=due, missing=lacking)
    return ruled(row, allowed=True, rule="The signed prescription came in time: attach it to the oral order.")


def _lacking(row: FollowUp, received: Received | None) -> tuple[str, ...]:
    if received is None:
        return ()
    asked = (
        (received.is_marked, f"'{row.marked}' on it"),
        (received.oral_date_on_it, "the date of the oral order on it"),
    )
    return tuple(words for is_there, words in asked if not is_there)


def _rules(on: date, state: str) -> list[FollowUp]:
    return facts.in_force(facts.rows("emergency_follow_up", FollowUp), on=on, state=state)
