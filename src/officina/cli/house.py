"""What every command needs: a database that is up to date, a site to work at, and one way to answer."""

import fcntl
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection

from officina.base import queries, services
from officina.base.access import Actor
from officina.base.services import NewSite
from officina.inventory import services as inventory
from officina.kernel import clock
from officina.kernel.errors import Refused

MIGRATING = 0x0FF1C1
"""The number of the lock that PostgreSQL keeps for it."""


def migrate() -> None:
    """Bring the database to the shape of this edition; exit 1 in words where it cannot be reached, opened or written."""
    try:
        with _one_at_a_time():
            call_command("migrate", verbosity=0, interactive=False)
        services.catch_up(at=clock.now())
    except (DatabaseError, OSError) as no:
        if isinstance(no, DatabaseError) and type(no) not in {DatabaseError, OperationalError}:
            raise  # A fault of a migration is ours, and must be seen whole.
        click.echo(
            f"The database cannot be used: {' '.join(str(no).split())}\nIt was looked for at: {_whereabouts()}",
            err=True,
        )
        sys.exit(1)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two commands that are started on a house of before bring it up to date one after the other."""
    if connection.vendor == "sqlite":
        with (Path(settings.HOME) / "migrating.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def _whereabouts() -> str:
    """Where the database should be, without its password: what is printed ends up in logs."""
    at: dict[str, Any] = settings.DATABASES["default"]
    if "sqlite" in at["ENGINE"]:
        return f"{at['NAME']} (OFFICINA_HOME)"
    return f"{at['HOST'] or 'this machine'}, database {at['NAME']}, user {at['USER'] or 'not named'} (OFFICINA_DATABASE_URL)"


@contextmanager
def refused() -> Iterator[None]:
    """What the house refuses, in words and with exit status 1."""
    try:
        yield
    except Refused as no:
        click.echo(no.sentence, err=True)
        sys.exit(1)


def answer(value: dict[str, Any]) -> None:
    """One JSON object on standard output and nothing else."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def site(name: str = "") -> queries.Site:
    """The site of that name, or the newest; exit 1 where there is none of that name."""
    found = [s for s in queries.sites() if not name or s.name == name]
    if not found:
        click.echo(
            f"There is no pharmacy called {name!r} here." if name else "There is no pharmacy here yet.", err=True
        )
        sys.exit(1)
    return found[-1]


def person(username: str, site_name: str = "") -> Actor:
    """Who says that they type this, as an actor at the site; exit 1 where nobody of that user name works there."""
    found = queries.actor_called(username, site(site_name).pk, station="command line")
    if found is None:
        click.echo(f"Nobody called {username!r} works at this pharmacy.", err=True)
        sys.exit(1)
    return found


def interface(name: str = "") -> Actor:
    """The actor under which messages come in; opens a training pharmacy where there is none at all, and says so."""
    if not queries.sites() and not name:
        at = clock.now()
        setup = services.open_site(NewSite(name="Training pharmacy", training=True), at=at)
        inventory.furnish(setup, at=at)
        click.echo("There was no pharmacy here: a training pharmacy was opened.", err=True)
    return queries.interface_actor(site(name).pk, station="command line")
