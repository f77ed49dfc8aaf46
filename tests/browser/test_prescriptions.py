"""What becomes of a prescription after its first fill, at the counter by keyboard and scanner: refilled, filled in part, given over, denied, returned."""

from datetime import date
from decimal import Decimal

import pytest

from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.dispensing.services import entry, filling
from officina.exchange import intake, script_out
from officina.inventory.models import Lot
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Enquiry, RefillConsent
from officina.prescriptions.written import Envelope

pytestmark = pytest.mark.browser


def container(lot):
    return f"]d201{lot.package.gtin}17{lot.expires_on:%y%m%d}10{lot.number}"


def prints(tess):
    """The label of the fill before her; its page opens and closes."""
    with tess.context.expect_page() as printed:
        tess.press("Alt+P")
    printed.value.close()
    tess.page.bring_to_front()
    tess.page.evaluate("window.dispatchEvent(new Event('focus'))")
    tess.sees("Label printed", ".tally")


def test_a_refill_by_the_label_of_the_last_fill(cast, sits):
    fill = cast.sold()
    cast.later(25)
    tess = sits("tess", "/refills/")
    tess.scan(fill.number)
    tess.sees("may be refilled", "#work")
    tess.press("Control+Enter")
    tess.is_told("done", "is being refilled")
    refill = Fill.objects.get(kind="refill")
    assert (refill.prescription_id, refill.quantity, refill.state) == (fill.prescription_id, 60, "clinical_review")
    # Scanned once more, nothing is filled twice.
    tess.scan(fill.number)
    tess.sees("is being filled already", "#work")
    assert Fill.objects.filter(kind="refill").count() == 1
    ada = sits("ada", f"/review/{refill.code}/")
    ada.press("Control+Enter")
    ada.is_told("done", "is reviewed")


def test_a_part_now_and_the_rest_later(cast, sits):
    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    tess = sits("tess", f"/filling/{fill.code}/")
    prints(tess)
    tess.tab_to("quantity")
    tess.press("Control+a")
    tess.types("25")
    tess.scan(container(cast.old_lot))
    tess.sees("35 missing", ".tally")
    tess.press("Alt+T")
    tess.tab_to("why")
    tess.types("No more on the shelf")
    tess.press("Enter")
    tess.is_told("done", "25 now, 35 owed")
    prints(tess)
    tess.press("Control+Enter")
    tess.is_told("done", "waits for the check")
    tess.go("h", "Counter")
    tess.sees("Owed to patients")
    tess.sees("35 tablets owed")
    rest = Fill.objects.get(kind="completion")
    tess.page.goto(f"/filling/{rest.code}/")
    tess.sees("may go out until", "#work")
    tess.press("Control+Enter")
    tess.sees("0 of 35 tablets", ".tally")
    prints(tess)
    tess.scan(container(cast.old_lot))
    tess.sees("complete", ".tally")
    tess.press("Control+Enter")
    tess.is_told("done", "waits for the check")
    assert [f.quantity for f in queries.fills_of(rest.prescription)] == [25, 35]


def test_a_transfer_to_another_pharmacy(cast, sits):
    rx = cast.sold().prescription
    ada = sits("ada", f"/rx/{rx.code}/")
    ada.press("Alt+X")
    for name, text in (
        ("pharmacy", "Oak Pharmacy"),
        ("address", "1 Oak St, Madison, WI"),
        ("pharmacist", "Kim Oak"),
        ("asked_by", "Rosa Flórez"),
    ):
        ada.tab_to(name)
        ada.types(text)
    ada.press("Enter")
    ada.sees("VOID: transferred to another pharmacy")
    ada.sees("Kim Oak")
    ada.press("Escape")
    ada.sees("has ended: transferred to Oak Pharmacy", "#work")
    tess = sits("tess", "/refills/")
    tess.scan(rx.number)
    tess.sees("was cancelled or transferred", "#work")


def test_a_renewal_that_is_denied(cast, sits):
    envelope = Envelope(format="ncpdp-script", message_id="n1", sender="clinic", recipient="9999999", sent_at=cast.at())
    raw = script_out.new_rx(cast.order(refills=0), envelope)
    number = intake.receive(cast.wire, raw, name="wire", at=cast.at()).prescriptions[0]
    fill = entry.start_entry(cast.tess, fill=queries.fill_by_number(cast.tess, number), at=cast.at())
    fill = entry.submit_entry(cast.tess, fill=fill, entry=cast.entry(refills=0), package=cast.metformin, at=cast.at())
    cast.handed_over(cast.worked(entry.approve_entry(cast.ada, fill=fill, at=cast.at())))
    rx = prescriptions.by_number(cast.tess, number)
    tess = sits("tess", f"/rx/{rx.code}/")
    tess.sees("has no refills left", "#work")
    tess.press("Alt+K")
    tess.press("Control+a")
    tess.types("3")
    tess.press("Enter")
    tess.is_told("done", "Sent to the prescriber")
    enquiry = Enquiry.objects.get()
    assert enquiry.what.startswith("Renewal of 60 with 3 refills")
    answer = (
        f"<Message version='2017071'><Header><From>clinic</From><MessageID>a1</MessageID><RelatesToMessageID>{enquiry.code.hex}"
        "</RelatesToMessageID></Header><Body><RxRenewalResponse><Response><Denied><ReasonCode>AM</ReasonCode></Denied></Response>"
        "</RxRenewalResponse></Body></Message>"
    )
    intake.receive(cast.wire, answer.encode(), name="wire", at=cast.at())
    tess.go("o", "Prescribers")
    tess.sees("Denied", "#work")
    tess.sees("The patient needs an appointment.", "#work")
    tess.page.get_by_role("button", name="Put aside").focus()
    tess.press("Enter")
    tess.is_told("done", "It stays with Rx")
    tess.search(number)
    tess.sees("Denied: The patient needs an appointment.", "#work")
    assert len(queries.fills_of(rx)) == 1


def test_what_nobody_picked_up_goes_back_to_stock(cast, sits):
    fill = cast.bagged()
    cast.later(15)
    tess = sits("tess", "/pickup/")
    tess.sees("To return to stock")
    tess.page.get_by_role("button", name="Return to stock").focus()
    tess.press("Enter")
    tess.is_told("done", "is back in stock as vial")
    assert queries.fill(cast.tess, str(fill.code)).state == "returned"
    vial = Lot.objects.exclude(vial_number="").get()
    assert sum(b.on_hand for b in vial.balances.all()) == Decimal(60)
    tess.page.goto(f"/rx/{fill.prescription.code}/")
    tess.sees("first fill, returned to stock", "#work")
    assert queries.refills_left(fill.prescription) == 2


def test_all_medicines_to_one_date_once_the_patient_has_agreed(cast, sits):
    first = cast.dispensed(lot=cast.lot)
    cast.later(9)
    cast.dispensed(cast.lisinopril, quantity=Decimal(30), directions="Take 1 tablet by mouth every day.", refills=3)
    cast.later(15)
    tess = sits("tess", f"/refills/{first.patient.code}/")
    tess.press("Alt+D")
    tess.sees("All medicines on Dec 29, 2026", "#work")
    tess.sees("2 x 9 days = 18 tablets", "#work")
    tess.sees("due on that day", "#work")
    tess.press("Control+Enter")
    tess.is_told("no", "look at the marked fields")
    assert not Fill.objects.filter(kind="refill").exists()
    tess.tab_to("how")
    tess.types("By tel")
    tess.press("Control+Enter")
    tess.is_told("done", "all medicines fall due on Dec 29, 2026")
    tess.sees("Rosa Flórez agreed to Dec 29, 2026, by telephone", "#work")
    tess.sees("is being filled already", "#work")
    fill = Fill.objects.get(kind="refill")
    assert (fill.prescription_id, fill.quantity, fill.days_supply) == (first.prescription_id, 18, 9)
    assert cast.handed_over(cast.worked(fill)).prescription.supply_until == date(2026, 12, 28)


def test_a_consent_and_the_refill_that_comes_of_it_by_itself(cast, sits):
    first = cast.dispensed(lot=cast.lot)
    cast.later(24)
    tess = sits("tess", f"/rx/{first.prescription.code}/")
    tess.press("Alt+A")
    tess.tab_to("given_by")
    tess.press("Enter")
    tess.is_told("no", "look at the marked fields")
    assert not RefillConsent.objects.exists()
    tess.tab_to("how")
    tess.types("At")
    tess.press("Tab", "Enter")
    tess.is_told("done", "is refilled automatically")
    tess.sees("Rosa Flórez consented at the counter", "#work")
    tess.go("l", "Refills")
    tess.press("Alt+D")
    tess.sees("may be started", "#work")
    assert not Fill.objects.filter(kind="refill").exists()
    tess.press("Control+Enter")
    tess.is_told("done", "is being refilled")
    tess.sees("Nothing with a consent runs out", "#work")
    fill = Fill.objects.get(kind="refill")
    assert (fill.quantity, fill.due_on is not None, fill.state) == (60, True, "clinical_review")
    tess.page.goto(f"/rx/{first.prescription.code}/")
    tess.press("Alt+A")
    tess.tab_to("how")
    tess.types("By")
    tess.press("Tab", "Enter")
    tess.is_told("done", "is not refilled automatically any more")
    tess.sees("withdrawn by Rosa Flórez", "#work")
