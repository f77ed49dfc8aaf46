"""`officina sync`: all medicines of a patient to one date, with the working; and the fills that bring them there."""

import sys
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import click

from officina.base.access import Actor, as_key
from officina.cli import house
from officina.dispensing import synchronising
from officina.dispensing.rules.synchronising import refuse_date
from officina.dispensing.services import synchronising as services
from officina.dispensing.synchronising import Line, Plan
from officina.kernel import clock
from officina.kernel.errors import Refused
from officina.kernel.quantity import written
from officina.law.ruling import in_words
from officina.patients import queries as patients
from officina.prescriptions.queries import How

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(short_help="All medicines of a patient to one date.")
@click.argument("patient_number", metavar="PATIENT-NUMBER")
@click.option(
    "--on", "day", type=_DAY, help="The date; else the one agreed to, else the day on which the last runs out."
)
@click.option("--start", is_flag=True, help="Write the agreement down and start the fills that may be started today.")
@click.option("--agreed-by", default="", help="Who agreed to the date: the patient, or who speaks for them.")
@click.option("--how", type=click.Choice(list(How.values)), default=How.TELEPHONE.value, help="How they agreed.")
@click.option("--key", default="", help="Name of this order: sent twice under one name it is done once.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
@click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")
def sync(
    patient_number: str,
    day: datetime | None,
    start: bool,
    agreed_by: str,
    how: str,
    key: str,
    as_json: bool,
    site_name: str,
) -> None:
    """Show how each medicine of a patient comes to one date: days left, the short
    fill with its working, and what cannot be brought there and why.

    Nothing is written without --start, which asks for --agreed-by unless the
    patient has agreed to that date before. Exit 1 where there is no such patient,
    the date cannot be chosen, or a fill was refused.
    """
    house.migrate()
    actor, at = replace(house.interface(site_name), key=as_key(key)), clock.now()
    try:
        told = _done(actor, patient_number, day.date() if day else None, start, agreed_by, how, at)
    except Refused as no:
        if as_json:
            house.answer({"code": no.code, "reason": no.sentence})
        click.echo(no.sentence, err=True)
        sys.exit(1)
    if as_json:
        house.answer(told)
    else:
        _tell(told)
    sys.exit(1 if any(line["status"] == "refused" for line in told["medicines"]) else 0)


def _done(
    actor: Actor, number: str, day: date | None, start: bool, agreed_by: str, how: str, at: datetime
) -> dict[str, Any]:
    record = patients.numbered(actor, number)
    patient = record.merged_into or record
    on = actor.day(at)
    if day is not None:
        refuse_date(day, on=on)
    plan = synchronising.plan(actor, patient, on=on, anchor=day)
    lines = [_plain(line) for line in plan.lines]
    if start:
        _start(actor, patient, plan, lines, agreed_by, how, at)
    return {
        "patient": patient.number,
        "today": on.isoformat(),
        "on": plan.anchor.isoformat() if plan.anchor else None,
        "proposed": plan.proposed.isoformat() if plan.proposed else None,
        "agreed": plan.agreed.on.isoformat() if plan.agreed else None,
        "medicines": lines,
    }


def _start(
    actor: Actor,
    patient: patients.Patient,
    plan: Plan,
    lines: list[dict[str, Any]],
    agreed_by: str,
    how: str,
    at: datetime,
) -> None:
    """Start what may be started; each line says what became of it."""
    if plan.anchor is None:
        raise Refused("nothing", "None of the medicines can be brought to a date.")
    agreed = plan.agreed
    if agreed is None or agreed.on != plan.anchor:
        agreed = services.agree(actor, patient=patient, anchor=plan.anchor, agreed_by=agreed_by, how=how, at=at)
    for line, told in zip(plan.lines, lines, strict=True):
        if not line.can_start:
            continue
        own = actor.for_part(line.rx.code)
        try:
            fill = services.start(own, common_date=agreed, prescription=line.rx, at=at)
        except Refused as no:
            told |= {"status": "refused", "code": no.code, "reason": no.sentence}
        else:
            told |= {"status": "started", "fill": fill.number}


def _plain(line: Line) -> dict[str, Any]:
    no = line.obstacle or line.refusal
    status = "cannot be brought" if line.obstacle else "due on that day" if line.is_there else "may be started"
    return {
        "number": line.rx.number,
        "medicine": str(line.rx.drug),
        "days_left": line.days_left,
        "status": "not today" if no and not line.obstacle else status,
        "quantity": written(line.quantity) if line.quantity is not None else None,
        "unit": line.rx.drug.unit if line.rx.drug else "",
        "days": line.way.days if line.way else None,
        "whole_fills_after": line.way.whole_after if line.way else None,
        "working": list(line.working),
        "notes": list(line.notes),
        "fill": "",
        "code": no.code if no else "",
        "reason": no.sentence if no else "",
    }


def _tell(told: dict[str, Any]) -> None:
    day = in_words(date.fromisoformat(told["on"])) if told["on"] else "no date"
    how = (
        "agreed"
        if told["on"] and told["on"] == told["agreed"]
        else "proposed"
        if told["on"] == told["proposed"]
        else "asked"
    )
    click.echo(f"patient {told['patient']}: {day}" + (f", {how}" if told["on"] else ""))
    for line in told["medicines"]:
        left = "" if line["days_left"] is None else f", {line['days_left']} days left"
        click.echo(
            f"{line['number']} {line['medicine']}{left}: {line['status']}"
            + (f", {line['fill']}" if line["fill"] else "")
        )
        if line["quantity"]:
            click.echo(f"    {line['quantity']} {line['unit']} for {line['days']} days")
        for step in (*line["working"], *(f"note: {note}" for note in line["notes"])):
            click.echo(f"    {step}")
        if line["reason"]:
            click.echo(f"    {line['reason']}")
