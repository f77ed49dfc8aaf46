"""Receiving stock at the counter: scan, look, Enter."""

import pytest
from playwright.sync_api import expect

from officina.inventory import queries
from officina.inventory.models import Lot

pytestmark = pytest.mark.browser


def test_a_delivery_is_scanned_looked_at_and_received_with_one_more_enter(cast, sits):
    tess = sits("tess", "/stock/")
    bottles = tess.page.locator("[name=bottles]")
    tess.scan(f"]d201{cast.metformin.gtin}1727053110NEW7")
    tess.sees("NEW7", "#receive")
    tess.sees("May 31, 2027", "#receive")
    expect(bottles).to_be_focused()
    assert not Lot.objects.filter(number="NEW7").exists()
    assert tess.page.locator("#main .field-error").count() == 0
    # What is scanned next is looked up, too: no barcode is a number of bottles.
    tess.scan(f"]d201{cast.metformin.gtin}1727053110NEW8")
    tess.sees("NEW8", "#receive")
    expect(bottles).to_be_focused()
    tess.types("3")
    tess.press("Enter")
    tess.is_told("done", "lot NEW8, received")
    shelf = queries.places(cast.ada.site_id)["shelf"].pk
    assert queries.on_hand(Lot.objects.get(number="NEW8").pk, shelf) == 300
    assert not Lot.objects.filter(number="NEW7").exists()
    expect(tess.page.locator("[data-scan]")).to_be_focused()
