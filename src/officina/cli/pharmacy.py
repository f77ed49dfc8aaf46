"""`officina open` and `officina add-person`: an owner sets up alone."""

import sys
from datetime import date

import click

from officina.base import queries, services
from officina.base.access import LicenceFact
from officina.base.services import NewPerson, NewSite
from officina.cli import house
from officina.drugs import services as drugs
from officina.inventory import services as inventory
from officina.kernel import clock
from officina.kernel.errors import Refused


@click.command("open")
@click.option("--name", required=True, help="Name of the pharmacy.")
@click.option("--state", default="WI", show_default=True, help="Two letters; decides which rules hold.")
@click.option("--zone", default="America/Chicago", show_default=True, help="Time zone.")
@click.option("--street", default="")
@click.option("--city", default="")
@click.option("--postal-code", default="")
@click.option("--phone", default="")
@click.option(
    "--training", is_flag=True, help="A training site: everything printed says TRAINING, nothing leaves the house."
)
def open_pharmacy(
    name: str, state: str, zone: str, street: str, city: str, postal_code: str, phone: str, training: bool
) -> None:
    """Open a pharmacy: its places, roles and the starter drug list."""
    house.migrate()
    at = clock.now()
    new = NewSite(
        name=name,
        zone=zone,
        jurisdiction=f"US-{state.upper()}",
        state=state.upper(),
        street=street,
        city=city,
        postal_code=postal_code,
        phone=phone,
        training=training,
    )
    setup = services.open_site(new, at=at)
    inventory.furnish(setup, at=at)
    count = drugs.load_starter(setup, at=at)
    click.echo(f"{name} is open: {count} packages in the drug file. Add people with: officina add-person")


@click.command("add-person")
@click.argument("username")
@click.option("--name", required=True)
@click.option("--initials", required=True)
@click.option(
    "--role",
    required=True,
    help="clerk, technician_trainee, technician, advanced_technician, intern, pharmacist or owner.",
)
@click.option(
    "--licence", nargs=3, multiple=True, metavar="KIND NUMBER LAST-DAY", help="Such as: pharmacist 12345-40 2027-05-31"
)
@click.option("--supervisor", default="", help="Username of the pharmacist who supervises.")
@click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")
@click.password_option(help="Asked for where not given.")
@click.option("--pin", prompt="PIN for a shared station (4 to 8 digits)", hide_input=True)
def add_person(
    username: str,
    name: str,
    initials: str,
    role: str,
    licence: tuple[tuple[str, str, str], ...],
    supervisor: str,
    site_name: str,
    password: str,
    pin: str,
) -> None:
    """Add a person with a role and licences."""
    house.migrate()
    site = house.site(site_name)
    try:
        held = tuple(
            LicenceFact(kind, site.jurisdiction, number, date.fromisoformat(last)) for kind, number, last in licence
        )
        person = NewPerson(
            username=username,
            name=name,
            initials=initials,
            role=role,
            licences=held,
            supervisor=supervisor,
            password=password,
            pin=pin,
        )
        services.add_person(queries.setup_actor(site.pk), person=person, at=clock.now())
    except (Refused, ValueError) as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    click.echo(f"{name} works at {site.name} as {role}.")
