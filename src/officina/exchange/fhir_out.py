"""Written orders of one patient as a FHIR R4 bundle; `fhir_in` reads them back as the same orders."""

from collections.abc import Sequence
from decimal import Decimal

from officina.codecs.fhir import build
from officina.codecs.fhir import model as m
from officina.prescriptions.written import Envelope, Person, WrittenOrder

NPI = "http://hl7.org/fhir/sid/us-npi"
NDC = "http://hl7.org/fhir/sid/ndc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
_SEX = {"F": "female", "M": "male", "U": "unknown", "": ""}
_UCUM = {"tablet": "{tbl}", "capsule": "{capsule}", "mL": "mL", "g": "g", "patch": "{patch}", "each": "{each}"}


def bundle(orders: Sequence[WrittenOrder], envelope: Envelope) -> bytes:
    """Orders of one patient by one prescriber as a Bundle of type collection (R4 2.36, 11.1)."""
    first = orders[0]
    requests = [_request(order, f"{envelope.message_id}-{n}") for n, order in enumerate(orders, 1)]
    sent = envelope.sent_at.isoformat() if envelope.sent_at else ""
    document = build.prescription_bundle(
        requests,
        patient=_patient(first, envelope),
        practitioner=_practitioner(first, envelope),
        number=m.Identifier(system=envelope.sender, value=envelope.message_id),
        sent_at=sent,
    )
    return build.build_bundle(document)


def _patient(order: WrittenOrder, envelope: Envelope) -> m.Patient:
    p = order.patient
    return m.Patient(
        id=f"{envelope.message_id}-patient",
        names=_names(p),
        gender=_SEX.get(p.sex, "unknown"),
        addresses=_addresses(p),
        telecoms=_telecoms(p),
        birth_date=p.born_on.isoformat() if p.born_on else "",
    )


def _practitioner(order: WrittenOrder, envelope: Envelope) -> m.Practitioner:
    p = order.prescriber
    identifiers = (m.Identifier(system=NPI, value=p.npi),) if p.npi else ()
    return m.Practitioner(
        id=f"{envelope.message_id}-prescriber",
        names=_names(p),
        identifiers=identifiers,
        addresses=_addresses(p),
        telecoms=_telecoms(p),
    )


def _request(order: WrittenOrder, number: str) -> m.MedicationRequest:
    codings = [m.Coding(system=RXNORM, code=order.rxcui, display=order.drug_text)] if order.rxcui else []
    codings += [m.Coding(system=NDC, code=order.ndc, display=order.drug_text)] if order.ndc else []
    quantity = m.Amount(
        value=order.quantity, unit=order.quantity_unit, system=UCUM, code=_UCUM.get(order.quantity_unit, "{each}")
    )
    supply = (
        m.Amount(value=Decimal(order.days_supply), unit="days", system=UCUM, code="d") if order.days_supply else None
    )
    return m.MedicationRequest(
        id=number,
        identifiers=(m.Identifier(system="urn:order", value=order.order_number),) if order.order_number else (),
        status="active",
        intent="order",
        medication=m.CodeableConcept(codings=tuple(codings), text=order.drug_text),
        authored_on=order.written_on.isoformat() if order.written_on else "",
        notes=(order.note,) if order.note else (),
        dosages=(m.Dosage(text=order.sig_text),),
        dispense=m.DispenseRequest(quantity=quantity, repeats=order.refills, supply=supply),
        substitution_allowed=order.substitution_allowed,
    )


def _names(person: Person) -> tuple[m.HumanName, ...]:
    given = tuple(part for part in (person.first_name, person.middle_name) if part)
    return (
        m.HumanName(
            use="official", family=person.last_name, given=given, suffix=(person.suffix,) if person.suffix else ()
        ),
    )


def _addresses(person: Person) -> tuple[m.Address, ...]:
    if not person.street:
        return ()
    return (m.Address(lines=(person.street,), city=person.city, state=person.state, postal_code=person.postal_code),)


def _telecoms(person: Person) -> tuple[m.ContactPoint, ...]:
    return (m.ContactPoint(system="phone", value=person.phone),) if person.phone else ()
