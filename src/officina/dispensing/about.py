"""What an entry of the audit trail is about: the number that stands on the paper, the patient, and where it is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Model, QuerySet, Value

from officina.base.access import Actor
from officina.base.models import AuditEntry
from officina.dispensing.models import Bag, Fill, PickUp
from officina.inventory.models import Lot
from officina.patients.models import Patient
from officina.prescriptions.models import Message, Prescription


@dataclass(frozen=True, slots=True)
class Thing:
    """What somebody did something to."""

    kind: str
    """'fill', 'prescription', 'patient', 'bag', 'pickup', 'lot' or 'message'."""
    number: str
    """A fill is told by its prescription: that is what a person reads on the paper and the vial."""
    code: UUID
    """Of the page that shows it: a prescription for its fill, a patient for a bag."""
    patient: str


_COLUMNS: dict[type[Model], tuple[str, str, str]] = {
    Fill: ("prescription__number", "prescription__code", "patient__"),
    Prescription: ("number", "code", "patient__"),
    Patient: ("number", "code", ""),
    Bag: ("number", "patient__code", "patient__"),
    PickUp: ("", "patient__code", "patient__"),
    Lot: ("number", "code", "-"),
    Message: ("", "code", "-"),
}
"""Of each kind: where its number stands, the code of its page, and the way to its patient ('-' where it has none)."""
_KINDS = {kind._meta.model_name: kind for kind in _COLUMNS}


def things(actor: Actor, entries: Iterable[AuditEntry]) -> dict[str, Thing]:
    """By the code in the entry, what it is about; one statement, however many entries and kinds."""
    asked: dict[type[Model], set[str]] = {}
    for e in entries:
        kind = _KINDS.get(e.on_type)
        if kind is not None and e.on_code:
            asked.setdefault(kind, set()).add(e.on_code)
    if not asked:
        return {}
    first, *others = (_rows(actor, kind, codes) for kind, codes in asked.items())
    rows = first.union(*others, all=True) if others else first
    return {
        str(own): Thing(kind, number, page, ", ".join(part for part in (last, given) if part))
        for own, kind, number, page, last, given in rows
    }


def _rows(actor: Actor, kind: type[Model], codes: Iterable[str]) -> QuerySet[Any, Any]:
    number, page, patient = _COLUMNS[kind]
    none = Value("", output_field=CharField())
    rows: QuerySet[Any, Any] = (
        kind._default_manager.filter(site=actor.site_id, code__in=list(codes))
        .order_by()
        .annotate(
            of_kind=Value(kind._meta.model_name, output_field=CharField()),
            its_number=F(number) if number else none,
            its_page=F(page),
            its_last=none if patient == "-" else F(f"{patient}last_name"),
            its_first=none if patient == "-" else F(f"{patient}first_name"),
        )
        .values_list("code", "of_kind", "its_number", "its_page", "its_last", "its_first")
    )
    return rows


def codes_of(actor: Actor, number: str) -> list[str]:
    """The codes of everything that bears this number: an Rx with its fills and its message, a fill, a bag with what is in it, a lot or vial, a patient."""
    text = number.strip().upper().removeprefix("RX").strip()
    if not text:
        return []
    site = actor.site_id
    asked: list[QuerySet[Any, Any]] = [
        Prescription.objects.filter(site=site, number=text).values_list("code"),
        Prescription.objects.filter(site=site, number=text, message__isnull=False).values_list("message__code"),
        Fill.objects.filter(site=site, prescription__number=text).values_list("code"),
        Fill.objects.filter(site=site, number=text).values_list("code"),
        Fill.objects.filter(site=site, bag__number=text).values_list("code"),
        Bag.objects.filter(site=site, number=text).values_list("code"),
        PickUp.objects.filter(site=site, bags__number=text).values_list("code"),
        Lot.objects.filter(site=site, number__iexact=text).values_list("code"),
        Lot.objects.filter(site=site, vial_number=text).values_list("code"),
        Patient.objects.filter(site=site, number=text).values_list("code"),
    ]
    first, *others = (rows.order_by() for rows in asked)
    return [str(code) for (code,) in first.union(*others)]
