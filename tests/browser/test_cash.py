"""Money and waiting bags by keyboard: paid in two kinds with change, the receipt, the drawer, the sweep, a delivery."""

from decimal import Decimal

import pytest

from officina.dispensing.models import Bag, Fill, Payment
from officina.dispensing.services import payments, pickup
from officina.patients.models import Patient

pytestmark = pytest.mark.browser


def test_paid_in_two_kinds_with_change_and_a_receipt(cast, sits):
    fill = cast.bagged()
    payments.open_drawer(cast.tess, counted=Decimal(50), at=cast.at())
    came = pickup.identify(cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at())
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    tess = sits("tess", f"/pickup/{came.code}/")
    tess.tab_to("signed_by")
    tess.types("Rosa Florez")
    tess.page.select_option("[name=paid_by]", "card")
    tess.page.select_option("[name=second]", "cash")
    tess.tab_to("second_amount")
    tess.types("5")
    tess.page.fill("[name=given]", "20")
    tess.press("Control+Enter")
    tess.is_told("done", "Change $15.00.")
    tess.press("Alt+R")
    tess.sees(f"Rx {fill.prescription.number}", "#work")
    assert "metFORMIN" not in tess.page.inner_text("#work")
    tess.press("Alt+N")
    tess.sees("metFORMIN", "#work")
    assert [p.kind for p in Payment.objects.order_by("id")] == ["card", "cash"]


def test_the_drawer_is_opened_and_closed_at_the_cash_desk(cast, sits):
    tess = sits("tess", "/")
    tess.go("c", "Cash")
    tess.page.fill("[name=counted]", "100")
    tess.press("Control+Enter")
    tess.is_told("done", "open with $100.00")
    tess.page.fill("[name=counted]", "97.50")
    tess.press("Control+Enter")
    tess.is_told("look", "$2.50 too little")


def test_one_key_returns_all_that_nobody_came_for(cast, sits):
    cast.bagged(quantity=Decimal(10))
    cast.bagged(patient=cast.omar, quantity=Decimal(10))
    cast.later(20)
    tess = sits("tess", "/pickup/")
    tess.press("Alt+S")
    tess.sees("To return to stock", "#work")
    tess.press("Control+Enter")
    tess.is_told("done", "2 back in stock")
    tess.sees("Labels of the vials", "#work")
    assert set(Fill.objects.values_list("state", flat=True)) == {"returned"}


def test_a_bag_goes_to_the_door_and_is_sold_there(cast, sits):
    Patient.objects.filter(pk=cast.rosa.pk).update(street="5 Elm St", city="Madison")
    fill = cast.bagged()
    tess = sits("tess", "/pickup/")
    tess.press("Alt+D")
    tess.page.fill("[name=bag]", fill.bag.number)
    tess.press("Control+Enter")
    tess.sees("5 Elm St", "#work")
    tess.page.fill("[name=driver]", "Dan Reyes")
    tess.press("Enter")
    tess.sees("With a driver", "#work")
    tess.page.click("ul.worklist a")
    tess.page.check("[name=outcome][value=declined]")
    tess.press("Alt+C")
    tess.is_told("done", "Written down")
    tess.page.fill("[name=signed_by]", "Rosa Florez")
    tess.press("Control+Enter")
    tess.is_told("done", "Delivered and sold")
    assert Bag.objects.get().state == "handed_over"
