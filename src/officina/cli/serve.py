"""`officina serve`: the web application on this machine, with its worker."""

import subprocess
import sys

import click
from granian import Granian
from granian.constants import Interfaces

from officina.cli import house


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
def serve(port: int, host: str) -> None:
    """Serve the web application; stop with Ctrl+C."""
    house.migrate()
    run(port=port, host=host)


def run(*, port: int, host: str = "127.0.0.1") -> None:
    """Serve until stopped. Two processes with few threads: more threads only wait for each other."""
    click.echo(f"Officina is open at http://{host}:{port}/  (Ctrl+C closes)")
    worker = subprocess.Popen([sys.executable, "-m", "officina.cli", "worker"])
    try:
        Granian(
            "officina.project.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=2,
            blocking_threads=4,
            websockets=False,
        ).serve()
    finally:
        worker.terminate()
        worker.wait(timeout=10)
