"""Desks are shared out evenly among the server's processes.

A browser keeps its connection, and the kernel deals connections to processes by a hash: all desks of a small pharmacy may come to one
process while the other has nothing to do. A process that is busier than another by two pages or more ends the connection with its
answer, in words of HTTP that each browser knows; the next page opens another one, which is dealt anew.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]
TOO_MANY_MORE = 2


class Balance:
    """How many pages each of the server's processes makes at this moment, in memory that they share. Made before they are forked."""

    def __init__(self, processes: int) -> None:
        # Twice as many places: a process that is started anew comes before the one goes whose work it takes.
        self._processes = multiprocessing.RawArray("q", processes * 2)
        self._busy = multiprocessing.RawArray("i", processes * 2)
        # Held while a place is taken only: a page waits for no other process, not even for one that was killed.
        self._joining = multiprocessing.Lock()
        self._turn = threading.Lock()
        self._place: int | None = None

    def join(self) -> None:
        """Take a place for this process: a free one, or that of a process that ended; none where all are taken."""
        with self._joining:
            places = range(len(self._busy))
            self._place = next((n for n in places if not _runs(self._processes[n])), None)
            if self._place is not None:
                self._processes[self._place], self._busy[self._place] = os.getpid(), 0

    def begin(self) -> None:
        """A page is begun here."""
        self._count(1)

    def end(self) -> None:
        """A page is made."""
        self._count(-1)

    def _count(self, by: int) -> None:
        if self._place is not None:
            with self._turn:
                self._busy[self._place] += by

    def is_uneven(self) -> bool:
        """Whether another process has so much less to do that a desk should go over."""
        if self._place is None:
            return False
        enough = self._busy[self._place] - TOO_MANY_MORE
        return enough >= 0 and any(busy <= enough and _runs(self._processes[n]) for n, busy in enumerate(self._busy))


def _runs(process: int) -> bool:
    """Whether that process of ours is there; no process has number 0, and one of somebody else's is none of ours."""
    with suppress(ProcessLookupError, PermissionError):
        if process:
            os.kill(process, 0)
        return bool(process)
    return False


class _Here:
    balance: Balance | None = None


def among(processes: int) -> None:
    """Say that so many processes will serve; they are forked from this one, and one that is not (macOS) is not counted."""
    _Here.balance = Balance(processes)


def evened(application: Application, balance: Balance | None = None) -> Application:
    """The application, in one of the processes that serve it. Where nobody said that several do, as it is."""
    balance = balance or _Here.balance
    if balance is None:
        return application
    balance.join()

    def run(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        def answered(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if balance.is_uneven():
                headers = [*headers, ("Connection", "close")]
            return start(status, headers, *rest)

        balance.begin()
        try:
            return application(environ, answered)
        finally:
            balance.end()

    return run
