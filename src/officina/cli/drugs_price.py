"""`officina drugs price`: what a quantity of a package costs here today, with the working."""

import sys

import click

from officina.base import queries as base
from officina.cli import house
from officina.drugs import prices
from officina.kernel import clock
from officina.kernel.errors import ParseError, Refused
from officina.kernel.quantity import D, written


@click.command(short_help="What a quantity of a package costs, with the working.")
@click.argument("ndc")
@click.argument("quantity")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: medicine, amount, working.")
def price(ndc: str, quantity: str, as_json: bool) -> None:
    """What QUANTITY units of the package NDC cost by the prices that the house set, and how that comes about.

    NDC may be the number of a local product. Exit status 1 where no price is known.
    """
    house.migrate()
    actor = base.setup_actor(house.site().pk)
    try:
        package = prices.package_named(ndc)
        quoted = prices.quote(actor.site_id, package, D(quantity, where="QUANTITY"), on=actor.day(clock.now()))
    except (Refused, ParseError) as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    if quoted is None:
        click.echo("The house set no terms yet: the owner does it at the drug desk.", err=True)
        sys.exit(1)
    drug = package.product.drug
    medicine = " ".join(part for part in (drug.generic_name, drug.strength, drug.form) if part)
    if as_json:
        house.answer(
            {
                "ndc": package.ndc,
                "medicine": medicine,
                "quantity": quantity,
                "unit": package.unit,
                "amount": None if quoted.amount is None else str(quoted.amount),
                "working": quoted.working,
            }
        )
    else:
        click.echo(f"{medicine}, NDC {package.ndc}, #{written(D(quantity))}: {quoted.working}.")
    if quoted.amount is None:
        sys.exit(1)
