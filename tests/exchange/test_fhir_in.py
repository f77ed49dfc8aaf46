"""A FHIR file becomes written orders, questions and problems, and nothing of it is lost."""

import hashlib
import json
import random
import re
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.exchange.fhir_in import MOST_ORDERS, ORDER_INTENTS, understand
from officina.kernel.errors import ParseError
from officina.prescriptions.written import Understood, WrittenOrder

MESSAGES = Path(__file__).parent.parent / "messages" / "fhir"
OURS = sorted(MESSAGES.glob("*.json"))


def tree(name: str) -> Any:
    return json.loads((MESSAGES / name).read_text())


def reading(of: Any) -> Understood:
    return understand(json.dumps(of).encode())


def changed(at: int = 2, **changes: Any) -> Understood:
    """The message of one order with the resource of an entry changed: 0 patient, 1 prescriber, 2 order."""
    message = tree("one_order.json")
    resource = message["entry"][at]["resource"]
    resource.update(changes)
    for key, value in changes.items():
        if value is None:
            del resource[key]
    return reading(message)


def asked(understood: Understood) -> list[str]:
    (order,) = understood.orders
    return [question.code for question in order.questions]


def the(understood: Understood) -> WrittenOrder:
    (order,) = understood.orders
    return order


def problems(understood: Understood) -> dict[str, str]:
    return {f"{p.code}:{p.came}": p.where for p in understood.problems}


def left_out(understood: Understood) -> int:
    return sum(
        int(p.came.rpartition("(")[2].rstrip(")"))
        for p in understood.problems
        if re.fullmatch(r".+ \([0-9]+\)", p.came)
    )


def test_a_complete_order_raises_no_question():
    understood = understand((MESSAGES / "one_order.json").read_bytes())
    order = the(understood)
    assert understood.problems == ()
    assert order.questions == ()
    patient, prescriber = order.patient, order.prescriber
    assert (patient.last_name, patient.first_name, patient.middle_name) == ("Quint", "Rosa", "Mae")
    assert (patient.born_on, patient.sex, patient.phone) == (date(1988, 4, 2), "F", "555-0142")
    assert (patient.street, patient.city, patient.state, patient.postal_code) == (
        "12 Mill Lane, Apt 3",
        "Springfield",
        "IL",
        "62701",
    )
    assert (prescriber.last_name, prescriber.npi, prescriber.dea) == ("Okafor", "1987654328", "AO1234563")
    assert (prescriber.state_license, prescriber.phone) == ("IL-036-1", "555-0100")
    assert (order.drug_text, order.ndc, order.rxcui) == ("Amoxicillin 500 mg capsule", "65862-017-01", "308191")
    assert (order.quantity, order.quantity_unit, order.days_supply, order.refills) == (Decimal(30), "capsule", 10, 0)
    assert order.sig_text == "Take 1 capsule by mouth 3 times a day for 10 days"
    assert (order.written_on, order.not_before) == (date(2026, 11, 20), date(2026, 11, 21))
    assert (order.substitution_allowed, order.note) == (True, "Call before delivery.")
    assert (order.order_number, order.diagnoses) == ("A-1", ("J02.0 Streptococcal pharyngitis",))
    assert order.where["quantity"] == "Bundle.entry[2].resource.dispenseRequest.quantity"
    assert order.where["patient.last_name"] == "Bundle.entry[0].resource.name"


def test_the_envelope_says_what_the_message_is():
    envelope = understand((MESSAGES / "one_order.json").read_bytes()).envelope
    assert (envelope.format, envelope.version, envelope.kind) == ("fhir", "R4", "Bundle")
    assert envelope.message_id == "https://clinic.example/messages|m-1"
    assert envelope.sent_at == datetime(2026, 11, 20, 21, 4, 5, tzinfo=UTC)
    assert not envelope.is_test


def test_health_test_data_is_known_as_such():
    message = tree("one_order.json")
    message["meta"] = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
    assert reading(message).envelope.is_test


def test_history_is_counted_and_not_filled():
    understood = understand((MESSAGES / "orders_and_history.json").read_bytes())
    assert [order.order_number for order in understood.orders] == ["rx1", "rx10"]
    assert problems(understood) == {
        "not_an_active_order:completed (1)": "Bundle.entry[3].resource",
        "not_an_active_order:stopped (2)": "Bundle.entry[4].resource, Bundle.entry[5].resource",
        "not_an_active_order:proposal (1)": "Bundle.entry[6].resource",
        "patient_reported:reported (1)": "Bundle.entry[7].resource",
        "do_not_give:doNotPerform (1)": "Bundle.entry[8].resource",
        "order_unclear:unclear (1)": "Bundle.entry[9].resource",
        "not_an_active_order:filler-order (1)": "Bundle.entry[10].resource",
    }
    assert [p.sentence for p in understood.problems][
        1
    ] == "2 medication requests are 'stopped': kept in the file, not filled."


@pytest.mark.parametrize(
    "status", ["on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown", "bogus", None, 7]
)
def test_only_an_active_request_is_an_order(status):
    understood = changed(status=status)
    assert understood.orders == ()
    assert left_out(understood) == 1


@pytest.mark.parametrize("intent", ["proposal", "plan", "filler-order", "option", "bogus", None])
def test_only_an_order_is_an_order(intent):
    assert changed(intent=intent).orders == ()


def test_an_order_that_the_sender_deletes_is_not_filled():
    message = tree("one_order.json")
    message["entry"][2]["request"] = {"method": "DELETE", "url": "MedicationRequest/rx1"}
    assert reading(message).orders == ()


def test_allergies_that_hold_come_with_the_patient():
    first, second = understand((MESSAGES / "orders_and_history.json").read_bytes()).orders
    assert first.patient.allergies == second.patient.allergies == ("Penicillin",)


def test_an_allergy_of_nobody_known_is_a_problem():
    message = tree("orders_and_history.json")
    message["entry"][12]["resource"]["patient"] = {"reference": "Patient/somebody"}
    understood = reading(message)
    assert "allergy_unplaced" in [p.code for p in understood.problems]
    assert understood.orders[0].patient.allergies == ()


def test_an_allergy_follows_the_same_words_where_the_patient_is_elsewhere():
    message = tree("orders_and_history.json")
    del message["entry"][0]
    assert reading(message).orders[0].patient.allergies == ("Penicillin",)


def test_directions_in_codes_only_are_asked_for_and_kept():
    understood = understand((MESSAGES / "structure_only.json").read_bytes())
    order = the(understood)
    assert set(asked(understood)) == {
        "drug_not_coded",
        "initial_fill",
        "quantity_missing",
        "days_supply_unclear",
        "sig_missing",
        "as_needed",
    }
    assert order.sig_text == ""
    kept = dict(order.kept)
    assert '"value":1.5' in kept["Bundle.entry[2].resource.dosageInstruction[0]"]
    assert kept["Bundle.entry[2].resource.dispenseRequest.expectedSupplyDuration"] == "1 mo"


def test_contained_people_and_drug_are_read():
    order = the(understand((MESSAGES / "lone_with_contained.json").read_bytes()))
    assert order.questions == ()
    assert (order.patient.last_name, order.prescriber.last_name, order.prescriber.business_name) == (
        "Quint",
        "Okafor",
        "Mill Lane Clinic",
    )
    assert (order.drug_text, order.form, order.rxcui) == ("Ibuprofen 200 mg tablet", "tablet", "310965")


def test_a_conditional_reference_gives_at_least_the_npi():
    understood = understand((MESSAGES / "transaction_conditional_prescriber.json").read_bytes())
    assert the(understood).prescriber.npi == "1987654328"
    assert asked(understood) == ["prescriber_missing"]


def test_two_drugs_in_one_order_are_never_chosen_between():
    understood = understand((MESSAGES / "two_drugs_no_subject.json").read_bytes())
    assert (the(understood).drug_text, the(understood).ndc) == ("", "")
    assert asked(understood)[:2] == ["drug_missing", "patient_missing"]
    assert {"Amoxicillin 500 mg capsule", "Something else"} <= {text for _, text in the(understood).kept}


def test_a_file_of_other_things_says_what_it_is():
    (problem,) = understand((MESSAGES / "allergy_only.json").read_bytes()).problems
    assert problem.code == "no_medication_request"
    assert "AllergyIntolerance" in problem.sentence


@pytest.mark.parametrize(
    ("changes", "question"),
    [
        ({"subject": {"reference": "Group/all"}}, "patient_missing"),
        ({"subject": {"display": "Rosa"}}, "patient_missing"),
        ({"requester": None}, "prescriber_missing"),
        ({"requester": {"reference": "urn:uuid:0b0f3c53-7b53-4f56-9c02-5f5d2c9a6d01"}}, "prescriber_not_a_person"),
        ({"medicationCodeableConcept": None}, "drug_missing"),
        ({"medicationCodeableConcept": {}}, "drug_missing"),
        ({"medicationCodeableConcept": {"text": "Amoxicillin"}}, "drug_not_coded"),
        ({"medicationCodeableConcept": None, "medicationReference": {"display": "Amoxicillin"}}, "drug_unresolved"),
        (
            {
                "medicationCodeableConcept": {
                    "coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "6586201701"}]
                }
            },
            "ndc_bad",
        ),
        (
            {
                "medicationCodeableConcept": {
                    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "x"}]
                }
            },
            "rxcui_bad",
        ),
        ({"dispenseRequest": None}, "quantity_missing"),
        ({"dispenseRequest": {"quantity": {"value": 30, "code": "g"}}}, "refills_missing"),
        ({"dispenseRequest": {"quantity": {"value": 0}}}, "quantity_bad"),
        ({"dispenseRequest": {"quantity": {"value": -3}}}, "quantity_bad"),
        ({"dispenseRequest": {"quantity": {"value": 10**20}}}, "quantity_bad"),
        ({"dispenseRequest": {"quantity": {"value": 30, "comparator": "<"}}}, "quantity_bad"),
        ({"dispenseRequest": {"quantity": {"value": 30, "unit": "boxes"}}}, "quantity_unit_unknown"),
        (
            {
                "dispenseRequest": {
                    "quantity": {"value": 30, "code": "g"},
                    "expectedSupplyDuration": {"value": 2.5, "code": "d"},
                }
            },
            "days_supply_unclear",
        ),
        ({"dispenseRequest": {"quantity": {"value": 30, "code": "g"}, "numberOfRepeatsAllowed": -1}}, "fhir_type"),
        (
            {"dispenseRequest": {"quantity": {"value": 30, "code": "g"}, "validityPeriod": {"end": "2027-01-01"}}},
            "valid_until",
        ),
        ({"dosageInstruction": None}, "sig_missing"),
        ({"dosageInstruction": [{"text": "  "}]}, "sig_missing"),
        ({"dosageInstruction": [{"text": "2 now"}, {"text": "then 1 daily"}]}, "sig_several"),
        ({"dosageInstruction": [{"text": "1 daily", "asNeededBoolean": True}]}, "as_needed"),
        ({"dosageInstruction": [{"text": "1 daily", "asNeededCodeableConcept": {"text": "pain"}}]}, "as_needed"),
        ({"authoredOn": "2026-11"}, "written_on_missing"),
        ({"authoredOn": None}, "written_on_missing"),
        ({"substitution": {"allowedCodeableConcept": {"text": "ask me"}}}, "substitution_unclear"),
        ({"modifierExtension": [{"url": "https://x.example", "valueBoolean": True}]}, "modifier"),
        ({"implicitRules": "https://x.example/rules"}, "modifier"),
    ],
)
def test_what_is_missing_or_unclear_is_a_question(changes, question):
    assert question in asked(changed(**changes))


@pytest.mark.parametrize(
    ("changes", "question"),
    [
        ({"name": None}, "patient_name_missing"),
        ({"name": [{"text": "Rosa Quint"}]}, "patient_name_missing"),
        ({"birthDate": "1988"}, "born_on_missing"),
        ({"deceasedDateTime": "2026-01-01"}, "patient_deceased"),
        ({"active": False}, "patient_inactive"),
    ],
)
def test_a_doubtful_patient_is_a_question(changes, question):
    assert asked(changed(0, **changes)) == [question]


@pytest.mark.parametrize(
    ("numbers", "question"),
    [
        ([], "npi_missing"),
        ([{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1987654321"}], "npi_bad"),
        (
            [
                {
                    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "DEA"}]},
                    "value": "AO1234567",
                }
            ],
            "dea_bad",
        ),
    ],
)
def test_a_doubtful_prescriber_is_a_question(numbers, question):
    assert question in asked(changed(1, identifier=numbers))


def test_as_needed_in_words_and_in_codes_is_no_question():
    assert asked(changed(dosageInstruction=[{"text": "1 tablet P.R.N. pain", "asNeededBoolean": True}])) == []


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({"code": "N"}, False),
        ({"code": "G"}, True),
        ({"code": "E", "display": "equivalent"}, True),
        ({"code": "TE"}, None),
    ],
)
def test_coded_substitution_is_read_where_it_is_plain(allowed, expected):
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution", **allowed}
    understood = changed(substitution={"allowedCodeableConcept": {"coding": [coding]}})
    assert the(understood).substitution_allowed is expected
    assert ("substitution_unclear" in asked(understood)) is (expected is None)


@pytest.mark.parametrize(
    ("code", "unit"),
    [("mL", "mL"), ("{tbl}", "tablet"), ("{capsule}", "capsule"), ("g", "g"), ("TAB", "tablet"), ("1", "each")],
)
def test_units_are_put_in_plain_names(code, unit):
    assert the(changed(dispenseRequest={"quantity": {"value": 30, "code": code}})).quantity_unit == unit


def test_a_supply_in_weeks_is_days():
    supply = {"quantity": {"value": 30, "code": "g"}, "expectedSupplyDuration": {"value": 2, "unit": "Weeks"}}
    assert the(changed(dispenseRequest=supply)).days_supply == 14


def test_a_second_coming_is_known_by_its_number():
    message = tree("one_order.json")
    del message["identifier"]
    assert reading(message).envelope.message_id == "https://clinic.example/orders|A-1"
    del message["entry"][2]["resource"]["identifier"]
    assert reading(message).envelope.message_id == "MedicationRequest/rx1"
    del message["entry"][2]["resource"]["id"]
    raw = json.dumps(message).encode()
    assert understand(raw).envelope.message_id == "sha256:" + hashlib.sha256(raw).hexdigest()


def test_a_number_too_long_to_store_is_not_cut_but_replaced():
    message = tree("one_order.json")
    message["identifier"]["value"] = "9" * 300
    assert reading(message).envelope.message_id.startswith("sha256:")


def test_a_bundle_within_a_bundle_is_told():
    message = tree("one_order.json")
    message["entry"].append({"resource": tree("orders_and_history.json")})
    assert [p.code for p in reading(message).problems] == ["nested_bundle"]


def test_a_huge_patient_is_not_copied_into_every_order():
    message = tree("one_order.json")
    message["entry"][0]["resource"] |= {"text": {"div": "x" * 100_000}, **{f"x{n}": n for n in range(1000)}}
    assert sum(len(path) + len(text) for path, text in the(reading(message)).kept) < 50_000


def test_an_export_of_a_whole_clinic_is_told_and_not_taken():
    message = tree("one_order.json")
    message["entry"] += [message["entry"][2]] * MOST_ORDERS
    understood = reading(message)
    assert understood.orders == ()
    assert [(p.code, p.came) for p in understood.problems] == [("too_many_orders", f"orders ({MOST_ORDERS + 1})")]


def requests_in(document: Any) -> list[Any]:
    """An own count by plain JSON, knowing nothing of the codec."""
    found = (
        [entry.get("resource", {}) for entry in document.get("entry", [])]
        if document["resourceType"] == "Bundle"
        else [document]
    )
    return [each for each in found if each.get("resourceType") == "MedicationRequest"]


def is_order(each: Any) -> bool:
    return each["status"] == "active" and each["intent"] in ORDER_INTENTS and not each.get("reportedBoolean")


def hold_to_account(raw: bytes) -> Counter[str]:
    """Every request of the file is either an order or counted in a problem."""
    found, understood = requests_in(json.loads(raw)), understand(raw)
    assert len(understood.orders) == sum(map(is_order, found))
    assert left_out(understood) == len(found) - len(understood.orders)
    assert bool(found) == all(p.code != "no_medication_request" for p in understood.problems)
    return Counter(requests=len(found), orders=len(understood.orders), files=1)


def test_every_published_example_is_understood(reference_data):
    files = sorted((reference_data / "fhir_r4").glob("**/*.json"))
    total = sum((hold_to_account(file.read_bytes()) for file in files), Counter())
    assert len(files) >= 32
    assert total == Counter(files=len(files), requests=4, orders=3)


def test_every_synthetic_record_is_understood(reference_data):
    with ZipFile(reference_data / "synthea_fhir_r4" / "synthea_r4_20_bundles.zip") as archive:
        raws = [archive.read(name) for name in archive.namelist() if name.endswith(".json")]
    total = sum((hold_to_account(raw) for raw in raws), Counter())
    assert total == Counter(files=20, requests=190, orders=69)
    asked_all = Counter(q.code for raw in raws for order in understand(raw).orders for q in order.questions)
    assert asked_all["sig_missing"] == asked_all["quantity_missing"] == asked_all["npi_bad"] == 69
    assert asked_all["patient_missing"] == asked_all["prescriber_missing"] == asked_all["drug_missing"] == 0


VALUES = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1.5,
        "",
        " ",
        "x",
        "#x",
        "2026-13-40",
        [],
        {},
        [[]],
        [None],
        [{}],
        {"reference": 5},
        {"a": {}},
        "\u0661",
        "1e5",
    ]
)


def mutate(value: Any, random: random.Random, junk: Any) -> Any:
    """Put junk somewhere into the tree."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(sorted(value))
        return {**value, key: mutate(value[key], random, junk)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        return [*value[:at], mutate(value[at], random, junk), *value[at + 1 :]]
    return junk


@given(st.sampled_from(OURS), st.lists(VALUES, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_junk_anywhere_never_breaks_the_reader(file, junk, random):
    message = json.loads(file.read_text())
    for each in junk:
        message = mutate(message, random, each)
    try:
        understood = reading(message)
    except ParseError:
        return
    if message.get("resourceType") == "Bundle":
        resources = (
            [e.get("resource") for e in message.get("entry") or [] if isinstance(e, dict)]
            if isinstance(message.get("entry"), list)
            else []
        )
        count = sum(isinstance(r, dict) and r.get("resourceType") == "MedicationRequest" for r in resources)
        assert len(understood.orders) + left_out(understood) == count


@given(st.sampled_from(OURS), st.data())
def test_damaged_bytes_are_read_or_refused(file, data):
    raw = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(ParseError):
        understand(bytes(raw))


@given(st.sampled_from(OURS), st.integers(0, 400))
def test_a_file_cut_short_is_refused(file, length):
    with pytest.raises(ParseError):
        understand(file.read_bytes()[:length])
