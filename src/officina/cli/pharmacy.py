"""`officina open` and `officina add-person`: an owner sets up alone."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import available_timezones

import click

from officina.base import queries, second_factor, services
from officina.base.access import Actor, Licence, LicenceFact
from officina.base.services import NewPerson, NewSite
from officina.cli import house
from officina.drugs import services as drugs
from officina.inventory import services as inventory
from officina.kernel import clock
from officina.kernel.errors import Refused


def _said(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("it is empty.")
    return value.strip()


def _state(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if len(value) != 2 or not (value.isascii() and value.isalpha()):
        raise click.BadParameter(f"{value!r} is not the two letters of a state, such as WI.")
    return value.upper()


def _zone(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value not in available_timezones():
        raise click.BadParameter(f"{value!r} is no time zone; they are written as America/Chicago.")
    return value


def _pin(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not (4 <= len(value) <= 8 and value.isascii() and value.isdigit()):
        raise click.BadParameter("expected 4 to 8 digits.")
    return value


def _licences(
    _context: click.Context, _option: click.Parameter, value: tuple[tuple[str, str, str], ...]
) -> tuple[tuple[str, str, date], ...]:
    return tuple((_kind(kind), number, _last_day(last)) for kind, number, last in value)


def _kind(kind: str) -> str:
    if kind not in set(Licence):
        raise click.BadParameter(f"{kind!r} is no kind of licence; there are {', '.join(Licence)}.")
    return kind


def _last_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day; write it as 2027-05-31.") from None


@click.command("open", short_help="Open a pharmacy of your own.")
@click.option("--name", required=True, callback=_said, help="Name of the pharmacy.")
@click.option(
    "--state", default="WI", show_default=True, callback=_state, help="Two letters; decides which rules hold."
)
@click.option("--zone", default="America/Chicago", show_default=True, callback=_zone, help="Time zone.")
@click.option("--street", default="", help="Address, for labels and messages.")
@click.option("--city", default="")
@click.option("--postal-code", default="")
@click.option("--phone", default="", help="Printed on every label.")
@click.option(
    "--training", is_flag=True, help="A training site: everything printed says TRAINING, nothing leaves the house."
)
def open_pharmacy(
    name: str, state: str, zone: str, street: str, city: str, postal_code: str, phone: str, training: bool
) -> None:
    """Open a pharmacy: its places, roles and the starter drug list."""
    house.migrate()
    if any(s.name == name for s in queries.sites()):
        click.echo(f"There is a pharmacy called {name!r} here already.", err=True)
        sys.exit(1)
    at = clock.now()
    new = NewSite(
        name=name,
        zone=zone,
        jurisdiction=f"US-{state}",
        state=state,
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
@click.argument("username", callback=_said)
@click.option("--name", required=True, callback=_said, help="As on the badge.")
@click.option("--initials", required=True, callback=_said, help="As beside what this person did.")
@click.option(
    "--role",
    required=True,
    help="clerk, technician_trainee, technician, advanced_technician, intern, pharmacist or owner.",
)
@click.option(
    "--licence",
    nargs=3,
    multiple=True,
    callback=_licences,
    metavar="KIND NUMBER LAST-DAY",
    help="Such as: pharmacist 12345-40 2027-05-31",
)
@click.option("--supervisor", default="", help="Username of the pharmacist who supervises.")
@click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")
@click.password_option(help="Asked for where not given.")
@click.option(
    "--pin",
    prompt="PIN for a shared station (4 to 8 digits)",
    hide_input=True,
    callback=_pin,
    help="4 to 8 digits, for a shared station. Asked for where not given.",
)
def add_person(
    username: str,
    name: str,
    initials: str,
    role: str,
    licence: tuple[tuple[str, str, date], ...],
    supervisor: str,
    site_name: str,
    password: str,
    pin: str,
) -> None:
    """Add a person with a role and licences."""
    house.migrate()
    site = house.site(site_name)
    # Signing in reads the username in small letters: one kept in capitals could never sign in.
    person = NewPerson(
        username=username.lower(),
        name=name,
        initials=initials,
        role=role,
        licences=tuple(LicenceFact(kind, site.jurisdiction, number, last) for kind, number, last in licence),
        supervisor=supervisor.strip().lower(),
        password=password,
        pin=pin,
    )
    try:
        services.add_person(queries.setup_actor(site.pk), person=person, at=clock.now())
    except Refused as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    click.echo(f"{name} works at {site.name} as {role}.")


def _owner(site_name: str, act: Callable[[Actor, datetime], object]) -> None:
    """Do what only the owner may, from the machine's own keyboard; exit 1 with the sentence where the house says no."""
    house.migrate()
    try:
        act(queries.setup_actor(house.site(site_name).pk), clock.now())
    except Refused as no:
        click.echo(str(no), err=True)
        sys.exit(1)


_at_site = click.option("--site", "site_name", default="", help="Name of the pharmacy; the newest where not given.")


@click.command("set-password", short_help="Give a person a new password.")
@click.argument("username", callback=_said)
@click.password_option(help="Asked for where not given.")
@_at_site
def set_password(username: str, password: str, site_name: str) -> None:
    """Give a person a new password; whatever they have open is closed."""
    name = username.lower()
    _owner(site_name, lambda actor, at: services.set_password(actor, username=name, password=password, at=at))
    click.echo(f"{name} has a new password. Whatever was open with the old one is closed.")


@click.command("switch-off", short_help="Let a person who left in no more.")
@click.argument("username", callback=_said)
@click.option("--back", is_flag=True, help="Let the person in again.")
@_at_site
def switch_off(username: str, back: bool, site_name: str) -> None:
    """Let a person in no more; whatever they have open is closed at once."""
    name, do = username.lower(), services.switch_on if back else services.switch_off
    _owner(site_name, lambda actor, at: do(actor, username=name, at=at))
    click.echo(f"{name} may sign in again." if back else f"{name} is switched off, and out of every page.")


@click.command("reset-second-factor", short_help="Take a lost device off a person.")
@click.argument("username", callback=_said)
@_at_site
def reset_second_factor(username: str, site_name: str) -> None:
    """Take a person's device for codes, and its recovery codes, away."""
    name = username.lower()
    _owner(site_name, lambda actor, at: second_factor.reset(actor, username=name, at=at))
    click.echo(f"{name} has no second factor now. Whatever they had open is closed.")


@click.command("ask-second-factor", short_help="Ask a role for a second factor.")
@click.argument("role", callback=_said)
@click.option("--no", "waived", is_flag=True, help="Ask this role no longer.")
@_at_site
def ask_second_factor(role: str, waived: bool, site_name: str) -> None:
    """Ask everybody of a role for a code beside the password, from their next sign-in on."""
    _owner(site_name, lambda actor, at: services.ask_second_factor(actor, role=role, asked=not waived, at=at))
    click.echo(f"{role}: a second factor is {'optional' if waived else 'asked for at the next sign-in'}.")
