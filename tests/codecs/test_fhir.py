"""FHIR R4 files: what is read, what is a finding, and what bytes are refused."""

import doctest
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from officina.codecs.fhir import model as m
from officina.codecs.fhir import node, wire
from officina.codecs.fhir import parse as reading
from officina.codecs.fhir.parse import parse
from officina.codecs.fhir.resolve import Links
from officina.kernel.errors import ParseError

MESSAGES = Path(__file__).parent.parent / "messages" / "fhir"


def request(**changes: Any) -> dict[str, Any]:
    tree = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Amoxicillin 500 mg capsule"},
        "subject": {"reference": "Patient/rosa"},
        **changes,
    }
    return {key: value for key, value in tree.items() if value is not None}


def read(tree: Any) -> m.Document:
    return parse(json.dumps(tree).encode())


def lone(**changes: Any) -> m.MedicationRequest:
    found = read(request(**changes)).entries[0].resource
    assert isinstance(found, m.MedicationRequest)
    return found


def faults(**changes: Any) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in lone(**changes).findings]


def bundle(*entries: tuple[str, dict[str, Any]], **more: Any) -> m.Document:
    rows = [{"fullUrl": url, "resource": resource} if url else {"resource": resource} for url, resource in entries]
    return read({"resourceType": "Bundle", "type": "collection", "entry": rows, **more})


def subject_of(document: m.Document) -> m.Resource | None:
    holder = next(e.resource for e in document.entries if isinstance(e.resource, m.MedicationRequest))
    return Links(document).follow(holder.subject, holder)


@pytest.mark.parametrize("module", [reading, wire, node])
def test_the_manual_pages_tell_the_truth(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


def test_a_sound_request_has_no_findings():
    assert faults() == []


@pytest.mark.parametrize("key", ["status", "intent", "subject"])
def test_what_r4_requires_and_is_missing_is_a_finding(key):
    assert faults(**{key: None}) == [("fhir_required", f"MedicationRequest.{key}")]


@pytest.mark.parametrize(("key", "code"), [("status", "bogus"), ("status", "ACTIVE"), ("intent", "wish")])
def test_a_code_outside_its_value_set_is_a_finding(key, code):
    assert faults(**{key: code}) == [("fhir_code", f"MedicationRequest.{key}")]


def test_a_drug_named_twice_or_not_at_all_is_a_finding():
    place = [("fhir_medication", "MedicationRequest.medication")]
    assert faults(medicationReference={"reference": "Medication/1"}) == place
    assert faults(medicationCodeableConcept=None) == place


def test_a_drug_named_as_in_r5_is_told_as_such():
    found = lone(medicationCodeableConcept=None, medication={"concept": {"text": "Amoxicillin"}}).findings
    assert "R5" in found[0].sentence


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"doNotPerform": "yes"}, "doNotPerform"),
        ({"dispenseRequest": {"numberOfRepeatsAllowed": -1}}, "dispenseRequest.numberOfRepeatsAllowed"),
        ({"dispenseRequest": {"numberOfRepeatsAllowed": True}}, "dispenseRequest.numberOfRepeatsAllowed"),
        ({"dispenseRequest": {"numberOfRepeatsAllowed": 1.5}}, "dispenseRequest.numberOfRepeatsAllowed"),
        ({"dispenseRequest": {"quantity": {"value": "30"}}}, "dispenseRequest.quantity.value"),
        ({"dispenseRequest": [1]}, "dispenseRequest"),
        ({"authoredOn": "2026-02-30"}, "authoredOn"),
        ({"authoredOn": "yesterday"}, "authoredOn"),
        ({"authoredOn": "2026-02T10:00:00Z"}, "authoredOn"),
        ({"dosageInstruction": {"text": "1 daily"}}, "dosageInstruction"),
        ({"dosageInstruction": ["1 daily"]}, "dosageInstruction[0]"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_finding_and_is_kept(changes, place):
    found = lone(**changes)
    assert [(f.code, f.where) for f in found.findings] == [("fhir_type", f"MedicationRequest.{place}")]
    assert f"MedicationRequest.{place}" in dict(found.kept)


def test_hundreds_of_wrong_values_are_told_fifty_times():
    assert len(faults(note=[1] * 500)) == node.MOST_FINDINGS


def test_a_list_without_end_is_refused():
    with pytest.raises(ParseError, match=r"FHIR list at MedicationRequest\.note"):
        lone(note=[{"text": "x"}] * (node.MOST_IN_LIST + 1))


def test_a_bad_id_is_a_finding_and_still_an_id():
    found = lone(id="no spaces please")
    assert (found.id, found.findings[0].code) == ("no spaces please", "fhir_id")


def test_what_nobody_reads_is_kept_with_its_place():
    found = lone(priority="stat", dispenseRequest={"performer": {"display": "Mill Lane"}})
    assert found.kept == (
        ("MedicationRequest.dispenseRequest.performer", '{"display":"Mill Lane"}'),
        ("MedicationRequest.priority", '"stat"'),
    )


def test_digits_of_a_decimal_are_never_lost():
    raw = (
        json.dumps(request(dispenseRequest={"quantity": {"value": "@"}}))
        .replace('"@"', "0.100000000000000000001")
        .encode()
    )
    found = parse(raw).entries[0].resource
    assert isinstance(found, m.MedicationRequest)
    assert found.dispense
    assert found.dispense.quantity
    assert str(found.dispense.quantity.value) == "0.100000000000000000001"


def test_no_float_is_anywhere_in_the_tree():
    def walk(value: Any) -> Any:
        yield value
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from walk(each)

    tree = wire.loads(b'{"a": [1.0, 1e2, -0.5, {"b": 3}], "c": true}')
    assert not any(isinstance(each, float) for each in walk(tree))
    assert wire.loads(b"[1e2]") == [Decimal(100)]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b'"text"',
        b"17",
        b"{}",
        b'{"resourceType": 3}',
        b'{"resourceType": ""}',
        b'{"resourceType": "Patient"',
        b'{"resourceType": "Patient"} x',
        b'{"resourceType": "Patient", "id": "a", "id": "b"}',
        b'{"resourceType": "Patient", "x": {"y": 1, "y": 1}}',
        b'{"resourceType": "Patient", "x": NaN}',
        b'{"resourceType": "Patient", "x": -Infinity}',
        b'{"resourceType": "Patient", "x": 1e400}',
        b'{"resourceType": "Patient", "x": 1e-400}',
        b'{"resourceType": "Patient", "x": 1e99999999999999999999999}',
        b'{"resourceType": "Patient", "x": 0e99999999999999999999999}',
        b'{"resourceType": "Patient", "x": 0.' + b"1" * 100 + b"}",
        b'{"resourceType": "Patient", "x": ' + b"9" * 5000 + b"}",
        b'{"resourceType": "Patient", "x": "\\ud800"}',
        b'{"resourceType": "Patient", "\\udfff": 1}',
        b'{"resourceType": "Patient", "x": "a\\u0000b"}',
        b'{"resourceType": "Patient", "x": "a\x01b"}',
        b'{"resourceType": "Patient", "x": "\xff"}',
        '{"resourceType": "Patient"}'.encode("utf-16"),
        b'{"resourceType": "Patient", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"resourceType": "Patient", "x": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}",
        b"[" * 100_000,
        b'<Patient xmlns="http://hl7.org/fhir"/>',
        b" " * (wire.MOST_BYTES + 1),
    ],
    ids=lambda raw: repr(raw[:48]),
)
def test_bytes_that_are_no_fhir_json_are_an_error(raw):
    with pytest.raises(ParseError):
        parse(raw)


def test_a_byte_order_mark_and_blanks_are_let_go():
    assert parse(b"\xef\xbb\xbf  " + json.dumps(request()).encode()).kind == "MedicationRequest"


def test_a_whole_surrogate_pair_is_a_character():
    raw = b'{"resourceType": "Organization", "name": "\\ud83d\\ude00"}'
    assert parse(raw).entries[0].resource.title == "\N{GRINNING FACE}"


def test_a_bundle_of_an_unknown_type_is_a_finding():
    assert [(f.code, f.where) for f in read({"resourceType": "Bundle", "type": "parcel"}).findings] == [
        ("bundle_type", "Bundle.type")
    ]


@pytest.mark.parametrize("entry", [{}, {"resource": {}}, {"resource": {"resourceType": 4}}, {"resource": None}])
def test_an_entry_without_a_readable_resource_is_a_finding(entry):
    document = read({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert [(f.code, f.where) for f in document.findings] == [("entry_empty", "Bundle.entry[0]")]


def test_an_entry_that_deletes_needs_no_resource():
    entry = {"request": {"method": "DELETE", "url": "MedicationRequest/1"}}
    assert read({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).findings == ()


PATIENT = {"resourceType": "Patient", "id": "rosa", "identifier": [{"system": "https://a.example", "value": "4711"}]}


@pytest.mark.parametrize(
    ("patient_url", "request_url", "reference"),
    [
        ("urn:uuid:1", "urn:uuid:2", {"reference": "urn:uuid:1"}),
        ("urn:uuid:1", "urn:uuid:2", {"reference": "Patient/rosa"}),
        ("", "", {"reference": "Patient/rosa"}),
        (
            "https://a.example/fhir/Patient/rosa",
            "https://a.example/fhir/MedicationRequest/1",
            {"reference": "Patient/rosa"},
        ),
        ("https://a.example/fhir/Patient/rosa", "", {"reference": "https://a.example/fhir/Patient/rosa"}),
        ("https://a.example/fhir/Patient/rosa", "", {"reference": "https://a.example/fhir/Patient/rosa/_history/3"}),
        ("", "", {"reference": "Patient?identifier=https://a.example|4711"}),
        ("", "", {"reference": "Patient?identifier=https%3A%2F%2Fa.example%7C4711"}),
        ("", "", {"type": "Patient", "identifier": {"system": "https://a.example", "value": "4711"}}),
    ],
)
def test_a_reference_leads_to_its_resource(patient_url, request_url, reference):
    document = bundle((patient_url, PATIENT), (request_url, request(id="1", subject=reference)))
    assert isinstance(subject_of(document), m.Patient)
    assert document.findings == ()


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/other",
        "urn:uuid:9",
        "#rosa",
        "https://a.example/fhir/Patient/rosa",
        "Patient?name=rosa",
        "rosa",
        "",
        "?",
        "/",
        "Patient/",
    ],
)
def test_a_reference_that_leads_nowhere_is_a_finding(reference):
    document = bundle(("urn:uuid:1", PATIENT), ("", request(subject={"reference": reference})))
    assert subject_of(document) is None
    assert [(f.code, f.where) for f in document.findings] == [
        ("reference_unresolved", "Bundle.entry[1].resource.subject")
    ]


def test_an_address_that_two_resources_claim_leads_to_neither():
    assert subject_of(bundle(("", PATIENT), ("", PATIENT), ("", request()))) is None


def test_the_same_name_on_another_server_is_another_person():
    document = bundle(
        ("https://b.example/Patient/rosa", PATIENT), ("https://a.example/MedicationRequest/1", request(id="1"))
    )
    assert subject_of(document) is None


def test_two_servers_with_the_same_name_are_told_apart():
    document = bundle(
        ("https://b.example/Patient/rosa", {**PATIENT, "gender": "male"}),
        ("https://a.example/Patient/rosa", {**PATIENT, "gender": "female"}),
        ("https://a.example/MedicationRequest/1", request(id="1")),
    )
    found = subject_of(document)
    assert isinstance(found, m.Patient)
    assert found.gender == "female"


def test_what_is_contained_sees_its_sisters():
    document = parse((MESSAGES / "lone_with_contained.json").read_bytes())
    holder = document.entries[0].resource
    assert isinstance(holder, m.MedicationRequest)
    links = Links(document)
    role = links.follow(holder.requester, holder)
    assert isinstance(role, m.PractitionerRole)
    assert isinstance(links.follow(role.practitioner, role), m.Practitioner)
    assert document.findings == ()


def test_a_loop_of_references_is_no_loop_of_ours():
    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "PractitionerRole/r"}}
    assert len(bundle(("", role)).entries) == 1
