"""Adding patients and what is known of them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.drugs.models import Ingredient
from officina.kernel.errors import Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.patients import acts, likeness, noting, person, rules
from officina.patients.models import Allergy, Condition, Patient

ADDED = audit.verb("patient.added", "added the patient")
CHANGED = audit.verb("patient.changed", "changed the profile")
VIEWED = audit.verb("patient.viewed", "looked at the profile")
ALLERGY = audit.verb("patient.allergy_noted", "noted an allergy")
ALLERGY_ENDED = audit.verb("patient.allergy_struck", "struck out an allergy")
ALLERGIES_ASKED = audit.verb("patient.allergies_asked", "asked about allergies")
CONDITION = audit.verb("patient.condition_noted", "noted a condition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A patient as typed in."""

    last_name: str
    first_name: str
    born_on: date
    middle_name: str = ""
    sex: str = "U"
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    phone: str = ""
    language: str = "English"
    weight_kg: Decimal | None = None
    notes: str = ""
    """The first note, of somebody who is added; later ones are noted each by itself."""


def _checked(details: Details, *, on: date) -> dict[str, object]:
    """Details as columns; Refused with the field named where one cannot be."""
    if not details.last_name.strip() or not details.first_name.strip():
        raise Refused(
            "name_missing", "A patient needs a first and a last name.", {"last_name": "Needed", "first_name": "Needed"}
        )
    if details.born_on > on:
        raise Refused("born_later", "The date of birth is in the future.", {"born_on": "In the future"})
    if details.born_on.year < on.year - 130:
        raise Refused(
            "born_long_ago", "The date of birth is more than 130 years ago.", {"born_on": "More than 130 years ago"}
        )
    state = rules.state_code(details.state)
    if state is None:
        raise Refused(
            "state_unknown", f"{details.state} is no US state or territory.", {"state": "Two letters, such as WI"}
        )
    language = details.language.strip() or "English"
    if language not in likeness.languages():
        raise Refused(
            "language_unknown", f"{language} is not in the list of languages.", {"language": "Choose one of the list"}
        )
    values = {f: getattr(details, f) for f in details.__slots__ if f != "notes"}
    values["language"] = language
    values["state"] = state
    values["phone"] = rules.digits(details.phone)
    values["name_key"] = rules.name_key(details.last_name, details.first_name)
    values["weight_on"] = on if details.weight_kg is not None else None
    return values


@command
def add(actor: Actor, *, details: Details, at: datetime) -> Patient:
    """Add a patient to the site."""
    actor.must(acts.EDIT, at=at)
    number = HouseNumber.issue("P", numbering.take(actor.site_id, "patient")).text
    patient = Patient.objects.create(site_id=actor.site_id, number=number, **_checked(details, on=actor.day(at)))
    person.keep_words(patient, [(patient.last_name, patient.first_name, patient.middle_name)])
    audit.record(actor, ADDED, at=at, on=patient)
    if details.notes.strip():
        noting.note(actor, patient=patient, text=details.notes, at=at)
    return patient


@command
def change(actor: Actor, *, patient: Patient, details: Details, at: datetime) -> Patient:
    """Change a patient's details; what was before stays in the audit trail."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    values = _checked(details, on=actor.day(at))
    now = person.hold_one(patient)
    if details.weight_kg == now.weight_kg:
        values["weight_on"] = now.weight_on
    before = {f: str(getattr(now, f)) for f, v in values.items() if getattr(now, f) != v}
    if not before:
        return patient
    person.write(patient, {f: values[f] for f in before})
    if {"last_name", "first_name", "middle_name"} & before.keys():
        person.learn_words(patient)
    audit.record(actor, CHANGED, at=at, on=patient, before=before, after={f: str(values[f]) for f in before})
    return patient


@command
def view(actor: Actor, *, patient: Patient, at: datetime) -> None:
    """Say that somebody looked at a profile: reading is recorded too."""
    actor.must(acts.SEE, at=at, site_id=patient.site_id)
    audit.record(actor, VIEWED, at=at, on=patient)


@command
def note_allergy(
    actor: Actor,
    *,
    patient: Patient,
    text: str,
    at: datetime,
    ingredient: Ingredient | None = None,
    drug_class: str = "",
    reaction: str = "",
    severity: str = "unknown",
) -> Allergy:
    """Note an allergy; one without ingredient or class is kept as text and shown as not screened."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    if not text.strip():
        raise Refused("allergy_missing", "Say what the patient reacts to.", {"text": "Needed"})
    if severity not in Allergy.Kind.values:
        raise Refused("severity_unknown", "Choose how severe the reaction was.", {"severity": "Choose one"})
    allergy = Allergy.objects.create(
        patient=patient,
        text=text.strip(),
        ingredient=ingredient,
        drug_class=drug_class,
        reaction=reaction,
        severity=severity,
        noted_on=actor.day(at),
    )
    _asked(patient, on=actor.day(at))
    audit.record(actor, ALLERGY, at=at, on=patient, after={"allergy": allergy.text, "severity": severity})
    return allergy


@command
def strike_allergy(actor: Actor, *, patient: Patient, allergy: Allergy, why: str, at: datetime) -> None:
    """End an allergy that does not hold, with the reason; the row stays."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    if not why.strip():
        raise Refused("why_needed", "Say why the allergy is struck out.", {"why": "Needed"})
    of_person = Patient.objects.filter(person.all_of(patient.person_id))
    Allergy.objects.filter(pk=allergy.pk, patient__in=of_person).update(ended_on=actor.day(at))
    audit.record(actor, ALLERGY_ENDED, at=at, on=patient, why=why, before={"allergy": allergy.text})


@command
def no_known_allergies(actor: Actor, *, patient: Patient, at: datetime) -> None:
    """Say that the patient was asked and named no other allergies."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    _asked(patient, on=actor.day(at))
    audit.record(actor, ALLERGIES_ASKED, at=at, on=patient)


def _asked(patient: Patient, *, on: date) -> None:
    person.write(patient, {"allergies_asked_on": on})


@command
def note_condition(actor: Actor, *, patient: Patient, text: str, at: datetime, icd10: str = "") -> Condition:
    """Note a disease or state."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    if not text.strip():
        raise Refused("condition_missing", "Say what the condition is.", {"text": "Needed"})
    condition = Condition.objects.create(
        patient=patient, text=text.strip(), icd10=icd10.strip().upper(), noted_on=actor.day(at)
    )
    audit.record(actor, CONDITION, at=at, on=patient, after={"condition": condition.text})
    return condition
