"""`officina label`: the vial label of a fill, for a printer or a screen."""

import sys
from pathlib import Path

import click

from officina.base import queries as base
from officina.cli import house
from officina.dispensing import queries
from officina.kernel import clock
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.labels import sheet


@click.command(short_help="Write the label of a fill to a file or printer.")
@click.argument("number")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["zpl", "pdf", "png"]),
    required=True,
    help="For a label printer, for paper, for a screen.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option(
    "--dpi",
    type=click.Choice(["203", "300"]),
    default="203",
    show_default=True,
    help="Dots per inch of the printer (ZPL and PNG).",
)
def label(number: str, kind: str, output: Path, dpi: str) -> None:
    """Write the label of a fill (F…), or of the latest fill of a prescription, to a file or a printer."""
    number = _number(number)
    house.migrate()
    fill = _find(number)
    if fill is None:
        click.echo(f"There is no fill or prescription {number} here.", err=True)
        sys.exit(1)
    try:
        facts = queries.label_facts(fill, on=clock.day_of(fill.filled_at or clock.now(), base.site(fill.site_id).zone))
        output.write_bytes(sheet.render(facts, kind=kind, dpi=int(dpi)))
    except Refused as no:
        click.echo(no.sentence, err=True)
        sys.exit(1)
    except OSError as no:
        click.echo(f"The label was not written to {output}: {no.strerror}.", err=True)
        sys.exit(1)
    click.echo(f"{output}: label of {fill.number}")


def _number(typed: str) -> str:
    """The number as stored; exit 1 where it is none: a mistyped digit must not print another patient's label."""
    try:
        read = HouseNumber.parse(typed)
    except ParseError as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    if read.series not in {"", "F"}:
        click.echo(f"{read} is the number of something else: give a prescription's or a fill's (F…).", err=True)
        sys.exit(1)
    return read.text


def _find(number: str) -> queries.Fill | None:
    for site in reversed(base.sites()):
        found = queries.fill_by_number(base.interface_actor(site.pk), number)
        if found is not None:
            return found
    return None
