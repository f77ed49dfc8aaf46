"""`officina label`: the vial label of a fill, for a printer or a screen."""

import sys
from pathlib import Path

import click

from officina.base import queries as base
from officina.cli import house
from officina.dispensing import queries
from officina.kernel import clock
from officina.kernel.errors import Refused
from officina.labels import sheet


@click.command()
@click.argument("number")
@click.option("--format", "kind", type=click.Choice(["zpl", "pdf", "png"]), required=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option(
    "--dpi",
    type=click.Choice(["203", "300"]),
    default="203",
    show_default=True,
    help="Dots per inch of the printer (ZPL and PNG).",
)
def label(number: str, kind: str, output: Path, dpi: str) -> None:
    """Print the label of a fill (F…) or of the latest fill of a prescription number."""
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
    click.echo(f"{output}: label of {fill.number}")


def _find(number: str) -> queries.Fill | None:
    for site in reversed(base.sites()):
        found = queries.fill_by_number(base.interface_actor(site.pk), number.strip())
        if found is not None:
            return found
    return None
