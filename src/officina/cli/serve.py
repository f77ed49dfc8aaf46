"""`officina serve`: the web application on this machine, with its worker."""

import os
import socket
import subprocess
import sys

import click
from django.db import connections
from granian import Granian
from granian.constants import Interfaces

from officina.base import balance, occupied
from officina.cli import house

PROCESSES, THREADS = 2, 4
"""More threads only wait for each other."""


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; the default is reached from this machine only.",
)
def serve(port: int, host: str) -> None:
    """Serve the web application; stop with Ctrl+C."""
    _must_be_known(host)
    _must_be_free(port=port, host=host)
    house.migrate()
    run(port=port, host=host)


def run(*, port: int, host: str = "127.0.0.1") -> None:
    """Serve until stopped."""
    _must_be_free(port=port, host=host)
    # The server's processes are forked from this one: a connection that they took over would know nothing of its own locks.
    connections.close_all()
    with house.refused(), occupied.at_work():
        _work(port=port, host=host)


def _work(*, port: int, host: str) -> None:
    click.echo(f"Officina is open at http://{host}:{port}/  (Ctrl+C closes)")
    balance.among(PROCESSES)
    worker = subprocess.Popen([sys.executable, "-m", "officina.cli", "worker"])
    try:
        Granian(
            "officina.project.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=PROCESSES,
            blocking_threads=THREADS,
            blocking_threads_idle_timeout=600,
            websockets=False,
        ).serve()
    finally:
        worker.terminate()
        worker.wait(timeout=10)


def _must_be_known(host: str) -> None:
    """Exit 1 in words where other machines would reach it and each of their requests be refused: no name of it was told."""
    if not os.environ.get("OFFICINA_HOSTS") and host not in {"127.0.0.1", "localhost", "::1"}:
        click.echo(
            f"With --host {host} other machines reach Officina, and it answers only to names that it was told. Set OFFICINA_HOSTS to those "
            "under which they reach it, such as OFFICINA_HOSTS=pharmacy.example.org (docs/guide/opening.md).",
            err=True,
        )
        sys.exit(1)


def _must_be_free(*, port: int, host: str) -> None:
    """Exit 1 in words where the address is not this machine's or another program listens there: the server would only crash."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # The port of a server that closed a moment ago is free, though its old connections still linger.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as no:
        click.echo(
            f"Officina cannot open at {host}:{port}: {getattr(no, 'strerror', None) or no}. Choose another with --port or --host.",
            err=True,
        )
        sys.exit(1)
