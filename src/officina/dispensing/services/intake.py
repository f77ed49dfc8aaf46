"""From a message or a slip of paper to a fill that waits for entry."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Exists, OuterRef

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import aside
from officina.base.rows import Question, append
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.returns import will_call
from officina.dispensing.services import enquiring
from officina.kernel.ids.numbers import HouseNumber
from officina.prescriptions.models import Message, Prescription, Withdrawal
from officina.prescriptions.services import emergency, messages
from officina.prescriptions.services import orders as prescriptions
from officina.prescriptions.written import Understood, WrittenOrder

_WITHOUT_FILL = Question(
    lambda message: (
        Prescription.objects.filter(message=message)
        .exclude(Exists(Fill.objects.filter(prescription=OuterRef("pk"))))
        .order_by("id")
    ),
    message=BigIntegerField(),
)
OPENED = audit.verb("fill.opened", "opened the fill")


@command
@aside("answer")
def admit(
    actor: Actor,
    *,
    message: Message,
    understood: Understood,
    at: datetime,
    answer: bytes = b"",
    promised_at: datetime | None = None,
    anew: bool = False,
) -> Message:
    """Admit a kept message: each of its orders gets a number and a first fill on the intake desk."""
    message = messages.admit(actor, message=message, understood=understood, at=at, answer=answer, anew=anew)
    if understood.taken_back is not None:
        withdrawal = Withdrawal.objects.select_related("prescription").filter(message=message).first()
        if withdrawal is not None and withdrawal.prescription is not None:
            enquiring.halt(withdrawal.prescription)
    for prescription in _WITHOUT_FILL(message=message.pk):
        open_fill(actor, prescription, at=at, promised_at=promised_at)
    return message


@command
def receive(
    actor: Actor,
    *,
    order: WrittenOrder,
    origin: str,
    at: datetime,
    read_back: bool = False,
    picture: bytes = b"",
    promised_at: datetime | None = None,
) -> Fill:
    """Take in an order from paper, telephone or fax; a picture of the paper is bound to it."""
    prescription = prescriptions.receive(actor, order=order, origin=origin, at=at, read_back=read_back)
    if picture:
        prescriptions.attach(actor, prescription=prescription, data=picture, at=at)
    return open_fill(actor, prescription, at=at, promised_at=promised_at)


@command
def receive_emergency(
    actor: Actor,
    *,
    order: WrittenOrder,
    answered: Sequence[str],
    knows_prescriber: bool,
    read_back: bool,
    at: datetime,
) -> Fill:
    """Take Schedule II by telephone in an emergency: every point of the checklist first, then as any order by telephone."""
    emergency.refuse_unlawful(actor, answered, knows_prescriber=knows_prescriber, at=at)
    fill = receive(actor, order=order, origin=Prescription.Origin.TELEPHONE, read_back=read_back, at=at)
    emergency.record(actor, fill.prescription, answered, knows_prescriber=knows_prescriber, at=at)
    return fill


def open_fill(actor: Actor, prescription: Prescription, *, at: datetime, promised_at: datetime | None = None) -> Fill:
    """The first fill of a prescription, in the running transaction."""
    fill = Fill(
        site_id=actor.site_id,
        number=HouseNumber.issue("F", numbering.take(actor.site_id, "fill")).text,
        prescription=prescription,
        state=State.RECEIVED,
        since=at,
        received_at=at,
        promised_at=promised_at or at + timedelta(minutes=will_call().promise_minutes),
    )
    append(fill)
    audit.record(actor, OPENED, at=at, on=fill, after={"number": fill.number})
    return fill
