"""`officina demo`: a pharmacy with a working day behind it, and a summary of what the house stopped."""

import sys
from dataclasses import asdict

import click
from django.core.management import call_command
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from officina.base import queries
from officina.cli import house, serve
from officina.demo import day, pharmacy
from officina.demo.tally import KINDS, UNSEEN, Tally
from officina.kernel import clock


@click.command(short_help="Play a working day in a training pharmacy.")
@click.option(
    "--prescriptions",
    default=217,
    show_default=True,
    type=click.IntRange(1, 5000),
    help="How many prescriptions the day brings.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same day.")
@click.option("--no-serve", is_flag=True, help="Stop after the summary; do not open the web application.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object; implies --no-serve.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port that the web application listens on.",
)
def demo(prescriptions: int, seed: int, no_serve: bool, as_json: bool, port: int) -> None:
    """Open a training pharmacy, play a working day with known mistakes planted in it, and compare planted with stopped.

    A demonstration that was here before is replaced; a real pharmacy never is.
    """
    house.migrate()
    _make_room()
    tally = _play(prescriptions, seed)
    well = tally.all_stopped and not tally.ledger_differences and not tally.problems
    if as_json:
        house.answer(asdict(tally))
        sys.exit(0 if well else 1)
    _tell(tally)
    if not well or no_serve:
        sys.exit(0 if well else 1)
    serve.run(port=port)


def _make_room() -> None:
    """Empty a database that holds training pharmacies only; refuse to touch any other."""
    sites = queries.sites()
    if any(not s.training for s in sites):
        click.echo(
            "There is a real pharmacy in this database: the demonstration needs a home of its own (set OFFICINA_HOME).",
            err=True,
        )
        sys.exit(1)
    if sites:
        for app in ("dispensing", "screening", "prescriptions", "inventory", "patients", "drugs", "base"):
            call_command("migrate", app, "zero", verbosity=0, interactive=False)
        house.migrate()


def _play(prescriptions: int, seed: int) -> Tally:
    bar = Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.completed:>4} of {task.total}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("opening", total=prescriptions)
        return day.play(
            prescriptions=prescriptions,
            seed=seed,
            now=clock.now(),
            tick=lambda text, done, of: bar.update(task, description=text, completed=done, total=of),
        )


def _tell(tally: Tally) -> None:
    out = Console(width=92)
    out.print(f"\n[bold]The day[/bold] in {tally.seconds:g} seconds")
    for word, count in (
        ("received", tally.received),
        ("entered", tally.entered),
        ("filled", tally.filled),
        ("checked", tally.checked),
        ("handed over", tally.sold),
        ("left in the queues, to go on by hand", tally.waiting),
        ("serious alerts answered by a pharmacist", tally.alerts_resolved),
    ):
        out.print(f"  {count:>5}  {word}")
    table = Table("What was planted", "Planted", "Stopped", "", box=None, pad_edge=False)
    for kind, words in KINDS.items():
        planted, stopped = tally.injected[kind], tally.stopped[kind]
        table.add_row(
            words,
            str(planted),
            str(stopped),
            "[green]all stopped[/green]" if planted == stopped else "[red]NOT ALL STOPPED[/red]",
        )
    out.print()
    out.print(table)
    out.print(f"\n  ledger differences: {tally.ledger_differences}; workflow problems: {len(tally.problems)}")
    for problem in tally.problems[:10]:
        out.print(f"  [red]{problem}[/red]")
    out.print("\n[bold]What it cannot see[/bold]")
    for words in UNSEEN:
        out.print(f"  {words}")
    names = ", ".join(row[0] for row in pharmacy.STAFF)
    out.print(
        f"\nSign in as {names}: password [bold]{pharmacy.PASSWORD}[/bold]. PINs: ada 1001, pia 1002, tess 2001, theo 2002, carl 5001.\n"
    )
