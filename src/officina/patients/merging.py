"""Two records of one person shown as one, and apart again: a pointer and a journal; not one row of history is moved.

These write inside the command of the caller, who has asked what else stands in the way (`dispensing.services.merging`).
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.kernel.errors import Refused
from officina.patients import acts, person
from officina.patients.models import Merge, Patient, TwoPeople

MERGED = audit.verb("patient.merged", "merged two records of one patient")
UNMERGED = audit.verb("patient.unmerged", "took a merge of two patient records back")
TWO_PEOPLE = audit.verb("patient.two_people", "said that two alike records are two people")

CHOICES: Mapping[str, tuple[str, ...]] = {
    "name": ("last_name", "first_name", "middle_name", "name_key"),
    "born_on": ("born_on",),
    "sex": ("sex",),
    "address": ("street", "city", "state", "postal_code"),
    "phone": ("phone",),
    "language": ("language",),
    "weight": ("weight_kg", "weight_on"),
}
"""What a person chooses from either record, and the columns that go with it."""


def is_unlike(one: Patient, other: Patient) -> bool:
    """Whether it takes a pharmacist and a reason to say that these are one person."""
    return one.born_on != other.born_on or ({one.sex, other.sex} == {"F", "M"})


def differing(one: Patient, other: Patient) -> list[str]:
    """The choices in which two records differ."""
    return [name for name, columns in CHOICES.items() if any(getattr(one, c) != getattr(other, c) for c in columns)]


def join(actor: Actor, *, survivor: Patient, merged: Patient, taken: set[str], why: str, at: datetime) -> Merge:
    """Let one record stand for both, with what is `taken` from the other; the rows are held by the caller."""
    before, gone = told(survivor), told(merged)
    values = {column: getattr(merged, column) for choice in taken for column in CHOICES[choice]}
    asked = [d for d in (survivor.allergies_asked_on, merged.allergies_asked_on) if d is not None]
    values["allergies_asked_on"] = max(asked, default=None)
    values["household_id"] = survivor.household_id or merged.household_id
    Patient.objects.filter(pk=merged.pk).update(merged_into=survivor)
    values["easy_open"] = person.wants_easy_open(survivor.pk)
    values["notes"] = person.signed_notes(actor, survivor.pk)
    for name, value in values.items():
        setattr(survivor, name, value)
    person.write(survivor, {name: getattr(survivor, name) for name in person.ALIKE})
    merged.refresh_from_db()
    made = Merge.objects.create(
        site_id=survivor.site_id,
        survivor=survivor,
        merged=merged,
        at=at,
        user_name=actor.name,
        why=why.strip()[:300],
        survivor_before=before,
        merged_before=gone,
        survivor_after=told(survivor),
    )
    changed = {k: v for k, v in made.survivor_after.items() if before[k] != v}
    audit.record(
        actor,
        MERGED,
        at=at,
        on=survivor,
        why=why,
        before={k: before[k] for k in changed},
        after={"merged": merged.number, "merged_code": str(merged.code), **changed},
    )
    return made


def part(actor: Actor, *, merge: Merge, survivor: Patient, merged: Patient, why: str, at: datetime) -> None:
    """Both records are again what they were; what was written to the survivor since stays with it. The rows are held by the caller."""
    Patient.objects.filter(pk=merged.pk).update(merged_into=None, **_read(merge.merged_before))
    merged.refresh_from_db()
    now = told(survivor)
    back = {
        name: value
        for name, value in merge.survivor_before.items()
        if value != merge.survivor_after[name] and now[name] == merge.survivor_after[name]
    }
    values = _read(back)
    values |= {"easy_open": person.wants_easy_open(survivor.pk), "notes": person.signed_notes(actor, survivor.pk)}
    person.write(survivor, values)
    # Notes and wishes may have been written or ended meanwhile, on either side.
    own = {"easy_open": person.wants_easy_open(merged.pk), "notes": person.signed_notes(actor, merged.pk)}
    person.write(merged, own)
    merge.ended_at, merge.ended_by, merge.why_ended = at, actor.name, why.strip()[:300]
    merge.save(update_fields=["ended_at", "ended_by", "why_ended"])
    audit.record(
        actor,
        UNMERGED,
        at=at,
        on=survivor,
        why=why,
        before={k: now[k] for k in back},
        after={"apart": merged.number, "apart_code": str(merged.code), **back},
    )


def told(patient: Patient) -> dict[str, Any]:
    """What a record says, as plain values that a journal keeps."""
    return {name: _plain(getattr(patient, f"{name}_id" if name == "household" else name)) for name in person.ALIKE}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _read(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of a journal as columns again."""
    fields: dict[str, Any] = {name: Patient._meta.get_field(name) for name in kept}
    found = {name: value if value is None else fields[name].to_python(value) for name, value in kept.items()}
    if "household" in found:
        found["household_id"] = found.pop("household")
    return found


@command
def two_people(actor: Actor, *, one: Patient, other: Patient, why: str, at: datetime) -> TwoPeople:
    """Somebody looked: these are two people. They are not proposed as duplicates again."""
    actor.must(acts.MERGE, at=at, site_id=one.site_id)
    actor.must(acts.MERGE, at=at, site_id=other.site_id)
    if one.pk == other.pk:
        raise Refused("same_record", "This is one and the same record.")
    if not why.strip():
        raise Refused("why_needed", "Say how you know.", {"why": "Needed"})
    low, high = sorted((one, other), key=lambda p: p.pk)
    found = TwoPeople.objects.filter(one=low, other=high).first()
    if found is not None:
        return found
    made = TwoPeople.objects.create(one=low, other=high, at=at, user_name=actor.name, why=why.strip()[:300])
    audit.record(actor, TWO_PEOPLE, at=at, on=one, why=why, after={"other": other.number})
    return made


def unsound() -> list[str]:
    """A sentence for each record whose pointer, journal or words do not go together; over all sites."""
    found = []
    standing = {m.merged_id: m for m in Merge.objects.filter(ended_at=None)}
    rows = Patient.objects.filter(Q(merged_into__isnull=False) | Q(pk__in=standing)).select_related("merged_into")
    for p in rows.order_by("pk"):
        merge, into = standing.get(p.pk), p.merged_into
        if into is None or merge is None or merge.survivor_id != into.pk:
            found.append(
                f"patient {p.number}: the record and the journal of merges do not agree into which it was merged"
            )
        elif into.merged_into_id is not None:
            found.append(f"patient {p.number}: merged into {into.number}, which is itself merged into another")
        elif told(p) != told(into):
            found.append(f"patient {p.number}: merged into {into.number} and does not say the same")
        elif into.site_id != p.site_id:
            found.append(f"patient {p.number}: merged into a record of another pharmacy")
    return found
