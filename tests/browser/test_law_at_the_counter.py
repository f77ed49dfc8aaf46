"""By keyboard alone: sig codes while typing, pseudoephedrine sold, an emergency order, a change asked for and approved, an order taken back."""

import pytest

from officina.dispensing import queries
from officina.dispensing.models import Fill, PseudoephedrineSale
from officina.dispensing.services import entry
from officina.exchange import intake, script_out
from officina.law import emergency as law
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import EmergencyOrder, Enquiry, Withdrawal
from officina.prescriptions.services import sig_codes
from officina.prescriptions.written import Envelope

pytestmark = pytest.mark.browser


def test_a_code_is_kept_by_the_pharmacist_and_written_out_under_the_hand_that_types(cast, sits):
    ada = sits("ada", "/sig-codes/")
    ada.types("bp")
    ada.press("Tab")
    ada.types("for high blood pressure")
    ada.press("Control+Enter")
    ada.is_told("done", "stands for")
    sig_codes.set_code(cast.ada, typed="t1b", expansion="take 1 tablet by mouth twice daily", at=cast.at())
    fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
    tess = sits("tess", f"/entry/{fill.code}/")
    tess.tab_to("directions")
    tess.press("Control+a")
    tess.types("t1b ")
    field = tess.page.locator("[name=directions]")
    assert field.input_value() == "take 1 tablet by mouth twice daily "
    tess.types("bp")
    assert field.input_value().endswith("daily bp")
    tess.press("Tab")
    assert field.input_value() == "take 1 tablet by mouth twice daily for high blood pressure"
    tess.press("Alt+e")
    tess.sees("Understood; these are the words of the label.", "#work")
    label = "Take 1 tablet by mouth in the morning and 1 tablet in the evening for high blood pressure."
    assert tess.page.locator("[name=directions]").input_value() == label
    tess.press("Control+Enter")
    tess.is_told("done", "waits for its entry check")
    assert queries.fill(cast.tess, str(fill.code)).prescription.directions == label


def fields(station, **typed):
    for name, text in typed.items():
        station.tab_to(name)
        station.press("Control+a")
        station.types(text)


def test_pseudoephedrine_is_sold_and_the_sixty_more_are_not(cast, sits):
    tess = sits("tess", "/pickup/")
    tess.press("Alt+p")
    tess.sees("Sell pseudoephedrine", "#work")
    who = {"last_name": "Doe", "first_name": "Kim", "born_on": "05/01/1980", "address": "1 Oak St, Madison WI",
           "identity_issuer": "WI", "identity_number": "D123-4567"}  # fmt: skip
    fields(tess, product="Sudafed 30 mg", unit_mg="30", units_each="100", packages="1", **who)
    tess.press("Alt+c")
    tess.sees("May be sold.", "#work")
    tess.tab_to("notice_read")
    tess.press("Space")
    fields(tess, signed_by="Kim Doe")
    tess.press("Control+Enter")
    tess.is_told("done", "line L000001")
    fields(tess, product="Sudafed 30 mg", unit_mg="30", units_each="60", packages="1", **who)
    tess.tab_to("notice_read")
    tess.press("Space")
    fields(tess, signed_by="Kim Doe")
    tess.press("Control+Enter")
    tess.is_told("no", "46 of the 60 may be sold now")
    assert PseudoephedrineSale.objects.count() == 1


def test_schedule_ii_by_telephone_point_by_point_and_its_signed_prescription(cast, sits):
    ada = sits("ada", "/intake/")
    ada.press("Alt+m")
    ada.sees("Schedule II by telephone in an emergency", "#work")
    for n in range(len(law.checks(on=cast.ada.day(cast.clock)))):
        ada.tab_to("checks") if not n else ada.press("Tab")
        ada.press("Space")
    fields(ada, last_name="Flórez", first_name="Rosa", born_on="03/14/1961", drug_text="oxycodone 5 mg tablet", quantity="8", sig_text="1 tab q6h prn", prescriber_last="Okafor")  # fmt: skip
    ada.tab_to("read_back")
    ada.press("Space", "Control+Enter")
    ada.is_told("look", "must come by Nov 27, 2026")
    ada.go("o", "Prescribers")
    ada.sees("due on Nov 27, 2026", "#work")
    assert EmergencyOrder.objects.get().prescription.number


@pytest.fixture
def wired(cast):
    """An order that came by wire and is entered: its prescriber can be asked."""
    envelope = Envelope(format="ncpdp-script", message_id="n1", sender="clinic", recipient="9999999", sent_at=cast.at())
    raw = script_out.new_rx(cast.order(order_number="ORD-7"), envelope)
    number = intake.receive(cast.wire, raw, name="wire", at=cast.at()).prescriptions[0]
    fill = entry.start_entry(cast.tess, fill=queries.fill_by_number(cast.tess, number), at=cast.at())
    entry.submit_entry(cast.tess, fill=fill, entry=cast.entry(), package=cast.metformin, at=cast.at())
    return prescriptions.by_number(cast.tess, number)


def test_a_change_is_asked_for_and_approved(cast, sits, wired):
    tess = sits("tess", f"/rx/{wired.code}/")
    tess.page.locator("summary", has_text="Ask for a change").focus()
    tess.press("Enter")
    fields(tess, wanted="metformin 1,000 mg tablet")
    tess.press("Enter")
    tess.is_told("done", "Sent to the prescriber")
    enquiry = Enquiry.objects.get(kind="change")
    answer = script_out.new_rx(
        cast.order(drug_text="metformin 1,000 mg tablet"),
        Envelope(format="ncpdp-script", message_id="a1", sender="clinic", recipient="9999999", sent_at=cast.at()),
    ).decode()
    body = answer.partition("<NewRx>")[2].partition("</NewRx>")[0]
    raw = (
        f"<Message version='2017071'><Header><From>clinic</From><MessageID>a1</MessageID><RelatesToMessageID>{enquiry.code.hex}"
        f"</RelatesToMessageID></Header><Body><RxChangeResponse><Response><Approved/></Response>{body}</RxChangeResponse></Body></Message>"
    )
    intake.receive(cast.wire, raw.encode(), name="wire", at=cast.at())
    tess.go("o", "Prescribers")
    tess.sees("Approved", "#work")
    tess.sees("came of it", "#work")
    new = Enquiry.objects.get(kind="change").renewed_as
    assert new is not None
    assert new.written["drug_text"] == "metformin 1,000 mg tablet"
    tess.page.get_by_role("button", name="Put aside").focus()
    tess.press("Enter")
    tess.is_told("done", "It stays with Rx")


def test_an_order_that_its_prescriber_takes_back_stops_and_a_pharmacist_ends_it(cast, sits, wired):
    raw = (
        "<Message version='2017071'><Header><To Qualifier='P'>9999999</To><From Qualifier='D'>clinic</From><MessageID>c1</MessageID>"
        "<PrescriberOrderNumber>ORD-7</PrescriberOrderNumber></Header><Body><CancelRx><Patient><HumanPatient><Name>"
        "<LastName>Flórez</LastName><FirstName>Rosa</FirstName></Name></HumanPatient></Patient><MedicationPrescribed>"
        "<DrugDescription>metformin 500 mg tablet</DrugDescription></MedicationPrescribed></CancelRx></Body></Message>"
    )
    intake.receive(cast.wire, raw.encode(), name="wire", at=cast.at())
    tess = sits("tess", "/requests/")
    tess.sees(f"Rx {wired.number} is stopped", "#work")
    tess.sees("A pharmacist decides.", "#work")
    ada = sits("ada", "/requests/")
    ada.page.locator("summary", has_text="Cancel it").focus()
    ada.press("Enter", "Tab")
    ada.types("Dr Okafor asks for it")
    ada.press("Enter")
    ada.is_told("done", "is cancelled")
    assert Withdrawal.objects.get().state == "cancelled"
    assert [f.state for f in Fill.objects.filter(prescription=wired)] == ["cancelled"]
    tess.page.goto(f"/rx/{wired.code}/")
    tess.sees("has ended", "#work")
