"""Transfers: a prescription goes to another pharmacy, or comes from one, with the record that both must keep."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField

from officina.base import audit
from officina.base import queries as house
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append
from officina.dispensing import queries, refillable
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import FINAL, State
from officina.dispensing.services import enquiring, intake
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.dea import DeaNumber
from officina.law import transfers as law
from officina.prescriptions import acts
from officina.prescriptions.models import Prescription, Transfer
from officina.prescriptions.services import orders
from officina.prescriptions.written import WrittenOrder
from officina.screening import services as screening

OUT = audit.verb("prescription.transferred_out", "transferred the prescription to another pharmacy")
IN = audit.verb("prescription.transferred_in", "took the prescription over from another pharmacy")

_ALONE = Question(
    lambda pk: Prescription.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"), pk=BigIntegerField()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The other pharmacy and its pharmacist."""

    pharmacy: str
    address: str
    pharmacist: str
    phone: str = ""
    dea: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the other pharmacy says of a prescription that comes from it."""

    rx_number: str
    refills_ordered: int
    refills_left: int
    """Fills that may still be dispensed, the first one included where nothing was dispensed yet."""
    first_dispensed_on: date | None = None
    last_dispensed_on: date | None = None
    schedule: int = 0


def facts_of(prescription: Prescription, fills: list[Fill]) -> law.Facts:
    """A prescription as the law of transfers looks at it."""
    standing = refillable.standing(prescription, fills)
    is_owed = any(f.kind == Fill.Kind.COMPLETION and f.state not in FINAL for f in fills)
    return law.Facts(
        schedule=prescription.schedule,
        is_electronic=prescription.origin == Prescription.Origin.ELECTRONIC,
        was_dispensed=any(f.state == State.SOLD for f in fills),
        has_owed=is_owed,
        refills_left=standing.left,
        times_transferred=prescription.transfers.count(),
        expires_on=prescription.expires_on,
    )


@command
def transfer_out(actor: Actor, *, prescription: Prescription, to: Other, asked_by: str, at: datetime) -> Transfer:
    """Give a prescription to another pharmacy: what is under way here goes back, the prescription ends, the record is kept."""
    _must(actor, prescription.schedule, site_id=prescription.site_id, at=at)
    _ALONE(pk=prescription.pk)
    prescription.refresh_from_db()
    if not prescription.is_active or prescription.drug_id is None:
        raise Refused("ended", "Only a prescription that was entered and has not ended can be transferred.")
    if prescription.stopped_at is not None:
        raise Refused("stopped", f"The prescriber takes Rx {prescription.number} back: a pharmacist decides first.")
    if not asked_by.strip():
        raise Refused("asked_by", "A transfer is made because the patient asks. Say who asked.", {"asked_by": "Needed"})
    to = _sound(to, way="out", schedule=prescription.schedule)
    fills = queries.fills_of(prescription)
    facts = facts_of(prescription, fills)
    law.ruling(facts, on=actor.day(at)).refuse()
    enquiring.end_fills(actor, prescription, why=f"Transferred to {to.pharmacy}", at=at)
    # What went back to stock gives its refill back, so that is counted after it.
    standing = refillable.standing(prescription, queries.fills_of(prescription))
    sold = [f for f in fills if f.state == State.SOLD]
    record = {
        "asked_by": asked_by.strip(),
        "written_on": _text(prescription.written_on),
        "refills_ordered": prescription.refills,
        "was_dispensed": bool(sold),
        "first_dispensed_on": _text(actor.day(sold[0].since) if sold else None),
        "last_dispensed_on": _text(prescription.supply_from),
        "quantity": f"{prescription.quantity or Decimal(0):f}",
        "directions": prescription.directions,
        "medicine": str(prescription.drug),
        "prescriber": str(prescription.prescriber),
        "from": _ourselves(actor),
        "rx_number": prescription.number,
    }
    made = _keep(actor, prescription, way=Transfer.Way.OUT, other=to, refills=standing.left, record=record, at=at)
    orders.end(prescription)
    prescription.is_active = False
    screening.void(prescription)
    audit.record(actor, OUT, at=at, on=prescription, after={"to": to.pharmacy, "refills": standing.left})
    return made


@command
def transfer_in(
    actor: Actor,
    *,
    order: WrittenOrder,
    other: Other,
    before: Before,
    at: datetime,
    promised_at: datetime | None = None,
) -> Fill:
    """Take a prescription over: it waits for entry like any order, with its own date and no more than what is left of it.

    `order.refills` is not asked: of so many fills left, one is the first that is dispensed here.
    """
    _must(actor, before.schedule, site_id=actor.site_id, at=at)
    given = {**asdict(other), **asdict(before), "written_on": order.written_on}
    missing = law.missing(given, way="in", schedule=before.schedule)
    if missing:
        raise Refused("transfer_record", " ".join(missing.values()), missing)
    other = _sound(other, way="in", schedule=before.schedule)
    if before.schedule == 2 and before.first_dispensed_on is not None:
        raise Refused(
            "transfer_schedule_ii", f"A Schedule II prescription that was filled is not transferable. ({law.INITIAL})"
        )
    if before.refills_left < 1:
        raise Refused(
            "transfer_nothing_left", "Nothing is left of it that could be dispensed.", {"refills_left": "At least 1"}
        )
    if before.refills_left > before.refills_ordered + 1:
        raise Refused(
            "transfer_too_many",
            "More is left than was ordered.",
            {"refills_left": f"At most {before.refills_ordered + 1}"},
        )
    taken = _with_refills(order, before.refills_left - 1, other)
    fill = intake.receive(actor, order=taken, origin=Prescription.Origin.PHARMACY, at=at, promised_at=promised_at)
    record: dict[str, Any] = {
        **{name: _text(value) if isinstance(value, date) else value for name, value in asdict(before).items()},
        "written_on": _text(order.written_on),
        "to": _ourselves(actor),
    }
    _keep(
        actor,
        fill.prescription,
        way=Transfer.Way.IN,
        other=other,
        refills=before.refills_left - 1,
        record=record,
        at=at,
    )
    audit.record(actor, IN, at=at, on=fill.prescription, after={"from": other.pharmacy, "rx": before.rx_number})
    return fill


def _with_refills(order: WrittenOrder, refills: int, other: Other) -> WrittenOrder:
    note = f"Transfer from {other.pharmacy}, {other.pharmacist}."
    return replace(order, refills=refills, note=f"{note} {order.note}".strip())


def _must(actor: Actor, schedule: int, *, site_id: int, at: datetime) -> None:
    """Controlled prescriptions move between two licensed pharmacists (21 CFR 1306.08, 1306.25)."""
    actor.must(acts.TRANSFER_CONTROLLED if schedule else acts.TRANSFER, at=at, site_id=site_id)


def _sound(other: Other, *, way: str, schedule: int) -> Other:
    missing = law.missing(asdict(other), way=way, schedule=schedule) if way == "out" else {}
    if missing:
        raise Refused("transfer_record", " ".join(missing.values()), missing)
    try:
        dea = DeaNumber.parse(other.dea).text if other.dea else ""
    except ParseError as problem:
        raise Refused("dea", str(problem), {"dea": f"Expected {problem.expected}"}) from problem
    return Other(**{**asdict(other), "dea": dea})


def _ourselves(actor: Actor) -> dict[str, str]:
    site = house.site(actor.site_id)
    address = ", ".join(part for part in (site.street, site.city, site.state, site.postal_code) if part)
    return {
        "pharmacy": site.name,
        "address": address,
        "phone": site.phone,
        "dea": site.dea,
        "pharmacist": actor.name,
    }


def _keep(
    actor: Actor,
    prescription: Prescription,
    *,
    way: str,
    other: Other,
    refills: int,
    record: dict[str, Any],
    at: datetime,
) -> Transfer:
    return append(
        Transfer(
            site_id=actor.site_id,
            prescription=prescription,
            way=way,
            at=at,
            pharmacy=other.pharmacy.strip()[:120],
            address=other.address.strip()[:200],
            phone=other.phone[:20],
            dea=other.dea,
            pharmacist=other.pharmacist.strip()[:120],
            refills=refills,
            record=record,
            made_by_id=actor.user_id,
            made_by=actor.name,
        )
    )


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
