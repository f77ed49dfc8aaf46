"""`officina check`: does the ledger add up, are the seals whole, is the workflow sound, do merged records agree?"""

import sys
from collections.abc import Iterator

import click
from django.db import connection

from officina.base import audit, triggers
from officina.base import queries as base
from officina.cli import house
from officina.dispensing import queries as dispensing
from officina.inventory import queries as inventory
from officina.patients import merging
from officina.prescriptions import queries as prescriptions
from officina.screening import queries as screening


@click.command(short_help="Check ledger, audit seals and workflow.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: ok and problems.")
@click.option(
    "--seal",
    "kept",
    multiple=True,
    metavar="HASH",
    help="A hash that `officina seal` printed, kept elsewhere; may repeat.",
)
def check(as_json: bool, kept: tuple[str, ...]) -> None:
    """Check the ledger, the audit seals and the workflow; exit 1 and a list where something is wrong."""
    house.migrate()
    problems = list(_problems(kept))
    if as_json:
        house.answer({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        click.echo("All well." if not problems else f"{len(problems)} problem{'s' if len(problems) > 1 else ''}.")
    sys.exit(1 if problems else 0)


def _problems(kept: tuple[str, ...]) -> Iterator[str]:
    yield from triggers.lifted(connection)
    yield from inventory.differences()
    for site in base.sites():
        yield from audit.broken_seals(site.pk)
    for digest in kept:
        if not audit.is_sealed(digest):
            yield f"audit seal {digest[:64]}: kept elsewhere and not here; the trail was cut off or sealed anew"
    yield from dispensing.unsound()
    yield from dispensing.untold()
    yield from screening.unsound()
    yield from merging.unsound()
    yield from prescriptions.unread()
    yield from prescriptions.altered()
