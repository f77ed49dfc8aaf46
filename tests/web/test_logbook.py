"""Pseudoephedrine at the pick-up counter: judged, sold, written down, taken back."""

import pytest

from officina.dispensing.models import PseudoephedrineSale
from web.seen import HTMX, NASTY, Busy, is_escaped, text

URL = "/pickup/pseudoephedrine/"
FORM = {
    "product": "Sudafed 30 mg", "salt": "hcl", "unit_mg": "30", "units_each": "24", "packages": "1", "last_name": "Doe", "first_name": "Kim",
    "born_on": "05/01/1980", "address": "1 Oak St, Madison WI", "identity_kind": "driver's license", "identity_issuer": "WI",
    "identity_number": "D123-4567", "identity_expires_on": "01/01/2028", "signed_by": "Kim Doe", "notice_read": "on",
}  # fmt: skip


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


def post(client, do, **fields):
    return client.post(URL, {"do": do, **FORM, **fields}, headers=HTMX)


def test_a_sale_is_judged_first_and_nothing_is_written(cast, tess):
    page = text(post(tess, "check", signed_by="", notice_read=""))
    assert "May be sold." in page
    assert "Nothing was sold to this person here" in page
    assert 'value="D123-4567"' in page
    assert PseudoephedrineSale.objects.count() == 0


def test_a_sale_is_made_and_stands_in_the_logbook(cast, tess):
    page = text(post(tess, "sell"))
    assert "line L000001 of the logbook" in page
    assert "D1234567" in page
    assert 'value="D123-4567"' not in page  # the next purchaser begins with an empty form


def test_over_the_limit_is_refused_with_what_may_be_sold_and_when(cast, tess):
    post(tess, "sell", units_each="100")
    answer = post(tess, "sell", units_each="60")
    page = text(answer)
    assert answer.status_code == 422
    assert "46 of the 60 may be sold now" in page
    assert "It would pass on Nov 21, 2026" in page
    assert "46" in text(post(tess, "check", units_each="60"))
    assert PseudoephedrineSale.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notice_read": ""}, "reads the notice"),
        ({"signed_by": ""}, "signature of the purchaser"),
        ({"identity_expires_on": "11/19/2026"}, "another one is needed"),
        ({"born_on": "yesterday"}, "four-digit year"),
        ({"packages": "0"}, "whole number"),
        ({"unit_mg": "-3"}, "more than 0"),
        ({"salt": "nitrate"}, "valid choice"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(tess, changes, said):
    answer = post(tess, "sell", **changes)
    assert answer.status_code == 422
    assert said in text(answer)
    assert PseudoephedrineSale.objects.count() == 0


def test_another_medicine_under_the_scanner_stops(cast, tess):
    answer = post(tess, "sell", scan=cast.metformin.gtin)
    assert answer.status_code == 422
    assert "This is no pseudoephedrine" in text(answer)
    assert PseudoephedrineSale.objects.count() == 0


def test_a_scan_writes_into_the_form_what_the_drug_file_knows(cast, tess):
    from cast import package

    pack = package("pseudoephedrine", "30 mg", ndc="33333-0001-1", ingredient="pseudoephedrine", size=24)
    page = text(tess.post(URL, {"do": "check", "scan": pack.gtin, "last_name": "Doe"}, headers=HTMX))
    for said in ('value="pseudoephedrine 30 mg tablet"', 'value="30"', 'value="24"', 'value="Doe"'):
        assert said in page
    assert "field-error" not in page
    unknown = text(tess.post(URL, {"do": "check", "scan": "00312345678906"}, headers=HTMX))
    assert "type what it is" in unknown


def test_a_pharmacist_takes_a_line_back_and_a_technician_cannot(cast, tess, ada):
    post(tess, "sell")
    line = PseudoephedrineSale.objects.get()
    assert tess.post(URL, {"do": "take_back", "line": line.code, "why": "x"}, headers=HTMX).status_code == 422
    page = text(ada.post(URL, {"do": "take_back", "line": line.code, "why": "Typed wrong"}, headers=HTMX))
    assert "taken back by L000002" in page
    assert "takes back L000001: Typed wrong" in page


def test_the_page_is_for_who_sells_and_max_sees_none_of_it(cast, tess, seat):
    post(tess, "sell")
    assert Busy(seat, cast, cast.carl).get(URL).status_code == 403
    page = text(Busy(seat, cast, cast.max).get(URL))
    assert "Doe" not in page
    assert "No line yet." in page


def test_a_script_is_text(tess):
    post(tess, "sell", last_name=NASTY, product=NASTY)
    is_escaped(tess.get(URL).content.decode())


def test_who_bought_stands_in_no_address(tess):
    answer = tess.client.post(URL, {"do": "sell", **FORM})
    assert answer.status_code == 303
    assert answer["Location"] == URL
