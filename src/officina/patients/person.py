"""The records of one person, while a command writes: held, kept alike, and the words by which they are found."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet

from officina.base.access import Actor
from officina.base.rows import Question
from officina.kernel.clock import day_of
from officina.kernel.errors import Refused
from officina.patients import rules
from officina.patients.models import CapWish, FormerName, NameWord, Note, Patient

ALIKE = (
    "last_name",
    "first_name",
    "middle_name",
    "name_key",
    "born_on",
    "sex",
    "street",
    "city",
    "state",
    "postal_code",
    "phone",
    "language",
    "weight_kg",
    "weight_on",
    "allergies_asked_on",
    "easy_open",
    "notes",
    "household",
)
"""What a merged record says as its survivor does: whoever reads a label, a bag or a bill of it reads the person's name of today."""


def _held(**which: Any) -> "QuerySet[Patient, Patient]":
    return Patient.objects.select_for_update(no_key=True, of=("self",)).filter(**which)


_HELD = Question(lambda pk: _held(pk=pk), pk=BigIntegerField())


def hold(*patients: Patient) -> list[Patient]:
    """The records as they are now, kept from others until the transaction ends; always in the same order, so that nobody waits in a circle."""
    keys = {p.pk for p in patients}
    rows = _held(pk__in=keys).order_by("pk") if len(keys) > 1 else _HELD(pk=patients[0].pk)
    found = {p.pk: p for p in rows}
    return [found[p.pk] for p in patients]


def hold_one(patient: Patient) -> Patient:
    """The record as it is now, held; Refused where it was merged into another, which is written to instead."""
    (now,) = hold(patient)
    if now.merged_into_id is not None:
        raise Refused(
            "merged_away", f"{now.number} was merged into another record. Open the patient again and repeat it there."
        )
    return now


def all_of(person_id: int) -> Q:
    """A person's records: the one that stands, and those merged into it."""
    return Q(pk=person_id) | Q(merged_into=person_id)


def records(person_id: Any) -> "QuerySet[Patient, Any]":
    """The keys of a person's records, for a condition inside a question that is worded once (`patient__in`).

    Two questions in one, each by its index: as a single "or" the databases would read every row to find a few.
    """
    stands, merged = Patient.objects.filter(pk=person_id), Patient.objects.filter(merged_into=person_id)
    return stands.values("pk").union(merged.values("pk"), all=True)


def write(patient: Patient, values: Mapping[str, Any]) -> None:
    """Write columns of the record and of those merged into it, and make the given row say so. One statement."""
    Patient.objects.filter(all_of(patient.pk)).update(**values)
    for name, value in values.items():
        setattr(patient, name, value)


def learn_words(patient: Patient, *, last_name: str = "", first_name: str = "") -> None:
    """Keep the words by which a record is found: of its names as given, and of every former one."""
    names = [(last_name or patient.last_name, first_name or patient.first_name, patient.middle_name)]
    names += FormerName.objects.filter(patient=patient, ended_on=None).values_list(
        "last_name", "first_name", "first_name"
    )
    keep_words(patient, names)


def keep_words(patient: Patient, names: Iterable[tuple[str, str, str]]) -> None:
    """Make these names' words the record's."""
    wanted = set().union(*(rules.name_words(*name) for name in names))
    have = set(NameWord.objects.filter(patient=patient).values_list("word", flat=True))
    if have - wanted:
        NameWord.objects.filter(patient=patient, word__in=have - wanted).delete()
    rows = [NameWord(site_id=patient.site_id, patient=patient, word=word) for word in sorted(wanted - have)]
    NameWord.objects.bulk_create(rows)


def signed_notes(actor: Actor, person_id: int) -> str:
    """The notes that hold, each with who wrote it and when, as the banner shows them."""
    rows = Note.objects.filter(ended_at=None, patient__in=records(person_id)).order_by("at", "id")
    return "\n".join(f"{n.text} ({n.user_name}, {rules.said(day_of(n.at, actor.zone))})" for n in rows)


def wants_easy_open(person_id: int) -> bool:
    """Whether the patient's wish for easy-open caps on everything stands."""
    rows = CapWish.objects.filter(ended_at=None, rx_number="", patient__in=records(person_id))
    return rows.exists()
