"""Whether people are at work in a house: who serves it says so, and who would put another in its place asks first.

A process that serves keeps in memory what it read; a database that changes under it would show the one and write the other.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from officina.kernel.errors import Refused


@contextmanager
def at_work() -> Iterator[None]:
    """Say that the house is open. Held by every process of the server until the last has ended, however it ends."""
    with _held(
        fcntl.LOCK_SH,
        Refused("being_restored", "The house is being restored at this moment: try again when that is done."),
    ):
        yield


@contextmanager
def alone() -> Iterator[None]:
    """Keep the house closed meanwhile; Refused where somebody serves it or sends from it."""
    sentence = (
        "The program is open in this house: close it first (Ctrl+C where officina serve or officina worker runs)."
    )
    with _held(fcntl.LOCK_EX, Refused("at_work", f"{sentence} Nothing was changed.")):
        yield


@contextmanager
def _held(how: int, otherwise: Refused) -> Iterator[None]:
    with (Path(settings.HOME) / "at_work.lock").open("a") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise otherwise from None
        yield
