"""`officina drugs`: bring official lists into the drug file, and tell how fresh each is."""

import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from officina.base import queries as base
from officina.cli import drug_sheet, house
from officina.cli.drugs_price import price
from officina.cli.drugs_update import update
from officina.cli.import_words import progress, told
from officina.dispensing import medicines
from officina.drugs import queries, services
from officina.kernel import clock
from officina.kernel.errors import Refused
from officina.labels import tallman


@click.group(short_help="The drug file: bring official lists in.")
def drugs() -> None:
    """The drug file: official lists, brought in by what changed."""


drugs.add_command(update)
drugs.add_command(price)
drugs.add_command(drug_sheet.show)
drugs.add_command(drug_sheet.equivalents)


@drugs.command("import", short_help="Bring official files into the drug file.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--edition",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the edition, where the file tells none: 2026-11-20.",
)
@click.option("--accept-shrink", is_flag=True, help="Accept a list in which more than a tenth has gone.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: files, each with its changes.")
def import_files(paths: tuple[Path, ...], edition: datetime | None, accept_shrink: bool, as_json: bool) -> None:
    """Bring official files into the drug file: all of PATHS, or nothing.

    A path is a zip, a gzip, a text, CSV or JSON file, or a folder of the files of one source. Which source it is, its content
    tells. Only what changed is written; what no longer stands in a list is ended, never deleted.
    """
    house.migrate()
    actor = base.setup_actor(house.site().pk)
    try:
        with progress(hidden=as_json) as tell:
            done = services.import_files(
                actor,
                paths=list(paths),
                at=clock.now(),
                dated=edition.date() if edition else None,
                accept_shrink=accept_shrink,
                tell=tell,
            )
    except Refused as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    if as_json:
        house.answer({"files": [asdict(one) for one in done]})
        return
    for one in done:
        click.echo(told(one))


@drugs.command(short_help="Edition, age, rows and checksum of every source.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: sources and joins.")
def status(as_json: bool) -> None:
    """How fresh each official list is, what it holds, and what could not be joined."""
    house.migrate()
    today = clock.now().date()
    try:
        sources, joins = queries.sources(on=today), queries.joins()
    except Refused as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    if as_json:
        house.answer({"sources": [asdict(s) for s in sources], "joins": joins})
        return
    table = Table(box=None)
    for name in ("Source", "Edition", "Age", "Rows", "Not read", "sha256"):
        table.add_column(name, justify="right" if name in {"Age", "Rows", "Not read"} else "left")
    for s in sources:
        age = "never loaded" if s.loaded_on is None else f"{s.age} d{' STALE' if s.is_stale else ''}"
        table.add_row(s.title, _day(s.dated), age, f"{s.rows:,}", f"{s.unread:,}", s.sha256[:12])
    Console().print(table)
    for s in sources:
        if s.is_stale:
            checked = f", and its address had no newer one on {s.checked_on}" if s.checked_on else ""
            click.echo(f"STALE: {s.title} is {s.age} days old{checked}. {s.mend}")
    for what, count in joins.items():
        click.echo(f"{count:,} {what}")


@drugs.command("search", short_help="Find medicines by name, strength and form, or by code.")
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many are shown at most.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: hits, did_you_mean and understood.")
def find(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find medicines by brand, generic, strength and form in any order, or by NDC, GTIN or RxCUI.

    What is dispensed here most comes first. A misspelt word is never put right by itself: what may have been meant is told apart.
    Exit status 1 where nothing fits and nothing is near.
    """
    house.migrate()
    found = medicines.search(base.setup_actor(house.site().pk), " ".join(query), limit=limit)
    if as_json:
        house.answer(
            {
                "hits": [_hit(h) for h in found.hits],
                "did_you_mean": [
                    {"text": d.text, "instead_of": d.instead_of, "meant": d.meant, "hits": [_hit(h) for h in d.hits]}
                    for d in found.did_you_mean
                ],
                "understood": [asdict(u) for u in found.understood],
                "note": found.note,
            }
        )
    else:
        _tell_found(found)
    if not found.shown:
        sys.exit(1)


def _tell_found(found: medicines.Found) -> None:
    if not found.shown:
        click.echo(f"Nothing fits, and nothing is near. {found.note}".rstrip(), err=True)
    for hit in found.hits:
        click.echo(_line(hit))
    for proposal in found.did_you_mean:
        without = f"Nothing of it has {proposal.instead_of!r}. Without that:"
        named = f"Nothing is called {proposal.instead_of!r}. Did you mean {tallman.display(proposal.meant)}?"
        click.echo(named if proposal.meant else without)
        for hit in proposal.hits:
            click.echo(f"  {_line(hit)}")


def _line(hit: medicines.Hit) -> str:
    parts = [f"{tallman.display(hit.generic_name)} {hit.strength} {hit.form}"]
    if hit.brands:
        parts.append(f"({', '.join(hit.brands[:3])})")
    if hit.unlike:
        parts.append(f"[not {', '.join(map(tallman.display, hit.unlike))}]")
    if hit.ended:
        parts.append("[no longer listed]")
    return " ".join(parts)


def _hit(hit: medicines.Hit) -> dict[str, object]:
    written = tallman.display(hit.generic_name)
    return {"name": str(hit), "tall_man": written, "drug": hit.drug_id, "package": hit.package_id} | {
        k: v for k, v in asdict(hit).items() if k != "package_id"
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
