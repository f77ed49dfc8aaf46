"""Renewals, changes and cancellations: asked, answered, decided; on both databases, with the messages as they go over the wire."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cast import assemble
from officina.base.models import Outgoing
from officina.codecs.ncpdp_script import build, model
from officina.codecs.ncpdp_script.parse import parse
from officina.dispensing import queries
from officina.dispensing.services import entry, filling, pickup, refills
from officina.exchange import asking, intake, script_out
from officina.kernel.errors import Refused
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Enquiry, Prescription, Withdrawal
from officina.prescriptions.written import Envelope

CLINIC = "6622445566001"
PHARMACY = "9999999"


@pytest.fixture
def cast(db):
    return assemble()


@pytest.fixture
def ordered(cast):
    """A prescription that came by wire, dispensed once, without refills."""
    order = cast.order(refills=0, order_number="ORD-77")
    envelope = Envelope(format="ncpdp-script", message_id="new-1", sender=CLINIC, recipient=PHARMACY, sent_at=cast.at())
    came = intake.receive(cast.wire, script_out.new_rx(order, envelope), name="wire", at=cast.at())
    fill = queries.fill_by_number(cast.tess, came.prescriptions[0])
    return fill.prescription


def entered(cast, rx: Prescription, **changes):
    fill = queries.fill_by_number(cast.tess, rx.number)
    fill = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    fill = entry.submit_entry(
        cast.tess, fill=fill, entry=cast.entry(**{"refills": 0, **changes}), package=cast.metformin, at=cast.at()
    )
    return entry.approve_entry(cast.ada, fill=fill, at=cast.at())


def dispensed(cast, rx: Prescription):
    cast.handed_over(cast.worked(entered(cast, rx)))
    return prescriptions.by_number(cast.tess, rx.number)


def answer(
    cast, request: model.Message, outcome: model.Outcome, *, kind="RxRenewalResponse", message_id="ans-1", **more
):
    """What the prescriber's system sends back to a request."""
    of = {"RxRenewalResponse": model.RxRenewalResponse, "RxChangeResponse": model.RxChangeResponse}[kind]
    header = model.Header(
        to=model.Party(id=PHARMACY, qualifier="P"),
        from_=model.Party(id=CLINIC, qualifier="D"),
        message_id=message_id,
        relates_to_message_id=request.header.message_id,
        sent_time=cast.at(),
    )
    body = of(outcomes=(outcome,), patient=request.body.patient, prescriber=request.body.prescriber, **more)
    raw = build.build(model.Message(kind=kind, header=header, body=body))
    return intake.receive(cast.wire, raw, name="answer", at=cast.at())


def sent(kind: str) -> list[model.Message]:
    return [m for row in Outgoing.objects.order_by("id") if (m := parse(bytes(row.payload))).kind == kind]


def taken_back(cast, **names):
    header = model.Header(
        to=model.Party(id=PHARMACY, qualifier="P"),
        from_=model.Party(id=names.pop("sender", CLINIC), qualifier="D"),
        message_id=names.pop("message_id", "cancel-1"),
        relates_to_message_id=names.pop("to", ""),
        sent_time=cast.at(),
        prescriber_order_number=names.pop("order_number", ""),
    )
    patient = model.Patient(name=model.Name(last_name="Flórez", first_name="Rosa"), date_of_birth=date(1961, 3, 14))
    body = model.CancelRx(patient=patient, medication=model.Medication(drug_description="metformin 500 mg tablet"))
    raw = build.build(model.Message(kind="CancelRx", header=header, body=body))
    return intake.receive(cast.wire, raw, name="cancel", at=cast.at())


def test_a_renewal_is_asked_for_as_fills_and_approved_as_fills(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=3, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    assert request.body.dispensed.pharmacy_requested_refills == 4
    assert (request.header.to.id, request.header.rx_reference_number) == (CLINIC, rx.number)
    assert request.header.prescriber_order_number == "ORD-77"
    assert request.body.dispensed.quantity.value == 60
    assert not request.kept
    approved = replace(request.body.medication, number_of_refills=3, written_date=date(2026, 11, 21))
    receipt = answer(cast, request, model.Outcome(element="Approved", note="See in May."), medication=approved)
    assert receipt.status in {"accepted", "question"}
    enquiry = Enquiry.objects.get()
    assert (enquiry.state, enquiry.answer) == ("approved", "See in May.")
    new = enquiry.renewed_as
    assert new.number == receipt.prescriptions[0] != rx.number
    assert new.written["refills"] == 2
    assert new.written["patient"]["last_name"] == "Flórez"
    assert queries.fill_by_number(cast.tess, new.number).state == "received"


def test_a_denied_renewal_tells_why_and_opens_nothing(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    receipt = answer(
        cast, request, model.Outcome(element="Denied", reason_codes=("AM",), denial_reason="Last seen 2024.")
    )
    assert (receipt.status, receipt.prescriptions) == ("accepted", ())
    enquiry = Enquiry.objects.get()
    assert enquiry.state == "denied"
    assert enquiry.answer == "The patient needs an appointment. Last seen 2024."
    assert prescriptions.open_enquiries(cast.tess) == [enquiry]
    assert Prescription.objects.count() == 1


@pytest.mark.parametrize(
    "outcomes",
    [(), (model.Outcome(element="Approved"), model.Outcome(element="Denied"))],
    ids=["none", "approved and denied at once"],
)
def test_an_answer_that_says_nothing_or_two_things_is_unclear(cast, ordered, outcomes):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    header = model.Header(
        from_=model.Party(id=CLINIC),
        message_id="a",
        relates_to_message_id=request.header.message_id,
        sent_time=cast.at(),
    )
    body = model.RxRenewalResponse(outcomes=outcomes, medication=request.body.medication)
    raw = build.build(model.Message(kind="RxRenewalResponse", header=header, body=body))
    assert intake.receive(cast.wire, raw, name="answer", at=cast.at()).prescriptions == ()
    assert Enquiry.objects.get().state == "unclear"


def test_approved_without_an_order_in_it_is_unclear(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    assert answer(cast, request, model.Outcome(element="Approved")).prescriptions == ()
    assert Enquiry.objects.get().state == "unclear"


def test_an_answer_to_nothing_of_ours_waits_for_a_person(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    stray = replace(request, header=replace(request.header, message_id="somebody-elses"))
    receipt = answer(cast, stray, model.Outcome(element="Approved"), medication=request.body.medication)
    assert (receipt.status, receipt.prescriptions) == ("refused", ())
    assert Enquiry.objects.get().state == "waiting"


def test_an_answer_is_taken_once(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    approved = replace(request.body.medication, number_of_refills=1)
    for message_id in ("ans-1", "ans-1", "ans-2"):
        answer(cast, request, model.Outcome(element="Approved"), medication=approved, message_id=message_id)
    assert Prescription.objects.count() == 2


def test_what_the_answer_leaves_unsaid_is_taken_over_and_said_so(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    bare = replace(request, body=model.RxRenewalRequest())
    approved = model.Medication(drug_description="metformin 500 mg tablet", number_of_refills=2)
    receipt = answer(cast, bare, model.Outcome(element="Approved"), medication=approved)
    new = Enquiry.objects.get().renewed_as
    assert new.written["patient"]["born_on"] == "1961-03-14"
    assert new.written["sig_text"] == ordered.written["sig_text"]
    assert [q["code"] for q in receipt.questions[new.number] if q["code"] == "taken_over"] == ["taken_over"]


def test_an_answer_about_another_patient_asks_loudly(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    other = replace(request.body.patient, name=model.Name(last_name="Haddad", first_name="Omar"))
    wrong = replace(request, body=replace(request.body, patient=other))
    approved = replace(request.body.medication, number_of_refills=1)
    receipt = answer(cast, wrong, model.Outcome(element="Approved"), medication=approved)
    assert "patient_differs" in [q["code"] for q in receipt.questions[receipt.prescriptions[0]]]


def test_no_renewal_is_asked_for_while_refills_are_left(cast):
    rx = cast.sold(refills=2).prescription
    with pytest.raises(Refused, match="2 refills left"):
        asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())


def test_one_request_of_a_kind_waits_at_a_time(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    with pytest.raises(Refused, match="asked already"):
        asking.ask_renewal(cast.pia, rx, refills=1, at=cast.at())


def test_without_a_wire_somebody_calls_and_writes_down_the_answer(cast):
    from officina.dispensing.services import enquiring

    rx = cast.sold(refills=0).prescription
    enquiry = asking.ask_renewal(cast.tess, rx, refills=1, at=cast.at())
    assert not enquiry.by_wire
    assert not Outgoing.objects.exists()
    done = enquiring.note_answer(
        cast.tess, enquiry=enquiry, outcome="denied", words="Nurse Lee: visit first", at=cast.at()
    )
    assert (done.state, done.seen_by) == ("denied", "Tess Young")
    assert prescriptions.open_enquiries(cast.tess) == []


def test_a_change_is_asked_for_and_comes_back_as_a_new_order(cast, ordered):
    entered(cast, ordered)
    rx = prescriptions.by_number(cast.tess, ordered.number)
    asking.ask_change(cast.tess, rx, reason="OS", wanted="metformin 1,000 mg, half a tablet", at=cast.at())
    (request,) = sent("RxChangeRequest")
    assert (request.body.code, request.body.requested[0].note) == ("OS", "metformin 1,000 mg, half a tablet")
    changed = replace(request.body.medication, drug_description="metformin 1,000 mg tablet", number_of_refills=2)
    receipt = answer(
        cast, request, model.Outcome(element="ApprovedWithChanges", medication=changed), kind="RxChangeResponse"
    )
    new = Enquiry.objects.get().renewed_as
    assert (new.number, new.written["drug_text"]) == (receipt.prescriptions[0], "metformin 1,000 mg tablet")
    assert new.written["refills"] == 2


def test_what_is_taken_back_stops_until_a_pharmacist_cancels_it(cast, ordered):
    fill = cast.worked(entered(cast, ordered))
    taken_back(cast, order_number="ORD-77")
    came = pickup.identify(cast.tess, last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14), at=cast.at())
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    with pytest.raises(Refused, match="back: a pharmacist decides"):
        pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    (withdrawal,) = prescriptions.open_withdrawals(cast.ada)
    with pytest.raises(Refused):
        asking.decide(cast.tess, withdrawal, cancel=True, why="As asked", at=cast.at())
    asking.decide(
        cast.ada, prescriptions.withdrawal(cast.ada, withdrawal.code), cancel=True, why="As asked", at=cast.at()
    )
    assert queries.fill(cast.tess, str(fill.code)).state == "returned"
    rx = prescriptions.by_number(cast.tess, ordered.number)
    assert (rx.is_active, rx.stopped_at) == (False, None)
    (reply,) = sent("CancelRxResponse")
    assert reply.header.relates_to_message_id == "cancel-1"
    (outcome,) = reply.body.outcomes
    assert (outcome.element, outcome.note) == ("Approved", "As asked. Nothing was dispensed.")


def test_who_has_the_vial_in_hand_is_stopped_too(cast, ordered):
    from officina.dispensing.services import review

    fill = review.clear_review(cast.ada, fill=entered(cast, ordered), at=cast.at())
    fill = review.settle_payment(cast.tess, fill=fill, at=cast.at())
    taken_back(cast, to="new-1")
    with pytest.raises(Refused, match="changed this fill"):
        filling.take(cast.tess, fill=fill, at=cast.at())
    with pytest.raises(Refused, match="back: a pharmacist decides"):
        filling.take(cast.tess, fill=queries.fill(cast.tess, str(fill.code)), at=cast.at())


def test_a_denied_withdrawal_lets_the_work_go_on_and_says_what_was_dispensed(cast, ordered):
    rx = dispensed(cast, ordered)
    taken_back(cast, order_number="ORD-77")
    with pytest.raises(Refused, match="takes Rx"):
        refills.refill(cast.tess, prescription=prescriptions.by_number(cast.tess, rx.number), at=cast.later(30))
    found = prescriptions.withdrawal(cast.ada, Withdrawal.objects.get().code)
    asking.decide(cast.ada, found, cancel=False, why="Dispensed before it came", at=cast.at())
    (reply,) = sent("CancelRxResponse")
    (outcome,) = reply.body.outcomes
    assert outcome.element == "Denied"
    assert outcome.denial_reason == "Dispensed before it came. 1 fill was dispensed, the last on 2026-11-20."
    assert prescriptions.by_number(cast.tess, rx.number).stopped_at is None


@pytest.mark.parametrize(
    "names",
    [{"order_number": "ORD-78"}, {"to": "new-2"}, {"order_number": "ORD-77", "sender": "another-clinic"}, {}],
    ids=["another order", "another message", "another sender", "no name at all"],
)
def test_nothing_is_stopped_where_it_is_not_sure_which_one_is_meant(cast, ordered, names):
    taken_back(cast, **names)
    assert Prescription.objects.get().stopped_at is None
    (withdrawal,) = prescriptions.open_withdrawals(cast.ada)
    assert withdrawal.prescription is None
    assert withdrawal.what == "Flórez, Rosa: metformin 500 mg tablet"
    found = prescriptions.withdrawal(cast.ada, withdrawal.code)
    with pytest.raises(Refused, match="which prescription"):
        asking.decide(cast.ada, found, cancel=True, why="As asked", at=cast.at())


def test_a_person_says_which_one_is_meant(cast, ordered):
    from officina.dispensing.services import enquiring

    taken_back(cast)
    found = prescriptions.withdrawal(cast.ada, Withdrawal.objects.get().code)
    enquiring.bind(cast.ada, withdrawal=found, prescription=ordered, at=cast.at())
    assert Prescription.objects.get().stopped_at is not None
    asking.decide(cast.ada, prescriptions.withdrawal(cast.ada, found.code), cancel=True, why="As asked", at=cast.at())
    assert queries.fill_by_number(cast.tess, ordered.number).state == "cancelled"


def test_it_is_decided_once(cast, ordered):
    taken_back(cast, order_number="ORD-77")
    found = prescriptions.withdrawal(cast.ada, Withdrawal.objects.get().code)
    asking.decide(cast.ada, found, cancel=True, why="As asked", at=cast.at())
    with pytest.raises(Refused, match="Decided already by Ada Park"):
        asking.decide(cast.pia, found, cancel=False, why="No", at=cast.at())


def test_quantities_and_directions_go_out_as_they_are(cast, ordered):
    rx = dispensed(cast, ordered)
    asking.ask_renewal(cast.tess, rx, refills=0, at=cast.at())
    (request,) = sent("RxRenewalRequest")
    assert request.body.medication.sig.sig_text == "Take 1 tablet by mouth 2 times a day with meals."
    assert request.body.medication.quantity.value == Decimal(60)
