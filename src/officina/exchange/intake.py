"""The conversation of intake: a message is kept, then read, then admitted or refused, and its sender is answered."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from officina.base.access import Actor
from officina.dispensing.services import intake as fills
from officina.exchange import script_in, sniff
from officina.kernel.errors import ParseError, Refused
from officina.prescriptions.queries import Message, of_message
from officina.prescriptions.services import messages
from officina.prescriptions.written import Understood


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of one message."""

    code: str
    format: str
    status: str
    prescriptions: tuple[str, ...]
    reasons: list[dict[str, Any]] = field(default_factory=list)
    questions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By prescription number: what a person must look at."""


def receive(actor: Actor, raw: bytes, *, name: str, at: datetime, promised_at: datetime | None = None) -> Receipt:
    """Take in one message. It is kept in a transaction of its own before it is read, so that nothing that follows can lose it."""
    message = messages.keep(actor, raw=raw, name=name, at=at)
    return read(actor, message, raw, at=at, promised_at=promised_at)


def read(actor: Actor, message: Message, raw: bytes, *, at: datetime, promised_at: datetime | None = None) -> Receipt:
    """Read a kept message; also called again for one that was kept and never read because the power went."""
    understood, answer = _conversed(raw, message, at=at)
    if isinstance(understood, ParseError):
        found = sniff.format_of(raw)
        message = messages.refuse_message(
            actor, message=message, problem=understood, format=found, answer=answer, at=at
        )
    else:
        message = fills.admit(
            actor, message=message, understood=understood, at=at, answer=answer, promised_at=promised_at
        )
    return receipt(message)


def _conversed(raw: bytes, message: Message, *, at: datetime) -> tuple[Understood | ParseError, bytes]:
    """What was understood, or the problem, and what the sender is answered; a SCRIPT message is read once for both."""
    if sniff.format_of(raw) == "ncpdp-script":
        return script_in.converse(raw, at=at, message_id=message.code.hex)
    try:
        return sniff.understand(raw), b""
    except ParseError as problem:
        return problem, b""


def read_again(actor: Actor, message: Message, *, at: datetime) -> Receipt:
    """Read a message that could not be used once more, after a person asked for it; ParseError or Refused where it still cannot be.

    Nothing is sent: its sender was answered when it came, and a second answer that says otherwise would be taken for another message's.
    """
    understood = sniff.understand(bytes(message.received.raw))
    if not understood.orders:
        raise Refused(
            "no_order", "It still holds no new prescription. Nothing was changed: enter it by hand, or settle it."
        )
    return receipt(fills.admit(actor, message=message, understood=understood, at=at, anew=True))


def receipt(message: Message) -> Receipt:
    """What came of a message, as a person or a program is told."""
    orders = of_message(message)
    return Receipt(
        code=str(message.code),
        format=message.format or "unknown",
        status=message.status,
        prescriptions=tuple(p.number for p in orders),
        reasons=message.reasons,
        questions={p.number: p.questions for p in orders if p.questions},
    )
