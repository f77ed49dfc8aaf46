"""The prescribers desk: answers to be seen, calls to be made, orders taken back to be decided."""

import pytest

from officina.dispensing import queries as fills
from officina.exchange import intake, script_out
from officina.prescriptions import queries
from officina.prescriptions.models import Enquiry, Withdrawal
from officina.prescriptions.written import Envelope
from web.seen import HTMX, Busy, text


@pytest.fixture
def sold(cast):
    return cast.sold(refills=0)


@pytest.fixture
def tess(seat, cast, sold):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast, sold):
    return Busy(seat, cast, cast.ada)


@pytest.fixture
def taken_back(cast, sold):
    """A message that takes the prescription back, which names it by our own number."""
    raw = (
        "<Message version='2017071'><Header><To Qualifier='P'>9999999</To><From Qualifier='D'>clinic</From>"
        f"<MessageID>c1</MessageID><RxReferenceNumber>{sold.prescription.number}</RxReferenceNumber></Header><Body><CancelRx>"
        "<Patient><HumanPatient><Name><LastName>Flórez</LastName><FirstName>Rosa</FirstName></Name></HumanPatient></Patient>"
        "<MedicationPrescribed><DrugDescription>metformin 500 mg tablet</DrugDescription></MedicationPrescribed>"
        "</CancelRx></Body></Message>"
    )
    intake.receive(cast.wire, raw.encode(), name="cancel", at=cast.at())
    return Withdrawal.objects.get()


def test_a_renewal_is_asked_for_from_the_prescription_and_waits_for_a_call(tess, sold):
    page = f"/rx/{sold.prescription.code}/"
    said = text(tess.post(page, {"do": "ask_renewal", "refills": "3", "note": ""}, headers=HTMX))
    assert "call or fax" in said
    listed = text(tess.get("/requests/"))
    assert "Renewal of 60 with 3 refills." in listed
    assert "Call" in listed
    enquiry = Enquiry.objects.get()
    said = text(
        tess.post(
            "/requests/",
            {"do": "answer", "request": str(enquiry.code), "outcome": "denied", "words": "Dr Okafor: visit"},
            headers=HTMX,
        )
    )
    assert "denied" in said
    assert "Dr Okafor: visit" in text(tess.get(page))
    assert "Nothing is asked" in text(tess.get("/requests/"))


def test_an_answer_by_wire_stays_until_somebody_puts_it_aside(cast, tess, sold):
    order = cast.order(refills=0)
    envelope = Envelope(format="ncpdp-script", message_id="n1", sender="clinic", recipient="9999999", sent_at=cast.at())
    number = intake.receive(cast.wire, script_out.new_rx(order, envelope), name="x", at=cast.at()).prescriptions[0]
    rx = queries.by_number(cast.tess, number)
    from officina.dispensing.services import entry

    fill = entry.start_entry(cast.tess, fill=fills.fill_by_number(cast.tess, number), at=cast.at())
    entry.submit_entry(cast.tess, fill=fill, entry=cast.entry(refills=0), package=cast.metformin, at=cast.at())
    said = text(
        tess.post(f"/rx/{rx.code}/", {"do": "ask_change", "reason": "OS", "wanted": "anything we have"}, headers=HTMX)
    )
    assert "Sent to the prescriber" in said
    enquiry = Enquiry.objects.get()
    raw = (
        f"<Message version='2017071'><Header><From>clinic</From><MessageID>a1</MessageID><RelatesToMessageID>{enquiry.code.hex}"
        "</RelatesToMessageID></Header><Body><RxChangeResponse><Response><Denied><ReasonCode>AL</ReasonCode></Denied></Response>"
        "</RxChangeResponse></Body></Message>"
    )
    intake.receive(cast.wire, raw.encode(), name="a", at=cast.at())
    listed = text(tess.get("/requests/"))
    assert "The change is not appropriate." in listed
    assert "Denied" in listed
    tess.post("/requests/", {"do": "seen", "request": str(enquiry.code)})
    assert "not appropriate" not in text(tess.get("/requests/"))
    assert Enquiry.objects.get().seen_by == "Tess Young"


def test_only_a_pharmacist_decides_what_becomes_of_an_order_taken_back(cast, tess, ada, sold, taken_back):
    assert "A pharmacist decides" in text(tess.get("/requests/"))
    act = {"do": "cancel", "withdrawal": str(taken_back.code), "why": "As the prescriber asks"}
    assert tess.post("/requests/", act).status_code == 422
    assert "is stopped" in text(ada.get("/requests/"))
    assert "Its prescriber takes it back" in text(ada.get(f"/rx/{sold.prescription.code}/"))
    assert "is cancelled" in text(ada.post("/requests/", act, headers=HTMX))
    assert Withdrawal.objects.get().state == "cancelled"
    assert "has ended" in text(ada.get(f"/rx/{sold.prescription.code}/"))


def test_without_a_reason_nothing_is_decided(ada, taken_back):
    answer = ada.post("/requests/", {"do": "keep", "withdrawal": str(taken_back.code), "why": " "})
    assert answer.status_code == 422
    assert Withdrawal.objects.get().state == "waiting"


@pytest.mark.parametrize("code", ["", "x", "00000000-0000-4000-8000-000000000000"])
@pytest.mark.parametrize("do", ["seen", "cancel", "keep", "bind", "withdraw"])
def test_a_code_of_nothing_is_refused(ada, do, code):
    given = {"do": do, "request": code, "withdrawal": code, "why": "x", "number": "1000015"}
    assert ada.post("/requests/", given).status_code in {400, 404, 422}


def test_the_rail_counts_what_waits_for_a_person(cast, taken_back):
    from officina.web import rail

    stop = next(s for s in rail.stops(cast.ada, "/", at=taken_back.at) if s.desk.name == "requests")
    assert (stop.waiting, stop.oldest) == (1, taken_back.at)


def test_what_names_none_of_ours_is_bound_by_its_number_and_let_go_on(cast, ada, sold):
    raw = (
        "<Message version='2017071'><Header><From>clinic</From><MessageID>c2</MessageID></Header><Body><CancelRx><MedicationPrescribed>"
        "<DrugDescription>metformin</DrugDescription></MedicationPrescribed></CancelRx></Body></Message>"
    )
    intake.receive(cast.wire, raw.encode(), name="cancel", at=cast.at())
    found = Withdrawal.objects.get()
    for wrong in ("", "abc", "7654321"):
        given = {"do": "bind", "withdrawal": str(found.code), "number": wrong}
        assert ada.post("/requests/", given).status_code == 422
    given = {"do": "bind", "withdrawal": str(found.code), "number": sold.prescription.number}
    assert "is stopped until you decide" in text(ada.post("/requests/", given, headers=HTMX))
    given = {"do": "keep", "withdrawal": str(found.code), "why": "Dispensed before it came"}
    assert "The prescriber is told why" in text(ada.post("/requests/", given, headers=HTMX))
    assert queries.prescription(cast.ada, str(sold.prescription.code)).stopped_at is None


def test_what_is_no_longer_wanted_is_no_longer_asked(tess, sold):
    tess.post(f"/rx/{sold.prescription.code}/", {"do": "ask_renewal", "refills": "1", "note": ""})
    enquiry = Enquiry.objects.get()
    assert tess.post("/requests/", {"do": "withdraw", "request": str(enquiry.code), "why": ""}).status_code == 422
    given = {"do": "withdraw", "request": str(enquiry.code), "why": "The patient stopped it"}
    assert "No longer asked" in text(tess.post("/requests/", given, headers=HTMX))
    assert Enquiry.objects.get().state == "withdrawn"
