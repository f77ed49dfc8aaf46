"""What is written reads back the same, in the order of the standard; what the standard cannot carry is refused."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officina.codecs.ncpdp_script import model as m
from officina.codecs.ncpdp_script.build import build, build_error, build_status
from officina.codecs.ncpdp_script.layout import LAYOUT, Group, Kind, Leaf
from officina.codecs.ncpdp_script.parse import parse
from officina.kernel.errors import Refused

SAMPLES = Path(__file__).parents[1] / "messages" / "ncpdp_script"
AT = datetime(2026, 11, 20, 15, 31, tzinfo=UTC)

texts = st.one_of(
    st.sampled_from(["", "10", "Smith & Sons <Ltd>", "quote \" and ' here", "½ tablet", "C48542"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zs", "Zl", "Zp")), max_size=20),
)
OF_KIND = {
    Kind.TEXT: texts,
    Kind.DAY: st.dates(date(1900, 1, 1)),
    Kind.INSTANT: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    Kind.NUMBER: st.decimals(0, 99999999, places=4, allow_nan=False).map(lambda n: n.quantize(Decimal("0.0001"))),
    Kind.WHOLE: st.integers(0, 99999),
    Kind.FLAG: st.booleans(),
}


def values(of):
    """Any value of a group that the wire can carry."""
    return st.builds(of, **{row.name: field(row) for row in LAYOUT[of]})


def field(row):
    if isinstance(row, Group):
        return of_group(row)
    base = OF_KIND[row.kind]
    if row.many:
        return st.lists(base.filter(bool), max_size=2).map(tuple)
    return base if row.kind is Kind.TEXT else st.none() | base


def of_group(row: Group):
    one = drugs() if row.of is m.DrugCoded else values(row.of)
    if row.choice:
        one = st.builds(lambda value, element: replace(value, element=element), one, st.sampled_from(row.choice))
    if row.many:
        return st.lists(one, max_size=2).map(tuple)
    return st.none() | one if row.is_optional else one


def drugs():
    """With an NDC or another product code: 2017071 has one element for both."""
    apart = lambda drug: replace(drug, product_code="", product_code_qualifier="") if drug.ndc else _not_nd(drug)  # noqa: E731
    return values(m.DrugCoded).map(apart)


def _not_nd(drug):
    return replace(
        drug, product_code_qualifier="UP" if drug.product_code_qualifier == "ND" else drug.product_code_qualifier
    )


def messages():
    return st.builds(
        lambda header, body, version: m.Message(kind=type(body).__name__, version=version, header=header, body=body),
        values(m.Header),
        st.one_of(values(m.NewRx), values(m.Status), values(m.Error)),
        st.sampled_from(["2017071", "2023011"]),
    )


@settings(max_examples=150)
@given(messages())
def test_what_is_written_reads_back_the_same(message):
    assert parse(build(message)) == message


@pytest.mark.parametrize("version", ["2017071", "2023011"])
def test_our_samples_can_be_written_in_either_version(version):
    for path in sorted(SAMPLES.glob("newrx_*.xml")):
        message = parse(path.read_bytes())
        again = parse(build(message, version))
        assert (again.body, again.header, again.version) == (message.body, message.header, version)


def test_every_field_of_the_model_has_its_row():
    for of, rows in LAYOUT.items():
        assert {row.name for row in rows} == {f.name for f in fields(of)} - {"element"}


def _order_of(raw, parent):
    text = raw.decode()
    inside = text[text.index(f"<{parent}>") : text.index(f"</{parent}>")]
    indent = inside.split("\n")[1].split("<")[0]
    return [
        line.strip("< />").split(">")[0].split(" ")[0]
        for line in inside.split("\n")
        if line.startswith(indent + "<") and not line.startswith(indent + "</")
    ]


def test_elements_stand_in_the_order_of_the_standard():
    raw = (SAMPLES / "newrx_lisinopril_2017071.xml").read_bytes()
    again = build(parse(raw))
    assert _order_of(again, "MedicationPrescribed") == [
        "DrugDescription", "DrugCoded", "Quantity", "DaysSupply", "WrittenDate", "Substitutions", "NumberOfRefills", "Diagnosis", "Sig",
    ]  # fmt: skip
    assert _order_of(again, "NewRx") == [
        "AllergyOrAdverseEvent",
        "Patient",
        "Pharmacy",
        "Prescriber",
        "MedicationPrescribed",
    ]
    assert _order_of(again, "Header") == [
        "To", "From", "MessageID", "SentTime", "SenderSoftware", "TestMessage", "PrescriberOrderNumber",
    ]  # fmt: skip


def test_the_schema_true_reference_orders_are_written_as_they_came(reference_data):
    for name in ("newrx_cii_20170715.xml", "newrx_structured_sig_20170715.xml"):
        raw = (reference_data / "ncpdp_script" / "misc" / name).read_bytes()
        message = parse(raw)
        again = build(message)
        for parent in ("Header", "MedicationPrescribed", "HumanPatient", "NonVeterinarian"):
            assert _order_of(again, parent) == _order_of(raw, parent), (name, parent)
        assert replace(parse(again), kept=message.kept) == message


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (m.Message(kind="CancelRx"), "script_kind"),
        (m.Message(kind="NewRx", version="10.6", body=m.NewRx()), "script_version"),
        (
            m.Message(kind="NewRx", body=m.NewRx(medication=m.Medication(sig=m.Sig(sig_text="x" * 1001)))),
            "script_length",
        ),
        (m.Message(kind="NewRx", body=m.NewRx(medication=m.Medication(drug_description="x" * 106))), "script_length"),
        (m.Message(kind="NewRx", body=m.NewRx(medication=m.Medication(note="bell \x07"))), "script_text"),
        (
            m.Message(
                kind="NewRx", body=m.NewRx(medication=m.Medication(drug_coded=m.DrugCoded(ndc="1", product_code="2")))
            ),
            "script_product",
        ),
    ],
)
def test_what_the_standard_cannot_carry_is_refused(message, code):
    with pytest.raises(Refused) as caught:
        build(message)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["newrx_lisinopril_2017071.xml", "newrx_metformin_2023011.xml"])
def test_an_answer_goes_back_to_the_sender_in_the_same_version(name):
    got = parse((SAMPLES / name).read_bytes())
    status = parse(build_status(got, message_id="a1", sent_at=AT))
    assert (status.version, status.body) == (got.version, m.Status(code="010"))
    assert (status.header.to, status.header.from_) == (got.header.from_, got.header.to)
    assert (status.header.message_id, status.header.relates_to_message_id) == ("a1", got.header.message_id)
    assert (status.header.sent_time, status.header.prescriber_order_number) == (AT, got.header.prescriber_order_number)


def test_an_error_says_why():
    got = parse((SAMPLES / "legacy_106.xml").read_bytes())
    error = parse(build_error(got, message_id="a2", sent_at=AT, description="not in use", description_code="1000"))
    assert (error.version, error.body) == (
        "2017071",
        m.Error(code="900", description_codes=("1000",), description="not in use"),
    )


def test_leaf_paths_of_a_group_are_all_different():
    for rows in LAYOUT.values():
        paths = [row.path for row in rows if isinstance(row, Leaf) and row.path]
        assert len(paths) == len(set(paths))
