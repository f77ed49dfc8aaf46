"""What is built is read back as the same, and is true R4."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from officina.codecs.fhir import codes, wire
from officina.codecs.fhir import model as m
from officina.codecs.fhir.build import as_json, build_bundle, build_medication_request, prescription_bundle
from officina.codecs.fhir.parse import parse

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
some = words.filter(bool)
ids = st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True)
numbers = st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False) | st.integers(0, 10**6).map(Decimal)
days = st.dates().map(lambda day: f"{day:%Y-%m-%d}" if day.year > 999 else "")
flags = st.none() | st.booleans()


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


codings = st.builds(m.Coding, system=words, code=words, display=words, version=words)
concepts = st.builds(m.CodeableConcept, codings=several(codings), text=words)
solid = st.builds(m.CodeableConcept, codings=several(codings), text=some)
identifiers = st.builds(m.Identifier, system=words, value=some, use=words, type=concepts)
references = st.builds(m.Reference, reference=some, type=words, identifier=st.none() | identifiers, display=words)
amounts = st.builds(m.Amount, value=numbers, comparator=words, unit=words, system=words, code=words)
metas = st.builds(m.Meta, version_id=words, source=words, security=several(codings))
name = st.builds(
    m.HumanName, family=some, given=several(some), suffix=several(some), prefix=several(some), use=words, text=words
)
address = st.builds(m.Address, lines=several(some), city=words, state=words, postal_code=words, use=words, text=words)
telecom = st.builds(m.ContactPoint, system=words, value=words, use=words)
base = {"id": ids, "identifiers": several(identifiers), "meta": metas}
person = {
    **base,
    "names": several(name),
    "telecoms": several(telecom),
    "addresses": several(address),
    "is_active": flags,
}
patients = st.builds(m.Patient, **person, gender=words, birth_date=days, is_deceased=flags)
held = st.builds(m.Qualification, identifiers=several(identifiers), concept=concepts)
practitioners = st.builds(m.Practitioner, **person, qualifications=several(held))
roles = st.builds(
    m.PractitionerRole,
    **base,
    practitioner=st.none() | references,
    organization=st.none() | references,
    telecoms=several(telecom),
)
medications = st.builds(m.Medication, **base, concept=concepts, status=words, form=concepts)
allergies = st.builds(
    m.AllergyIntolerance,
    **base,
    concept=concepts,
    clinical_status=concepts,
    verification_status=concepts,
    patient=references,
)
dosages = st.builds(
    m.Dosage,
    text=words,
    patient_instruction=words,
    is_as_needed=flags,
    structure=st.sampled_from(["", '{"sequence":1}']),
) | st.builds(m.Dosage, text=some, is_as_needed=st.just(True), as_needed_for=solid)
supplies = st.builds(
    m.DispenseRequest,
    quantity=st.none() | amounts,
    repeats=st.none() | st.integers(0, 99),
    supply=st.none() | amounts,
    starts=days,
    ends=days,
    initial_fill=st.sampled_from(["", '{"quantity":{"value":5.0}}']),
)
ordered = {
    **base,
    "contained": several(patients | practitioners | medications | roles),
    "status": st.sampled_from(sorted(codes.STATUSES)),
    "intent": st.sampled_from(sorted(codes.INTENTS)),
    "must_not_perform": st.booleans(),
    "is_reported": st.booleans(),
    "subject": references,
    "requester": st.none() | references,
    "authored_on": days,
    "reasons": several(solid),
    "reason_references": several(references),
    "notes": several(some),
    "dosages": several(dosages),
    "dispense": st.none() | supplies.filter(lambda each: each != m.DispenseRequest()),
    "substitution_allowed": flags,
    "substitution": concepts,
}
requests = st.builds(m.MedicationRequest, **ordered, medication=solid) | st.builds(
    m.MedicationRequest, **ordered, medication_reference=references
)


@given(requests)
def test_a_request_comes_back_as_it_was_built(request):
    assert parse(build_medication_request(request)).entries[0].resource == request


@given(patients | practitioners | roles | medications | allergies)
def test_every_resource_comes_back_as_it_was_built(resource):
    assert parse(wire.dumps(as_json(resource)).encode()).entries[0].resource == resource


@given(st.lists(requests, max_size=2), patients, practitioners, identifiers, several(allergies))
def test_a_bundle_comes_back_as_it_was_built(orders, patient, practitioner, number, others):
    document = prescription_bundle(
        orders, patient=patient, practitioner=practitioner, number=number, sent_at="2026-11-20T15:00:00Z", others=others
    )
    again = parse(build_bundle(document))
    assert again.entries == document.entries
    assert (again.type, again.identifier, again.timestamp, again.kept) == (
        "collection",
        number,
        "2026-11-20T15:00:00Z",
        (),
    )


def example() -> m.MedicationRequest:
    return m.MedicationRequest(
        id="rx1",
        status="active",
        intent="order",
        medication=m.CodeableConcept(
            codings=(
                m.Coding(system=codes.RXNORM[0], code="308191"),
                m.Coding(system=codes.NDC[0], code="65862-017-01"),
            )
        ),
        authored_on="2026-11-20",
        dosages=(m.Dosage(text="Take 1 tablet by mouth daily"),),
        dispense=m.DispenseRequest(
            quantity=m.tablets(Decimal("30")), repeats=3, supply=m.Amount(value=Decimal(30), unit="days", code="d")
        ),
        substitution_allowed=False,
    )


def test_what_is_built_is_r4_by_name():
    tree = as_json(example())
    assert json.loads(wire.dumps(tree)) == {
        "resourceType": "MedicationRequest",
        "id": "rx1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [
                {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "308191"},
                {"system": "http://hl7.org/fhir/sid/ndc", "code": "65862-017-01"},
            ]
        },
        "authoredOn": "2026-11-20",
        "dosageInstruction": [{"text": "Take 1 tablet by mouth daily"}],
        "dispenseRequest": {
            "numberOfRepeatsAllowed": 3,
            "quantity": {"value": 30, "unit": "tablet", "system": "http://unitsofmeasure.org", "code": "{tbl}"},
            "expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"},
        },
        "substitution": {"allowedBoolean": False},
    }


def test_a_prescription_bundle_is_complete_in_itself_and_always_the_same():
    facts: dict[str, Any] = {
        "patient": m.Patient(id="p", names=(m.HumanName(family="Quint"),)),
        "practitioner": m.Practitioner(id="d", names=(m.HumanName(family="Okafor"),)),
        "number": m.Identifier(system="https://clinic.example", value="m-1"),
        "sent_at": "2026-11-20T15:00:00Z",
        "others": [m.AllergyIntolerance(id="a", concept=m.CodeableConcept(text="Penicillin"))],
    }
    document = prescription_bundle([example()], **facts)
    raw = build_bundle(document)
    assert parse(raw) == document
    assert parse(raw).findings == ()
    assert build_bundle(prescription_bundle([example()], **facts)) == raw
    assert all(entry["fullUrl"].startswith("urn:uuid:") for entry in json.loads(raw)["entry"])


def test_no_empty_value_is_written():
    raw = build_medication_request(
        m.MedicationRequest(id="x", status="active", intent="order", dosages=(m.Dosage(text="1 daily"),))
    )
    for empty in (b'""', b"[]", b"{}", b"null"):
        assert empty not in raw
