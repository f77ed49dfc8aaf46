"""Entering an order, checking the entry, changing it later."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from officina.base.access import Actor
from officina.base.command import command
from officina.dispensing import queries, refillable
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import COUNTED, State
from officina.dispensing.services import amounts, counting
from officina.dispensing.services.steps import advance, ask, lock
from officina.drugs import queries as drugs
from officina.drugs.models import Package
from officina.kernel.errors import Refused
from officina.kernel.quantity import written
from officina.prescriptions import rules
from officina.prescriptions.services import orders as prescriptions
from officina.prescriptions.services.orders import Entry
from officina.screening import services as screening


@command
def start_entry(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Take a received order to enter it."""
    return advance(actor, fill, "start_entry", at=at)


@command
def submit_entry(actor: Actor, *, fill: Fill, entry: Entry, package: Package, at: datetime) -> Fill:
    """Enter the order and the product to dispense, and send it to the entry check."""
    ask(actor, fill, "submit_entry", at=at, why="")
    ordered = _ordered(fill, entry, package)
    _refuse_other_brand(fill, entry, package, on=actor.day(at))
    prescriptions.enter(actor, prescription=fill.prescription, entry=entry, at=at)
    return advance(actor, fill, "submit_entry", at=at, **ordered)


@command
def approve_entry(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """The entry says what was written; the screening runs and the fill goes to clinical review."""
    ask(actor, fill, "approve_entry", at=at, why="")
    screening.screen(actor, prescription=fill.prescription, at=at)
    return advance(actor, fill, "approve_entry", at=at)


@command
def send_back(actor: Actor, *, fill: Fill, why: str, at: datetime) -> Fill:
    """The entry is not what was written, or the order needs a question to the prescriber: enter again."""
    return advance(actor, fill, "send_back", at=at, why=why)


@command
def amend(actor: Actor, *, fill: Fill, entry: Entry, package: Package, why: str, at: datetime) -> Fill:
    """Change an order whose entry was checked: the count is undone, the alerts are void, and the entry is checked again."""
    ask(actor, fill, "amend", at=at, why=why)
    lock(fill)
    _refuse_split(fill)
    ordered = _ordered(fill, entry, package)
    if fill.state in {*COUNTED, State.CHECKED}:
        counting.undo(actor, fill, at=at, why=why)
    _refuse_other_brand(fill, entry, package, on=actor.day(at))
    prescriptions.enter(actor, prescription=fill.prescription, entry=entry, at=at)
    screening.void(fill.prescription)
    blank: dict[str, Any] = {
        "filled_by_id": None,
        "filled_by": "",
        "filled_at": None,
        "verified_by_id": None,
        "verified_by": "",
        "verified_initials": "",
        "price": None,
    }
    return advance(actor, fill, "amend", at=at, why=why, labels_printed=0, **blank, **ordered)


def _refuse_split(fill: Fill) -> None:
    """Refused where the order is cut in two: changing one part would dispense the other on top of it."""
    if fill.kind == Fill.Kind.COMPLETION:
        raise Refused("owed_rest", "This is the owed rest of an order: dispense it as it was agreed, or cancel it.")
    rest = (
        Fill.objects.filter(rest_of_id=fill.pk)
        .exclude(state__in=[State.CANCELLED, State.RETURNED])
        .values_list("number", flat=True)
    )
    if rest:
        raise Refused(
            "rest_is_owed", f"The rest of this order is fill {rest[0]}: cancel that first, or leave this as it is."
        )


def _is_smaller(fill: Fill, entry: Entry) -> bool:
    """Whether less than the order was asked for, and the order is what it was: then no more is dispensed than was asked for."""
    rx = fill.prescription
    if fill.quantity is None or rx.quantity is None or fill.quantity >= rx.quantity or fill.part_case:
        return False
    before = (rx.drug_id, rx.quantity, rx.days_supply, rx.directions)
    return before == (entry.drug.pk, entry.quantity, entry.days_supply, entry.directions)


def _refuse_more(fill: Fill, entry: Entry) -> None:
    """Refused where this fill would hold the whole order though smaller refills took some of it already."""
    if fill.kind != Fill.Kind.REFILL:
        return
    others = queries.fills_of(fill.prescription)
    taken = refillable.standing(fill.prescription, others).taken - (fill.quantity or Decimal(0))
    if taken + entry.quantity > entry.quantity * entry.refills:
        raise Refused(
            "more_than_authorised",
            f"Refills took {written(taken)} already: with this whole fill it would be more than was authorised. Cancel it, and refill what is left.",
            {"quantity": f"At most {written(max(entry.quantity * entry.refills - taken, Decimal(0)))} are left"},
        )


def _refuse_other_brand(fill: Fill, entry: Entry, package: Package, *, on: date) -> None:
    """Refused where a brand was ordered or asked for, no substitution is allowed, and the chosen product is another."""
    if rules.may_substitute(entry.daw, entry.daw_words or "as written", on=on):
        return
    brands = drugs.brands_of(entry.drug.pk)
    text = str(fill.prescription.written.get("drug_text", "")).casefold()
    wanted = [brand for brand in brands if brand.casefold() in text] or ([] if entry.daw == "1" else brands)
    if wanted and package.product.brand_name not in wanted:
        raise Refused(
            "other_brand",
            f"Product selection code {entry.daw} allows no substitution: dispense {' or '.join(wanted)}.",
            {"package": f"Choose {' or '.join(wanted)}"},
        )


def _refuse_another_order(fill: Fill, entry: Entry) -> None:
    """Refused where another fill of it is in the patient's hands or on its way: its medicine or its patient would be told of by nothing any more.

    What is at home would be screened against no new order, and an alert about a vial in its bin would be gone.
    """
    rx = fill.prescription
    is_same_person = rx.patient is not None and rx.patient.person_id == entry.patient.person_id
    if rx.drug is None or (rx.drug_id == entry.drug.pk and is_same_person):
        return
    others = Fill.objects.filter(prescription_id=rx.pk).exclude(pk=fill.pk)
    if others.exclude(state__in=[State.CANCELLED, State.RETURNED]).exists():
        whose = "Another medicine" if is_same_person else "Another patient"
        raise Refused(
            "another_order",
            f"Another fill of this order of {rx.drug} was handed over or is on its way. {whose} needs a new prescription; cancel this fill.",
        )


def _ordered(fill: Fill, entry: Entry, package: Package) -> dict[str, Any]:
    """What the fill takes over from the entry; Refused where the package is not of the drug that was ordered."""
    _refuse_another_order(fill, entry)
    if package.product.drug_id != entry.drug.pk:
        raise Refused(
            "package_of_other_drug", f"{package.ndc} is not {entry.drug}.", {"package": "Choose a package of this drug"}
        )
    if _is_smaller(fill, entry):
        assert fill.quantity is not None
        amounts.refuse_cut(package, fill.quantity)
        return {"patient": entry.patient, "package": package, "owed": 0}
    amounts.refuse_cut(package, entry.quantity)
    _refuse_more(fill, entry)
    return {
        "patient": entry.patient,
        "quantity": entry.quantity,
        "days_supply": entry.days_supply,
        "package": package,
        "owed": 0,
        "common_date": None,
        "lasts_until": None,
    }
