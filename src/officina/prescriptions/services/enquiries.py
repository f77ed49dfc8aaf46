"""What was asked of prescribers and what came back; what they take back of themselves. In the transaction of who calls."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from officina.base import audit
from officina.base.access import Actor
from officina.base.rows import append, keep
from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity
from officina.kernel.ids.numbers import HouseNumber
from officina.prescriptions.models import Enquiry, Message, Prescription, Withdrawal
from officina.prescriptions.written import Answered, TakenBack, WrittenOrder, WrittenPatient, WrittenPrescriber

ANSWERED = audit.verb("enquiry.answered", "answered a request")
STOPPED = audit.verb("prescription.stopped", "stopped the prescription until a pharmacist decides")
STATES = {
    "approved": Enquiry.State.APPROVED,
    "changed": Enquiry.State.CHANGED,
    "replaced": Enquiry.State.REPLACED,
    "denied": Enquiry.State.DENIED,
    "unclear": Enquiry.State.UNCLEAR,
}
WITH_ORDER = ("approved", "changed", "replaced")
NOT_FOUND = "No request of ours is known under the number that this answer names. Call the prescriber, or settle it."


def waiting(actor: Actor, answered: Answered) -> Enquiry | None:
    """The request that an answer is about, locked; None where none of ours waits under any name it gives."""
    codes = [code for one in answered.to if (code := _code(one)) is not None]
    rows = Enquiry.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "prescription__patient", "prescription__prescriber"
    )
    found = rows.filter(site_id=actor.site_id, kind=answered.kind, code__in=codes, state=Enquiry.State.WAITING)
    return found.order_by("id").first()


def _code(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def answer(
    actor: Actor, enquiry: Enquiry, answered: Answered, *, message: Message | None, has_order: bool, at: datetime
) -> Enquiry:
    """Write down what was answered. Approved without an order in it is unclear: nobody knows what was approved."""
    outcome = "unclear" if answered.outcome in WITH_ORDER and not has_order else answered.outcome
    enquiry.state, enquiry.answered_at, enquiry.answer = STATES[outcome], at, answered.words
    enquiry.message = message
    keep(enquiry, "state", "answered_at", "answer", "message")
    audit.record(actor, ANSWERED, at=at, on=enquiry.prescription, after={"request": enquiry.kind, "answer": outcome})
    return enquiry


def renewed(enquiry: Enquiry, prescription: Prescription) -> None:
    """Remember which new prescription came of a request."""
    enquiry.renewed_as = prescription
    keep(enquiry, "renewed_as")


def completed(order: WrittenOrder, asked: Prescription) -> WrittenOrder:
    """The order of an answer with what it leaves unsaid taken from the prescription that was asked about, and said so."""
    before = asked.written
    given: dict[str, object] = {}
    if not order.patient.last_name and asked.patient:
        p = asked.patient
        given["patient"] = WrittenPatient(last_name=p.last_name, first_name=p.first_name, born_on=p.born_on)
    if not (order.prescriber.last_name or order.prescriber.npi) and asked.prescriber:
        who = asked.prescriber
        given["prescriber"] = WrittenPrescriber(
            last_name=who.last_name, first_name=who.first_name, npi=who.npi, dea=who.dea
        )
    if not order.sig_text and before.get("sig_text"):
        given["sig_text"] = before["sig_text"]
    filled = {"patient": ("patient", "patient.last_name", "patient.born_on"), "prescriber": ("prescriber",)}
    dropped = {name for field in given for name in filled.get(field, (field,))}
    asked_still = [q for q in order.questions if not _about(q, dropped)]
    if given:
        told = ", ".join({"sig_text": "directions"}.get(name, name) for name in given)
        asked_still.append(
            Finding(
                "taken_over", f"The answer does not say the {told}: taken from Rx {asked.number}.", Severity.MODERATE
            )
        )
    asked_still += _differences(order, asked)
    return replace(order, **given, questions=tuple(asked_still))  # type: ignore[arg-type]


def _about(question: Finding, fields: set[str]) -> bool:
    return any(name in fields or name.partition(".")[0] in fields for name in question.about)


def _differences(order: WrittenOrder, asked: Prescription) -> Iterable[Finding]:
    """An answer that names somebody else was sent to the wrong request."""
    theirs, ours = order.patient, asked.patient
    if ours is None or not theirs.last_name:
        return
    same = theirs.last_name.casefold() == ours.last_name.casefold() and theirs.born_on in {None, ours.born_on}
    if not same:
        yield Finding(
            "patient_differs",
            f"The answer names another patient than Rx {asked.number}.",
            Severity.MAJOR,
            expected=f"{ours}, {ours.born_on}",
            came=f"{theirs.last_name}, {theirs.first_name}, {theirs.born_on or 'no date of birth'}",
        )


def take_back(actor: Actor, message: Message, asked: TakenBack, *, sender: str, at: datetime) -> Withdrawal:
    """A prescriber takes an order back: nothing of it goes out until a pharmacist has decided. Which order it is must be sure."""
    prescription = _meant(actor, asked, sender=sender)
    withdrawal = append(
        Withdrawal(site_id=actor.site_id, message=message, prescription=prescription, at=at, what=asked.what)
    )
    if prescription is not None:
        stop(actor, prescription, at=at)
    return withdrawal


def told(about: Enquiry | Withdrawal) -> Finding:
    """What a message that holds no new order is about, for who looks at it."""
    rx = f"Rx {about.prescription.number}" if about.prescription else "an order that is not found here"
    if isinstance(about, Withdrawal):
        return Finding("taken_back", f"The prescriber takes {rx} back: a pharmacist decides.", Severity.MAJOR)
    asked, answer = about.get_kind_display().lower(), about.get_state_display().lower()
    return Finding("answered", f"The answer to a request about {rx} ({asked}): {answer}.", Severity.MINOR)


def stop(actor: Actor, prescription: Prescription, *, at: datetime) -> None:
    """Let nothing of it go out."""
    prescription.stopped_at = at
    keep(prescription, "stopped_at")
    audit.record(actor, STOPPED, at=at, on=prescription)


def _meant(actor: Actor, asked: TakenBack, *, sender: str) -> Prescription | None:
    """The one prescription that the message names, by the order's number, by the message that it came with, or by ours; else none."""
    rows = Prescription.objects.filter(site_id=actor.site_id)
    if asked.order_number:
        found = list(rows.filter(order_number=asked.order_number[:80], message__sender=sender)[:2])
        if len(found) == 1:
            return found[0]
    if asked.to:
        found = list(rows.filter(message__sender=sender, message__message_id=asked.to, message__is_first=True)[:2])
        if len(found) == 1:
            return found[0]
    number = _number(asked.rx_number)
    return rows.filter(Q(message__sender=sender) | Q(message__isnull=True), number=number).first() if number else None


def _number(text: str) -> str:
    try:
        return HouseNumber.parse(text).text if text else ""
    except ParseError:
        return ""
