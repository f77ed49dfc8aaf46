"""Asking prescribers about a prescription, and deciding what becomes of an order that its prescriber takes back."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from officina.base import audit, outbox
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import aside
from officina.base.rows import append, keep
from officina.dispensing import queries, refillable
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import IN_HOUSE, OPEN
from officina.dispensing.services import checking, review
from officina.kernel.errors import Refused
from officina.prescriptions import acts
from officina.prescriptions.models import Enquiry, Prescription, Withdrawal
from officina.prescriptions.services import enquiries, orders
from officina.prescriptions.written import Answered
from officina.screening import services as screening

ASKED = audit.verb("enquiry.asked", "asked the prescriber")
SEEN = audit.verb("enquiry.seen", "took note of an answer")
ENDED = audit.verb("enquiry.ended", "no longer asks the prescriber")
DECIDED = audit.verb("withdrawal.decided", "decided about an order that was taken back")
BOUND = audit.verb("withdrawal.bound", "said which prescription was taken back")


@command
@aside("code", "payload")
def ask(
    actor: Actor,
    *,
    prescription: Prescription,
    kind: str,
    what: str,
    code: UUID,
    at: datetime,
    payload: bytes = b"",
    partner: str = "",
) -> Enquiry:
    """Ask the prescriber: the message waits in the outbox; without one, somebody calls. One request of a kind at a time."""
    actor.must(acts.ASK, at=at, site_id=prescription.site_id)
    refuse_needless(prescription, kind, actor=actor, at=at)
    if Enquiry.objects.filter(prescription=prescription, kind=kind, state=Enquiry.State.WAITING).exists():
        raise Refused("asked_already", f"The prescriber was asked already about Rx {prescription.number}.")
    enquiry = append(
        Enquiry(
            site_id=actor.site_id,
            code=code,
            prescription=prescription,
            kind=kind,
            asked_at=at,
            asked_by=actor.name,
            by_wire=bool(payload),
            what=what[:300],
        )
    )
    if payload:
        outbox.put(actor, partner=partner, kind="ncpdp-script", payload=payload, at=at, about=str(code))
    audit.record(actor, ASKED, at=at, on=prescription, why=what, after={"request": kind, "by_wire": bool(payload)})
    return enquiry


def refuse_needless(prescription: Prescription, kind: str, *, actor: Actor, at: datetime) -> None:
    """Refused where nothing needs to be asked: a prescriber who gets needless requests stops reading them."""
    if prescription.prescriber_id is None:
        raise Refused("not_entered", "Enter the prescription first: nobody knows yet whom to ask.")
    if kind != Enquiry.Kind.RENEWAL:
        return
    standing = refillable.standing(prescription, queries.fills_of(prescription))
    expired = standing.expires_on is not None and actor.day(at) > standing.expires_on
    if prescription.is_active and not expired and standing.left and not standing.first_is_due:
        n = standing.left
        raise Refused(
            "refills_left", f"Rx {prescription.number} has {n} refill{'s' if n > 1 else ''} left: no renewal is needed."
        )


@command
def note_answer(actor: Actor, *, enquiry: Enquiry, outcome: str, words: str, at: datetime) -> Enquiry:
    """Write down an answer that came by telephone or fax. What was approved is then received as an order of its own."""
    actor.must(acts.ASK, at=at, site_id=enquiry.site_id)
    enquiry = _waiting(enquiry)
    if outcome not in {"approved", "changed", "denied"}:
        raise Refused("outcome_unknown", "Say how the prescriber answered.", {"outcome": "Choose one"})
    if not words.strip():
        raise Refused("why_needed", "Write down who answered, and what they said.", {"words": "Needed"})
    said = Answered(kind="renewal", to=(), outcome=outcome, words=words.strip())  # type: ignore[arg-type]
    enquiries.answer(actor, enquiry, said, message=None, has_order=True, at=at)
    return _see(actor, enquiry, at=at)


@command
def withdraw(actor: Actor, *, enquiry: Enquiry, why: str, at: datetime) -> Enquiry:
    """No longer ask: the patient stopped the medicine, or somebody else was asked."""
    actor.must(acts.ASK, at=at, site_id=enquiry.site_id)
    enquiry = _waiting(enquiry)
    if not why.strip():
        raise Refused("why_needed", "Say why.", {"why": "Needed"})
    enquiry.state, enquiry.answer = Enquiry.State.WITHDRAWN, why
    keep(enquiry, "state", "answer")
    audit.record(actor, ENDED, at=at, on=enquiry.prescription, why=why)
    return _see(actor, enquiry, at=at)


def _waiting(enquiry: Enquiry) -> Enquiry:
    rows = Enquiry.objects.select_for_update(no_key=True, of=("self",)).select_related("prescription")
    now = rows.get(pk=enquiry.pk)
    if now.state != Enquiry.State.WAITING:
        raise Refused("stale", "This request was answered a moment ago. Look at it again.")
    return now


@command
def see(actor: Actor, *, enquiry: Enquiry, at: datetime) -> Enquiry:
    """Take note of an answer: it leaves the list and stays with the prescription."""
    actor.must(acts.ASK, at=at, site_id=enquiry.site_id)
    if enquiry.state == Enquiry.State.WAITING:
        raise Refused("not_answered", "There is no answer yet.")
    return _see(actor, enquiry, at=at)


def _see(actor: Actor, enquiry: Enquiry, *, at: datetime) -> Enquiry:
    if enquiry.seen_at is None:
        enquiry.seen_at, enquiry.seen_by = at, actor.name
        keep(enquiry, "seen_at", "seen_by")
        audit.record(actor, SEEN, at=at, on=enquiry.prescription)
    return enquiry


def halt(prescription: Prescription) -> None:
    """Make every open fill of it stale for who has it in hand: they look again, and see that it was stopped."""
    Fill.objects.filter(prescription=prescription, state__in=OPEN).update(version=F("version") + 1)


@command
def bind(actor: Actor, *, withdrawal: Withdrawal, prescription: Prescription, at: datetime) -> Withdrawal:
    """Say which prescription a message takes back that named none of ours; it is stopped at once."""
    actor.must(acts.DECIDE_WITHDRAWAL, at=at, site_id=withdrawal.site_id)
    withdrawal = _undecided(withdrawal)
    withdrawal.prescription = prescription
    keep(withdrawal, "prescription")
    enquiries.stop(actor, prescription, at=at)
    halt(prescription)
    audit.record(actor, BOUND, at=at, on=prescription)
    return withdrawal


@command
@aside("payload")
def decide(
    actor: Actor,
    *,
    withdrawal: Withdrawal,
    cancel: bool,
    why: str,
    at: datetime,
    payload: bytes = b"",
    partner: str = "",
) -> Withdrawal:
    """Cancel the order as its prescriber asks, with every fill of it that is in the house, or say why not; they are answered either way."""
    actor.must(acts.DECIDE_WITHDRAWAL, at=at, site_id=withdrawal.site_id)
    withdrawal = _undecided(withdrawal)
    prescription = withdrawal.prescription
    if not why.strip():
        raise Refused("why_needed", "Say why.", {"why": "Needed"})
    if cancel and prescription is None:
        raise Refused("not_bound", "Say first which prescription it is.", {"number": "Needed"})
    if prescription is not None:
        prescription.stopped_at = None
        keep(prescription, "stopped_at")
    if cancel and prescription is not None:
        end_fills(actor, prescription, why=why, at=at)
        orders.end(prescription)
        screening.void(prescription)
    withdrawal.state = Withdrawal.State.CANCELLED if cancel else Withdrawal.State.DENIED
    withdrawal.decided_at, withdrawal.decided_by, withdrawal.why = at, actor.name, why[:300]
    keep(withdrawal, "state", "decided_at", "decided_by", "why")
    if payload:
        outbox.put(actor, partner=partner, kind="ncpdp-script", payload=payload, at=at, about=str(withdrawal.code))
    audit.record(actor, DECIDED, at=at, on=prescription or withdrawal.message, why=why, after={"cancelled": cancel})
    return withdrawal


def end_fills(actor: Actor, prescription: Prescription, *, why: str, at: datetime) -> None:
    """Cancel what is not in a vial yet, and return to stock what is; in the running transaction."""
    for fill in list(queries.fills(actor).filter(prescription=prescription, state__in=OPEN).order_by("fill_no")):
        if fill.state in IN_HOUSE:
            checking.return_to_stock(actor, fill=fill, why=why, at=at)
        else:
            review.cancel(actor, fill=fill, why=why, at=at)


def _undecided(withdrawal: Withdrawal) -> Withdrawal:
    rows = Withdrawal.objects.select_for_update(no_key=True, of=("self",)).select_related("prescription", "message")
    now = rows.get(pk=withdrawal.pk)
    if now.state != Withdrawal.State.WAITING:
        raise Refused("stale", f"Decided already by {now.decided_by}: {now.get_state_display().lower()}.")
    return now
