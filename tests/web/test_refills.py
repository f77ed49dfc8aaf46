"""The refills desk: what is asked for, what can be said to it, and what becomes of it."""

import pytest

from officina.dispensing.models import Fill
from web.seen import NASTY, Busy, is_escaped, somebody, text


@pytest.fixture
def first(cast):
    """Handed over so long ago that it may be refilled; who works today signed in today."""
    fill = cast.sold()
    cast.later(25)
    return fill


@pytest.fixture
def tess(seat, cast, first):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast, first):
    return Busy(seat, cast, cast.ada)


def refills_of(fill):
    return Fill.objects.filter(prescription_id=fill.prescription_id, kind="refill")


def test_the_label_of_the_last_fill_finds_the_prescription_and_one_key_refills_it(cast, tess, first):
    page = text(tess.post("/refills/", {"do": "find", "scan": first.number}))
    assert "may be refilled" in page
    assert str(first.prescription.code) in page
    assert not refills_of(first).exists()
    page = text(tess.post("/refills/", {"do": "refill", "prescription": [str(first.prescription.code)]}))
    (fill,) = refills_of(first)
    assert fill.number in text(tess.get("/review/")) or fill.state == "clinical_review"


def test_a_list_says_something_to_each_number(cast, tess, first):
    numbers = f"{first.prescription.number} 7654321 B1000015"
    page = text(tess.post("/refills/", {"do": "find_list", "numbers": numbers}))
    assert "may be refilled" in page
    assert "is no number of this pharmacy" in page
    assert "is not the number of a prescription" in page


def test_too_soon_is_said_with_the_day_and_only_a_pharmacist_may_mark_it(cast, tess, ada):
    fill = cast.sold(patient=somebody(cast))
    code = str(fill.prescription.code)
    for person, may in ((tess, False), (ada, True)):
        page = text(person.post("/refills/", {"do": "find", "scan": fill.prescription.number}))
        assert "too soon before Jan 7, 2027" in page
        assert (f'value="{code}"' in page) is may
    assert tess.post("/refills/", {"do": "refill", "prescription": [code]}).status_code == 422
    assert tess.post("/refills/", {"do": "refill", "prescription": [code], "early": "Travels"}).status_code == 422
    assert ada.post("/refills/", {"do": "refill", "prescription": [code]}).status_code == 422
    assert not refills_of(fill).exists()
    ada.post("/refills/", {"do": "refill", "prescription": [code], "early": "Travels"})
    assert refills_of(fill).count() == 1


def test_one_refused_does_not_hold_up_the_other(cast, tess, first):
    fresh = cast.sold(patient=somebody(cast))
    codes = [str(fresh.prescription.code), str(first.prescription.code)]
    tess.post("/refills/", {"do": "refill", "prescription": codes})
    assert (refills_of(first).count(), refills_of(fresh).count()) == (1, 0)
    page = text(tess.get("/refills/"))
    assert "too soon" in page
    assert refills_of(first).get().number in page


def test_nothing_marked_and_nonsense_are_said_in_words(tess, first):
    assert tess.post("/refills/", {"do": "refill"}).status_code == 422
    assert tess.post("/refills/", {"do": "refill", "prescription": ["'; --"]}).status_code == 422
    assert tess.post("/refills/", {"do": "find", "scan": ""}).status_code == 422


def test_all_of_one_patient(cast, tess, first):
    path = f"/refills/{first.patient.code}/"
    assert "may be refilled" in text(tess.get(path))
    assert path in text(tess.get(f"/patients/{first.patient.code}/"))
    tess.post(path, {"do": "refill", "prescription": [str(first.prescription.code)]})
    assert refills_of(first).count() == 1


def test_from_the_prescription_s_own_page_with_less(cast, tess, first):
    path = f"/rx/{first.prescription.code}/"
    assert "Refill" in text(tess.get(path))
    tess.post(path, {"do": "refill", "quantity": "24"})
    assert refills_of(first).get().quantity == 24
    assert "is being filled already" in text(tess.get(path))


def test_max_of_another_pharmacy_finds_and_refills_nothing(seat, cast, first):
    elsewhere = Busy(seat, cast, cast.max)
    page = text(elsewhere.post("/refills/", {"do": "find", "scan": first.prescription.number}))
    assert "Flórez" not in page
    assert elsewhere.get(f"/refills/{first.patient.code}/").status_code == 404
    elsewhere.post("/refills/", {"do": "refill", "prescription": [str(first.prescription.code)]})
    assert not refills_of(first).exists()


def test_what_was_typed_is_text(tess):
    is_escaped(text(tess.post("/refills/", {"do": "find", "scan": NASTY})))
