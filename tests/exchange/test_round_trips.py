"""What goes out comes back: an order written as SCRIPT or FHIR is read as the same order."""

from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from officina.exchange import fhir_out, script_out, sniff
from officina.prescriptions.written import Envelope, WrittenOrder, WrittenPatient, WrittenPrescriber

SENT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
ORDER = WrittenOrder(
    patient=WrittenPatient(
        last_name="Flórez",
        first_name="Rosa",
        middle_name="M",
        born_on=date(1961, 3, 14),
        sex="F",
        street="45 East Road",
        city="Madison",
        state="WI",
        postal_code="53703",
        phone="6085550111",
    ),
    prescriber=WrittenPrescriber(
        last_name="Okafor",
        first_name="Ben",
        npi="1245319599",
        street="2 Oak St",
        city="Madison",
        state="WI",
        postal_code="53703",
        phone="6085550122",
    ),
    drug_text="metformin 500 mg tablet",
    ndc="00093104801",
    quantity=Decimal("60"),
    quantity_unit="tablet",
    days_supply=30,
    refills=2,
    substitution_allowed=True,
    sig_text="Take 1 tablet by mouth 2 times a day & with meals <not> before",
    written_on=date(2026, 11, 20),
    note="new",
    order_number="110001",
)
SAME = {f.name for f in fields(WrittenOrder)} - {
    "where",
    "questions",
    "kept",
    "schedule",
    "rxcui",
    "signed",
    "strength",
    "form",
    "diagnoses",
}


@pytest.mark.parametrize("version", ["2017071", "2023011"])
def test_a_script_order_is_read_as_it_was_written(version):
    envelope = Envelope(
        format="ncpdp-script",
        version=version,
        message_id="M1",
        sender="6622445566001",
        recipient="9999999",
        sent_at=SENT,
    )
    got = sniff.understand(script_out.new_rx(ORDER, envelope))
    assert got.envelope.message_id == "M1"
    assert got.envelope.version == version
    (order,) = got.orders
    assert {n: getattr(order, n) for n in SAME} == {n: getattr(ORDER, n) for n in SAME}
    assert order.questions == ()


def test_fhir_orders_are_read_as_they_were_written():
    envelope = Envelope(format="fhir", message_id="B1", sender="https://clinic.example/orders", sent_at=SENT)
    got = sniff.understand(fhir_out.bundle([ORDER], envelope))
    assert "B1" in got.envelope.message_id
    (order,) = got.orders
    assert {n: getattr(order, n) for n in SAME} == {n: getattr(ORDER, n) for n in SAME}
    assert order.questions == ()
