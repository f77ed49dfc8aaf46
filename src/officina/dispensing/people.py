"""What the people behind the fills ask for at the desks: their language on the label, and who of their household is waited for."""

from dataclasses import dataclass

from officina.base.access import Actor
from officina.dispensing.models import Bag, Fill
from officina.dosing import wording
from officina.patients import likeness
from officina.patients.models import Patient


def translated(patient: Patient, directions: str) -> str:
    """The directions in the language of the patient's label; nothing where that is English, or where not every word is understood.

    They are worded anew from what they mean, and only if what they mean gives back the very words that a pharmacist checked.
    """
    if likeness.label_language(patient.language) != "es":
        return ""
    worded = wording.of(directions)
    return worded.spanish if worded.text == directions.strip() else ""


def language_note(fill: Fill) -> str:
    """What to do about the patient's language, in a sentence; nothing for who wants English."""
    patient = fill.patient
    if patient is None or patient.language in {"", "English"}:
        return ""
    if translated(patient, fill.prescription.directions):
        return (
            f"The patient wants {patient.language}: the label says it in both languages. Counsel in {patient.language}."
        )
    return (
        f"The patient wants {patient.language}: the label is in English, since these directions are not worded in it. "
        "Counsel with an interpreter."
    )


@dataclass(frozen=True, slots=True)
class Housemate:
    """Somebody of the same household for whom something waits: a name and bins, nothing of what is in the bags."""

    name: str
    """First name and the letter of the last: whoever collects must still say both, and the date of birth."""
    bins: tuple[str, ...]


def waiting_for_housemates(actor: Actor, patient: Patient) -> list[Housemate]:
    """For whom else of the household bags wait, so that one walk to the bins fetches all. No statement where there is no household."""
    if patient.household_id is None:
        return []
    rows = Bag.objects.filter(
        site_id=actor.site_id, patient__household=patient.household_id, state=Bag.State.WAITING
    ).select_related("patient")
    found: dict[int, tuple[str, list[str]]] = {}
    for one in rows.order_by("patient__name_key", "bin", "id"):
        p = one.patient
        if p.person_id != patient.person_id:
            found.setdefault(p.person_id, (f"{p.first_name} {p.last_name[:1]}.", []))[1].append(one.bin)
    return [Housemate(name, tuple(bins)) for name, bins in found.values()]
