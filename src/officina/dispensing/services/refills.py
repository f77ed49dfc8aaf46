"""Refills: a prescription that was dispensed before becomes a fill again, screened anew and waiting for the pharmacist."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import BigIntegerField

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append
from officina.dispensing import acts, queries, refillable
from officina.dispensing.models import CommonDate, Fill, FillStep
from officina.dispensing.rules import refilling
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.returns import will_call
from officina.kernel.ids.numbers import HouseNumber
from officina.prescriptions.models import Prescription
from officina.prescriptions.services import orders as prescriptions
from officina.screening import services as screening

REFILL = audit.verb("fill.refill", "asked for a refill")

_ALONE = Question(
    lambda pk: Prescription.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"), pk=BigIntegerField()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for beside the refill itself; empty where it is an ordinary one."""

    quantity: Decimal | None = None
    """None: what was ordered, or what is left of it."""
    days: int | None = None
    """How long it lasts, where that was worked out; else its share of the days ordered."""
    promised_at: datetime | None = None
    early: str = ""
    """A pharmacist's reason to do it too soon."""
    why: str = ""
    """What asked for it, where nobody stood at the counter."""
    common_date: CommonDate | None = None
    lasts_until: date | None = None
    due_on: date | None = None


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
    standing, last = look_to_start(actor, prescription, at=at)
    wish = Wish(quantity=quantity, promised_at=promised_at, early=early)
    return begin(actor, prescription, standing, last, wish, at=at)


def look(prescription: Prescription, *, zone: str = "UTC") -> tuple[refilling.Standing, Fill | None]:
    """What a prescription has had so far and its last fill, kept from others until the transaction ends."""
    # Two clerks take the same call from two relatives: one after the other, and the second is told of the first.
    _ALONE(pk=prescription.pk)
    return _stands(prescription, zone)


def look_to_start(actor: Actor, prescription: Prescription, *, at: datetime) -> tuple[refilling.Standing, Fill | None]:
    """The same before a refill is started: by the schedule in which the medicine is now, where that is stricter than at entry."""
    _ALONE(pk=prescription.pk)
    prescriptions.hold_stricter(actor, prescription, at=at)
    return _stands(prescription, actor.zone)


def _stands(prescription: Prescription, zone: str) -> tuple[refilling.Standing, Fill | None]:
    before = queries.fills_of(prescription)
    return refillable.standing(prescription, before, zone=zone), before[-1] if before else None


def begin(
    actor: Actor,
    prescription: Prescription,
    standing: refilling.Standing,
    last: Fill | None,
    wish: Wish,
    *,
    at: datetime,
) -> Fill:
    """Start the fill, refused by the rules that hold for every refill; in the running transaction, after `look`."""
    _allowed(actor, standing, prescription=prescription, early=wish.early, at=at)
    assert last is not None
    quantity = standing.most if wish.quantity is None else wish.quantity
    refilling.refuse_quantity(standing, quantity)
    days = wish.days or refilling.days_of(quantity, whole=standing.whole, days=prescription.days_supply)
    fill = append(_new(actor, prescription, standing, last, wish, quantity=quantity, days=days, at=at))
    why = wish.early or wish.why
    _step(actor, fill, why=why, at=at)
    after = {"number": fill.number, "prescription": prescription.number, "quantity": str(quantity)}
    if wish.lasts_until is not None:
        after["lasts_until"] = wish.lasts_until.isoformat()
    if wish.due_on is not None:
        after["due_on"] = wish.due_on.isoformat()
    audit.record(actor, REFILL, at=at, on=fill, why=why, after=after)
    screening.screen(actor, prescription=prescription, at=at)
    return fill


def _new(
    actor: Actor,
    prescription: Prescription,
    standing: refilling.Standing,
    last: Fill,
    wish: Wish,
    *,
    quantity: Decimal,
    days: int | None,
    at: datetime,
) -> Fill:
    return Fill(
        site_id=actor.site_id,
        number=HouseNumber.issue("F", numbering.take(actor.site_id, "fill")).text,
        prescription=prescription,
        fill_no=last.fill_no + 1,
        kind=Fill.Kind.FIRST if standing.first_is_due else Fill.Kind.REFILL,
        state=State.CLINICAL_REVIEW,
        since=at,
        received_at=at,
        promised_at=wish.promised_at or at + timedelta(minutes=will_call().promise_minutes),
        patient_id=prescription.patient_id,
        quantity=quantity,
        days_supply=days,
        package_id=last.package_id,
        common_date=wish.common_date,
        lasts_until=wish.lasts_until,
        due_on=wish.due_on,
    )


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
