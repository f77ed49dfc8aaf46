"""The connection: Django's own, with a line beside it. Django looks for it in a module of this name."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction  # type: ignore[attr-defined]  # the stubs do not know it
from psycopg import Connection, pq

from officina.base.postgresql.line import Line

BELIEVED_SECONDS = 10
"""So long after its last answer a server is believed to be there that has not said otherwise."""


# What is asked at the counter lies in memory. Planned for disks that turn, as a server expects them unless it was told, a small table is
# read through instead of the few rows that an index names, and goes on being read so while it grows. Who told it is not talked over.
_IN_MEMORY = "SELECT set_config('random_page_cost', '1.1', false) WHERE current_setting('random_page_cost')::float = 4"


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection of a thread."""

    line: Line | None = None
    """Belongs to the driver's connection that is open now."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """Connect, and lay the line."""
        made: Connection[Any] = super().get_new_connection(conn_params)
        made.autocommit = True
        made.execute(_IN_MEMORY)
        self.line = line = Line(made)
        wait = made.wait

        def wait_in_turn(*args: Any, **kwargs: Any) -> Any:
            line.flush()
            return wait(*args, **kwargs)

        # Every cursor of Django's and of psycopg's comes by here: what was said on the line before goes first.
        made.wait = wait_in_turn  # type: ignore[method-assign]
        return made

    def _close(self) -> None:
        self.line = None
        super()._close()  # type: ignore[misc]  # nor this

    def _commit(self) -> None:
        self._end("COMMIT")

    def _rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        if self.connection is not None:
            assert self.line is not None
            with debug_transaction(self, how), self.wrap_database_errors:
                try:
                    self.line.end(how)
                except BaseException:
                    if self.connection is not None and self.connection.closed:
                        # Else Django speaks on it once more, and its complaint hides what happened.
                        self.close()
                    raise

    def _savepoint_rollback(self, sid: str) -> None:
        # A savepoint is set by a cursor, so that what is not sent was said after the last of them.
        if self.line is not None:
            self.line.drop()
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # nor this

    def is_usable(self) -> bool:
        """Whether the server is still there. One that ended a moment ago has said so on the socket, which costs no question.

        Asked it is after a pause: one that lost its power, or a wall between that forgot the connection, says nothing at all.
        """
        if self.connection is None or self.line is None:
            return False
        server = self.connection.pgconn
        if server.transaction_status != pq.TransactionStatus.IDLE or self.line.unsent:
            return False
        just_now = time.monotonic() - self.line.heard < BELIEVED_SECONDS
        return (just_now and not _has_something(server.socket)) or super().is_usable()


def _has_something(socket: int) -> bool:
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    return bool(waiting.poll(0))
