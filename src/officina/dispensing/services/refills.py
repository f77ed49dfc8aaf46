"""Refills: a prescription that was dispensed before becomes a fill again, screened anew and waiting for the pharmacist."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import BigIntegerField

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append
from officina.dispensing import acts, queries, refillable
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.rules import refilling
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.returns import will_call
from officina.kernel.errors import Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.quantity import written
from officina.prescriptions.models import Prescription
from officina.screening import services as screening

REFILL = audit.verb("fill.refill", "asked for a refill")

_ALONE = Question(
    lambda pk: Prescription.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"), pk=BigIntegerField()
)


@command
def refill(
    actor: Actor,
    *,
    prescription: Prescription,
    at: datetime,
    quantity: Decimal | None = None,
    promised_at: datetime | None = None,
    early: str = "",
) -> Fill:
    """Fill a prescription again, or less of it where `quantity` says so; `early` is the pharmacist's reason to do it too soon.

    The entry was checked once; the patient's profile has changed since, so the refill is screened and reviewed like any fill.
    """
    actor.must(acts.REFILL, at=at, site_id=prescription.site_id)
    # Two clerks take the same call from two relatives: one after the other, and the second is told of the first.
    _ALONE(pk=prescription.pk)
    before = queries.fills_of(prescription)
    standing = refillable.standing(prescription, before)
    _allowed(actor, standing, prescription=prescription, early=early, at=at)
    whole = prescription.quantity
    assert whole is not None
    quantity = whole if quantity is None else quantity
    if not 0 < quantity <= whole:
        raise Refused(
            "quantity", "A refill is at most what was ordered.", {"quantity": f"More than 0, at most {written(whole)}"}
        )
    last = before[-1]
    fill = Fill(
        site_id=actor.site_id,
        number=HouseNumber.issue("F", numbering.take(actor.site_id, "fill")).text,
        prescription=prescription,
        fill_no=last.fill_no + 1,
        kind=Fill.Kind.FIRST if standing.first_is_due else Fill.Kind.REFILL,
        state=State.CLINICAL_REVIEW,
        since=at,
        received_at=at,
        promised_at=promised_at or at + timedelta(minutes=will_call().promise_minutes),
        patient_id=prescription.patient_id,
        quantity=quantity,
        days_supply=refilling.days_of(quantity, whole=whole, days=prescription.days_supply),
        package_id=last.package_id,
    )
    append(fill)
    _step(actor, fill, why=early, at=at)
    audit.record(
        actor,
        REFILL,
        at=at,
        on=fill,
        why=early,
        after={"number": fill.number, "prescription": prescription.number, "quantity": str(quantity)},
    )
    screening.screen(actor, prescription=prescription, at=at)
    return fill


def _allowed(
    actor: Actor, standing: refilling.Standing, *, prescription: Prescription, early: str, at: datetime
) -> None:
    """Refused as the rules say, except that a pharmacist's reason passes what is only too soon."""
    no = refilling.refusal(standing, on=actor.day(at))
    if no is not None and no.code == "too_soon" and early.strip():
        actor.must(acts.REFILL_EARLY, at=at, site_id=prescription.site_id)
    elif no is not None:
        raise no


def _step(actor: Actor, fill: Fill, *, why: str, at: datetime) -> None:
    append(
        FillStep(
            fill=fill,
            at=at,
            move="refill",
            to_state=fill.state,
            user_id=actor.user_id,
            user_name=actor.name,
            user_role=actor.role_title,
            why=why,
        )
    )
