"""The connection: Django's own, with a line beside it. Django looks for it in a module of this name."""

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction  # type: ignore[attr-defined]  # the stubs do not know it
from psycopg import Connection, pq
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from officina.base.postgresql.line import Line


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection of a thread."""

    line: Line | None = None
    """Belongs to the driver's connection that is open now."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """Connect. A whole number is of one kind, not of the smallest that holds it: a statement would be prepared for each mixture."""
        made: Connection[Any] = super().get_new_connection(conn_params)
        made.adapters.register_dumper(int, Int8BinaryDumper)
        made.adapters.register_dumper(int, Int8Dumper)
        self.line = Line(made)
        return made

    def _close(self) -> None:
        self.line = None
        super()._close()  # type: ignore[misc]  # nor this

    def _commit(self) -> None:
        if self.connection is not None:
            assert self.line is not None
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                self.line.end("COMMIT")

    def _rollback(self) -> None:
        if self.connection is not None:
            assert self.line is not None
            with debug_transaction(self, "ROLLBACK"), self.wrap_database_errors:
                self.line.end("ROLLBACK")

    def is_usable(self) -> bool:
        """Whether the server is still there: one that ended has said so on the socket, which costs no question. Else it is asked."""
        if self.connection is None:
            return False
        if self.connection.pgconn.status == pq.ConnStatus.OK and not _has_something(self.connection.pgconn.socket):
            return True
        return super().is_usable()


def _has_something(socket: int) -> bool:
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    return bool(waiting.poll(0))
