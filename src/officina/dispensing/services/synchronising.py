"""Bringing a patient's medicines to one date: the patient agrees to the day, and the fills that end on it are started."""

from datetime import date, datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append
from officina.dispensing import acts, synchronising
from officina.dispensing.models import CommonDate, Fill
from officina.dispensing.rules.synchronising import refuse_date
from officina.dispensing.services import refills
from officina.kernel.errors import Refused
from officina.law.ruling import in_words
from officina.patients.models import Patient
from officina.prescriptions.models import How, Prescription

AGREED = audit.verb("common_date.agreed", "agreed on one date for all medicines with the patient")


@command
def agree(actor: Actor, *, patient: Patient, anchor: date, agreed_by: str, how: str, at: datetime) -> CommonDate:
    """Write down that the patient wants all medicines to fall due on this day: who said so, how, and to whom."""
    actor.must(acts.SYNCHRONISE, at=at, site_id=patient.site_id)
    refuse_date(anchor, on=actor.day(at))
    if not agreed_by.strip():
        raise Refused("agreed_by", "Say who agreed: the patient, or who speaks for them.", {"agreed_by": "Needed"})
    if how not in How.values:
        raise Refused("how", "Say how they agreed.", {"how": "Choose one"})
    made = append(
        CommonDate(
            site_id=actor.site_id,
            patient=patient,
            on=anchor,
            agreed_at=at,
            agreed_by=agreed_by.strip()[:120],
            how=how,
            user_id=actor.user_id,
            user_name=actor.name,
        )
    )
    audit.record(actor, AGREED, at=at, on=made, after={"patient": patient.number, "on": anchor.isoformat(), "how": how})
    return made


@command
def start(actor: Actor, *, common_date: CommonDate, prescription: Prescription, at: datetime, early: str = "") -> Fill:
    """Start the fill that brings one medicine to the date: worked out anew from what was dispensed until this moment."""
    actor.must(acts.SYNCHRONISE, at=at, site_id=prescription.site_id)
    actor.must(acts.REFILL, at=at, site_id=common_date.site_id)
    if prescription.patient is None or prescription.patient.person_id != common_date.patient.person_id:
        raise Refused("wrong_patient", f"Rx {prescription.number} is another patient's. Nothing was started.")
    on = actor.day(at)
    refuse_date(common_date.on, on=on)
    standing, last = refills.look_to_start(actor, prescription, at=at)
    package = last.package if last is not None else None
    line = synchronising.one(prescription, standing, package, on=on, anchor=common_date.on)
    if line.obstacle is not None:
        raise _of(prescription, line.obstacle)
    if line.way is None or line.quantity is None:
        raise Refused("is_there", f"Rx {prescription.number} falls due on {in_words(common_date.on)} already.")
    wish = refills.Wish(
        quantity=line.quantity,
        days=line.way.days,
        early=early,
        why=f"To one date with the others: {in_words(common_date.on)}",
        common_date=common_date,
        lasts_until=line.way.lasts_until,
    )
    return refills.begin(actor, prescription, standing, last, wish, at=at)


def _of(prescription: Prescription, no: Refused) -> Refused:
    """The same with the number in front, where several were asked for at once."""
    if prescription.number in no.sentence:
        return no
    return Refused(no.code, f"Rx {prescription.number}: {no.sentence}")
