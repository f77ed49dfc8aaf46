"""Frozen dataclasses to FHIR R4 JSON: what `parse` reads back as the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

from officina.codecs.fhir import model as m
from officina.codecs.fhir.wire import Json, dumps, loads

Tree: TypeAlias = dict[str, Json]


def build_medication_request(request: m.MedicationRequest) -> bytes:
    """A lone MedicationRequest as a file (R4 section 11.1)."""
    return (dumps(as_json(request)) + "\n").encode()


def build_bundle(document: m.Document) -> bytes:
    """A Bundle with its entries as a file (R4 section 2.36)."""
    return (dumps(_bundle(document)) + "\n").encode()


def prescription_bundle(
    requests: Sequence[m.MedicationRequest],
    *,
    patient: m.Patient,
    practitioner: m.Practitioner,
    number: m.Identifier,
    sent_at: str,
    others: Sequence[m.Resource] = (),
) -> m.Document:
    """Prescriptions of one prescriber for one patient as a collection, each reference set to the addresses in the bundle.

    The type is `collection`: a `transaction` would ask the receiver to act as a FHIR server, and a `message` needs a
    header of its own. Addresses are made from the bundle's number, so the same facts give the same bytes.
    """

    def address(resource: m.Resource) -> str:
        return f"urn:uuid:{uuid5(_space(number), f'{resource.kind}/{resource.id}')}"

    subject, requester = m.Reference(reference=address(patient)), m.Reference(reference=address(practitioner))
    allergies = [replace(each, patient=subject) if isinstance(each, m.AllergyIntolerance) else each for each in others]
    orders = [replace(each, subject=subject, requester=requester) for each in requests]
    resources: list[m.Resource] = [patient, practitioner, *allergies, *orders]
    entries = tuple(m.Entry(resource=each, full_url=address(each)) for each in resources)
    return m.Document(kind="Bundle", type="collection", identifier=number, timestamp=sent_at, entries=entries)


def _space(number: m.Identifier) -> UUID:
    return uuid5(NAMESPACE_URL, f"{number.system}|{number.value}")


def as_json(resource: m.Resource) -> Tree:
    """One resource as the JSON tree of R4, elements without content left out."""
    special: Tree = {}
    match resource:
        case m.MedicationRequest():
            special = _request(resource)
        case m.Patient():
            special = _patient(resource)
        case m.Practitioner():
            special = {**_person(resource), "qualification": [_qualification(each) for each in resource.qualifications]}
        case m.PractitionerRole():
            special = {
                "practitioner": _reference(resource.practitioner),
                "organization": _reference(resource.organization),
                "telecom": _telecoms(resource.telecoms),
            }
        case m.Medication():
            special = {"status": resource.status, "form": _concept(resource.form)}
        case m.AllergyIntolerance():
            special = {
                "clinicalStatus": _concept(resource.clinical_status),
                "verificationStatus": _concept(resource.verification_status),
                "patient": _reference(resource.patient),
            }
    return _slim({**_base(resource), **special})


def _base(resource: m.Resource) -> Tree:
    return {
        "resourceType": resource.kind,
        "id": resource.id,
        "meta": _meta(resource.meta),
        "contained": [as_json(each) for each in resource.contained],
        "identifier": [_identifier(each) for each in resource.identifiers],
        "code": _concept(resource.concept),
        "name": resource.title,
    }


def _bundle(document: m.Document) -> Tree:
    entries: list[Json] = [
        _slim(
            {
                "fullUrl": each.full_url,
                "resource": as_json(each.resource),
                "request": {"method": each.method} if each.method else None,
            }
        )
        for each in document.entries
    ]
    return _slim(
        {
            "resourceType": "Bundle",
            "id": document.id,
            "meta": _meta(document.meta),
            "identifier": _identifier(document.identifier) if document.identifier else None,
            "type": document.type,
            "timestamp": document.timestamp,
            "entry": entries,
        }
    )


def _patient(patient: m.Patient) -> Tree:
    return {
        **_person(patient),
        "gender": patient.gender,
        "birthDate": patient.birth_date,
        "deceasedBoolean": patient.is_deceased,
    }


def _person(person: m.Patient | m.Practitioner) -> Tree:
    return {
        "active": person.is_active,
        "name": [
            _slim(
                {
                    "use": each.use,
                    "text": each.text,
                    "family": each.family,
                    "given": list(each.given),
                    "prefix": list(each.prefix),
                    "suffix": list(each.suffix),
                }
            )
            for each in person.names
        ],
        "telecom": _telecoms(person.telecoms),
        "address": [
            _slim(
                {
                    "use": each.use,
                    "text": each.text,
                    "line": list(each.lines),
                    "city": each.city,
                    "state": each.state,
                    "postalCode": each.postal_code,
                }
            )
            for each in person.addresses
        ],
    }


def _qualification(held: m.Qualification) -> Json:
    return _slim({"identifier": [_identifier(each) for each in held.identifiers], "code": _concept(held.concept)})


def _request(request: m.MedicationRequest) -> Tree:
    return {
        "status": request.status,
        "intent": request.intent,
        "doNotPerform": request.must_not_perform or None,
        "reportedBoolean": request.is_reported or None,
        "medicationCodeableConcept": _concept(request.medication),
        "medicationReference": _reference(request.medication_reference),
        "subject": _reference(request.subject),
        "authoredOn": request.authored_on,
        "requester": _reference(request.requester),
        "reasonCode": [_concept(each) for each in request.reasons],
        "reasonReference": [_reference(each) for each in request.reason_references],
        "note": [{"text": each} for each in request.notes],
        "dosageInstruction": [_dosage(each) for each in request.dosages],
        "dispenseRequest": _dispense(request.dispense),
        "substitution": _slim(
            {"allowedBoolean": request.substitution_allowed, "allowedCodeableConcept": _concept(request.substitution)}
        ),
    }


def _dosage(dosage: m.Dosage) -> Tree:
    structure = loads(dosage.structure.encode()) if dosage.structure else {}
    reason = _concept(dosage.as_needed_for)
    tree: Tree = {
        "text": dosage.text,
        "patientInstruction": dosage.patient_instruction,
        "asNeededCodeableConcept": reason,
        "asNeededBoolean": None if reason else dosage.is_as_needed,
    }
    return _slim({**tree, **(structure if isinstance(structure, Mapping) else {})})


def _dispense(dispense: m.DispenseRequest | None) -> Json:
    if dispense is None:
        return None
    return _slim(
        {
            "initialFill": loads(dispense.initial_fill.encode()) if dispense.initial_fill else None,
            "validityPeriod": _slim({"start": dispense.starts, "end": dispense.ends}),
            "numberOfRepeatsAllowed": dispense.repeats,
            "quantity": _amount(dispense.quantity),
            "expectedSupplyDuration": _amount(dispense.supply),
        }
    )


def _amount(amount: m.Amount | None) -> Json:
    if amount is None:
        return None
    return _slim(
        {
            "value": amount.value,
            "comparator": amount.comparator,
            "unit": amount.unit,
            "system": amount.system,
            "code": amount.code,
        }
    )


def _concept(concept: m.CodeableConcept | None) -> Json:
    if concept is None:
        return None
    return _slim({"coding": [_coding(each) for each in concept.codings], "text": concept.text}) or None


def _coding(coding: m.Coding) -> Json:
    return _slim({"system": coding.system, "version": coding.version, "code": coding.code, "display": coding.display})


def _identifier(identifier: m.Identifier) -> Json:
    return _slim(
        {
            "use": identifier.use,
            "type": _concept(identifier.type),
            "system": identifier.system,
            "value": identifier.value,
        }
    )


def _reference(reference: m.Reference | None) -> Json:
    if reference is None:
        return None
    number = _identifier(reference.identifier) if reference.identifier else None
    return _slim(
        {"reference": reference.reference, "type": reference.type, "identifier": number, "display": reference.display}
    )


def _telecoms(telecoms: Iterable[m.ContactPoint]) -> Json:
    return [_slim({"system": each.system, "value": each.value, "use": each.use}) for each in telecoms]


def _meta(meta: m.Meta) -> Json:
    return _slim(
        {"versionId": meta.version_id, "source": meta.source, "security": [_coding(each) for each in meta.security]}
    )


def _slim(tree: Mapping[str, Json]) -> Tree:
    """FHIR knows no empty values: an element is there with content or not at all (R4 section 2.6.2)."""
    return {key: value for key, value in tree.items() if value is not None and value != "" and value not in ([], {})}
