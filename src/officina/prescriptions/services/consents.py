"""Consent to refill a prescription by itself: given by whom and how, and how it ended. A consent that ended stays on record."""

from datetime import datetime

from django.db.models import BigIntegerField

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append, keep
from officina.kernel.errors import Refused
from officina.law import auto_refill
from officina.prescriptions import acts
from officina.prescriptions.models import How, Prescription, RefillConsent

GIVEN = audit.verb("refill_consent.given", "wrote down the consent to automatic refills")
ENDED = audit.verb("refill_consent.ended", "ended the consent to automatic refills")

# Its row is kept from others: a consent given at one counter while it is withdrawn at another must not survive by a race.
_HOLDS = Question(
    lambda prescription: (
        RefillConsent.objects.select_for_update(no_key=True)
        .filter(prescription=prescription, ended_at__isnull=True)
        .order_by("id")[:1]
    ),
    prescription=BigIntegerField(),
)


def holding(prescription: Prescription) -> RefillConsent | None:
    """The consent that holds, kept from others until the transaction ends."""
    return _HOLDS.first(prescription=prescription.pk)


@command
def give(actor: Actor, *, prescription: Prescription, given_by: str, how: str, at: datetime) -> RefillConsent:
    """Write down that this prescription is refilled when it falls due, without anybody asking."""
    actor.must(acts.CONSENT, at=at, site_id=prescription.site_id)
    if not prescription.is_active or prescription.drug_id is None:
        raise Refused("ended", "Only a prescription that was entered and has not ended can be refilled automatically.")
    auto_refill.may_consent(prescription.schedule, on=actor.day(at), state=actor.state).refuse()
    if not prescription.refills:
        raise Refused("no_refills", f"Rx {prescription.number} was ordered without refills.")
    _refuse_unsaid(given_by, how, "given_by")
    if holding(prescription) is not None:
        raise Refused("consented", f"The consent for Rx {prescription.number} is written down already.")
    made = append(
        RefillConsent(
            site_id=actor.site_id,
            prescription=prescription,
            given_at=at,
            given_by=given_by.strip()[:120],
            how=how,
            taken_by_id=actor.user_id,
            taken_by=actor.name,
        )
    )
    audit.record(actor, GIVEN, at=at, on=prescription, after={"consent": str(made.code), "how": how})
    return made


@command
def withdraw(actor: Actor, *, prescription: Prescription, withdrawn_by: str, how: str, at: datetime) -> RefillConsent:
    """Write down that it is not refilled by itself any more; what was started already is for a person to stop."""
    actor.must(acts.CONSENT, at=at, site_id=prescription.site_id)
    _refuse_unsaid(withdrawn_by, how, "withdrawn_by")
    consent = holding(prescription)
    if consent is None:
        raise Refused("no_consent", f"There is no consent for Rx {prescription.number} that could be withdrawn.")
    consent.ended_by, consent.ended_how = withdrawn_by.strip()[:120], how
    return _end(actor, prescription, consent, RefillConsent.Ending.WITHDRAWN, why="", at=at)


def end(actor: Actor, prescription: Prescription, ending: str, *, why: str, at: datetime) -> RefillConsent | None:
    """End the consent where one holds, by what happened; in the running transaction."""
    consent = holding(prescription)
    if consent is None:
        return None
    consent.ended_by = actor.name
    return _end(actor, prescription, consent, ending, why=why, at=at)


def _end(
    actor: Actor, prescription: Prescription, consent: RefillConsent, ending: str, *, why: str, at: datetime
) -> RefillConsent:
    consent.ended_at, consent.ending, consent.ended_why = at, ending, why[:300]
    keep(consent, "ended_at", "ending", "ended_by", "ended_how", "ended_why")
    audit.record(
        actor, ENDED, at=at, on=prescription, why=why, after={"consent": str(consent.code), "ending": str(ending)}
    )
    return consent


def _refuse_unsaid(who: str, how: str, field: str) -> None:
    if not who.strip():
        raise Refused("who", "Say who said so: the patient, or who speaks for them.", {field: "Needed"})
    if how not in How.values:
        raise Refused("how", "Say how they said so.", {"how": "Choose one"})
