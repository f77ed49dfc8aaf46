"""What the pharmacy asks of a prescriber, and its answer to a cancellation, as SCRIPT messages. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from officina.codecs.ncpdp_script import build, codes, model
from officina.codecs.ncpdp_script.parse import parse
from officina.prescriptions.written import Person

REASONS = {
    "G": "Generic substitution",
    "T": "Another medicine of the same kind",
    "P": "Prior authorization needed",
    "S": "Something in the order is not clear",
    "OS": "Out of stock",
    "D": "A check found an interaction, allergy or dose",
    "U": "Authorization of the prescriber needed",
}
"""MessageRequestCode of RxChangeRequest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """A medicine as dispensed or ordered. `quantity` in `unit`, days as on the label."""

    name: str
    ndc: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    days_supply: int | None = None
    refills: int | None = None
    directions: str = ""
    written_on: date | None = None
    last_fill_on: date | None = None
    daw: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks whom about which prescription."""

    message_id: str
    sender: str
    """The pharmacy's NCPDP id."""
    recipient: str
    """The prescriber's address in the network, as the order came from."""
    at: datetime
    rx_number: str
    order_number: str = ""
    relates_to: str = ""
    pharmacy: str
    npi: str = ""
    patient: Person
    born_on: date | None
    sex: str = ""
    prescriber: Person
    prescriber_npi: str = ""
    version: str = "2017071"


def renewal_request(asking: Asking, *, ordered: Medicine, dispensed: Medicine, refills: int) -> bytes:
    """Ask for a renewal with so many refills; on the wire all fills are counted, the first one included (standards, section 2.3)."""
    body = model.RxRenewalRequest(
        patient=_patient(asking),
        pharmacy=_pharmacy(asking),
        prescriber=_prescriber(asking),
        dispensed=_medication(dispensed, fills=refills + 1),
        medication=_medication(ordered),
    )
    return _written(asking, body)


def change_request(asking: Asking, *, code: str, ordered: Medicine, note: str) -> bytes:
    """Ask for a change of the order; `code` is one of `REASONS`, the note says what is wanted."""
    medication = _medication(ordered)
    body = model.RxChangeRequest(
        code=code,
        patient=_patient(asking),
        pharmacy=_pharmacy(asking),
        prescriber=_prescriber(asking),
        medication=medication,
        requested=(model.Medication(drug_description=ordered.name[:105], note=note[:210]),),
    )
    return _written(asking, body)


def cancel_response(raw: bytes, *, message_id: str, at: datetime, approved: bool, note: str) -> bytes:
    """Answer a CancelRx, as received in `raw`: done, or not and why; the note tells what was dispensed before."""
    received = parse(raw)
    outcome = (
        model.Outcome(element="Approved", note=note)
        if approved
        else model.Outcome(element="Denied", denial_reason=note)
    )
    header = model.Header(
        to=received.header.from_,
        from_=received.header.to,
        message_id=message_id,
        relates_to_message_id=received.header.message_id,
        sent_time=at,
        rx_reference_number=received.header.rx_reference_number,
        prescriber_order_number=received.header.prescriber_order_number,
    )
    reference = received.body.reference if isinstance(received.body, model.CancelRx) else ""
    body = model.CancelRxResponse(reference=reference, outcomes=(outcome,))
    version = received.version if received.version in build.DATES else "2017071"
    return build.build(model.Message(kind="CancelRxResponse", version=version, header=header, body=body))


def _written(asking: Asking, body: model.RxRenewalRequest | model.RxChangeRequest) -> bytes:
    header = model.Header(
        to=model.Party(id=asking.recipient, qualifier="D"),
        from_=model.Party(id=asking.sender, qualifier="P"),
        message_id=asking.message_id,
        relates_to_message_id=asking.relates_to,
        sent_time=asking.at,
        rx_reference_number=asking.rx_number,
        prescriber_order_number=asking.order_number,
    )
    version = asking.version if asking.version in build.DATES else "2017071"
    return build.build(model.Message(kind=type(body).__name__, version=version, header=header, body=body))


def _patient(asking: Asking) -> model.Patient:
    return model.Patient(
        element="HumanPatient",
        name=name(asking.patient),
        gender=asking.sex,
        date_of_birth=asking.born_on,
        address=address(asking.patient),
        communication_numbers=model.CommunicationNumbers(primary_telephone=asking.patient.phone),
    )


def _pharmacy(asking: Asking) -> model.Pharmacy:
    return model.Pharmacy(ncpdp_id=asking.sender, npi=asking.npi, business_name=asking.pharmacy)


def _prescriber(asking: Asking) -> model.Prescriber:
    return model.Prescriber(
        element="NonVeterinarian",
        npi=asking.prescriber_npi,
        name=name(asking.prescriber),
        address=address(asking.prescriber),
        communication_numbers=model.CommunicationNumbers(primary_telephone=asking.prescriber.phone),
    )


def _medication(medicine: Medicine, *, fills: int | None = None) -> model.Medication:
    unit = codes.code_of("quantity_units", medicine.unit) or "C38046"
    quantity = model.Amount(value=medicine.quantity, code_list_qualifier="38", unit_of_measure=unit)
    return model.Medication(
        drug_description=medicine.name[:105],
        drug_coded=model.DrugCoded(ndc=medicine.ndc),
        quantity=quantity if medicine.quantity is not None else model.Amount(),
        days_supply=medicine.days_supply,
        written_date=medicine.written_on,
        last_fill_date=medicine.last_fill_on,
        substitutions="1" if medicine.daw else "0",
        number_of_refills=medicine.refills if fills is None else None,
        sig=model.Sig(sig_text=medicine.directions[:1000]),
        pharmacy_requested_refills=fills,
    )


def name(person: Person) -> model.Name:
    """A name as SCRIPT writes it."""
    return model.Name(
        last_name=person.last_name, first_name=person.first_name, middle_name=person.middle_name, suffix=person.suffix
    )


def address(person: Person) -> model.Address:
    """An address as SCRIPT writes it."""
    return model.Address(
        line_1=person.street,
        city=person.city,
        state_province=person.state,
        postal_code=person.postal_code,
        country_code="US" if person.street else "",
    )
