"""A line to the server: a statement is prepared the first time that it is said, and from then on only its values are sent.

psycopg's cursor decides that anew for each statement, looks up how each value and column is read, and waits in steps that a signal can
break; libpq asked directly takes half of that. Values and rows are read by psycopg's own adapters. What has no answer that somebody
waits for (BEGIN, an entry of the audit trail) is sent together with what comes after it, in one trip.
"""

import hashlib
import select
import time
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, InternalError, OperationalError, ProgrammingError, adapters, pq
from psycopg.abc import AdaptContext
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

MOST = 2_000
"""Statements that a connection keeps prepared; the server keeps the plan of each in memory."""
_STALE = {b"0A000", b"26000", b"42P05"}
"""A table has another shape since the statement was prepared, somebody took it away, or it is there and we do not know of it."""
_KNOWN = {pq.TransactionStatus.IDLE, pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR}
_LOOK_AGAIN = 1_000
"""Milliseconds after which a wait looks whether something came past the socket: an encrypted connection keeps what it decrypted."""
_DONE = {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}
_Rows = list[tuple[Any, ...]]


class _Prepared:
    """A statement as the server knows it."""

    def __init__(self, name: bytes, adapted: AdaptContext) -> None:
        self.name = name
        self.reader = Transformer(adapted)
        self.has_loaders = False

    def read(self, result: PGresult) -> _Rows:
        """The rows, each value as psycopg's adapters read it. How is looked up once: a statement's columns stay the same."""
        self.reader.set_pgresult(result, set_loaders=not self.has_loaders)
        self.has_loaders = True
        rows = self.reader.load_rows(0, result.ntuples, tuple)
        # Else the rows of each statement would stay in memory until it is said again.
        self.reader.set_pgresult(None, set_loaders=False)
        return rows


_Sent = tuple["_Prepared | bytes", Sequence[Any] | None, Sequence[pq.Format] | None]
"""A statement with its values and their formats, or a command in its own words."""


class Line:
    """The connection of a thread; only that thread may speak on it. While it waits for the server, other threads go on."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self.connection = connection
        self.server = connection.pgconn
        # A whole number is of one kind, not of the smallest that holds it: a statement would be prepared for each mixture.
        own = connection.cursor()
        own.adapters.register_dumper(int, Int8BinaryDumper)
        own.adapters.register_dumper(int, Int8Dumper)
        # Django puts a slow one in its place, which names another zone; the zone of its connections is UTC.
        instant = adapters.get_loader(adapters.types["timestamptz"].oid, pq.Format.TEXT)
        assert instant is not None
        own.adapters.register_loader("timestamptz", instant)
        self.own = own
        self.writer = Transformer(own)
        self.known: dict[tuple[str, tuple[int, ...]], _Prepared] = {}
        self.unsent: list[_Sent] = []
        """What was said and goes with the next statement."""
        self.is_stale = False
        self.heard = time.monotonic()
        """When the server last answered."""

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[_Rows, int]:
        """The rows of a statement, and how many it read or changed. `sql` has a `%s` for each value, and `%%` for a percent sign.

        Raises what psycopg's cursor raises, also for what was said before and went with it. A transaction begins with its first
        statement, as psycopg begins it.
        """
        prepared, given, formats = self._ready(sql, values)
        before = self._first_of_all()
        if before:
            result = self._together([*before, (prepared, given, formats)])
        else:
            result = self._heard(self.server.exec_prepared(prepared.name, given, formats))
        if result.status == pq.ExecStatus.TUPLES_OK:
            return prepared.read(result), result.ntuples
        return [], result.command_tuples or 0

    def say(self, sql: str, values: Sequence[Any]) -> None:
        """Carry out a statement whose answer nobody waits for: it goes with the next one, or with the COMMIT.

        What is wrong with it is raised there, in the same transaction. Outside of a transaction it goes at once.
        """
        if self.connection.autocommit and self.server.transaction_status == pq.TransactionStatus.IDLE:
            self.ask(sql, values)
            return
        self.unsent.append(self._ready(sql, values))

    def flush(self) -> None:
        """Send what was said and not sent. Whoever speaks on the connection past this line comes after it."""
        if self.unsent:
            self._together(self._first_of_all())

    def drop(self) -> None:
        """Forget what was said and not sent: it is rolled back."""
        self.unsent = []

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK; nothing where no transaction has begun. Raises OperationalError where the connection has ended.

        A COMMIT after an error that somebody swallowed raises InternalError: the server only rolls back, and says that all is well.
        """
        if self.server.status != pq.ConnStatus.OK:
            raise OperationalError("the connection is closed")
        if how == "ROLLBACK":
            self.drop()
        before = self._first_of_all() if self.unsent else []
        status = self.server.transaction_status
        if status == pq.TransactionStatus.IDLE and not before:
            return
        if status not in _KNOWN:
            raise OperationalError(f"nothing can be ended while the server is at work: {how}")
        said = self._say(how, before)
        if said != how.encode():
            raise InternalError("nothing was committed: a statement of this transaction failed before")

    def _ready(self, sql: str, values: Sequence[Any]) -> tuple[_Prepared, Sequence[Any], Sequence[pq.Format] | None]:
        """A statement as the server knows it, its values as they are sent, and the format of each."""
        if self.is_stale and self.server.transaction_status != pq.TransactionStatus.INERROR:
            self._forget()
        given = self.writer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        formats = self.writer.formats
        return self._prepared(sql, self.writer.types or ()), given, formats

    def _first_of_all(self) -> list[_Sent]:
        """What has to be sent before the next statement: BEGIN, where a transaction is to begin, and what was said. It counts as sent."""
        said, self.unsent = self.unsent, []
        if self.server.transaction_status == pq.TransactionStatus.IDLE and not self.connection.autocommit:
            return [self._begin(), *said]
        return said

    def _together(self, all_of_it: Sequence[_Sent]) -> PGresult:
        """Send it in one trip; the answer to the last. Raises what is wrong with the first that failed: what comes after it is not done."""
        server = self.server
        try:
            server.enter_pipeline_mode()
            for what, values, formats in all_of_it:
                if isinstance(what, bytes):
                    server.send_query_params(what, None)
                else:
                    server.send_query_prepared(what.name, values, formats)
            server.pipeline_sync()
            results = [self._answer() for _ in all_of_it]
            self._next()  # the end of the pipeline
            server.exit_pipeline_mode()
        except BaseException:
            # Nobody knows what was answered: the next one must not take it for the answer to something else.
            server.finish()
            raise
        return self._heard(next((r for r in results if r.status not in _DONE), results[-1]))

    def _answer(self) -> PGresult:
        """What the server answers to one statement, to the end of it. Raises OperationalError where it answers nothing any more."""
        result = self._next()
        if result is None or _is_lost(result):
            raise OperationalError(self.server.get_error_message())
        self._next()
        return result

    def _next(self) -> PGresult | None:
        """The next answer; other threads go on while it is waited for."""
        server = self.server
        while (is_full := server.flush()) or server.is_busy():
            waiting = select.poll()
            waiting.register(server.socket, select.POLLIN | (select.POLLOUT if is_full else 0))
            waiting.poll(_LOOK_AGAIN)
            server.consume_input()
        return server.get_result()

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
            found = _Prepared(f"officina_{name}".encode(), self.own)
            self._heard(self.server.prepare(found.name, text, types))
            self.known[sql, types] = found
        return found

    def _forget(self) -> None:
        # What is still to be sent is sent under the names that are taken away here.
        self.flush()
        self._say("DEALLOCATE ALL")
        self.known.clear()
        self.is_stale = False

    def _begin(self) -> _Sent:
        level = self.connection.isolation_level
        words = "BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}"
        return words.encode(), None, None

    def _say(self, command: str, before: Sequence[_Sent] = ()) -> bytes | None:
        """Carry out a command; what the server says that it did."""
        words = command.encode()
        if before:
            return self._together([*before, (words, None, None)]).command_status
        return self._heard(self.server.exec_(words)).command_status

    def _heard(self, result: PGresult) -> PGresult:
        """What the server answered just now; raises what is wrong."""
        self.heard = time.monotonic()
        if result.status in _DONE:
            return result
        if _is_lost(result):
            raise OperationalError(self.server.get_error_message())
        self.is_stale = self.is_stale or result.error_field(pq.DiagnosticField.SQLSTATE) in _STALE
        raise error_from_result(result)


def _is_lost(result: PGresult) -> bool:
    """Whether libpq says this by itself, because the server says nothing any more: that has no state."""
    is_fault = result.status not in _DONE and result.status != pq.ExecStatus.PIPELINE_ABORTED
    return is_fault and result.error_field(pq.DiagnosticField.SQLSTATE) is None


def _numbered(sql: str) -> tuple[bytes, int]:
    """The statement with the server's placeholders ($1, $2), and how many there are."""
    first, *others = sql.replace("%%", "\0").split("%s")
    whole = first + "".join(f"${number}{part}" for number, part in enumerate(others, 1))
    return whole.replace("\0", "%").encode(), len(others)
