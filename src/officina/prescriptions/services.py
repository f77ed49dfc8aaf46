"""Keeping messages, admitting orders, entering prescriptions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import BigIntegerField, CharField

from officina.base import audit, numbering, outbox
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import aside
from officina.base.rows import Question, append
from officina.base.rows import keep as keep_row
from officina.drugs.models import Drug
from officina.kernel.errors import ParseError, Refused
from officina.kernel.findings import Finding
from officina.kernel.ids.dea import DeaNumber
from officina.kernel.ids.npi import Npi
from officina.kernel.ids.numbers import HouseNumber
from officina.labels import lint
from officina.patients import rules as patient_rules
from officina.patients.models import Patient
from officina.prescriptions import acts, rules
from officina.prescriptions.models import Attachment, Message, Prescriber, Prescription, Received
from officina.prescriptions.written import Envelope, Understood, WrittenOrder

KEPT = audit.verb("message.kept", "kept a message as received")
READ = audit.verb("message.read", "read a message")
SETTLED = audit.verb("message.settled", "settled a message")
RECEIVED = audit.verb("prescription.received", "received the prescription")
ENTERED = audit.verb("prescription.entered", "entered the prescription")
PRESCRIBER_ADDED = audit.verb("prescriber.added", "added a prescriber")
PICTURE = audit.verb("prescription.picture_added", "attached a picture")

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

_ENTERED = (
    "patient",
    "prescriber",
    "drug",
    "quantity",
    "days_supply",
    "refills",
    "directions",
    "written_on",
    "daw",
    "note",
)
PICTURES: Mapping[bytes, str] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
PICTURE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An order as entered at the desk: matched to the house's own patient, prescriber and drug."""

    patient: Patient
    prescriber: Prescriber
    drug: Drug
    quantity: Decimal
    days_supply: int | None
    refills: int
    directions: str
    written_on: date
    daw: str = "0"
    note: str = ""


@command
def keep(actor: Actor, *, raw: bytes, name: str, at: datetime) -> Message:
    """Keep a message exactly as it arrived, before anything reads it."""
    actor.must(acts.RECEIVE, at=at)
    digest = hashlib.sha256(raw).hexdigest()
    received = append(Received(site_id=actor.site_id, at=at, name=_storable(name[:200]), raw=raw, sha256=digest))
    message = append(Message(site_id=actor.site_id, received=received, at=at))
    audit.record(actor, KEPT, at=at, on=message, after={"sha256": received.sha256, "bytes": len(raw)})
    return message


def _storable(value: Any) -> Any:
    """The same text without NUL and half surrogates, which no text column keeps; the bytes as received hold them still."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(k): _storable(v) for k, v in value.items()}
    return [_storable(v) for v in value] if isinstance(value, list | tuple) else value


def reasons(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as they are kept beside a message or a prescription."""
    return [
        {
            "code": f.code,
            "sentence": _storable(f.sentence),
            "where": _storable(f.where),
            "expected": _storable(f.expected),
            "came": _storable(f.came),
            "severity": int(f.severity),
        }
        for f in findings
    ]


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
        "unreadable", str(problem), where=problem.where, expected=problem.expected, came=str(problem.got)[:200]
    )
    _set(message, status=Message.Status.REFUSED, format=format, reasons=reasons((finding,)))
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
            reasons=reasons((_came_before(first, same=same),)),
        )
    elif not understood.orders:
        problems = understood.problems or (
            Finding("no_order", f"A {envelope.kind or 'message'} holds no new prescription."),
        )
        _set(
            message,
            **about,
            status=Message.Status.REFUSED,
            reasons=reasons(problems),
            is_first=bool(envelope.message_id),
        )
    else:
        asked = any(order.questions for order in understood.orders) or bool(understood.problems)
        status = Message.Status.QUESTION if asked else Message.Status.ACCEPTED
        _set(message, **about, status=status, reasons=reasons(understood.problems), is_first=bool(envelope.message_id))
        for order in understood.orders:
            receive(actor, order=order, origin=Prescription.Origin.ELECTRONIC, message=message, at=at)
    _answer(actor, message, answer, at=at)
    audit.record(actor, READ, at=at, on=message, after={"status": message.status})
    return message


def _about(envelope: Envelope) -> dict[str, str]:
    """What the envelope says, each cut to its column: who sends it may write what they like there."""
    longest = {f.name: f.max_length for f in Message._meta.concrete_fields}
    names = ("format", "version", "kind", "message_id", "sender")
    return {name: _storable(getattr(envelope, name)[: longest[name]]) for name in names}


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
def receive(
    actor: Actor,
    *,
    order: WrittenOrder,
    origin: str,
    at: datetime,
    message: Message | None = None,
    read_back: bool = False,
) -> Prescription:
    """Take in one order as written: it gets its number and waits for entry."""
    actor.must(acts.RECEIVE_ORAL if origin == Prescription.Origin.TELEPHONE else acts.RECEIVE, at=at)
    if origin == Prescription.Origin.TELEPHONE and not read_back:
        # Later nobody can do it any more: the caller has hung up.
        raise Refused(
            "not_read_back",
            "A telephone order must be read back to the caller before it is received.",
            {"read_back": "Read it back, then tick this."},
        )
    plain = msgspec.to_builtins(replace(order, questions=(), kept=()))
    prescription = Prescription(
        site_id=actor.site_id,
        number=HouseNumber.issue("", numbering.take(actor.site_id, "rx")).text,
        origin=origin,
        message=message,
        received_at=at,
        written=_storable({**plain, "kept": [list(pair) for pair in order.kept]}),
        questions=reasons(order.questions),
        read_back=read_back,
    )
    append(prescription)
    audit.record(actor, RECEIVED, at=at, on=prescription, after={"number": prescription.number})
    return prescription


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


@command
def attach(actor: Actor, *, prescription: Prescription, data: bytes, at: datetime) -> Attachment:
    """Bind a picture of the paper to the prescription; only PNG and JPEG are taken, and told by their bytes."""
    actor.must(acts.RECEIVE, at=at, site_id=prescription.site_id)
    kind = next((name for mark, name in PICTURES.items() if data.startswith(mark)), None)
    if kind is None or len(data) > PICTURE_BYTES:
        raise Refused(
            "not_a_picture",
            "The picture must be a PNG or JPEG of at most 10 MB.",
            {"picture": "PNG or JPEG, at most 10 MB"},
        )
    picture = Attachment.objects.create(
        site_id=actor.site_id,
        prescription=prescription,
        at=at,
        media_type=kind,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    audit.record(actor, PICTURE, at=at, on=prescription, after={"sha256": picture.sha256})
    return picture


@command
def add_prescriber(
    actor: Actor,
    *,
    last_name: str,
    first_name: str,
    at: datetime,
    npi: str = "",
    dea: str = "",
    street: str = "",
    city: str = "",
    state: str = "",
    postal_code: str = "",
    phone: str = "",
) -> Prescriber:
    """Add a prescriber; an NPI or DEA number with a wrong check digit is refused."""
    actor.must(acts.ENTER, at=at)
    if not last_name.strip():
        raise Refused("name_missing", "A prescriber needs a last name.", {"last_name": "Needed"})
    region = patient_rules.state_code(state)
    if region is None:
        raise Refused("state_unknown", f"{state} is no US state or territory.", {"state": "Two letters, such as WI"})
    try:
        npi = Npi.parse(npi).digits if npi else ""
        dea = DeaNumber.parse(dea).text if dea else ""
    except ParseError as problem:
        raise Refused(
            "number_wrong", str(problem), {problem.thing.split()[0].lower(): f"Expected {problem.expected}"}
        ) from problem
    prescriber = Prescriber.objects.create(
        site_id=actor.site_id,
        last_name=last_name.strip(),
        first_name=first_name.strip(),
        npi=npi,
        dea=dea,
        street=street,
        city=city,
        state=region,
        postal_code=postal_code,
        phone=phone,
    )
    audit.record(actor, PRESCRIBER_ADDED, at=at, on=prescriber, after={"npi": npi})
    return prescriber


@command
def enter(actor: Actor, *, prescription: Prescription, entry: Entry, at: datetime) -> Prescription:
    """Write what was entered; Refused with all that the rules find, field by field."""
    actor.must(acts.ENTER, at=at, site_id=prescription.site_id)
    refuse_unsound(prescription, entry, on=actor.day(at))
    before = _plain(prescription)
    for field in _ENTERED:
        setattr(prescription, field, getattr(entry, field))
    prescription.schedule = entry.drug.schedule
    prescription.expires_on = rules.expires_on(entry.drug.schedule, entry.written_on)
    prescription.entered_by_id, prescription.entered_by = actor.user_id, actor.name
    keep_row(prescription, *_ENTERED, "schedule", "expires_on", "entered_by_id", "entered_by")
    audit.record(actor, ENTERED, at=at, on=prescription, before=before, after=_plain(prescription))
    return prescription


def refuse_unsound(prescription: Prescription, entry: Entry, *, on: date) -> None:
    """Refused where the rules of the schedule or the label linter say no."""
    facts = rules.OrderFacts(
        schedule=entry.drug.schedule,
        quantity=entry.quantity,
        days_supply=entry.days_supply,
        refills=entry.refills,
        written_on=entry.written_on,
        prescriber_dea=entry.prescriber.dea,
        directions=entry.directions,
        signed=bool(prescription.written.get("signed")),
        origin=prescription.origin,
        read_back=prescription.read_back,
    )
    found = rules.refusals(facts, on=on)
    found += [("directions", f) for f in lint.lint_text(entry.directions, what="directions") if f.severity.is_serious]
    if found:
        first = found[0][1]
        raise Refused(
            first.code, " ".join(f.sentence for _, f in found), {field: f.sentence for field, f in reversed(found)}
        )


def _plain(p: Prescription) -> dict[str, str]:
    """What was entered, as the audit trail keeps it."""
    return {
        "patient": p.patient.number if p.patient else "",
        "drug": str(p.drug or ""),
        "quantity": f"{p.quantity or 0:f}",
        "refills": str(p.refills),
        "directions": p.directions,
        "written_on": str(p.written_on or ""),
        "days_supply": str(p.days_supply or ""),
        "prescriber": str(p.prescriber or ""),
    }


def note_supply(prescription: Prescription, *, since: date, until: date) -> None:
    """Remember what was handed over should last until when; in the running transaction."""
    prescription.supply_from, prescription.supply_until = since, until
    keep_row(prescription, "supply_from", "supply_until")


def end(prescription: Prescription) -> None:
    """No more fills of this prescription; in the running transaction."""
    Prescription.objects.filter(pk=prescription.pk).update(is_active=False)
