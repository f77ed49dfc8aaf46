"""Households: people at one address or telephone. One learns that something waits for another, never what."""

from datetime import datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.kernel.errors import Refused
from officina.patients import acts, person
from officina.patients.models import Household, Patient

LINKED = audit.verb("household.linked", "linked two people of one household")
LEFT = audit.verb("household.left", "took a person out of the household")


@command
def link(actor: Actor, *, patient: Patient, other: Patient, at: datetime) -> Household:
    """Two people live together: each of their households becomes one. Their profiles stay apart."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    actor.must(acts.EDIT, at=at, site_id=other.site_id)
    one, two = (_standing(p) for p in person.hold(patient, other))
    if one.pk == two.pk:
        raise Refused("same_person", "This is the same patient.")
    if one.household_id is not None and one.household_id == two.household_id:
        raise Refused("linked_before", "They are in one household already.")
    home = one.household or two.household or Household.objects.create(site_id=actor.site_id)
    if two.household_id is not None and two.household_id != home.pk:
        Patient.objects.filter(household=two.household_id).update(household=home)
    for who, row in ((one, patient), (two, other)):
        person.write(who, {"household": home})
        row.household = home
    for who, told in ((one, two), (two, one)):
        audit.record(actor, LINKED, at=at, on=who, after={"with": told.number})
    return home


def _standing(patient: Patient) -> Patient:
    if patient.merged_into_id is not None:
        raise Refused("merged_away", f"{patient.number} was merged into another record: link that one.")
    return patient


@command
def leave(actor: Actor, *, patient: Patient, at: datetime) -> None:
    """A person is not of this household any more; who would be left alone in it is in none."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    now = person.hold_one(patient)
    if now.household_id is None:
        raise Refused("no_household", "This patient is in no household.")
    home = now.household_id
    person.write(now, {"household": None})
    patient.household = None
    rest = Patient.objects.filter(household=home, merged_into=None)
    if rest.count() == 1:
        Patient.objects.filter(household=home).update(household=None)
    audit.record(actor, LEFT, at=at, on=patient)
