"""Easy-open caps: who asked for them and when, for everything or for one prescription. Without that the law wants a child-resistant cap."""

from datetime import datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.kernel.errors import Refused
from officina.patients import acts, person
from officina.patients.models import CapWish, Patient

ASKED = audit.verb("patient.easy_open_asked", "recorded who asked for easy-open caps")
ENDED = audit.verb("patient.easy_open_ended", "ended easy-open caps")


@command
def ask(
    actor: Actor, *, patient: Patient, asked_by: str, asked_name: str, at: datetime, rx_number: str = ""
) -> CapWish:
    """Record a request for easy-open caps: the patient's for all or for one prescription, a prescriber's for one only (15 USC 1473(b))."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    if asked_by not in CapWish.Asker.values:
        raise Refused("asker_unknown", "Say who asked.", {"asked_by": "Choose one"})
    if not asked_name.strip():
        raise Refused("asker_unnamed", "Give the name of who asked.", {"asked_name": "Needed"})
    if asked_by == CapWish.Asker.PRESCRIBER and not rx_number:
        raise Refused(
            "prescriber_for_one",
            "A prescriber may ask for one prescription only; for everything the patient must ask. (15 USC 1473(b))",
            {"rx_number": "Which prescription?"},
        )
    person.hold_one(patient)
    of_person = Patient.objects.filter(person.all_of(patient.pk))
    if CapWish.objects.filter(patient__in=of_person, rx_number=rx_number, ended_at=None).exists():
        raise Refused("asked_before", "This is on record already.")
    wish = CapWish.objects.create(
        patient=patient,
        rx_number=rx_number,
        asked_by=asked_by,
        asked_name=asked_name.strip()[:120],
        at=at,
        user_name=actor.name,
    )
    if not rx_number:
        person.write(patient, {"easy_open": True})
    told = {"for": rx_number or "everything", "by": asked_by, "name": wish.asked_name}
    audit.record(actor, ASKED, at=at, on=patient, after=told)
    return wish


@command
def end(actor: Actor, *, patient: Patient, wish: CapWish, at: datetime) -> None:
    """Nobody wants the easy-open cap any more: the next vial closes as the law wants it."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    person.hold_one(patient)
    of_person = Patient.objects.filter(person.all_of(patient.pk))
    rows = CapWish.objects.filter(pk=wish.pk, patient__in=of_person, ended_at=None)
    if not rows.update(ended_at=at, ended_by=actor.name):
        raise Refused("wish_ended", "This was ended before, or is another patient's.")
    person.write(patient, {"easy_open": person.wants_easy_open(patient.pk)})
    audit.record(actor, ENDED, at=at, on=patient, before={"for": wish.rx_number or "everything"})
