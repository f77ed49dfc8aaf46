"""`officina worker` and `officina seal`: what leaves the house leaves, what was left lying is read, what happened is sealed, rows are counted."""

import logging
import time
from pathlib import Path

import click
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from officina.base import occupied, outbox, queries, services
from officina.base.access import Actor
from officina.base.upkeep import count_rows
from officina.cli import house
from officina.exchange import intake
from officina.kernel import clock
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.queries import Message

A_DAY = 24 * 3600
_log = logging.getLogger("officina.worker")


def _drop(message: outbox.Outgoing) -> None:
    """Lay a message in its partner's folder, whole or not at all, under its own code: a second sending writes the same file."""
    folder = Path(settings.HOME) / "outbox" / "".join(c if c.isalnum() else "_" for c in message.partner)[:60]
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{message.code}"
    unfinished.write_bytes(bytes(message.payload))
    unfinished.replace(folder / f"{message.created_at:%Y%m%dT%H%M%S}-{message.code}.xml")


TRANSPORTS = {"ncpdp-script": _drop}


def _read(actor: Actor, message: Message) -> None:
    """Read a message that was left lying. One that breaks the reading stays kept for a person; the others, and the seal, go on."""
    try:
        intake.read(actor, message, bytes(message.received.raw), at=clock.now())
    except Exception as problem:  # noqa: BLE001 - whatever is in it; its text may hold the patient's name, so only the kind is logged
        _log.error("message %s could not be read: %s", message.code, type(problem).__name__)


def work_through() -> None:
    """Do what is due now: send what waits, read what was left lying, seal the audit trail of every site."""
    outbox.work(TRANSPORTS, at=clock.now())
    for site in queries.sites():
        actor = queries.interface_actor(site.pk, station="worker")
        for message in prescriptions.kept_unread(actor):
            _read(actor, message)
        services.seal_audit(actor, at=clock.now())


@click.command(short_help="Send what waits, read what was left, seal the audit.")
@click.option("--once", is_flag=True, help="Do what is due now and stop.")
def worker(once: bool) -> None:
    """Send the outbox to its partners' folders, read messages that were kept and never read, seal the audit trail."""
    with house.refused(), occupied.at_work():
        if once:
            house.migrate()
            count_rows()
            work_through()
        else:
            _for_ever()


def _for_ever() -> None:
    due = 0.0
    while True:
        # No request ends here: a connection that the database closed is looked for before each round.
        close_old_connections()
        try:
            if time.monotonic() >= due:
                count_rows()
                due = time.monotonic() + A_DAY
            work_through()
        except DatabaseError as problem:
            _log.error("the database could not be used, tried again in a minute: %s", type(problem).__name__)
        time.sleep(60)


@click.command(short_help="Close the audit trail up to now; print its hash.")
def seal() -> None:
    """Close the span of audit entries of every site and print its hash, to be kept elsewhere."""
    house.migrate()
    for site in queries.sites():
        actor, entries, last = queries.interface_actor(site.pk, station="command line"), 0, None
        while (made := services.seal_audit(actor, at=clock.now())) is not None:
            entries, last = entries + made.entries, made
        click.echo(
            f"{site.name}: " + (f"{entries} entries to {last.last_id}, {last.digest}" if last else "nothing new")
        )
