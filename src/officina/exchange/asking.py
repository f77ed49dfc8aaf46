"""The conversation with prescribers: what is asked goes out in their network where they are in one, and what they take back is answered."""

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from officina.base import queries as house
from officina.base.access import Actor
from officina.dispensing import queries as dispensing
from officina.dispensing.queries import Fill
from officina.dispensing.rules.machine import State
from officina.dispensing.services import enquiring
from officina.exchange import script_asking
from officina.exchange.script_asking import REASONS as REASONS
from officina.exchange.script_asking import Asking, Medicine
from officina.kernel.errors import Refused
from officina.kernel.quantity import written
from officina.prescriptions.queries import Enquiry, Prescription, Withdrawal
from officina.prescriptions.written import Person

SCRIPT = "ncpdp-script"


def ask_renewal(actor: Actor, prescription: Prescription, *, refills: int, note: str = "", at: datetime) -> Enquiry:
    """Ask for a renewal with so many refills. By wire where the order came so; else the request waits for somebody to call."""
    if not 0 <= refills <= 11:
        raise Refused("refills", "Ask for 0 to 11 refills.", {"refills": "0 to 11"})
    code = uuid4()
    asking = _asking(actor, prescription, code.hex, at=at)
    payload = b""
    if asking is not None:
        fills = [f for f in dispensing.fills_of(prescription) if f.state == State.SOLD]
        payload = script_asking.renewal_request(
            asking,
            ordered=_ordered(prescription, note=note),
            dispensed=_dispensed(prescription, fills[-1] if fills else None),
            refills=refills,
        )
    what = (
        f"Renewal of {written(prescription.quantity or Decimal(0))} with {refills} refill{'' if refills == 1 else 's'}."
    )
    return enquiring.ask(
        actor,
        prescription=prescription,
        kind="renewal",
        what=f"{what} {note}".strip(),
        code=code,
        at=at,
        payload=payload,
        partner=asking.recipient if asking else "",
    )


def ask_change(actor: Actor, prescription: Prescription, *, reason: str, wanted: str, at: datetime) -> Enquiry:
    """Ask for a change of the order: `reason` is a code of `REASONS`, `wanted` says in words what should be ordered instead."""
    if reason not in REASONS:
        raise Refused("reason_unknown", "Say why the order should be changed.", {"reason": "Choose one"})
    if not wanted.strip():
        raise Refused("wanted_missing", "Say what should be ordered instead.", {"wanted": "Needed"})
    code = uuid4()
    asking = _asking(actor, prescription, code.hex, at=at)
    ordered = _ordered(prescription)
    payload = script_asking.change_request(asking, code=reason, ordered=ordered, note=wanted) if asking else b""
    return enquiring.ask(
        actor,
        prescription=prescription,
        kind="change",
        what=f"{REASONS[reason]}: {wanted}",
        code=code,
        at=at,
        payload=payload,
        partner=asking.recipient if asking else "",
    )


def decide(actor: Actor, withdrawal: Withdrawal, *, cancel: bool, why: str, at: datetime) -> Withdrawal:
    """Cancel what a prescriber takes back, or not; the answer tells what was dispensed before."""
    message = withdrawal.message
    payload = b""
    if message.format == SCRIPT:
        payload = script_asking.cancel_response(
            bytes(message.received.raw),
            message_id=withdrawal.code.hex,
            at=at,
            approved=cancel,
            note=f"{why.strip().rstrip('.')}. {_so_far(withdrawal.prescription)}"[:255],
        )
    return enquiring.decide(
        actor, withdrawal=withdrawal, cancel=cancel, why=why, at=at, payload=payload, partner=message.sender
    )


def _so_far(prescription: Prescription | None) -> str:
    if prescription is None:
        return "The prescription is not known here."
    sold = [f for f in dispensing.fills_of(prescription) if f.state == State.SOLD]
    if not sold:
        return "Nothing was dispensed."
    last = f", the last on {prescription.supply_from:%Y-%m-%d}" if prescription.supply_from else ""
    return f"{len(sold)} fill{'s were' if len(sold) > 1 else ' was'} dispensed{last}."


def _asking(actor: Actor, prescription: Prescription, message_id: str, *, at: datetime) -> Asking | None:
    """Who asks whom, where the order came by wire; None where its prescriber has no address there."""
    message, patient, prescriber = prescription.message, prescription.patient, prescription.prescriber
    if message is None or message.format != SCRIPT or not message.sender or patient is None or prescriber is None:
        return None
    site = house.site(actor.site_id)
    return Asking(
        message_id=message_id,
        sender=site.ncpdp_id,
        recipient=message.sender,
        at=at,
        rx_number=prescription.number,
        order_number=prescription.order_number,
        relates_to=message.message_id,
        pharmacy=site.name,
        npi=site.npi,
        patient=_person(patient),
        born_on=patient.born_on,
        sex=patient.sex,
        prescriber=_person(prescriber),
        prescriber_npi=prescriber.npi,
        version=message.version,
    )


def _person(who: object) -> Person:
    names = ("last_name", "first_name", "middle_name", "street", "city", "state", "postal_code", "phone")
    return Person(**{name: getattr(who, name, "") for name in names})


def _ordered(prescription: Prescription, *, note: str = "") -> Medicine:
    return Medicine(
        name=str(prescription.drug or ""),
        quantity=prescription.quantity,
        unit=prescription.drug.unit if prescription.drug else "",
        days_supply=prescription.days_supply,
        refills=prescription.refills,
        directions=prescription.directions,
        written_on=prescription.written_on,
        daw=prescription.daw == "1",
    )


def _dispensed(prescription: Prescription, last: Fill | None) -> Medicine:
    package = last.package if last else None
    on: date | None = prescription.supply_from
    return Medicine(
        name=str(package.product.drug if package else prescription.drug or ""),
        ndc=package.ndc.replace("-", "") if package and len(package.ndc.replace("-", "")) == 11 else "",
        quantity=last.quantity if last else prescription.quantity,
        unit=prescription.drug.unit if prescription.drug else "",
        days_supply=last.days_supply if last else prescription.days_supply,
        directions=prescription.directions,
        last_fill_on=on,
    )
