"""The command: one transaction, retried as a whole when the database asks for it, done once under its idempotency key."""

import fcntl
import functools
import inspect
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

import msgspec
from django.db import DatabaseError, IntegrityError, OperationalError, connection, models, transaction

from officina.base import audit
from officina.base.access import Actor
from officina.base.content import content, is_unkept
from officina.base.models import DoneCommand
from officina.base.rows import Question, note
from officina.base.statement import database
from officina.kernel.errors import Refused

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 12
LONGEST_PAUSE, LONGEST_WITHOUT_SERVER = 0.25, 1.28
"""Seconds between two tries, at most: all of them together take about as long as a person waits for a page. A server that starts anew
refuses at once, so that only the pauses bridge it."""
_inside: ContextVar[bool] = ContextVar("inside a command", default=False)
_DONE = Question(
    lambda site, key, service: DoneCommand.objects.filter(site=site, key=key, service=service),
    site=models.BigIntegerField(),
    key=models.CharField(),
    service=models.CharField(),
)
_log = logging.getLogger("officina.command")


@contextmanager
def write_lock() -> Iterator[None]:
    """On SQLite, a place in the queue: its own busy handler sleeps and starves a writer for seconds. Elsewhere nothing."""
    here = database()
    name = str(here.settings_dict["NAME"])
    if here.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name or here.in_atomic_block:
        yield
        return
    file = _queue.at(f"{name}.lock")
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


class _LockFile:
    """The lock file as one thread of one process has it open: two who share an open file share its lock, too."""

    def __init__(self, name: str) -> None:
        self.opened_as = (name, os.getpid())
        self.number = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        close(self.number)


class _Queue(threading.local):
    file: _LockFile | None = None

    def at(self, name: str) -> int:
        """The file to lock, opened anew in a process that was forked."""
        if self.file is None or self.file.opened_as != (name, os.getpid()):
            self.file = _LockFile(name)
        return self.file.number


_queue = _Queue()


def command(service: Callable[P, R]) -> Callable[P, R]:
    """Make a writing service a command. Its first argument is the Actor; a command inside a command joins its transaction.

    A Refused leaves nothing of the service's work, yet the refusal itself is recorded: what was stopped can be counted.
    """

    @functools.wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get():
            return service(*args, **kwargs)
        actor = cast("Actor", args[0])
        put_back = _remember((*args, *kwargs.values()))
        sent = content(service, args, kwargs) if actor.key and not is_unkept(service) else ""

        def attempt() -> R:
            try:
                return _once(service, actor, sent, args, kwargs)
            except DatabaseError:
                # The rows are as before, so must be what was read of them: a second try would else find its own half-done work.
                put_back()
                raise
            except Refused:
                put_back()
                # Sent twice at once, the slower finds the faster one's work in its way; a person with two clicks is one person.
                before = _before(service, actor) if sent else None
                if before is None:
                    raise
                return _answer(service, before, sent)

        try:
            return _again_and_again(attempt, service.__name__, is_known=bool(actor.key))
        except Refused as no:
            # Known or not: a refusal counted twice is better than a person who is told of the database instead.
            record = functools.partial(_record_refusal, actor, no, kwargs)
            _again_and_again(record, "the record of a refusal", is_known=True)
            raise

    return run


def _again_and_again(work: Callable[[], R], name: str, *, is_known: bool) -> R:
    """Do it, again where the database asks for that, until it is done.

    Where the answer to a commit was lost, nobody knows whether it was kept: only work that `is_known` by its key is done again.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except DatabaseError as problem:
            is_lost = _lost(problem)
            if attempt == TRIES or connection.in_atomic_block or not (_transient(problem) or (is_lost and is_known)):
                raise
            if is_lost:
                connection.close()
            _log.info("%s: try %d met %s", name, attempt, type(problem.__cause__ or problem).__name__)
            longest = LONGEST_WITHOUT_SERVER if is_lost else LONGEST_PAUSE
            time.sleep(random.uniform(0, min(longest, 0.01 * 2**attempt)))
    raise AssertionError("unreachable")


def _remember(given: tuple[object, ...]) -> Callable[[], None]:
    """What is known of the rows that were given, and of the rows that they hold; called, it makes them so again."""
    kept: dict[int, tuple[models.Model, dict[str, Any], dict[str, Any], bool]] = {}
    waiting = [thing for thing in given if isinstance(thing, models.Model)]
    while waiting:
        row = waiting.pop()
        if id(row) not in kept:
            held = dict(row._state.fields_cache)
            kept[id(row)] = (row, dict(vars(row)), held, row._state.adding)
            waiting += [other for other in held.values() if isinstance(other, models.Model)]

    def put_back() -> None:
        for row, values, held, adding in kept.values():
            vars(row).clear()
            vars(row).update(values)
            row._state.fields_cache, row._state.adding = held.copy(), adding

    return put_back


def _once(service: Callable[..., R], actor: Actor, sent: str, args: Any, kwargs: Any) -> R:
    """Run the service in one transaction, or give back the answer it gave before under the same key."""
    with write_lock(), transaction.atomic():
        token = _inside.set(True)
        try:
            if not sent:
                return service(*args, **kwargs)
            before = _before(service, actor)
            if before is not None:
                return _answer(service, before, sent)
            result = service(*args, **kwargs)
            note(
                DoneCommand,
                site_id=actor.site_id,
                key=actor.key,
                service=_name(service),
                content=sent,
                answer=_keep(result),
            )
            return result
        finally:
            _inside.reset(token)


def _name(service: Callable[..., Any]) -> str:
    return f"{service.__module__}.{service.__qualname__}"


def _before(service: Callable[..., Any], actor: Actor) -> DoneCommand | None:
    """What was done under this key before."""
    return _DONE.first(site=actor.site_id, key=actor.key, service=_name(service))


def _answer(service: Callable[..., R], before: DoneCommand, sent: str) -> R:
    """The answer to what was sent before; Refused where something else is sent now, which would else seem done and is not."""
    if before.content != sent:
        raise Refused(
            "sent_before",
            "This page was sent before with something else on it, or by somebody else, and that was done. "
            "Nothing was done now: open the page anew and send this again.",
        )
    return _revive(service, before.answer)


def _keep(result: Any) -> Any:
    """An answer as JSON: a row by its key, a plain dataclass by its fields."""
    return result.pk if isinstance(result, models.Model) else msgspec.to_builtins(result)


def _revive(service: Callable[..., R], answer: Any) -> R:
    """The answer of the first time, read again by the service's return annotation."""
    hint = get_type_hints(inspect.unwrap(service)).get("return")
    if hint is None or answer is None:
        return cast("R", None)
    # `Row | None` is a row, too, where there was one.
    rows = [kind for kind in (get_args(hint) or (hint,)) if isinstance(kind, type) and issubclass(kind, models.Model)]
    return cast("R", rows[0]._default_manager.get(pk=answer) if rows else msgspec.convert(answer, hint))


def _transient(problem: DatabaseError) -> bool:
    """Whether the database asks to try again: lock, deadlock, serialization failure, the same key raced, or a plan gone stale."""
    state = getattr(problem.__cause__, "sqlstate", None) or ""
    if state in {"40001", "40P01", "55P03", "26000"} or (state == "0A000" and "cached plan" in str(problem)):
        return True
    if isinstance(problem, IntegrityError):
        # Two at once wrote what may stand only once; the second try finds the first one's row and answers with it.
        diag = getattr(problem.__cause__, "diag", None)
        return str(getattr(diag, "constraint_name", "") or "").startswith("race_")
    return isinstance(problem, OperationalError) and "locked" in str(problem)


def _lost(problem: DatabaseError) -> bool:
    """Whether the connection ended: the network, or a server that was stopped or is not up again yet."""
    if connection.vendor != "postgresql" or not isinstance(problem, OperationalError):
        return False
    state = getattr(problem.__cause__, "sqlstate", None) or "08"
    return state[:2] == "08" or state in {"57P01", "57P02", "57P03"}


def _record_refusal(actor: Actor, no: Refused, kwargs: dict[str, Any]) -> None:
    """Keep the trace of a refusal in a transaction of its own: what was tried, by whom, on what."""
    at = kwargs.get("at")
    if at is None:
        return
    thing = next((v for v in kwargs.values() if isinstance(v, models.Model) and hasattr(v, "code")), None)
    with write_lock(), transaction.atomic():
        audit.record(actor, audit.REFUSED, at=at, on=thing, why=no.sentence, after={"code": no.code})
