"""Reading patient profiles; every question starts from the actor's site."""

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import BigIntegerField, CharField, DateField, Q, QuerySet

from officina.base.access import Actor
from officina.base.rows import Question
from officina.kernel.errors import Refused
from officina.patients import likeness, rules
from officina.patients.models import Allergy as Allergy
from officina.patients.models import CapWish as CapWish
from officina.patients.models import Condition as Condition
from officina.patients.models import FormerName as FormerName
from officina.patients.models import Merge as Merge
from officina.patients.models import Note as Note
from officina.patients.models import Patient as Patient
from officina.patients.person import records as records


@dataclass(frozen=True, slots=True)
class Profile:
    """A patient with what screening and the banner need."""

    patient: Patient
    allergies: list[Allergy]
    conditions: list[Condition]


def patients(actor: Actor) -> QuerySet[Patient]:
    """The records of the actor's site, those too that were merged into another."""
    return Patient.objects.filter(site_id=actor.site_id)


_STANDING = Patient.objects.filter(merged_into__isnull=True)
"""The records that stand for somebody, of every site: each person once."""


def people(actor: Actor) -> QuerySet[Patient]:
    """The records of the actor's site that stand for somebody."""
    return _STANDING.filter(site_id=actor.site_id)


def record(actor: Actor, code: str) -> Patient:
    """A record by code, be it merged into another; Refused where this site has none such."""
    found = patients(actor).select_related("merged_into").filter(code=code).first()
    if found is None:
        raise Refused("no_patient", "There is no such patient here.")
    return found


def numbered(actor: Actor, number: str) -> Patient:
    """A record by the number that people say, be it merged into another; Refused where this site has none such."""
    found = patients(actor).select_related("merged_into").filter(number=number.strip().upper()).first()
    if found is None:
        raise Refused(
            "no_patient", f"There is no patient {number.strip().upper()[:20]} here.", {"number": "Look at the number"}
        )
    return found


def patient(actor: Actor, code: str) -> Patient:
    """A patient by code; of a merged record the one that stands for it. Refused where this site has none such."""
    found = record(actor, code)
    return found.merged_into or found


_RECORDS = Question(
    lambda person: Patient.objects.filter(Q(pk=person) | Q(merged_into=person)).order_by("pk").values_list("pk"),
    person=BigIntegerField(),
)


def records_of(person_id: int) -> list[int]:
    """The keys of a person's records: the one that stands, and those merged into it. One statement.

    Asked for first and given as numbers to what joins many tables: PostgreSQL would else join all rows before it looks whose they are.
    """
    return [key for (key,) in _RECORDS(person=person_id)]


_ALLERGIES = Question(
    lambda patient: (
        Allergy.objects.filter(patient__in=records(patient), ended_on__isnull=True)
        .select_related("ingredient")
        .order_by("id")
    ),
    patient=BigIntegerField(),
)
_CONDITIONS = Question(
    lambda patient: Condition.objects.filter(patient__in=records(patient), ended_on__isnull=True).order_by("id"),
    patient=BigIntegerField(),
)
_NOTES = Question(
    lambda person: Note.objects.filter(patient__in=records(person)).order_by("-at", "-id"), person=BigIntegerField()
)
_NAMES = Question(
    lambda person: FormerName.objects.filter(patient__in=records(person), ended_on__isnull=True).order_by("id"),
    person=BigIntegerField(),
)
_CAP_WISHES = Question(
    lambda person: CapWish.objects.filter(patient__in=records(person)).order_by("-at", "-id"), person=BigIntegerField()
)
_MERGES = Question(
    lambda survivor: Merge.objects.filter(survivor=survivor).select_related("merged").order_by("-at", "-id"),
    survivor=BigIntegerField(),
)
_HOUSEMATES = Question(
    lambda household, person: _STANDING.filter(household=household).exclude(pk=person).order_by("name_key", "id"),
    household=BigIntegerField(),
    person=BigIntegerField(),
)
_SAID = Question(
    lambda site, key, born: _STANDING.filter(site=site, name_key=key, born_on=born)[:2],
    site=BigIntegerField(),
    key=CharField(),
    born=DateField(),
)


def profile(patient: Patient) -> Profile:
    """Allergies and conditions that hold now, of all records of the person. Two statements, a third for a merged record."""
    if patient.merged_into is not None:
        patient = patient.merged_into
    return Profile(patient, allergies_of(patient), _CONDITIONS(patient=patient.pk))


def allergies_of(patient: Patient) -> list[Allergy]:
    """The allergies that hold now, of all records of the person. One statement."""
    return _ALLERGIES(patient=patient.person_id)


def notes_of(patient: Patient) -> list[Note]:
    """Every note of a patient, newest first, with those that ended."""
    return _NOTES(person=patient.person_id)


def names_of(patient: Patient) -> list[FormerName]:
    """The other names of a patient that hold."""
    return _NAMES(person=patient.person_id)


def also_called(actor: Actor, *, last_name: str, first_name: str, born_on: date) -> list[tuple[str, str]]:
    """Every other name, last and first, by which who says this name and birth date is known here: former ones, and those of merged records.

    Three statements, one where nobody was born on that day.
    """
    born = {p.pk: p for p in patients(actor).filter(born_on=born_on)}
    if not born:
        return []
    names: dict[int, set[tuple[str, str]]] = {}
    for p in born.values():
        names.setdefault(p.person_id, set()).add((p.last_name, p.first_name))
    for former in FormerName.objects.filter(patient__in=list(born), ended_on=None):
        p = born[former.patient_id]
        names[p.person_id].add((former.last_name or p.last_name, former.first_name or p.first_name))
    for merge in Merge.objects.filter(survivor__in=list(born), ended_at=None):
        told = (merge.survivor_before, merge.merged_before)
        names[born[merge.survivor_id].person_id] |= {(one["last_name"], one["first_name"]) for one in told}
    key = rules.name_key(last_name, first_name)
    same = (of_one for of_one in names.values() if any(rules.name_key(*name) == key for name in of_one))
    return sorted({name for of_one in same for name in of_one if rules.name_key(*name) != key})


def cap_wishes_of(patient: Patient) -> list[CapWish]:
    """Who asked for easy-open caps, and when; newest first, with what ended."""
    return _CAP_WISHES(person=patient.person_id)


def wants_easy_open(patient: Patient, rx_number: str) -> bool:
    """Whether easy-open caps were asked for: for everything, or for this prescription."""
    if patient.easy_open:
        return True
    rows = CapWish.objects.filter(patient__in=records(patient.person_id), rx_number=rx_number, ended_at=None)
    return rows.exists()


def merges_of(patient: Patient) -> list[Merge]:
    """What was merged into this record, and from what it was parted again; newest first."""
    return _MERGES(survivor=patient.pk)


def merge(actor: Actor, code: str) -> Merge:
    """A merge by code; Refused where this site has none such."""
    rows = Merge.objects.filter(site_id=actor.site_id, code=code)
    found = rows.select_related("survivor", "merged").first()
    if found is None:
        raise Refused("no_merge", "There is no such merge here.")
    return found


def standing_merge(actor: Actor, merged: Patient) -> Merge:
    """The merge by which a record was merged into another; Refused where it stands for itself."""
    rows = Merge.objects.filter(site_id=actor.site_id, merged=merged, ended_at=None)
    found = rows.select_related("survivor", "merged").first()
    if found is None:
        raise Refused("not_merged", f"{merged.number} is not merged into another record.")
    return found


def housemates(patient: Patient) -> list[Patient]:
    """The others of a patient's household, by name. No statement where there is none."""
    if patient.household_id is None:
        return []
    return _HOUSEMATES(household=patient.household_id, person=patient.person_id)


def same_address(actor: Actor, patient: Patient, *, most: int = 8) -> list[Patient]:
    """Who has the same telephone, or the same street and ZIP, and is not in the household yet: a person asks before they are linked."""
    alike = Q(phone=patient.phone) if patient.phone else Q(pk__in=[])
    if patient.street:
        alike |= Q(street=patient.street, postal_code=patient.postal_code)
    rows = people(actor).filter(alike).exclude(pk=patient.pk)
    if patient.household_id is not None:
        rows = rows.exclude(household=patient.household_id)
    return list(rows.order_by("name_key", "id")[:most])


def search(actor: Actor, text: str, *, most: int = 20) -> list[Patient]:
    """By name beginnings ('flor mar'), a date of birth (1954-12-25 or 12/25/1954), a phone number, or the patient's number."""
    text = text.strip()
    if _PATIENT_NUMBER.fullmatch(text):
        found = patients(actor).select_related("merged_into").filter(number=text.upper()).first()
        return [found.merged_into or found] if found else []
    born = birth(text)
    if born:
        return list(people(actor).filter(born_on=born).order_by("name_key")[:most])
    number = rules.digits(text)
    if number and len(number) >= 5 and not any(c.isalpha() for c in text):
        return list(people(actor).filter(phone=number).order_by("name_key")[:most])
    return named(actor, text, most=most)


def named(actor: Actor, text: str, *, born_on: date | None = None, most: int = 20) -> list[Patient]:
    """By the beginnings of the last and the first name, in this order; of those born on a day, where one is given."""
    words = rules.fold(text).split()
    if not words:
        return []
    found = people(actor).filter(beginning("name_key", words[0]))
    for word in words[1:]:
        found = found.filter(name_key__contains=f" {word}")
    if born_on is not None:
        found = found.filter(born_on=born_on)
    return list(found.order_by("name_key", "born_on")[:most])


def beginning(column: str, folded: str) -> Q:
    """What begins so, asked so that the index helps whatever the database's order of letters is: its own LIKE reads every row."""
    asked = Q(**{f"{column}__startswith": folded, f"{column}__gte": folded})
    stem = folded.rstrip("z")
    if stem:
        after = "a" if stem[-1] == "9" else chr(ord(stem[-1]) + 1)
        asked &= Q(**{f"{column}__lt": stem[:-1] + after})
    return asked


_PATIENT_NUMBER = re.compile(r"[Pp]\d{5,18}", re.ASCII)


def birth(text: str) -> date | None:
    """A date of birth as typed, 12/25/1954 or 1954-12-25; None where it is none."""
    parts = text.replace("/", "-").split("-")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    try:
        y, m, d = map(int, parts if len(parts[0]) == 4 else (parts[2], parts[0], parts[1]))
        return date(y, m, d)
    except ValueError:
        return None


_ALIKE = 50
_BORN = Question(
    lambda site, born: _STANDING.filter(site=site, born_on=born).order_by("name_key")[:_ALIKE],
    site=BigIntegerField(),
    born=DateField(),
)
_SO_CALLED = Question(
    lambda site, key: _STANDING.filter(site=site, name_key=key).order_by("born_on", "id")[:_ALIKE],
    site=BigIntegerField(),
    key=CharField(),
)


def candidates(actor: Actor, *, last_name: str, first_name: str, born_on: date | None, most: int = 5) -> list[Patient]:
    """Who the written patient may be: same birth date and a name alike first, then same name. A person confirms."""
    key = rules.name_key(last_name, first_name)
    last, first = rules.fold(last_name).split(), rules.fold(first_name).split()
    if not last:
        return []
    born = _BORN(site=actor.site_id, born=born_on) if born_on else []
    found = {p.pk: p for p in born if p.name_key.startswith(last[0]) or _may_be(p, last, first)}
    for p in _SO_CALLED(site=actor.site_id, key=key)[:most]:
        found.setdefault(p.pk, p)
    return sorted(found.values(), key=lambda p: (p.born_on != born_on, p.name_key != key, p.pk))[:most]


def _may_be(patient: Patient, last: list[str], first: list[str]) -> bool:
    """Whether both names are alike, be they swapped."""
    words = patient.name_key.split()
    return likeness.share(last, words) and (not first or likeness.share(first, words))


def by_two_identifiers(actor: Actor, *, last_name: str, first_name: str, born_on: date) -> list[Patient]:
    """Patients whose typed name and date of birth both fit exactly, once folded."""
    return _SAID(site=actor.site_id, key=rules.name_key(last_name, first_name), born=born_on)
