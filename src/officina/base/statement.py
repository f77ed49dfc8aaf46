"""One statement on the running connection, by the shortest way that keeps the promises of Django's own.

Django wraps a new cursor around each statement, looks who listens, and words its placeholders anew; over the hundred statements of a
prescription that takes longer than the database does. Where somebody listens (a test that counts, a log), Django's own way is gone.
"""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Values = Sequence[Any]


class _Kept:
    """The connection of a thread, closed with it: Django's own wrapper goes round in circles and waits for the garbage collector.

    Only in the process that opened it: a forked one holds the same socket, and must not say goodbye on it.
    """

    def __init__(self, wrapper: BaseDatabaseWrapper) -> None:
        self.wrapper, self.process = wrapper, os.getpid()

    def __del__(self, process: Callable[[], int] = os.getpid) -> None:
        driver, self.wrapper.connection = self.wrapper.connection, None
        if driver is not None and process() == self.process:
            with suppress(Exception):
                driver.close()


class _Here(threading.local):
    """The connection of a thread: looking it up by thread and alias at every column adds up."""

    database: BaseDatabaseWrapper | None = None
    kept: _Kept | None = None


_here = _Here()


def database() -> BaseDatabaseWrapper:
    """The connection of this thread, as Django wraps it."""
    found = _here.database
    if found is None:
        found = _here.database = connections[DEFAULT_DB_ALIAS]
        _here.kept = _Kept(found)
    return found


def rows(sql: str, values: Values) -> list[tuple[Any, ...]]:
    """All rows of a question; `sql` has a `%s` for each value."""
    return _run(sql, values)[0]


def row(sql: str, values: Values) -> tuple[Any, ...] | None:
    """The first row; None where there is none."""
    found = _run(sql, values)[0]
    return found[0] if found else None


def changed(sql: str, values: Values) -> int:
    """How many rows a statement changed."""
    return _run(sql, values)[1]


def say(sql: str, values: Values) -> None:
    """Carry out a statement whose answer nobody waits for. What is wrong with it is raised now, or by a later one of the transaction.

    So an error that comes out of a nested `atomic` may be of something said before it: do not take it for that block's own.
    """
    _run(sql, values, is_awaited=False)


def _run(sql: str, values: Values, *, is_awaited: bool = True) -> tuple[list[tuple[Any, ...]], int]:
    here = database()
    # The first statement of a page looks whether its connection still stands, as a cursor of Django's does.
    here.close_if_health_check_failed()
    if here.connection is None:
        here.ensure_connection()
    try:
        if _is_heard(here):
            with here.cursor() as cursor:
                cursor.execute(sql, values)
                return (cursor.fetchall() if cursor.description else []), cursor.rowcount
        if here.vendor == "sqlite":
            done = here.connection.execute(_marked(sql), values)
            return (done.fetchall() if done.description else []), done.rowcount
        line = here.line  # type: ignore[attr-defined]  # ours has one
        return line.ask(sql, values) if is_awaited else line.say(sql, values)  # type: ignore[no-any-return]
    except Exception:
        # Whoever catches this must not commit the half that was done before.
        here.needs_rollback = here.needs_rollback or here.in_atomic_block
        # Named as Django names it, and the connection looked at before it is used again.
        with here.wrap_database_errors:
            raise


def _is_heard(here: BaseDatabaseWrapper) -> bool:
    """Whether something stands between a statement and the driver: a listener, a broken transaction."""
    return bool(here.execute_wrappers or here.force_debug_cursor or here.needs_rollback)


@cache
def _marked(sql: str) -> str:
    """The statement with SQLite's placeholders."""
    return sql.replace("%%", "\0").replace("%s", "?").replace("\0", "%")
