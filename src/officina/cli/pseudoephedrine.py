"""`officina pseudoephedrine`: the logbook for whoever inspects it, and what a person may buy now."""

import csv
import json
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, Any

import click

from officina.base import queries as base
from officina.base.access import Actor
from officina.cli import house
from officina.dispensing import logbook
from officina.dispensing.logbook import Buyer, PseudoephedrineSale, Ware
from officina.kernel import clock
from officina.kernel.errors import ParseError, Refused
from officina.kernel.quantity import D
from officina.law.ruling import in_words

_DAY = click.DateTime(["%Y-%m-%d"])
_at_site = click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")
_PLAIN = ("number", "product", "salt", "units", "packages", "last_name", "first_name", "address", "identity_kind",
          "identity_issuer", "identity_number", "signed_by")  # fmt: skip
COLUMNS = ("at", *_PLAIN, "unit_mg", "base_mg", "born_on", "sold_by", "takes_back", "why")


@click.group(short_help="The pseudoephedrine logbook.")
def pseudoephedrine() -> None:
    """The logbook of pseudoephedrine sold without a prescription (21 CFR 1314.30).

    Sales are made at the pick-up counter, with the identification in hand and the
    purchaser's signature: no command makes one.
    """


@pseudoephedrine.command("log", short_help="The lines of some days.")
@click.option("--from", "first", type=_DAY, help="First day; thirty days ago where not given.")
@click.option("--to", "last", type=_DAY, help="Last day; today where not given.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: `lines`; else CSV.")
@_at_site
def log(first: datetime | None, last: datetime | None, as_json: bool, site_name: str) -> None:
    """Write the lines of these days, oldest first, lines taken back among them."""
    house.migrate()
    actor = base.setup_actor(house.site(site_name).pk)
    today = actor.day(clock.now())
    begin = first.date() if first else today - timedelta(days=30)
    end = last.date() if last else today
    if end < begin:
        raise click.UsageError("--to lies before --from.")
    rows = (_line(row) for row in logbook.between(actor, begin, end))
    if as_json:
        house.answer({"from": begin, "to": end, "lines": list(rows)})
        return
    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    out.writerows(rows)


def _plainly(number: Decimal) -> str:
    """For programs: no comma between thousands, no zeros at the end."""
    return f"{number.normalize():f}"


def _line(row: PseudoephedrineSale) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "at": row.at.isoformat(timespec="seconds"),
        "unit_mg": _plainly(row.unit_mg),
        "base_mg": _plainly(row.base_mg),
        "born_on": row.born_on.isoformat(),
        "sold_by": row.user_name,
        "takes_back": row.reverses.number if row.reverses else "",
        "why": row.why,
    }


@pseudoephedrine.command("may", short_help="What a person may buy now.")
@click.option(
    "--file", "source", type=click.File("r", encoding="utf-8"), default="-",
    help="JSON with last_name, first_name, born_on, identity_number; product, salt, unit_mg, units_each, packages. "
    "Standard input where not given: who somebody is stands in no list of commands.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
@_at_site
def may(source: IO[str], as_json: bool, site_name: str) -> None:
    """Judge a wish by what the same person bought here in thirty days; nothing is
    written. Exit status 1 where it may not be sold.
    """
    house.migrate()
    actor = base.setup_actor(house.site(site_name).pk)
    try:
        answer = _judged(actor, source)
    except (ParseError, Refused) as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    ruling = answer.ruling
    if as_json:
        passes = ruling.passes_on.isoformat() if ruling.passes_on else None
        house.answer(
            {"allowed": ruling.allowed, "rule": ruling.rule, "source": ruling.source, "passes_on": passes,
             "units_now": answer.units_now, "base_mg": _plainly(answer.base_mg)}
        )  # fmt: skip
    else:
        click.echo(("Yes. " if ruling.allowed else "No. ") + ruling.rule)
        click.echo(f"  units that may be sold now: {answer.units_now}")
        if ruling.passes_on:
            click.echo(f"  would pass on: {in_words(ruling.passes_on)}")
        click.echo(f"  source: {ruling.source}")
    sys.exit(0 if ruling.allowed else 1)


def _judged(actor: Actor, source: IO[str]) -> logbook.Answer:
    try:
        told: dict[str, Any] = json.load(source)
        buyer = Buyer(
            last_name=str(told["last_name"]), first_name=str(told["first_name"]),
            born_on=date.fromisoformat(told["born_on"]), address="", identity_kind="", identity_issuer="",
            identity_number=str(told.get("identity_number", "")),
        )  # fmt: skip
        ware = Ware(
            product=str(told.get("product", "")), salt=str(told["salt"]), unit_mg=D(str(told["unit_mg"])),
            units_each=int(told["units_each"]), packages=int(told.get("packages", 1)),
        )  # fmt: skip
    except KeyError as missing:
        raise ParseError("wish", expected="the JSON that --help tells", got=f"no {missing.args[0]}") from missing
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, OSError) as problem:
        raise ParseError("wish", expected="the JSON that --help tells", got=str(problem)) from problem
    return logbook.judged(actor, buyer, ware, at=clock.now())
