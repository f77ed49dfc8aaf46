"""What a prescriber answers to a request, and what a prescriber takes back, read from a SCRIPT message. Pure."""

from dataclasses import replace
from typing import Final

from officina.codecs.ncpdp_script import codes
from officina.codecs.ncpdp_script.model import (
    CancelRx,
    Message,
    NewRx,
    Outcome,
    RxChangeResponse,
    RxRenewalResponse,
)
from officina.prescriptions import written
from officina.prescriptions.written import Answered, TakenBack

OUTCOMES: Final[dict[str, written.Outcome]] = {
    "Approved": "approved",
    "Validated": "approved",
    "ApprovedWithChanges": "changed",
    "Replace": "replaced",
    "Denied": "denied",
    "DeniedNewPrescriptionToFollow": "denied",
}
WITH_ORDER = ("approved", "changed", "replaced")


def answered(message: Message) -> Answered | None:
    """The answer in a RxRenewalResponse or RxChangeResponse; with none or several outcomes it is unclear, and a person must ask."""
    body = message.body
    if not isinstance(body, RxRenewalResponse | RxChangeResponse):
        return None
    header = message.header
    said = (header.relates_to_message_id, body.reference, header.rx_reference_number)
    outcome = OUTCOMES[body.outcomes[0].element] if len(body.outcomes) == 1 else "unclear"
    words = " ".join(part for one in body.outcomes for part in _words(one))
    kind: Final = "renewal" if isinstance(body, RxRenewalResponse) else "change"
    return Answered(kind=kind, to=tuple(one for one in said if one), outcome=outcome, words=words)


def _words(outcome: Outcome) -> list[str]:
    follows = "A new prescription follows." if outcome.element == "DeniedNewPrescriptionToFollow" else ""
    reasons = [codes.word("reasons", code) or f"Reason {code}" for code in outcome.reason_codes]
    parts = [*(f"{reason}." for reason in reasons), outcome.denial_reason, outcome.note, follows]
    return [part for part in parts if part]


def as_order(message: Message) -> Message:
    """The same message as the NewRx that its answer amounts to; without an order in it where none was approved.

    An approved renewal counts fills, the first one included (SCRIPT, RxRenewalResponse); a replacing order counts refills.
    """
    body, answer = message.body, answered(message)
    if not isinstance(body, RxRenewalResponse | RxChangeResponse) or answer is None or answer.outcome not in WITH_ORDER:
        return message
    inner = body.outcomes[0].medication
    medication, place = (body.medication, "medication.") if body.medication else (inner, "outcomes.0.medication.")
    if medication is None:
        return replace(message, body=NewRx(patient=body.patient, prescriber=body.prescriber))
    fills = medication.number_of_refills
    if answer.kind == "renewal" and answer.outcome != "replaced" and fills is not None:
        medication = replace(medication, number_of_refills=max(fills - 1, 0))
    order = NewRx(patient=body.patient, pharmacy=body.pharmacy, prescriber=body.prescriber, medication=medication)
    kept = ("header.", "patient.", "pharmacy.", "prescriber.")
    where = {
        "medication." + name.removeprefix(place) if name.startswith(place) else name: path
        for name, path in message.where.items()
        if name.startswith((place, *kept))
    }
    return replace(message, body=order, where=where)


def taken_back(message: Message) -> TakenBack | None:
    """The order that a CancelRx takes back."""
    body = message.body
    if not isinstance(body, CancelRx):
        return None
    who = body.patient.name if body.patient else None
    parts = (
        f"{who.last_name}, {who.first_name}" if who else "",
        body.medication.drug_description if body.medication else "",
        f"written {body.medication.written_date}" if body.medication and body.medication.written_date else "",
    )
    return TakenBack(
        order_number=message.header.prescriber_order_number,
        to=message.header.relates_to_message_id,
        rx_number=message.header.rx_reference_number,
        what=": ".join(part for part in parts if part)[:300],
    )
