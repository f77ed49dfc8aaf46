"""`officina sig-codes`: the house's own codes for directions, as the owner keeps them."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import click

from officina.base import queries as base
from officina.base.access import Actor
from officina.cli import house
from officina.kernel import clock
from officina.kernel.errors import Refused
from officina.prescriptions import queries
from officina.prescriptions.acts import KEEP_SIG_CODES
from officina.prescriptions.services import sig_codes as codes

_at_site = click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")


@click.group("sig-codes", short_help="The house's own codes for directions.")
def sig_codes() -> None:
    """The house's own sig codes: typed at the entry desk, each is written out at
    once, and the directions are then read like any other.
    """


def _keeper(site_name: str) -> Actor:
    """Whoever sits at the machine's own keyboard may keep codes, as they may hire."""
    return replace(base.setup_actor(house.site(site_name).pk), grants={KEEP_SIG_CODES.code: "alone"})


def _owner(site_name: str, act: Callable[[Actor, datetime], str]) -> None:
    house.migrate()
    try:
        click.echo(act(_keeper(site_name), clock.now()))
    except Refused as no:
        click.echo(str(no), err=True)
        sys.exit(1)


@sig_codes.command("list", short_help="What is kept.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: `codes` by their letters.")
@_at_site
def list_codes(as_json: bool, site_name: str) -> None:
    """Tell every code with what it stands for."""
    house.migrate()
    found = queries.sig_codes(base.setup_actor(house.site(site_name).pk))
    if as_json:
        house.answer({"codes": found})
        return
    for typed, expansion in found.items():
        click.echo(f"{typed:<12} {expansion}")
    if not found:
        click.echo("No code is kept yet.")


@sig_codes.command("set", short_help="Keep a code.")
@click.argument("code")
@click.argument("expansion", nargs=-1, required=True)
@_at_site
def set_code(code: str, expansion: tuple[str, ...], site_name: str) -> None:
    """Keep CODE for EXPANSION: a whole direction, or a piece of one.

    A code that means something already is refused, and so is an expansion that
    the reader does not understand. Exit status 1 then, with the reason.
    """

    def keep(actor: Actor, at: datetime) -> str:
        kept = codes.set_code(actor, typed=code, expansion=" ".join(expansion), at=at)
        return f"{kept.typed} stands for: {kept.expansion}"

    _owner(site_name, keep)


@sig_codes.command("end", short_help="Take a code away.")
@click.argument("code")
@_at_site
def end_code(code: str, site_name: str) -> None:
    """Take CODE away; what was entered with it stays as it was written out."""

    def end(actor: Actor, at: datetime) -> str:
        ended = codes.end_code(actor, code=queries.sig_code(actor, code), at=at)
        return f"{ended.typed} is no code any more."

    _owner(site_name, end)
