"""Who may prescribe which schedule, and with what DEA number: federal law by role, narrowed by states.

A state's row never widens: a mid-level practitioner prescribes what both allow (21 CFR 1300.01(b)).
"""

from dataclasses import dataclass
from datetime import date

from officina.kernel.errors import ParseError
from officina.kernel.ids.dea import DeaNumber
from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, ruled, schedule_name, strictest

DEA_SOURCE = "21 CFR 1306.05(a)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority(Fact):
    """The controlled schedules that a role may prescribe; `letters` its DEA number may begin with."""

    role: str
    title: str
    schedules: tuple[int, ...]
    letters: tuple[str, ...]
    is_mid_level: bool
    note: str = ""


def roles(*, on: date) -> list[Authority]:
    """The roles that federal law knows."""
    return facts.in_force(facts.rows("prescribers", Authority), on=on, state=facts.US)


def needs_dea(schedule: int) -> bool:
    """Whether the prescriber's DEA number must stand on the prescription: on every controlled substance (21 CFR 1306.05(a))."""
    return schedule != 0


def needs_addresses(schedule: int) -> bool:
    """Whether the addresses of the patient and of the prescriber must stand on the prescription (21 CFR 1306.05(a))."""
    return schedule != 0


def may_prescribe(
    role: str,
    schedule: int,
    *,
    on: date,
    dea: str = "",
    state: str = "",
    is_for_self: bool = False,
    is_for_family: bool = False,
) -> Ruling:
    """May this role prescribe this schedule, with this DEA number, in this state?"""
    of_role = [row for row in facts.rows("prescribers", Authority) if row.role == role.upper()]
    found = facts.in_force(of_role, on=on, state=state)
    if not found:
        return Ruling(
            allowed=False, rule=f"{role} is no role that may prescribe.", source="21 CFR 1306.03", needs_review=True
        )
    notes = [row.note for row in found if row.note]
    if schedule and (is_for_self or is_for_family):
        whom = "themselves" if is_for_self else "their own family"
        notes.append(f"A controlled substance for {whom}: many states forbid it, and a pharmacist looks at it.")
    return strictest(_judged(row, schedule, dea, tuple(notes)) for row in found)


def may_prescribe_unknown(schedule: int, *, dea: str) -> Ruling:
    """May somebody whose role nobody has said prescribe this schedule? Only by a number that no state narrows; else ask what they are."""
    if schedule == 0:
        return Ruling(allowed=True, rule="What is not controlled.", source=DEA_SOURCE)
    full = next(row for row in facts.rows("prescribers", Authority) if row.role == "MD")
    try:
        number = DeaNumber.parse(dea)
    except ParseError as problem:
        return Ruling(allowed=False, rule=str(problem), source=DEA_SOURCE)
    if number.text[0] in full.letters:
        return Ruling(allowed=True, rule=f"{number} is a practitioner's number.", source=DEA_SOURCE)
    kind = "a mid-level practitioner's" if number.is_mid_level else "of a registrant of another kind"
    words = f"{number} is {kind}: say what the prescriber is, since the law differs."
    return Ruling(allowed=False, rule=words, source="21 CFR 1300.01(b), 1306.03", missing=("the prescriber's role",))


def _judged(row: Authority, schedule: int, dea: str, notes: tuple[str, ...]) -> Ruling:
    if schedule == 0:
        allowed = bool(row.letters)
        words = f"{row.title.capitalize()}: what is not controlled, within the practice that the state allows."
        return ruled(
            row, allowed=allowed, rule=words if allowed else f"{row.title.capitalize()}: no medicines.", notes=notes
        )
    if schedule not in row.schedules:
        return ruled(
            row,
            allowed=False,
            rule=f"{row.title.capitalize()}: may not prescribe {schedule_name(schedule)}.",
            notes=notes,
        )
    if wrong := _wrong_number(row, dea):
        return ruled(row, allowed=False, rule=wrong, source=DEA_SOURCE, notes=notes)
    return ruled(
        row, allowed=True, rule=f"{row.title.capitalize()}: may prescribe {schedule_name(schedule)}.", notes=notes
    )


def _wrong_number(row: Authority, dea: str) -> str:
    """What is wrong with the DEA number for this role, or empty."""
    if not dea.strip():
        return "A controlled substance needs the prescriber's DEA number."
    try:
        number = DeaNumber.parse(dea)
    except ParseError as problem:
        return str(problem)
    if number.text[0] not in row.letters:
        kind = "mid-level practitioner's" if number.is_mid_level else "registrant's of another kind"
        return f"{number} is a {kind} number: a {row.title}'s begins with {', '.join(row.letters)}."
    return ""
