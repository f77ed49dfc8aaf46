"""The outbox: what must leave the house is a row in the same transaction; a worker sends it later, in order per partner.

A message is leased before it is sent, so that a killed worker's message is taken up again; it is sent at least once, and the
partner knows it by its code. After some attempts it is dead: a person must look.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from officina.base.access import Actor
from officina.base.models import Outgoing as Outgoing
from officina.base.rows import append

LEASE = timedelta(minutes=2)
ATTEMPTS = 8
Transport = Callable[[Outgoing], None]
"""Sends one message or raises; takes no transaction with it."""
PARTNER = 80
"""Characters of a partner's name that are kept, whatever a sender writes into a message as its own."""


def put(actor: Actor, *, partner: str, kind: str, payload: bytes, at: datetime, about: str = "") -> Outgoing:
    """Write a message to be sent, in the running transaction. From a training site nothing ever leaves."""
    state = Outgoing.State.TRAINING if actor.training else Outgoing.State.WAITING
    message = Outgoing(
        site_id=actor.site_id,
        partner=partner[:PARTNER],
        kind=kind,
        payload=payload,
        about=about,
        state=state,
        not_before=at,
        created_at=at,
    )
    return append(message)


def lease(at: datetime) -> Outgoing | None:
    """Take the next message that may be sent: the oldest of its partner, due, and not in another worker's hands."""
    waiting = Outgoing.objects.filter(state=Outgoing.State.WAITING)
    heads = waiting.order_by("partner", "id")
    seen: set[str] = set()
    for row in heads.only("pk", "partner", "not_before", "leased_until").iterator():
        if row.partner in seen:
            continue
        seen.add(row.partner)
        if row.not_before > at or (row.leased_until and row.leased_until > at):
            continue
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
        if waiting.filter(free, pk=row.pk).update(leased_until=at + LEASE):
            return Outgoing.objects.get(pk=row.pk)
    return None


def settle(message: Outgoing, *, at: datetime, problem: str = "") -> None:
    """Write how sending ended: sent, to be tried again later, or given up."""
    attempts = message.attempts + 1
    if not problem:
        Outgoing.objects.filter(pk=message.pk).update(
            state=Outgoing.State.SENT, sent_at=at, attempts=attempts, leased_until=None, last_problem=""
        )
        return
    state = Outgoing.State.DEAD if attempts >= ATTEMPTS else Outgoing.State.WAITING
    Outgoing.objects.filter(pk=message.pk).update(
        state=state,
        attempts=attempts,
        leased_until=None,
        last_problem=problem[:1000],
        not_before=at + timedelta(seconds=15 * 2**attempts),
    )


def work(transports: Mapping[str, Transport], *, at: datetime, most: int = 100) -> int:
    """Send what is due, one message at a time and never inside a transaction; the count of messages tried."""
    for done in range(most):
        message = lease(at)
        if message is None:
            return done
        try:
            transports[message.kind](message)
        except Exception as problem:  # noqa: BLE001 - whatever a partner's line does, the message stays
            settle(message, at=at, problem=f"{type(problem).__name__}: {problem}")
        else:
            settle(message, at=at)
    return most
