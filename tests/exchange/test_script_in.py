"""A SCRIPT message becomes an order in the house's words, with a question for everything that is not plain."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officina.codecs.ncpdp_script.model import Error, Status
from officina.codecs.ncpdp_script.parse import parse
from officina.exchange import script_in
from officina.kernel.errors import ParseError
from officina.kernel.findings import Severity

SAMPLES = Path(__file__).parents[1] / "messages" / "ncpdp_script"
MEDICATION = "Body/NewRx/MedicationPrescribed"
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def sample(name):
    return (SAMPLES / name).read_bytes()


def order_of(raw):
    (order,) = script_in.understand(raw).orders
    return order


def changed(old, new, name="newrx_lisinopril_2017071.xml"):
    """The sample with one text replaced."""
    raw = sample(name)
    assert old.encode() in raw
    return raw.replace(old.encode(), new.encode(), 1)


def asked(raw):
    return [question.code for question in order_of(raw).questions]


def the_question(raw, code):
    (found,) = (question for question in order_of(raw).questions if question.code == code)
    return found


OUTCOMES = {
    "newrx_lisinopril_2017071.xml": ("NewRx", 1, [], []),
    "newrx_amoxicillin_child_2017071.xml": ("NewRx", 1, [], ["weight_converted"]),
    "newrx_metformin_2023011.xml": ("NewRx", 1, [], []),
    "newrx_lisinopril_2023011.xml": ("NewRx", 1, [], []),
    "newrx_cii_signed_2017071.xml": ("NewRx", 1, [], []),
    "newrx_cii_unsigned_2017071.xml": ("NewRx", 1, [], ["epcs_unsigned", "refills_schedule_2"]),
    "newrx_no_birth_date_2017071.xml": ("NewRx", 1, [], ["born_on_missing"]),
    "newrx_bad_quantity_unit_2017071.xml": ("NewRx", 1, [], ["quantity_unit"]),
    "newrx_sig_disagrees_2023011.xml": ("NewRx", 1, [], ["sig_disagrees"]),
    "newrx_animal_2017071.xml": ("NewRx", 1, [], ["animal_patient", "born_on_missing"]),
    "newrx_unknown_version.xml": ("NewRx", 1, ["version_unknown"], []),
    "newrx_no_drug_2017071.xml": ("NewRx", 0, ["drug_missing"], []),
    "legacy_106.xml": ("NewRx", 0, ["version_unsupported"], []),
    "cancelrx_2017071.xml": ("CancelRx", 0, [], []),
    "status_010_2017071.xml": ("Status", 0, ["kind_answer"], []),
    "wrapped_status.xml": ("Status", 0, ["kind_answer"], []),
}
BROKEN = {"broken.xml", "external_entity.xml", "entity_expansion.xml"}


def test_every_sample_gives_what_the_table_says():
    assert {path.name for path in SAMPLES.glob("*.xml")} == set(OUTCOMES) | BROKEN
    for name, expected in OUTCOMES.items():
        understood = script_in.understand(sample(name))
        questions = [question.code for order in understood.orders for question in order.questions]
        came = (understood.envelope.kind, len(understood.orders), [p.code for p in understood.problems], questions)
        assert came == expected, name


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_message_is_a_parse_error(name):
    with pytest.raises(ParseError):
        script_in.understand(sample(name))


def test_an_order_is_understood_in_the_words_of_the_house():
    understood = script_in.understand(sample("newrx_lisinopril_2017071.xml"))
    envelope, (order,) = understood.envelope, understood.orders
    assert (envelope.format, envelope.version, envelope.kind) == ("ncpdp-script", "2017071", "NewRx")
    assert (envelope.message_id, envelope.sender, envelope.recipient) == ("sample-newrx-1", "6100000000001", "9900001")
    assert (envelope.sent_at, envelope.is_test) == (datetime(2026, 11, 20, 15, 30, 47, tzinfo=UTC), True)
    patient, prescriber = order.patient, order.prescriber
    assert (patient.last_name, patient.first_name, patient.middle_name) == ("Sample", "Ruth", "A")
    assert (patient.born_on, patient.sex, patient.phone) == (date(1958, 3, 14), "F", "2175550112")
    assert (patient.street, patient.city, patient.state) == ("12 Elm Street, Apt 3", "Springfield", "IL")
    assert patient.allergies == ("Penicillin V (Hives)",)
    assert (prescriber.last_name, prescriber.suffix, prescriber.npi) == ("Molina", "MD", "1234567893")
    assert (prescriber.dea, prescriber.business_name) == ("BM1234563", "Lakeside Family Practice")
    assert (order.drug_text, order.ndc, order.rxcui) == ("Lisinopril 10 mg tablet", "00591040701", "314076")
    assert (order.strength, order.form) == ("10 mg", "tablet")
    assert (order.quantity, order.quantity_unit, order.days_supply, order.refills) == (Decimal(30), "tablet", 30, 5)
    assert (order.substitution_allowed, order.written_on, order.not_before) == (True, date(2026, 11, 20), None)
    assert (order.sig_text, order.schedule, order.signed) == ("Take 1 tablet by mouth once daily", None, False)
    assert order.diagnoses == ("I10 Essential (primary) hypertension",)
    assert order.order_number == "order-1"


def test_every_field_taken_tells_where_it_stood():
    where = order_of(sample("newrx_lisinopril_2017071.xml")).where
    assert where["patient.last_name"] == "Body/NewRx/Patient/HumanPatient/Name/LastName"
    assert where["quantity"] == f"{MEDICATION}/Quantity/Value"
    assert where["rxcui"] == f"{MEDICATION}/DrugCoded/DrugDBCode/Code"
    assert (
        where["prescriber.phone"]
        == "Body/NewRx/Prescriber/NonVeterinarian/CommunicationNumbers/PrimaryTelephone/Number"
    )
    assert where["order_number"] == "Header/PrescriberOrderNumber"


def test_what_has_no_field_in_an_order_is_kept():
    kept = dict(order_of(changed("<Sig>", "<Colour>white</Colour><Sig>")).kept)
    assert kept[f"{MEDICATION}/Colour"] == "white"
    assert kept["Body/NewRx/Pharmacy/BusinessName"] == "Officina Training Pharmacy"
    assert kept[f"{MEDICATION}/Sig/Instruction"] == "Take 1 tablet, oral route, 1 times per day"
    assert "Penicillin V" not in kept.values()
    assert "10" not in kept.values()


CODED = ("_of_measure", "strength_form", "_qualifier", "substitutions", "sent_time", "written_at", "indicator")


def test_every_text_of_a_message_is_in_the_order_or_kept():
    for name in ("newrx_lisinopril_2017071.xml", "newrx_amoxicillin_child_2017071.xml", "newrx_lisinopril_2023011.xml"):
        order, message = order_of(sample(name)), parse(sample(name))
        told = f"{order!r} {script_in.understand(sample(name)).envelope!r}"
        for field in message.where:
            if not field.startswith(script_in.INSTRUCTIONS) and not field.endswith(CODED):
                value = script_in._at(message, field)
                assert str(value) in told or repr(value) in told, (name, field)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<StrengthForm>\n              <Code>C42998", "<StrengthForm>\n              <Code>C7"),
        ("C28253", "C7"),
        ("<Substitutions>0<", "<Substitutions>C7<"),
        ("<DrugDBCode>", "<DEASchedule><Code>C7</Code></DEASchedule><DrugDBCode>"),
        (
            "<Code>C48542</Code>\n          </QuantityUnitOfMeasure>",
            "<Code>C7</Code>\n          </QuantityUnitOfMeasure>",
        ),
    ],
)
def test_a_code_that_is_not_known_is_kept(old, new):
    assert "C7" in dict(order_of(changed(old, new)).kept).values()


def test_a_sex_that_the_house_does_not_know_is_unknown_and_kept():
    order = order_of(sample("newrx_lisinopril_2023011.xml"))
    assert order.patient.sex == "U"
    assert ("Body/NewRx/Patient/HumanPatient/GenderAndSex/AdministrativeGender", "N") in order.kept
    assert ("Body/NewRx/AllergyOrAdverseEvent/NoKnownAllergies", "Y") in order.kept
    assert the_question(changed("<Gender>F<", "<Gender>Q<"), "sex_unknown").came == "Q"


def test_dispense_as_written_forbids_substitution():
    assert order_of(sample("newrx_metformin_2023011.xml")).substitution_allowed is False
    raw = changed("<Substitutions>0<", "<Substitutions>8<")
    assert order_of(raw).substitution_allowed is None
    assert asked(raw) == ["substitution_unknown"]


def test_an_effective_date_is_the_day_before_which_it_is_not_filled():
    order = order_of(sample("newrx_amoxicillin_child_2017071.xml"))
    assert order.not_before == date(2026, 11, 21)
    assert order.where["not_before"] == f"{MEDICATION}/OtherMedicationDate/OtherMedicationDate/Date"
    assert (order.written_on, order.where["written_on"]) == (date(2026, 11, 20), f"{MEDICATION}/WrittenDate/DateTime")


def test_a_weight_in_pounds_is_shown_in_both_units():
    order = order_of(sample("newrx_amoxicillin_child_2017071.xml"))
    assert order.patient.weight_kg == Decimal("17.92")
    question = the_question(sample("newrx_amoxicillin_child_2017071.xml"), "weight_converted")
    assert question.sentence == "The weight was written as 39.5 [lb_av]; that is 17.92 kg."
    assert question.severity == Severity.MINOR


@pytest.mark.parametrize(
    ("value", "unit", "kg", "code"),
    [
        ("18", "kg", "18.00", None),
        ("3400", "g", "3.40", "weight_converted"),
        ("40", "lbs", "18.14", "weight_converted"),
        ("18", "stone", None, "weight_unit"),
        ("18", "", None, "weight_unit"),
        ("3400", "kg", None, "weight"),
        ("0", "kg", None, "weight"),
    ],
)
def test_a_weight_is_read_with_its_unit_or_asked_about(value, unit, kg, code):
    raw = (
        sample("newrx_amoxicillin_child_2017071.xml")
        .replace(b">39.5<", f">{value}<".encode())
        .replace(b">[lb_av]<", f">{unit}<".encode())
    )
    assert order_of(raw).patient.weight_kg == (kg and Decimal(kg))
    assert asked(raw) == ([code] if code else [])


def test_the_latest_weight_counts():
    second = (
        "<Measurement><VitalSign>29463-7</VitalSign><Value>19</Value><UnitOfMeasure>kg</UnitOfMeasure>"
        "<ObservationDate><Date>2026-11-21</Date></ObservationDate></Measurement></Observation>"
    )
    raw = changed("</Observation>", second, "newrx_amoxicillin_child_2017071.xml")
    assert order_of(raw).patient.weight_kg == 19
    assert order_of(raw).where["patient.weight_kg"] == "Body/NewRx/Observation/Measurement[2]/Value"


def test_a_strength_unit_as_quantity_unit_is_asked_about():
    question = the_question(sample("newrx_bad_quantity_unit_2017071.xml"), "quantity_unit")
    assert (question.came, question.severity) == ("C28253 (mg)", Severity.MAJOR)
    assert question.where == f"{MEDICATION}/Quantity/QuantityUnitOfMeasure/Code"
    assert order_of(sample("newrx_bad_quantity_unit_2017071.xml")).quantity_unit == ""


@pytest.mark.parametrize(
    ("unit", "plain", "codes"),
    [("C28254", "mL", []), ("each", "each", []), ("Tablet", "tablet", []), ("C38046", "", ["quantity_unit"]), ("C1", "", ["quantity_unit"]), ("", "", ["quantity_unit"])],
)  # fmt: skip
def test_a_quantity_unit_is_a_plain_name_or_a_question(unit, plain, codes):
    raw = sample("newrx_lisinopril_2017071.xml")
    at = raw.index(b"<QuantityUnitOfMeasure>")
    raw = raw[:at] + raw[at:].replace(b"C48542", unit.encode(), 1)
    assert (order_of(raw).quantity_unit, asked(raw)) == (plain, codes)


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("30", []),
        ("30.0", []),
        ("42.5", ["quantity_fraction"]),
        ("29.999999999", ["quantity_fraction"]),
        ("0", ["quantity_zero"]),
        ("", ["quantity_missing"]),
        ("thirty", ["quantity_missing", "unreadable"]),
        ("3e1", ["quantity_missing", "unreadable"]),
        ("-30", ["quantity_missing", "unreadable"]),
    ],
)
def test_a_quantity_that_is_not_plain_is_asked_about(value, codes):
    assert asked(changed("<Value>30<", f"<Value>{value}<")) == codes


def test_parts_of_a_milliliter_are_no_question():
    name = "newrx_amoxicillin_child_2017071.xml"
    assert asked(changed("<Value>100<", "<Value>112.5<", name)) == ["weight_converted"]
    assert "quantity_fraction" in asked(changed("<Value>100<", "<Value>112.49999<", name))


def test_a_quantity_that_is_not_the_original_one_is_asked_about():
    assert asked(changed("<CodeListQualifier>38<", "<CodeListQualifier>40<")) == ["quantity_qualifier"]


def test_directions_that_disagree_stand_side_by_side():
    question = the_question(sample("newrx_sig_disagrees_2023011.xml"), "sig_disagrees")
    assert question.expected == "Take 2 tablets by mouth twice daily"
    assert question.came == "Take 1 tablet, oral route, 1 times per day"
    assert order_of(sample("newrx_sig_disagrees_2023011.xml")).sig_text == "Take 2 tablets by mouth twice daily"


def test_missing_directions_are_never_made_from_the_coded_ones():
    raw = changed("<SigText>Take 1 tablet by mouth once daily</SigText>", "")
    assert order_of(raw).sig_text == ""
    assert the_question(raw, "sig_missing").came == "Take 1 tablet, oral route, 1 times per day"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<LastName>Sample</LastName>", "", "patient_name_missing"),
        ("<FirstName>Ruth</FirstName>", "", "patient_name_missing"),
        ("1958-03-14", "2027-01-01", "born_on_future"),
        ("1958-03-14", "14/03/1958", "born_on_missing"),
        ("<LastName>Molina</LastName>", "", "prescriber_missing"),
        ("1234567893", "1234567890", "npi_check"),
        ("BM1234563", "BM1234567", "dea_check"),
        ("00591040701", "0059104070", "ndc_check"),
        ("C28253", "C99999", "strength_unit"),
        ("<NumberOfRefills>5</NumberOfRefills>", "", "refills_missing"),
        ("<Date>2026-11-20</Date>", "", "written_on_missing"),
        ("<Date>2026-11-20</Date>", "<Date>2026-11-23</Date>", "written_in_future"),
        ("<DrugDBCode>", "<DEASchedule><Code>C48672</Code></DEASchedule><DrugDBCode>", "schedule_unknown"),
        ("<DrugDBCode>", "<DEASchedule><Code>C2</Code></DEASchedule><DrugDBCode>", "schedule_unknown"),
        ("<Sig>", "<CompoundInformation><Kind>cream</Kind></CompoundInformation><Sig>", "compound"),
    ],
)
def test_what_is_missing_or_cannot_be_right_is_asked_about(old, new, code):
    assert code in asked(changed(old, new))


@pytest.mark.parametrize("sent", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_message_sent_on_the_calendars_first_or_last_day_is_read_too(sent):
    assert ("written_in_future" in asked(changed("2026-11-20T15:30:47Z", sent))) == sent.startswith("0001")


def test_tomorrow_is_no_future_where_the_day_is_already_over():
    late = changed("2026-11-20T15:30:47Z", "2026-11-20T15:30:47-05:00")
    assert asked(late.replace(b"<Date>2026-11-20</Date>", b"<Date>2026-11-21</Date>")) == []


def test_a_schedule_ii_order_without_signature_is_a_serious_question():
    question = the_question(sample("newrx_cii_unsigned_2017071.xml"), "epcs_unsigned")
    assert question.severity.is_serious
    assert question.source == "21 CFR 1311"
    signed = order_of(sample("newrx_cii_signed_2017071.xml"))
    assert (signed.schedule, signed.signed) == (2, True)


def test_a_signature_that_is_denied_is_no_signature():
    raw = changed("Indicator>true<", "Indicator>false<", "newrx_cii_signed_2017071.xml")
    assert asked(raw) == ["epcs_unsigned"]


@pytest.mark.parametrize(
    ("code", "schedule", "numeral"), [("C48676", 3, "III"), ("C48677", 4, "IV"), ("C48679", 5, "V")]
)
def test_every_controlled_schedule_needs_a_signature(code, schedule, numeral):
    raw = changed("C48675", code, "newrx_cii_unsigned_2017071.xml")
    assert order_of(raw).schedule == schedule
    assert f"schedule {numeral} " in the_question(raw, "epcs_unsigned").sentence
    assert asked(raw) == ["epcs_unsigned"]


def test_a_controlled_order_without_a_dea_number_is_asked_about():
    assert asked(changed("<DEANumber>BM1234563</DEANumber>", "", "newrx_cii_signed_2017071.xml")) == ["dea_missing"]


def test_a_wrong_dea_number_is_serious_only_for_a_controlled_drug():
    plain = the_question(changed("BM1234563", "BM1234567"), "dea_check")
    controlled = the_question(changed("BM1234563", "BM1234567", "newrx_cii_signed_2017071.xml"), "dea_check")
    assert (plain.severity, controlled.severity) == (Severity.MODERATE, Severity.MAJOR)


def test_not_controlled_is_schedule_zero():
    raw = changed("C48675", "C38046", "newrx_cii_unsigned_2017071.xml")
    assert (order_of(raw).schedule, asked(raw)) == (0, [])


def test_an_rxnorm_number_as_product_code_is_taken():
    raw = sample("newrx_lisinopril_2017071.xml")
    raw = raw.replace(b"<Code>00591040701</Code>", b"<Code>314076</Code>").replace(
        b"<Qualifier>ND<", b"<Qualifier>SBD<"
    )
    raw = raw.replace(b"<Qualifier>SCD<", b"<Qualifier>GS<")
    order = order_of(raw)
    assert (order.ndc, order.rxcui) == ("", "314076")
    assert order.where["rxcui"] == f"{MEDICATION}/DrugCoded/ProductCode/Code"
    assert (f"{MEDICATION}/DrugCoded/DrugDBCode/Code", "314076") in order.kept


def test_a_second_medication_is_a_question_and_not_a_second_order():
    raw = changed(
        "</NewRx>", "<MedicationPrescribed><DrugDescription>Warfarin</DrugDescription></MedicationPrescribed></NewRx>"
    )
    assert asked(raw) == ["repeated"]
    assert (f"{MEDICATION}[2]/DrugDescription", "Warfarin") in order_of(raw).kept


def test_the_most_serious_question_comes_first():
    raw = changed("1234567893", "1234567890", "newrx_cii_unsigned_2017071.xml")
    severities = [question.severity for question in order_of(raw).questions]
    assert severities == sorted(severities)


def answered(raw, **more):
    return parse(script_in.answer(raw, at=AT, **more))


def test_an_order_is_answered_with_status_010_in_its_own_version():
    for name in ("newrx_lisinopril_2017071.xml", "newrx_metformin_2023011.xml", "newrx_cii_unsigned_2017071.xml"):
        got, said = parse(sample(name)), answered(sample(name))
        assert (said.version, said.body) == (got.version, Status(code="010"))
        assert said.header.relates_to_message_id == got.header.message_id
        assert (said.header.to, said.header.from_) == (got.header.from_, got.header.to)
        assert (said.header.sent_time, len(said.header.message_id)) == (AT, 32)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("newrx_no_drug_2017071.xml", "The message names no drug, so there is no order in it."),
        ("legacy_106.xml", "SCRIPT 10.6 is no longer in use and is not read."),
    ],
)
def test_what_gives_no_order_is_answered_with_error_900(name, why):
    assert answered(sample(name)).body == Error(code="900", description=why)
    understood = script_in.understand(sample(name))
    assert parse(script_in.answer_to(understood, at=AT)).body == Error(code="900", description=why)


def test_a_broken_message_is_answered_too():
    said = answered(sample("broken.xml"), own_id="9900001", message_id="mine-1")
    assert said.body == Error(code="900", description="Expected well-formed XML.")
    assert (said.header.from_.id, said.header.relates_to_message_id, said.header.message_id) == (
        "9900001",
        "0",
        "mine-1",
    )
    assert answered(b"").body.code == "900"


@pytest.mark.parametrize("name", ["status_010_2017071.xml", "wrapped_status.xml"])
def test_an_answer_is_not_answered(name):
    assert script_in.answer(sample(name), at=AT) == b""
    assert script_in.answer_to(script_in.understand(sample(name)), at=AT) == b""


def test_an_answer_can_be_written_from_what_was_understood():
    said = parse(script_in.answer_to(script_in.understand(sample("newrx_lisinopril_2017071.xml")), at=AT))
    assert said.body == Status(code="010")
    assert (said.header.to.id, said.header.to.qualifier) == ("6100000000001", "D")
    assert (said.header.from_.id, said.header.from_.qualifier) == ("9900001", "P")
    assert (said.header.relates_to_message_id, said.header.prescriber_order_number) == ("sample-newrx-1", "order-1")


def test_no_two_answers_share_a_number():
    raw = sample("newrx_lisinopril_2017071.xml")
    later = parse(script_in.answer(raw, at=datetime(2026, 11, 22, 10, tzinfo=UTC)))
    assert later.header.message_id != answered(raw).header.message_id


def test_an_error_from_the_network_is_told():
    raw = b"<Message version='2017071'><Body><Error><Code>900</Code><Description>DEA code does not match</Description></Error></Body></Message>"
    (problem,) = script_in.understand(raw).problems
    assert problem.sentence == "This is an Error about a message that was sent: DEA code does not match."


def test_every_reference_message_is_understood(reference_data):
    for path in sorted((reference_data / "ncpdp_script").rglob("*.xml")):
        understood = script_in.understand(path.read_bytes())
        assert understood.orders or understood.problems or understood.answered or understood.taken_back, path.name
        said = script_in.answer(path.read_bytes(), at=AT)
        assert bool(said) == (understood.envelope.kind not in script_in.ANSWERS), path.name


def test_a_float_quantity_of_a_real_sender_is_asked_about(reference_data):
    raw = (reference_data / "ncpdp_script" / "dgoradia" / "sample-newrx-qty-float.xml").read_bytes()
    assert "quantity_fraction" in asked(raw)


def test_the_disagreeing_reference_directions_are_asked_about(reference_data):
    raw = (reference_data / "ncpdp_script" / "cosyte" / "newrx-sig-disagreement.xml").read_bytes()
    question = the_question(raw, "sig_disagrees")
    assert (question.expected, question.came) == ("Take 2 tablets by mouth at bedtime.", "1 tablet, every morning")


GOOD = [sample(name) for name in OUTCOMES]


@settings(max_examples=300)
@given(raw=st.sampled_from(GOOD), at=st.integers(0, 10**6), length=st.integers(0, 60), put=st.binary(max_size=8))
def test_a_damaged_message_is_understood_answered_or_refused(raw, at, length, put):
    at %= len(raw)
    damaged = raw[:at] + put + raw[at + length :]
    script_in.answer(damaged, at=AT)
    with suppress(ParseError):
        script_in.understand(damaged)
