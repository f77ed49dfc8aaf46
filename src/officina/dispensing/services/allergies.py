"""Allergies of a patient whose orders are under way: what was cleared without knowing them is screened again at once.

A bag that was checked yesterday must not go out today against an allergy that somebody noted in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from officina.base.access import Actor
from officina.base.command import command
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import FINAL, UNSCREENED
from officina.drugs.models import Ingredient
from officina.patients import person
from officina.patients import services as patients
from officina.patients.models import Allergy, Patient
from officina.screening import queries as screened
from officina.screening import services as screening
from officina.screening.models import Screening


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of the orders under way."""

    screened: tuple[str, ...]
    """Numbers of the fills that were screened again."""
    stopped: tuple[str, ...]
    """Those of them that a serious alert stops now."""


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
) -> Noted:
    """Note an allergy, and screen what is under way for the patient again."""
    fills = _held(patient)
    patients.note_allergy(
        actor,
        patient=patient,
        text=text,
        at=at,
        ingredient=ingredient,
        drug_class=drug_class,
        reaction=reaction,
        severity=severity,
    )
    return _again(actor, fills, at=at)


@command
def strike_allergy(actor: Actor, *, patient: Patient, allergy: Allergy, why: str, at: datetime) -> Noted:
    """End an allergy that does not hold, with the reason, and screen what is under way again."""
    fills = _held(patient)
    patients.strike_allergy(actor, patient=patient, allergy=allergy, why=why, at=at)
    return _again(actor, fills, at=at)


@command
def no_known_allergies(actor: Actor, *, patient: Patient, at: datetime) -> Noted:
    """Say that the patient was asked and named no other allergies: what could not be compared before is compared now."""
    fills = _held(patient)
    patients.no_known_allergies(actor, patient=patient, at=at)
    return _again(actor, fills, at=at)


def _held(patient: Patient) -> list[Fill]:
    """The fills under way of the person, whose record is held: nothing of theirs is handed over meanwhile."""
    person.hold(patient)
    fills = Fill.objects.filter(patient__in=Patient.objects.filter(person.all_of(patient.person_id)))
    return list(fills.exclude(state__in=FINAL).select_related("prescription__patient", "patient").order_by("pk"))


def _again(actor: Actor, fills: list[Fill], *, at: datetime) -> Noted:
    done = screen_orders_again(actor, fills, at=at)
    alarmed = screened.alarmed(sorted(done))
    again = [f for f in fills if f.prescription_id in done]
    return Noted(tuple(f.number for f in again), tuple(f.number for f in again if f.prescription_id in alarmed))


def screen_orders_again(actor: Actor, fills: Iterable[Fill], *, at: datetime) -> set[int]:
    """Screen each order under way that was screened before; answers to the same finding stand. Gives the keys of the prescriptions."""
    orders = {f.prescription_id: f.prescription for f in fills if f.state not in UNSCREENED}
    rows = Screening.objects.filter(prescription__in=orders, is_current=True)
    done = sorted(set(rows.values_list("prescription_id", flat=True)))
    for pk in done:
        order = orders[pk]
        order.refresh_from_db(fields=["patient"])
        screening.screen(actor, prescription=order, at=at)
    return set(done)
