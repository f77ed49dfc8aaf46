"""SCRIPT messages are read into fields that remember where they stood; what no field takes is kept."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from officina.codecs.ncpdp_script import codes
from officina.codecs.ncpdp_script.model import NewRx, Status
from officina.codecs.ncpdp_script.parse import parse
from officina.kernel.errors import ParseError

SAMPLES = Path(__file__).parents[1] / "messages" / "ncpdp_script"
MEDICATION = "Body/NewRx/MedicationPrescribed"


def sample(name):
    return (SAMPLES / name).read_bytes()


def newrx(medication, *, around="", root='version="2017071"'):
    return (
        f"<Message {root}><Header><MessageID>7</MessageID></Header><Body><NewRx>{around}"
        f"<MedicationPrescribed>{medication}</MedicationPrescribed></NewRx></Body></Message>"
    ).encode()


def medication_of(raw):
    return parse(raw).body.medication


def test_a_2017071_order_is_read_with_header_patient_prescriber_and_medication():
    message = parse(sample("newrx_lisinopril_2017071.xml"))
    assert (message.kind, message.version, message.kept, message.notes) == ("NewRx", "2017071", (), ())
    assert message.header.message_id == "sample-newrx-1"
    assert message.header.sent_time == datetime(2026, 11, 20, 15, 30, 47, tzinfo=UTC)
    assert (message.header.to.id, message.header.to.qualifier) == ("9900001", "P")
    assert message.body.patient.date_of_birth == date(1958, 3, 14)
    assert message.body.prescriber.dea_number == "BM1234563"
    assert message.body.medication.drug_coded.ndc == "00591040701"
    assert message.body.medication.quantity.value == Decimal(30)
    assert message.body.medication.sig.instructions[0].dose_quantity == 1


def test_a_2023011_order_is_read_from_its_own_places():
    message = parse(sample("newrx_metformin_2023011.xml"))
    assert (message.version, message.kept, message.notes) == ("2023011", (), ())
    assert message.body.patient.name.last_name == "Sample"
    assert message.body.patient.gender == "F"
    assert message.body.medication.drug_coded.ndc == "57664039758"
    assert message.where["patient.name.last_name"] == "Body/NewRx/Patient/HumanPatient/Names/Name/LastName"
    assert message.where["patient.gender"] == "Body/NewRx/Patient/HumanPatient/GenderAndSex/AdministrativeGender"
    assert message.where["medication.drug_coded.ndc"] == f"{MEDICATION}/Product/DrugCoded/NDC"


def test_every_read_field_knows_its_place():
    message = parse(sample("newrx_amoxicillin_child_2017071.xml"))
    assert message.where["medication.sig.sig_text"] == f"{MEDICATION}/Sig/SigText"
    assert message.where["medication.drug_coded.ndc"] == f"{MEDICATION}/DrugCoded/ProductCode/Code"
    assert message.where["measurements.0.value"] == "Body/NewRx/Observation/Measurement/Value"
    assert message.where["header.to.qualifier"] == "Header/To/@Qualifier"


def test_brothers_of_one_name_are_told_apart_by_number():
    raw = newrx(
        "<Diagnosis><Primary><Code>I10</Code></Primary></Diagnosis><Diagnosis><Primary><Code>E119</Code></Primary></Diagnosis>"
    )
    message = parse(raw)
    assert [one.primary_code for one in message.body.medication.diagnoses] == ["I10", "E119"]
    assert message.where["medication.diagnoses.1.primary_code"] == f"{MEDICATION}/Diagnosis[2]/Primary/Code"


def test_unknown_elements_attributes_and_loose_text_are_kept():
    raw = newrx('<Colour shade="pale">white</Colour><Quantity>about<Value unit="x">3</Value></Quantity><Marked/>')
    assert dict(parse(raw).kept) == {
        f"{MEDICATION}/Colour/@shade": "pale",
        f"{MEDICATION}/Colour": "white",
        f"{MEDICATION}/Quantity": "about",
        f"{MEDICATION}/Quantity/Value/@unit": "x",
        f"{MEDICATION}/Marked": "",
    }


def test_a_password_is_not_kept_in_the_clear():
    raw = b"<Message><Header><Security><UsernameToken><Password>pw</Password></UsernameToken></Security></Header><Body><Verify/></Body></Message>"
    assert ("Header/Security/UsernameToken/Password", "(a password stood here)") in parse(raw).kept


@pytest.mark.parametrize(
    ("root", "version", "noted"),
    [
        ('version="2023011"', "2023011", []),
        ('TransportVersion="20170715" StructuresVersion="20170715" ECLVersion="20200101"', "2017071", []),
        ('TransportVersion="20230701"', "2023011", []),
        ('TransportVersion="20170715" StructuresVersion="20230701"', "20170715, 20230701", ["version_unknown"]),
        ('version="2099"', "2099", ["version_unknown"]),
        ("", "", ["version_unknown"]),
        ('version="10.6"', "10.6", ["version_unsupported"]),
        ('version="010" release="006"', "10.6", ["version_unsupported"]),
    ],
)
def test_the_version_is_what_the_attributes_say(root, version, noted):
    message = parse(newrx("<DrugDescription>x</DrugDescription>", root=root))
    assert (message.version, [note.code for note in message.notes]) == (version, noted)


def test_an_order_of_unknown_version_is_read_by_its_shape():
    assert parse(sample("newrx_unknown_version.xml")).body.medication.drug_description == "Lisinopril 10 mg tablet"


def test_an_order_of_the_old_standard_is_kept_and_not_read():
    message = parse(sample("legacy_106.xml"))
    assert message.body is None
    assert message.kept == ((f"{MEDICATION}/DrugDescription", "Lisinopril 10 mg tablet"),)


@pytest.mark.parametrize(
    ("element", "field"),
    [
        ("<Quantity><Value>{}</Value></Quantity>", "quantity"),
        ("<DaysSupply>{}</DaysSupply>", "days_supply"),
        ("<NumberOfRefills>{}</NumberOfRefills>", "number_of_refills"),
        ("<WrittenDate><Date>{}</Date></WrittenDate>", "written_date"),
        ("<WrittenDate><DateTime>{}</DateTime></WrittenDate>", "written_at"),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "thirty",
        "1e3",
        "-1",
        "٣٠",
        "NaN",
        "2026-02-30",
        "1,000",
        "2026-11-20T10:00:00",
        "2026-13-01T10:00:00Z",
        "30 days",
    ],
)
def test_an_unreadable_value_is_noted_with_its_text_and_kept(element, field, text):
    message = parse(newrx(element.format(text)))
    value = getattr(message.body.medication, field)
    assert value in {None, message.body.medication.quantity}
    assert message.body.medication.quantity.value is None
    assert [(note.code, note.came) for note in message.notes] == [("unreadable", text)]
    assert [kept for _, kept in message.kept] == [text]


@pytest.mark.parametrize(
    ("text", "number"), [("30", "30"), ("2.5", "2.5"), (".5", "0.5"), ("30.", "30"), ("30.000", "30")]
)
def test_a_quantity_is_exact(text, number):
    assert medication_of(newrx(f"<Quantity><Value>{text}</Value></Quantity>")).quantity.value == Decimal(number)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-22T00:58:16.04268Z", datetime(2026, 8, 22, 0, 58, 16, 42680, tzinfo=UTC)),
        ("2026-08-21T19:58:16-05:00", datetime(2026, 8, 22, 0, 58, 16, tzinfo=UTC)),
        ("2026-08-22T00:58:16.1234567891Z", datetime(2026, 8, 22, 0, 58, 16, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_has_a_zone_and_any_number_of_decimals(text, instant):
    assert medication_of(newrx(f"<WrittenDate><DateTime>{text}</DateTime></WrittenDate>")).written_at == instant


def test_flags_are_true_or_false():
    around = "<ProhibitRenewalRequest>{}</ProhibitRenewalRequest>"
    said = {
        text: parse(newrx("", around=around.format(text))).body.prohibit_renewal_request
        for text in ("true", "0", "maybe")
    }
    assert said == {"true": True, "0": False, "maybe": None}


def test_shapes_that_senders_write_beside_the_standard_are_read():
    message = parse(
        newrx(
            '<DrugCoded><ProductCode Qualifier="ND">00591040701</ProductCode><DrugDBCode Qualifier="SCD">314076</DrugDBCode></DrugCoded>'
            "<Strength><StrengthValue>10</StrengthValue></Strength><Refills><Value>2</Value></Refills>"
            "<WrittenDate>2026-03-01</WrittenDate><Directions>Take 1</Directions>"
            "<Quantity><QuantityUnitOfMeasure>each</QuantityUnitOfMeasure></Quantity>",
            around="<Patient><HumanPatient><DateOfBirth>1980-01-01</DateOfBirth></HumanPatient></Patient>",
        )
    )
    medication = message.body.medication
    assert (medication.drug_coded.ndc, medication.drug_coded.drug_db_code) == ("00591040701", "314076")
    assert (medication.drug_coded.strength_value, medication.number_of_refills) == ("10", 2)
    assert (medication.written_date, medication.sig.sig_text) == (date(2026, 3, 1), "Take 1")
    assert medication.quantity.unit_of_measure == "each"
    assert message.body.patient.date_of_birth == date(1980, 1, 1)
    assert message.where["medication.sig.sig_text"] == f"{MEDICATION}/Directions"
    assert (message.kept, message.notes) == ((), ())


def test_a_product_code_beside_an_ndc_is_not_lost():
    raw = newrx(
        "<Product><DrugCoded><ProductCode><Code>314076</Code><Qualifier>SCD</Qualifier></ProductCode><NDC>00591040701</NDC></DrugCoded></Product>"
    )
    coded = medication_of(raw).drug_coded
    assert (coded.ndc, coded.product_code, coded.product_code_qualifier) == ("00591040701", "314076", "SCD")


def test_coded_timing_beside_its_group_is_read():
    raw = newrx(
        "<Sig><Instruction><AdministrationTiming><Text>every morning</Text></AdministrationTiming>"
        "<Frequency><FrequencyNumericValue>2</FrequencyNumericValue></Frequency></Instruction></Sig>"
    )
    (timing,) = medication_of(raw).sig.instructions[0].timings
    assert (timing.free_text, timing.frequency) == ("every morning", 2)


@pytest.mark.parametrize("tag", ["Quantity", "DrugDescription"])
def test_a_repeated_element_is_noted_and_only_the_first_is_used(tag):
    inner = {"Quantity": "<Value>{}</Value>", "DrugDescription": "{}"}[tag]
    raw = newrx("".join(f"<{tag}>{inner.format(n)}</{tag}>" for n in (30, 90)))
    message = parse(raw)
    assert [note.code for note in message.notes] == ["repeated"]
    assert [text for _, text in message.kept] == ["90"]


def test_a_second_order_in_one_message_is_noted():
    message = parse(
        newrx(
            "<DrugDescription>a</DrugDescription></MedicationPrescribed><MedicationPrescribed><DrugDescription>b</DrugDescription>"
        )
    )
    assert message.body.medication.drug_description == "a"
    assert [(note.code, note.where) for note in message.notes] == [("repeated", f"{MEDICATION}[2]")]
    assert message.kept == ((f"{MEDICATION}[2]/DrugDescription", "b"),)


def test_other_fax_numbers_are_kept_without_a_note():
    fax = "".join(f"<Fax><Number>{n}</Number></Fax>" for n in ("2175550141", "2175550142"))
    around = f"<Prescriber><NonVeterinarian><CommunicationNumbers>{fax}</CommunicationNumbers></NonVeterinarian></Prescriber>"
    message = parse(newrx("", around=around))
    assert message.body.prescriber.communication_numbers.fax == "2175550141"
    assert ([text for _, text in message.kept], message.notes) == (["2175550142"], ())


def test_a_patient_who_is_neither_human_nor_animal_is_kept_and_not_read():
    message = parse(newrx("", around="<Patient><Robot>R2</Robot></Patient>"))
    assert message.body.patient is None
    assert message.kept == (("Body/NewRx/Patient/Robot", "R2"),)


def test_an_animal_and_a_veterinarian_are_named_so():
    body = parse(sample("newrx_animal_2017071.xml")).body
    assert (body.patient.element, body.prescriber.element) == ("NonHumanPatient", "Veterinarian")


def test_a_message_of_another_kind_is_kept_whole_with_its_header():
    message = parse(sample("cancelrx_2017071.xml").replace(b"CancelRx>", b"RxFill>"))
    assert (message.kind, message.body) == ("RxFill", None)
    assert message.header.relates_to_message_id == "sample-newrx-1"
    assert ("Body/RxFill/MedicationPrescribed/DrugDescription", "Lisinopril 10 mg tablet") in message.kept


def test_a_cancellation_names_the_order_that_it_takes_back():
    message = parse(sample("cancelrx_2017071.xml"))
    assert message.header.relates_to_message_id == "sample-newrx-1"
    assert message.body.medication.drug_description == "Lisinopril 10 mg tablet"


def test_a_message_that_says_two_things_gives_nothing_but_what_is_kept():
    message = parse(
        b"<Message version='2017071'><Body><Status><Code>010</Code></Status><Error><Code>900</Code></Error></Body></Message>"
    )
    assert (message.kind, message.body) == ("Status, Error", None)
    assert [note.code for note in message.notes] == ["body_ambiguous"]
    assert message.kept == (("Body/Status/Code", "010"), ("Body/Error/Code", "900"))


def test_a_message_escaped_inside_a_string_element_is_unwrapped():
    message = parse(sample("wrapped_status.xml"))
    assert message.body == Status(code="010")
    assert message.header.relates_to_message_id == "sample-newrx-1"


@pytest.mark.parametrize("prefix", ["", "ns:"])
def test_namespaces_say_nothing(prefix):
    raw = f'<{prefix}Message xmlns{":ns" if prefix else ""}="http://example.org/x" version="2017071"><{prefix}Body><{prefix}NewRx/></{prefix}Body></{prefix}Message>'
    assert parse(raw.encode()).body == NewRx()


def test_comments_split_no_text():
    assert (
        medication_of(newrx("<DrugDescription>Lisino<!-- x -->pril</DrugDescription>")).drug_description == "Lisinopril"
    )


def test_empty_elements_say_nothing_and_leave_nothing():
    message = parse(newrx("<DrugDescription/><Quantity><Value> </Value></Quantity><WrittenDate></WrittenDate>"))
    assert (message.kept, message.notes) == ((), ())
    assert message.body.medication.quantity.value is None


def test_the_code_tables_name_units_forms_and_schedules():
    assert codes.word("quantity_units", "C28254") == "mL"
    assert codes.word("strength_forms", "C42998") == "tablet"
    assert codes.word("dose_units", "C65060") == "puff"
    assert [codes.word("dea_schedules", c) for c in ("C48675", "C38046", "C1")] == ["2", "0", None]
    assert codes.code_of("quantity_units", "gallon") is None


def test_the_code_tables_hold_what_nci_publishes(reference_data):
    published = reference_data / "ncpdp_script" / "dgoradia" / "NCPDPTerminology.txt"
    rows = [line.split("\t") for line in published.read_text(encoding="utf-8").splitlines()[1:]]
    subsets = {
        "quantity_units": "QuantityUnitOfMeasure",
        "strength_units": "StrengthUnitOfMeasure",
        "dose_units": "DoseUnitOfMeasure",
        "strength_forms": "StrengthForm",
        "dea_schedules": "DEASchedule",
    }
    for table, subset in subsets.items():
        theirs = {row[2]: row[3] for row in rows if row[1] == f"NCPDP {subset} Terminology"}
        assert {code: row.name for code, row in codes.table(table).items()} == theirs


REFERENCE = {
    "misc/newrx_cii_20170715.xml": ("NewRx", "2017071", []),
    "misc/newrx_structured_sig_20170715.xml": ("NewRx", "2017071", []),
    "misc/cancelrx_20170715.xml": ("CancelRx", "2017071", []),
    "misc/error_900_4010.xml": ("Error", "2017071", []),
    "misc/rxchangerequest_generic_20170715.xml": ("RxChangeRequest", "2017071", []),
    "misc/rxrenewalrequest_20170715.xml": ("RxRenewalRequest", "2017071", []),
    "misc/status_001.xml": ("Status", "2017071", []),
    "misc/weno_wrapped_error_response.xml": ("Error", "2017071", []),
    "dgoradia/sample-newrx.xml": ("NewRx", "2017071", []),
    "dgoradia/sample-newrx-qty-float.xml": ("NewRx", "2017071", []),
    "cosyte/cancelrx-request.xml": ("CancelRx", "2017071", []),
    "cosyte/cancelrx-response-approved.xml": ("CancelRxResponse", "2017071", []),
    "cosyte/cancelrx-response-denied.xml": ("CancelRxResponse", "2017071", []),
    "cosyte/error-response.xml": ("Error", "2023011", []),
    "cosyte/legacy-version.xml": ("NewRx", "10.6", ["version_unsupported"]),
    "cosyte/newrx-basic.xml": ("NewRx", "2017071", []),
    "cosyte/newrx-coded-and-strength.xml": ("NewRx", "2023011", []),
    "cosyte/newrx-edge-empties.xml": ("NewRx", "2017071", []),
    "cosyte/newrx-no-version.xml": ("NewRx", "", ["version_unknown"]),
    "cosyte/newrx-sig-ambiguous-dose.xml": ("NewRx", "2017071", []),
    "cosyte/newrx-sig-disagreement.xml": ("NewRx", "2023011", []),
    "cosyte/newrx-sig-text-only.xml": ("NewRx", "2017071", []),
    "cosyte/newrx-structured-sig.xml": ("NewRx", "2017071", []),
    "cosyte/newrx-variant-shapes.xml": ("NewRx", "2017071", []),
    "cosyte/response-ambiguous.xml": ("Status, Error", "2017071", ["body_ambiguous"]),
    "cosyte/rxchange-request.xml": ("RxChangeRequest", "2017071", []),
    "cosyte/rxchange-response-denied.xml": ("RxChangeResponse", "2017071", []),
    "cosyte/rxchange-response-validated.xml": ("RxChangeResponse", "2017071", []),
    "cosyte/rxrenewal-request.xml": ("RxRenewalRequest", "2017071", []),
    "cosyte/rxrenewal-response-ambiguous.xml": ("RxRenewalResponse", "2017071", []),
    "cosyte/rxrenewal-response-approved-with-changes-nested.xml": ("RxRenewalResponse", "2017071", []),
    "cosyte/rxrenewal-response-approved-with-changes.xml": ("RxRenewalResponse", "2017071", []),
    "cosyte/rxrenewal-response-approved.xml": ("RxRenewalResponse", "2017071", []),
    "cosyte/rxrenewal-response-denied.xml": ("RxRenewalResponse", "2017071", []),
    "cosyte/rxrenewal-response-no-outcome.xml": ("RxRenewalResponse", "2017071", []),
    "cosyte/status-no-code.xml": ("Status", "2017071", []),
    "cosyte/status-response.xml": ("Status", "2017071", []),
    "cosyte/surescripts-routing.xml": ("NewRx", "2017071", []),
    "cosyte/surescripts-version-2023011.xml": ("NewRx", "2023011", []),
    "cosyte/unsupported-transaction.xml": ("RxFill", "2017071", []),
    "cosyte/verify-response.xml": ("Verify", "2017071", []),
}


def test_every_reference_message_gives_what_the_table_says(reference_data):
    folder = reference_data / "ncpdp_script"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.xml")} == set(REFERENCE)
    for name, expected in REFERENCE.items():
        message = parse((folder / name).read_bytes())
        assert (message.kind, message.version, [note.code for note in message.notes]) == expected, name


def test_files_that_are_no_message_are_parse_errors(reference_data):
    folder = reference_data / "ncpdp_script"
    for path in (
        folder / "SOURCES.txt",
        folder / "vista" / "erx_codes.tsv",
        folder / "dgoradia" / "NCPDPTerminology.txt",
    ):
        with pytest.raises(ParseError):
            parse(path.read_bytes())
