"""The sweep of refills on consent: each that falls due is started once, screened and refused like a refill by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from officina.base.access import Actor
from officina.base.command import command
from officina.dispensing import acts, auto_refill
from officina.dispensing.auto_refill import Due
from officina.dispensing.models import Fill
from officina.dispensing.rules import auto_refill as rules
from officina.dispensing.services import refills
from officina.kernel.errors import Refused
from officina.law.ruling import in_words
from officina.prescriptions.models import Prescription, RefillConsent
from officina.prescriptions.services import consents


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one that fell due."""

    due: Due
    fill: Fill | None = None
    refusal: Refused | None = None
    ended: str = ""
    """Why its consent ended."""


def sweep(actor: Actor, *, at: datetime, until: date | None = None, only: Iterable[str] | None = None) -> list[Swept]:
    """Start what falls due within the lead time of today or of `until`, each in a transaction of its own; run twice, nothing starts twice.

    `only` names the prescriptions, by code, that somebody has marked on the list.
    """
    actor.must(acts.REFILL, at=at)
    wanted = None if only is None else set(only)
    found = auto_refill.due(actor, on=actor.day(at), until=until)
    return [_swept(actor, one, at=at) for one in found if wanted is None or str(one.rx.code) in wanted]


def _swept(actor: Actor, one: Due, *, at: datetime) -> Swept:
    # Each is a command of its own: one that is refused does not hold up the others.
    own = actor.for_part(one.rx.code)
    if one.silence:
        end_silent(own, prescription=one.rx, at=at)
        return Swept(one, ended=one.silence)
    if one.refusal is not None:
        return Swept(one, refusal=one.refusal)
    try:
        return Swept(one, fill=start(own, prescription=one.rx, due_on=one.due_on, at=at))
    except Refused as no:
        return Swept(one, refusal=no)


@command
def start(actor: Actor, *, prescription: Prescription, due_on: date, at: datetime) -> Fill:
    """Start one refill on consent; everything is asked again, since the list may be older than the consent's end."""
    actor.must(acts.REFILL, at=at, site_id=prescription.site_id)
    standing, last = refills.look_to_start(actor, prescription, at=at)
    consent = consents.holding(prescription)
    if consent is None:
        raise Refused("no_consent", f"Nobody consents any more to automatic refills of Rx {prescription.number}.")
    started = Fill.objects.filter(prescription=prescription, due_on=due_on).values_list("number", flat=True).first()
    no = rules.refusal(standing, started=started or "", on=actor.day(at), state=actor.state)
    if no is not None:
        raise no
    if standing.runs_out_on != due_on:
        raise Refused("not_due", f"Rx {prescription.number} is not due for this any more: something was handed over.")
    why = f"Due on {in_words(due_on)}, on the consent of {consent.given_by}"
    return refills.begin(actor, prescription, standing, last, refills.Wish(why=why, due_on=due_on), at=at)


@command
def end_silent(actor: Actor, *, prescription: Prescription, at: datetime) -> RefillConsent | None:
    """End a consent after so long a silence; what was handed over meanwhile keeps it."""
    actor.must(acts.REFILL, at=at, site_id=prescription.site_id)
    standing, _ = refills.look(prescription, zone=actor.zone)
    consent = consents.holding(prescription)
    if consent is None:
        return None
    given_on, silent_days = actor.day(consent.given_at), rules.terms().silent_days
    why = rules.silence(standing, given_on=given_on, on=actor.day(at), silent_days=silent_days)
    if not why:
        return None
    return consents.end(actor, prescription, RefillConsent.Ending.SILENT, why=why, at=at)


def end_returned(actor: Actor, fill: Fill, *, at: datetime) -> None:
    """A refill that nobody had asked for went back to stock: nobody wants the next one either, where the pack says so. In the running transaction."""
    if fill.due_on is None or not rules.terms().ends_when_returned:
        return
    why = f"{fill.number}, which it started, went back to stock."
    consents.end(actor, fill.prescription, RefillConsent.Ending.RETURNED, why=why, at=at)
