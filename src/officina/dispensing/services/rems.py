"""What a program of risk (REMS) gives for a fill is written down, and without it nothing goes on."""

from collections.abc import Sequence
from datetime import date, datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append
from officina.dispensing import acts
from officina.dispensing import rems as standing
from officina.dispensing.models import Fill, RemsAuthorisation
from officina.dispensing.rules.machine import OPEN
from officina.kernel.errors import Refused
from officina.law.rems import Program

AUTHORISED = audit.verb("rems.authorised", "wrote down what a program of risk gave")


@command
def authorise(
    actor: Actor,
    *,
    fill: Fill,
    program: str,
    number: str,
    at: datetime,
    authorised_on: date | None = None,
    not_after: date | None = None,
    can_become_pregnant: bool = True,
) -> RemsAuthorisation:
    """Write down the number and the days that the program gave for this fill; a later row counts before an earlier one."""
    allowed = actor.must(acts.REVIEW, at=at, site_id=fill.site_id)
    if fill.state not in OPEN:
        raise Refused("not_open", "This fill is done: nothing is authorised for it any more.")
    found = {gate.program.code: gate.program for gate in standing.standing(actor, fill, on=actor.day(at))}
    if program not in found:
        raise Refused("no_program", "This program does not hold for this medicine.")
    _refuse_unlikely(found[program], number, authorised_on, today=actor.day(at))
    row = RemsAuthorisation(
        fill=fill,
        program=program,
        number=number.strip()[:60],
        authorised_on=authorised_on,
        not_after=not_after,
        can_become_pregnant=can_become_pregnant,
        at=at,
        user_id=actor.user_id,
        user_name=actor.name,
    )
    append(row)
    audit.record(actor, AUTHORISED, at=at, on=fill, after={"program": program}, under=allowed.under)
    return row


def _refuse_unlikely(program: Program, number: str, authorised_on: date | None, *, today: date) -> None:
    wrong = {}
    if program.number and not number.strip():
        wrong["number"] = f"Needed: {program.number}"
    if authorised_on is not None and authorised_on > today:
        wrong["authorised_on"] = "In the future"
    if wrong:
        raise Refused("rems_incomplete", "Nothing was saved: look at the marked fields.", wrong)


def refuse_ungated(actor: Actor, fill: Fill, found: Sequence[Program], *, at: datetime) -> None:
    """Refused where a program has not given what it must, or its last day is over."""
    for gate in standing.gates(actor, fill, found, on=actor.day(at)):
        if not gate.ruling.allowed:
            raise Refused("rems_gate", gate.ruling.sentence)
