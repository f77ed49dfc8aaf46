"""`officina refill`: prescriptions refilled by number, as a refill line takes them overnight, or all that fall due on consent."""

import sys
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import click

from officina.base.access import Actor, as_key
from officina.cli import house
from officina.dispensing import auto_refill, refillable
from officina.dispensing.services import auto_refill as sweeping
from officina.dispensing.services import refills
from officina.kernel import clock
from officina.kernel.errors import Refused


@click.command(short_help="Refill prescriptions by number, or what falls due.")
@click.argument("numbers", nargs=-1)
@click.option("--due", "is_due", is_flag=True, help="Refill what falls due and has the patient's consent.")
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With --due: the day from which the days ahead are counted; today where not given.",
)
@click.option("--check", "only_check", is_flag=True, help="Only say what could be refilled, and write nothing.")
@click.option("--key", default="", help="Name of this list: a list that is sent twice under one name is done once.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
@click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")
def refill(
    numbers: tuple[str, ...],
    is_due: bool,
    day: datetime | None,
    only_check: bool,
    key: str,
    as_json: bool,
    site_name: str,
) -> None:
    """Refill each NUMBER: of a prescription, or of a fill as its label prints it.

    Each becomes a fill that waits for the pharmacist's review. What is too soon, expired, used up or unknown is said with its
    reason; the others are refilled all the same. With --due no numbers are given: what runs out soon and has the patient's
    consent is refilled, by the same rules and once only, however often it is asked for.
    """
    if bool(numbers) is is_due:
        raise click.UsageError("Give numbers, or --due.")
    if day is not None and not is_due:
        raise click.UsageError("--on goes with --due.")
    house.migrate()
    actor, at = replace(house.interface(site_name), key=as_key(key)), clock.now()
    if is_due:
        results = _due(actor, day.date() if day else None, at=at, only_check=only_check)
    else:
        results = _by_number(actor, numbers, at=at, only_check=only_check)
    if as_json:
        house.answer({"refills": results})
    else:
        for result in results:
            click.echo(f"{result['number']}: {result['status']}" + (f", {result['fill']}" if result["fill"] else ""))
            if result["reason"]:
                click.echo(f"    {result['reason']}")
    sys.exit(0 if all(r["status"] != "refused" for r in results) else 1)


def _by_number(actor: Actor, numbers: tuple[str, ...], *, at: datetime, only_check: bool) -> list[dict[str, Any]]:
    results = []
    for start in range(0, len(numbers), refillable.MOST):
        some = " ".join(numbers[start : start + refillable.MOST])
        for one in refillable.asked(actor, some, on=actor.day(at)):
            results.append(_result(actor, one, at=at, only_check=only_check))
    return results


def _result(actor: Actor, one: refillable.Asked, *, at: datetime, only_check: bool) -> dict[str, Any]:
    result = {"number": one.typed, "status": "may be refilled", "fill": "", "code": "", "reason": ""}
    refused = one.refusal
    if refused is None and not only_check:
        assert one.prescription is not None
        try:
            fill = refills.refill(actor.for_part(one.prescription.code), prescription=one.prescription, at=at)
        except Refused as no:
            refused = no
        else:
            result |= {"status": "refilled", "fill": fill.number}
    return result if refused is None else result | _refused(refused)


def _due(actor: Actor, until: date | None, *, at: datetime, only_check: bool) -> list[dict[str, Any]]:
    """What falls due on consent, and what became of it; what only waits for its day is no refusal."""
    if only_check:
        found = [
            sweeping.Swept(one, refusal=one.refusal, ended=one.silence)
            for one in auto_refill.due(actor, on=actor.day(at), until=until)
        ]
    else:
        found = sweeping.sweep(actor, at=at, until=until)
    return [_swept(one) for one in found]


def _swept(one: sweeping.Swept) -> dict[str, Any]:
    result = {
        "number": one.due.rx.number,
        "due_on": one.due.due_on.isoformat(),
        "status": "may be refilled",
        "fill": "",
        "code": "",
        "reason": "",
    }
    if one.fill is not None:
        result |= {"status": "refilled", "fill": one.fill.number}
    elif one.ended:
        result |= {"status": "consent ends", "code": "silent", "reason": one.ended}
    elif one.refusal is not None:
        result |= _refused(one.refusal)
        result["status"] = "waits" if one.refusal.code == "too_soon" else "refused"
    return result


def _refused(no: Refused) -> dict[str, Any]:
    return {"status": "refused", "code": no.code, "reason": no.sentence}
