"""Reading patient profiles; every question starts from the actor's site."""

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import BigIntegerField, CharField, DateField, QuerySet

from officina.base.access import Actor
from officina.base.rows import Question
from officina.kernel.errors import Refused
from officina.patients import rules
from officina.patients.models import Allergy as Allergy
from officina.patients.models import Condition as Condition
from officina.patients.models import Patient as Patient


@dataclass(frozen=True, slots=True)
class Profile:
    """A patient with what screening and the banner need."""

    patient: Patient
    allergies: list[Allergy]
    conditions: list[Condition]


def patients(actor: Actor) -> QuerySet[Patient]:
    """The patients of the actor's site."""
    return Patient.objects.filter(site_id=actor.site_id)


def patient(actor: Actor, code: str) -> Patient:
    """A patient by code; Refused where this site has none such."""
    found = patients(actor).filter(code=code).first()
    if found is None:
        raise Refused("no_patient", "There is no such patient here.")
    return found


def by_number(actor: Actor, number: str) -> Patient | None:
    """A patient by the number that people say."""
    return patients(actor).filter(number=number.strip().upper()).first()


_ALLERGIES = Question(
    lambda patient: (
        Allergy.objects.filter(patient=patient, ended_on__isnull=True).select_related("ingredient").order_by("id")
    ),
    patient=BigIntegerField(),
)
_CONDITIONS = Question(
    lambda patient: Condition.objects.filter(patient=patient, ended_on__isnull=True).order_by("id"),
    patient=BigIntegerField(),
)
_SAID = Question(
    lambda site, key, born: Patient.objects.filter(site=site, name_key=key, born_on=born)[:2],
    site=BigIntegerField(),
    key=CharField(),
    born=DateField(),
)


def profile(patient: Patient) -> Profile:
    """Allergies and conditions that hold now. Two statements."""
    return Profile(
        patient,
        allergies_of(patient),
        _CONDITIONS(patient=patient.pk),
    )


def allergies_of(patient: Patient) -> list[Allergy]:
    """The allergies that hold now. One statement."""
    return _ALLERGIES(patient=patient.pk)


def search(actor: Actor, text: str, *, most: int = 20) -> list[Patient]:
    """By name beginnings ('flor mar'), a date of birth (1954-12-25 or 12/25/1954), a phone number, or the patient's number."""
    text = text.strip()
    if _PATIENT_NUMBER.fullmatch(text):
        return list(patients(actor).filter(number=text.upper()))
    born = _birth(text)
    if born:
        return list(patients(actor).filter(born_on=born).order_by("name_key")[:most])
    number = rules.digits(text)
    if number and len(number) >= 5 and not any(c.isalpha() for c in text):
        found = patients(actor).filter(phone=number)
        return list(found.order_by("name_key")[:most])
    words = rules.fold(text).split()
    if not words:
        return []
    found = patients(actor).filter(name_key__startswith=words[0])
    for word in words[1:]:
        found = found.filter(name_key__contains=f" {word}")
    return list(found.order_by("name_key", "born_on")[:most])


_PATIENT_NUMBER = re.compile(r"[Pp]\d{5,18}", re.ASCII)


def _birth(text: str) -> date | None:
    parts = text.replace("/", "-").split("-")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    try:
        y, m, d = map(int, parts if len(parts[0]) == 4 else (parts[2], parts[0], parts[1]))
        return date(y, m, d)
    except ValueError:
        return None


def candidates(actor: Actor, *, last_name: str, first_name: str, born_on: date | None, most: int = 5) -> list[Patient]:
    """Who the written patient may be: same birth date and last name first, then same name. A person confirms."""
    key = rules.name_key(last_name, first_name)
    last = rules.fold(last_name)
    if not last:
        return []
    same_birth = (
        patients(actor).filter(born_on=born_on, name_key__startswith=last) if born_on else Patient.objects.none()
    )
    found = {p.pk: p for p in same_birth.order_by("name_key")[:most]}
    for p in patients(actor).filter(name_key=key).order_by("born_on")[:most]:
        found.setdefault(p.pk, p)
    return sorted(found.values(), key=lambda p: (p.born_on != born_on, p.name_key != key, p.pk))[:most]


def by_two_identifiers(actor: Actor, *, last_name: str, first_name: str, born_on: date) -> list[Patient]:
    """Patients whose typed name and date of birth both fit exactly, once folded."""
    return _SAID(site=actor.site_id, key=rules.name_key(last_name, first_name), born=born_on)
