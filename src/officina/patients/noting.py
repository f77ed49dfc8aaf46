"""Notes that are signed and ended, and names by which a person was known."""

from datetime import datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.kernel.errors import Refused
from officina.patients import acts, person, rules
from officina.patients.models import FormerName, Note, Patient

NOTED = audit.verb("patient.noted", "wrote a note on the patient")
NOTE_ENDED = audit.verb("patient.note_ended", "ended a note on the patient")
NAME_NOTED = audit.verb("patient.name_noted", "noted a former name")
NAME_ENDED = audit.verb("patient.name_struck", "struck out a former name")


@command
def note(actor: Actor, *, patient: Patient, text: str, at: datetime) -> Note:
    """Write a note that everybody sees on the banner, with who wrote it and when."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    plain = " ".join(text.split())
    if not plain:
        raise Refused("note_missing", "Write the note.", {"text": "Needed"})
    if len(plain) > 500:
        raise Refused("note_long", "A note has at most 500 letters.", {"text": "At most 500 letters"})
    person.hold_one(patient)
    written = Note.objects.create(patient=patient, text=plain, at=at, user_name=actor.name)
    person.write(patient, {"notes": person.signed_notes(actor, patient.pk)})
    audit.record(actor, NOTED, at=at, on=patient, after={"note": plain})
    return written


@command
def end_note(actor: Actor, *, patient: Patient, note: Note, why: str, at: datetime) -> None:
    """A note does not hold any more: it leaves the banner and stays in the profile, with who ended it and why."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    if not why.strip():
        raise Refused("why_needed", "Say why the note does not hold any more.", {"why": "Needed"})
    person.hold_one(patient)
    of_person = Patient.objects.filter(person.all_of(patient.pk))
    rows = Note.objects.filter(pk=note.pk, patient__in=of_person, ended_at=None)
    if not rows.update(ended_at=at, ended_by=actor.name, why_ended=why.strip()[:300]):
        raise Refused("note_ended", "This note was ended before, or is another patient's.")
    person.write(patient, {"notes": person.signed_notes(actor, patient.pk)})
    audit.record(actor, NOTE_ENDED, at=at, on=patient, why=why, before={"note": note.text})


@command
def note_name(
    actor: Actor, *, patient: Patient, last_name: str, first_name: str, kind: str, at: datetime
) -> FormerName:
    """Note a name by which the person was known or is called: found by it from now on, never printed."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    last, first = last_name.strip(), first_name.strip()
    if not rules.fold(last + first):
        raise Refused("name_missing", "Give a last or a first name.", {"last_name": "Needed"})
    if kind not in FormerName.Kind.values:
        raise Refused("kind_unknown", "Say what kind of name it is.", {"kind": "Choose one"})
    person.hold_one(patient)
    noted = FormerName.objects.create(
        patient=patient, last_name=last, first_name=first, kind=kind, noted_on=actor.day(at)
    )
    person.learn_words(patient)
    audit.record(actor, NAME_NOTED, at=at, on=patient, after={"name": str(noted), "kind": kind})
    return noted


@command
def strike_name(actor: Actor, *, patient: Patient, name: FormerName, why: str, at: datetime) -> None:
    """A former name was never this person's: nobody is found by it any more; the row stays."""
    actor.must(acts.EDIT, at=at, site_id=patient.site_id)
    if not why.strip():
        raise Refused("why_needed", "Say why the name is struck out.", {"why": "Needed"})
    person.hold_one(patient)
    if not FormerName.objects.filter(pk=name.pk, patient=patient, ended_on=None).update(ended_on=actor.day(at)):
        raise Refused(
            "name_gone", "This name was struck out before, or belongs to a record that was merged into this one."
        )
    person.learn_words(patient)
    audit.record(actor, NAME_ENDED, at=at, on=patient, why=why, before={"name": str(name)})
