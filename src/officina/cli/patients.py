"""`officina patients`: find somebody, list likely duplicates, merge two records of one person and part them again."""

import sys
from datetime import datetime
from typing import Any

import click

from officina.base import queries as base
from officina.cli import house
from officina.dispensing.services import merging as services
from officina.kernel import clock
from officina.patients import duplicates as alike
from officina.patients import finding, merging, queries
from officina.patients.queries import Patient

_BY = click.option(
    "--by", "username", required=True, metavar="USER", help="User name of who decides; their rights hold."
)
_SITE = click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")


@click.group(short_help="Patients: find, list duplicates, merge and part.")
def patients() -> None:
    """Patients of the pharmacy: find somebody, and mend what was entered twice."""


@patients.command(short_help="Find a patient by name, birth date, telephone or number.")
@click.argument("text", nargs=-1, required=True)
@click.option("--born", type=click.DateTime(["%Y-%m-%d", "%m/%d/%Y"]), help="Date of birth: 1961-03-14 or 03/14/1961.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many are shown at most.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: hits and did_you_mean.")
@_SITE
def find(text: tuple[str, ...], born: datetime | None, limit: int, as_json: bool, site_name: str) -> None:
    """Find a patient by the beginning of last and first name, a birth date, a telephone or the patient's number.

    Where nobody fits, whoever may have been meant is told apart, each with the reason: a misspelling, a sound-alike, a short
    or former name, names or figures swapped. Nobody is chosen by that. Exit status 1 where nobody fits.
    """
    house.migrate()
    actor = base.setup_actor(house.site(site_name).pk)
    found = finding.find(actor, " ".join(text), born_on=born.date() if born else None, most=limit)
    if as_json:
        near = [{**_plain(n.patient), "why": n.why} for n in found.did_you_mean]
        house.answer({"hits": [_plain(p) for p in found.hits], "did_you_mean": near})
    else:
        _tell(found)
    sys.exit(0 if found.hits else 1)


def _tell(found: finding.Found) -> None:
    for p in found.hits:
        click.echo(_line(p))
    if found.did_you_mean:
        click.echo("Nobody fits. Did you mean:", err=True)
    for n in found.did_you_mean:
        click.echo(f"  {_line(n.patient)}: {n.why}")
    if not found.hits and not found.did_you_mean:
        click.echo("Nobody fits, and nobody is near.", err=True)


def _line(p: Patient) -> str:
    return f"{p.number}  {p}, born {p.born_on}"


def _plain(p: Patient) -> dict[str, Any]:
    return {
        "number": p.number,
        "code": str(p.code),
        "last_name": p.last_name,
        "first_name": p.first_name,
        "born_on": p.born_on,
        "sex": p.sex,
        "phone": p.phone,
    }


@patients.command(short_help="List records that may be one person's.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many pairs at most.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: pairs.")
@_SITE
def duplicates(limit: int, as_json: bool, site_name: str) -> None:
    """List records that may be one person's, the likeliest first. Nothing is merged by it."""
    house.migrate()
    pairs = alike.likely(base.setup_actor(house.site(site_name).pk), most=limit)
    if as_json:
        house.answer({"pairs": [{"one": _plain(d.one), "other": _plain(d.other), "why": d.why} for d in pairs]})
        return
    for d in pairs:
        click.echo(f"{_line(d.one)}  |  {_line(d.other)}: {d.why}")
    if not pairs:
        click.echo("No two records look like one person's.")


@patients.command(short_help="Merge two records of one person.")
@click.argument("stays")
@click.argument("goes")
@click.option(
    "--take", multiple=True, type=click.Choice(list(merging.CHOICES)), help="What is taken over from GOES; may repeat."
)
@click.option("--why", default="", help="By what you know; needed where birth dates differ.")
@_BY
@_SITE
def merge(stays: str, goes: str, take: tuple[str, ...], why: str, username: str, site_name: str) -> None:
    """Show the record GOES under the record STAYS, both by number: prescriptions, fills, allergies, conditions, notes, account.

    Nothing is moved or lost: `officina patients unmerge` brings back exactly what was.
    """
    house.migrate()
    with house.refused():
        actor = house.person(username, site_name)
        one, other = queries.numbered(actor, stays), queries.numbered(actor, goes)
        services.merge(actor, survivor=one, merged=other, taken=take, why=why, at=clock.now())
    click.echo(f"{other.number} now shows under {one.number}.")


@patients.command(short_help="Part two records that were merged.")
@click.argument("number")
@click.option("--why", required=True, help="Why they are two people.")
@_BY
@_SITE
def unmerge(number: str, why: str, username: str, site_name: str) -> None:
    """Let the record NUMBER, which was merged into another, stand for itself again as it was."""
    house.migrate()
    with house.refused():
        actor = house.person(username, site_name)
        found = queries.standing_merge(actor, queries.numbered(actor, number))
        services.unmerge(actor, merge=found, why=why, at=clock.now())
    click.echo(
        f"{found.merged.number} stands for itself again; what was written since stays with {found.survivor.number}."
    )
