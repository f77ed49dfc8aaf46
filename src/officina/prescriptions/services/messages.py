"""Messages: kept as received, read, admitted, refused, and settled by a person."""

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField

from officina.base import audit, outbox
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import aside
from officina.base.rows import Question, append
from officina.base.rows import keep as keep_row
from officina.kernel.errors import ParseError, Refused
from officina.kernel.findings import Finding
from officina.prescriptions import acts
from officina.prescriptions.models import Message, Prescription, Received
from officina.prescriptions.services import enquiries, orders
from officina.prescriptions.written import Envelope, Understood

KEPT = audit.verb("message.kept", "kept a message as received")
READ = audit.verb("message.read", "read a message")
SETTLED = audit.verb("message.settled", "settled a message")

_FIRST = Question(
    lambda site, sender, message_id: Message.objects.filter(
        site=site, sender=sender, message_id=message_id, is_first=True
    ).order_by("id")[:2],
    site=BigIntegerField(),
    sender=CharField(),
    message_id=CharField(),
)
_CLAIMED = Question(
    lambda pk: Message.objects.select_for_update(no_key=True, of=("self",)).select_related("received").filter(pk=pk),
    pk=BigIntegerField(),
)


@command
def keep(actor: Actor, *, raw: bytes, name: str, at: datetime) -> Message:
    """Keep a message exactly as it arrived, before anything reads it."""
    actor.must(acts.RECEIVE, at=at)
    digest = hashlib.sha256(raw).hexdigest()
    received = append(Received(site_id=actor.site_id, at=at, name=orders.storable(name[:200]), raw=raw, sha256=digest))
    message = append(Message(site_id=actor.site_id, received=received, at=at))
    audit.record(actor, KEPT, at=at, on=message, after={"sha256": received.sha256, "bytes": len(raw)})
    return message


@command
@aside("answer")
def refuse_message(
    actor: Actor, *, message: Message, problem: ParseError, at: datetime, format: str = "", answer: bytes = b""
) -> Message:
    """A message that cannot be read becomes a row that a person sees, with where, what was expected and what came."""
    actor.must(acts.RECEIVE, at=at, site_id=message.site_id)
    message = _claimed(message)
    if message.status != Message.Status.KEPT:
        return message
    finding = Finding(
        "unreadable",
        problem.plain or str(problem),
        where=problem.where,
        expected=problem.expected,
        came=str(problem.got)[:200],
    )
    _set(message, status=Message.Status.REFUSED, format=format, reasons=orders.reasons((finding,)))
    _answer(actor, message, answer, at=at)
    audit.record(actor, READ, at=at, on=message, after={"status": message.status})
    return message


@command
@aside("answer")
def admit(
    actor: Actor, *, message: Message, understood: Understood, at: datetime, answer: bytes = b"", anew: bool = False
) -> Message:
    """Write what was understood of a kept message: its orders become prescriptions, unless it came before or holds none.

    `anew` also takes up one that was refused and that nobody has settled.
    """
    actor.must(acts.RESOLVE_MESSAGE if anew else acts.RECEIVE, at=at, site_id=message.site_id)
    message = _claimed(message)
    if anew and (message.settled_at or message.status not in {Message.Status.KEPT, Message.Status.REFUSED}):
        raise Refused("stale", "Somebody else settled or read this message a moment ago. Look at it again.")
    if not anew and message.status != Message.Status.KEPT:
        return message
    envelope = understood.envelope
    about = _about(envelope)
    before = _FIRST(site=actor.site_id, sender=about["sender"], message_id=about["message_id"])
    first = next((m for m in before if m.pk != message.pk), None)
    if envelope.message_id and first is not None:
        same = Received.objects.values_list("sha256", flat=True).get(pk=first.received_id) == message.received.sha256
        # A mere resending asks nothing of anybody; another content under the same number does.
        done = (
            {"settled_at": at, "settled_by": "the house", "settled_how": "The same message came before."}
            if same
            else {}
        )
        _set(
            message,
            **about,
            **done,
            status=Message.Status.DUPLICATE,
            first=first,
            reasons=orders.reasons((_came_before(first, same=same),)),
        )
    elif understood.taken_back is not None:
        withdrawal = enquiries.take_back(actor, message, understood.taken_back, sender=about["sender"], at=at)
        found = orders.reasons((enquiries.told(withdrawal), *understood.problems))
        _set(message, **about, status=Message.Status.ACCEPTED, reasons=found, is_first=bool(envelope.message_id))
    elif understood.answered is not None:
        _answered(actor, message, understood, about, at=at)
    else:
        _ordered(actor, message, understood, about, at=at)
    _answer(actor, message, answer, at=at)
    audit.record(actor, READ, at=at, on=message, after={"status": message.status})
    return message


def _ordered(actor: Actor, message: Message, understood: Understood, about: dict[str, str], *, at: datetime) -> None:
    """New prescriptions, or a message that holds none."""
    envelope = understood.envelope
    status, problems = Message.Status.ACCEPTED, understood.problems
    if not understood.orders:
        status = Message.Status.REFUSED
        problems = problems or (Finding("no_order", f"A {envelope.kind or 'message'} holds no new prescription."),)
    elif problems or any(order.questions for order in understood.orders):
        status = Message.Status.QUESTION
    _set(message, **about, status=status, reasons=orders.reasons(problems), is_first=bool(envelope.message_id))
    for order in understood.orders:
        orders.receive(actor, order=order, origin=Prescription.Origin.ELECTRONIC, message=message, at=at)


def _answered(actor: Actor, message: Message, understood: Understood, about: dict[str, str], *, at: datetime) -> None:
    """A prescriber's answer: to what we asked, with the new prescription that comes of it; one to nothing of ours waits for a person."""
    answered = understood.answered
    assert answered is not None
    enquiry = enquiries.waiting(actor, answered)
    if enquiry is None:
        why = Finding("no_request", enquiries.NOT_FOUND, came=", ".join(answered.to))
        status, problems = Message.Status.REFUSED, (why, *understood.problems)
        _set(
            message,
            **about,
            status=status,
            reasons=orders.reasons(problems),
            is_first=bool(understood.envelope.message_id),
        )
        return
    came_of_it = [enquiries.completed(order, enquiry.prescription) for order in understood.orders]
    enquiries.answer(actor, enquiry, answered, message=message, has_order=bool(came_of_it), at=at)
    asked = understood.problems or any(order.questions for order in came_of_it)
    status = Message.Status.QUESTION if asked else Message.Status.ACCEPTED
    found = orders.reasons((enquiries.told(enquiry), *understood.problems))
    _set(message, **about, status=status, reasons=found, is_first=bool(understood.envelope.message_id))
    for order in came_of_it:
        came = orders.receive(actor, order=order, origin=Prescription.Origin.ELECTRONIC, message=message, at=at)
        enquiries.renewed(enquiry, came)


def _about(envelope: Envelope) -> dict[str, str]:
    """What the envelope says, each cut to its column: who sends it may write what they like there."""
    longest = {f.name: f.max_length for f in Message._meta.concrete_fields}
    names = ("format", "version", "kind", "message_id", "sender")
    return {name: orders.storable(getattr(envelope, name)[: longest[name]]) for name in names}


def _claimed(message: Message) -> Message:
    """The message as it is now, kept from others until the transaction ends: who takes it in and the worker may read it at once."""
    (now,) = _CLAIMED(pk=message.pk)
    return now


def _came_before(first: Message, *, same: bool) -> Finding:
    when = f"{first.at:%b %d, %Y %H:%M} UTC"
    if same:
        return Finding(
            "duplicate", f"The same message came on {when}; it was not entered twice.", came=first.message_id
        )
    return Finding(
        "duplicate_differs",
        f"A message with this number came on {when} with other content. It was not entered: ask the prescriber which holds.",
        came=first.message_id,
    )


def _set(message: Message, **values: Any) -> None:
    for field, value in values.items():
        setattr(message, field, value)
    keep_row(message, *values)


def _answer(actor: Actor, message: Message, answer: bytes, *, at: datetime) -> None:
    """What the sender is told waits in the outbox, written with the reading itself."""
    if answer:
        outbox.put(
            actor,
            partner=message.sender or "unknown",
            kind="ncpdp-script",
            payload=answer,
            at=at,
            about=str(message.code),
        )


@command
def settle(actor: Actor, *, message: Message, how: str, at: datetime) -> Message:
    """Say what was done about a message that could not be used; it leaves the list and stays in the books."""
    actor.must(acts.RESOLVE_MESSAGE, at=at, site_id=message.site_id)
    if not how.strip():
        raise Refused("why_needed", "Say what was done about it.", {"how": "Needed"})
    # An order that was read meanwhile must not be written down as one that was called in again.
    unread = Message.objects.filter(pk=message.pk, settled_at__isnull=True).exclude(
        status__in=[Message.Status.ACCEPTED, Message.Status.QUESTION]
    )
    if not unread.update(settled_at=at, settled_by=actor.name, settled_how=how[:300]):
        raise Refused("stale", "Somebody else settled or read this message a moment ago. Look at it again.")
    audit.record(actor, SETTLED, at=at, on=message, why=how)
    return message
