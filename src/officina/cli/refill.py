"""`officina refill`: prescriptions refilled by number, as a refill line takes them overnight."""

import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from officina.base.access import Actor
from officina.cli import house
from officina.dispensing import refillable
from officina.dispensing.services import refills
from officina.kernel import clock
from officina.kernel.errors import Refused


@click.command(short_help="Refill prescriptions by number.")
@click.argument("numbers", nargs=-1, required=True)
@click.option("--check", "only_check", is_flag=True, help="Only say what could be refilled, and write nothing.")
@click.option("--key", default="", help="Name of this list: a list that is sent twice under one name is done once.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
@click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")
def refill(numbers: tuple[str, ...], only_check: bool, key: str, as_json: bool, site_name: str) -> None:
    """Refill each NUMBER: of a prescription, or of a fill as its label prints it.

    Each becomes a fill that waits for the pharmacist's review. What is too soon, expired, used up or unknown is said with its
    reason; the others are refilled all the same.
    """
    house.migrate()
    actor, at = house.interface(site_name), clock.now()
    results = []
    for start in range(0, len(numbers), refillable.MOST):
        some = " ".join(numbers[start : start + refillable.MOST])
        for one in refillable.asked(actor, some, on=actor.day(at)):
            results.append(_result(actor, one, at=at, only_check=only_check, key=key))
    if as_json:
        house.answer({"refills": results})
    else:
        for result in results:
            click.echo(f"{result['number']}: {result['status']}" + (f", {result['fill']}" if result["fill"] else ""))
            if result["reason"]:
                click.echo(f"    {result['reason']}")
    sys.exit(0 if all(r["status"] != "refused" for r in results) else 1)


def _result(actor: Actor, one: refillable.Asked, *, at: datetime, only_check: bool, key: str) -> dict[str, Any]:
    result = {"number": one.typed, "status": "may be refilled", "fill": "", "code": "", "reason": ""}
    refused = one.refusal
    if refused is None and not only_check:
        assert one.prescription is not None
        keyed = replace(actor, key=f"{key}/{one.prescription.code}" if key else "")
        try:
            fill = refills.refill(keyed, prescription=one.prescription, at=at)
        except Refused as no:
            refused = no
        else:
            result |= {"status": "refilled", "fill": fill.number}
    if refused is not None:
        result |= {"status": "refused", "code": refused.code, "reason": refused.sentence}
    return result
