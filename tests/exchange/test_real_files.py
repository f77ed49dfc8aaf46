"""Every real SCRIPT and FHIR file at hand is received: nothing crashes, nothing is lost, and the page tells what came of it."""

from collections import Counter

import pytest
import understood

import cast as standing
from officina.exchange import intake
from officina.prescriptions.models import Message, Prescription, Received
from real_messages import COLLECTIONS, messages


@pytest.mark.django_db
def test_every_file_is_kept_as_received_and_answered(reference_data):
    cast = standing.assemble()
    files = list(messages(reference_data))
    assert {collection for collection, _, _ in files} == {collection for collection, _ in COLLECTIONS}
    receipts = [intake.receive(cast.wire, raw, name=name, at=cast.at()) for _, name, raw in files]
    kept = [bytes(r.raw) for r in Received.objects.order_by("id")]
    assert kept == [raw for _, _, raw in files]
    assert Message.objects.count() == len(files)
    assert {m.status for m in Message.objects.all()} <= {"accepted", "question", "duplicate", "refused"}
    assert all(r.reasons for r in receipts if r.status in {"refused", "duplicate"}), "refused without a reason"
    assert Prescription.objects.count() == sum(len(r.prescriptions) for r in receipts)


def test_the_page_tells_what_the_command_answers(reference_data, tmp_path):
    results = understood.received(reference_data, tmp_path)
    assert understood.page(results) == understood.PAGE.read_text(), "write it anew: make understood"
    assert Counter(understood.answer_of(r) for r in results)["in question"] > 30
