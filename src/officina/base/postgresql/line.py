"""A line to the server: a statement is prepared the first time that it is said, and from then on only its values are sent.

psycopg's cursor decides that anew for each statement, looks up how each value and column is read, and waits in steps that a signal can
break. Sending, waiting and answering in one call of libpq takes half of that. Values and rows are read by psycopg's own adapters.
"""

import hashlib
import time
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, InternalError, OperationalError, ProgrammingError, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

MOST = 2_000
"""Statements that a connection keeps prepared; the server keeps the plan of each in memory."""
_STALE = {b"0A000", b"26000", b"42P05"}
"""A table has another shape since the statement was prepared, somebody took it away, or it is there and we do not know of it."""
_INSIDE = {pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR}
_Rows = list[tuple[Any, ...]]


class _Prepared:
    """A statement as the server knows it."""

    def __init__(self, name: bytes, connection: "Connection[Any]") -> None:
        self.name = name
        self.reader = Transformer(connection)
        self.has_loaders = False

    def read(self, result: PGresult) -> _Rows:
        """The rows, each value as psycopg's adapters read it. How is looked up once: a statement's columns stay the same."""
        self.reader.set_pgresult(result, set_loaders=not self.has_loaders)
        self.has_loaders = True
        rows = self.reader.load_rows(0, result.ntuples, tuple)
        # Else the rows of each statement would stay in memory until it is said again.
        self.reader.set_pgresult(None, set_loaders=False)
        return rows


class Line:
    """The connection of a thread; only that thread may speak on it. While it waits for the server, other threads go on."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self.connection = connection
        self.server = connection.pgconn
        # A whole number is of one kind, not of the smallest that holds it: a statement would be prepared for each mixture.
        own = connection.cursor()
        own.adapters.register_dumper(int, Int8BinaryDumper)
        own.adapters.register_dumper(int, Int8Dumper)
        self.writer = Transformer(own)
        self.known: dict[tuple[str, tuple[int, ...]], _Prepared] = {}
        self.is_stale = False
        self.heard = time.monotonic()
        """When the server last answered."""

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[_Rows, int]:
        """The rows of a statement, and how many it read or changed. `sql` has a `%s` for each value, and `%%` for a percent sign.

        Raises what psycopg's cursor raises. A transaction begins with its first statement, as psycopg begins it.
        """
        status = self.server.transaction_status
        if status == pq.TransactionStatus.IDLE and not self.connection.autocommit:
            self._say(self._begin())
        if self.is_stale and status != pq.TransactionStatus.INERROR:
            self._forget()
        given = self.writer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        prepared = self._prepared(sql, self.writer.types or ())
        # The annotation forgets that a value may be none.
        result = self.server.exec_prepared(prepared.name, given, self.writer.formats)  # type: ignore[arg-type]
        self.heard = time.monotonic()
        if result.status == pq.ExecStatus.TUPLES_OK:
            return prepared.read(result), result.ntuples
        if result.status == pq.ExecStatus.COMMAND_OK:
            return [], result.command_tuples or 0
        raise self._problem(result)

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK; nothing where no transaction has begun. Raises OperationalError where the connection has ended.

        A COMMIT after an error that somebody swallowed raises InternalError: the server only rolls back, and says that all is well.
        """
        status = self.server.transaction_status
        if self.server.status != pq.ConnStatus.OK:
            raise OperationalError("the connection is closed")
        if status == pq.TransactionStatus.IDLE:
            return
        if status not in _INSIDE:
            raise OperationalError(f"nothing can be ended while the server is at work: {how}")
        said = self._say(how)
        if said != how.encode():
            raise InternalError("nothing was committed: a statement of this transaction failed before")

    def _prepared(self, sql: str, types: tuple[int, ...]) -> _Prepared:
        found = self.known.get((sql, types))
        if found is None:
            if len(self.known) >= MOST:
                self._forget()
            text, holes = _numbered(sql)
            if holes != len(types):
                raise ProgrammingError(f"the statement has {holes} placeholders, {len(types)} values came")
            # By its words: behind a pool that mixes connections up, the same name can only stand for the same statement.
            name = hashlib.blake2b(text + repr(types).encode(), digest_size=12).hexdigest()
            found = _Prepared(f"officina_{name}".encode(), self.connection)
            result = self.server.prepare(found.name, text, types)
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise self._problem(result)
            self.known[sql, types] = found
        return found

    def _forget(self) -> None:
        self._say("DEALLOCATE ALL")
        self.known.clear()
        self.is_stale = False

    def _begin(self) -> str:
        level = self.connection.isolation_level
        return "BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}"

    def _say(self, command: str) -> bytes | None:
        """Carry out a command; what the server says that it did."""
        result = self.server.exec_(command.encode())
        self.heard = time.monotonic()
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise self._problem(result)
        return result.command_status

    def _problem(self, result: PGresult) -> Exception:
        state = result.error_field(pq.DiagnosticField.SQLSTATE)
        self.is_stale = self.is_stale or state in _STALE
        if state is None:
            # What libpq says by itself has no state: the connection was lost.
            return OperationalError(self.server.get_error_message())
        return error_from_result(result)


def _numbered(sql: str) -> tuple[bytes, int]:
    """The statement with the server's placeholders ($1, $2), and how many there are."""
    first, *others = sql.replace("%%", "\0").split("%s")
    whole = first + "".join(f"${number}{part}" for number, part in enumerate(others, 1))
    return whole.replace("\0", "%").encode(), len(others)
