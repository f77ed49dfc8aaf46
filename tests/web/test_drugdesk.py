"""The drug desk: terms with a preview, prices of single packages, products of the house; for the owner only."""

import pytest

from officina.base import queries as base
from officina.base import services
from officina.base.models import Membership
from officina.base.services import NewPerson
from officina.drugs import prices
from officina.drugs.models import HousePrice, Package
from officina.kernel.quantity import D
from web.seen import NASTY, Busy, is_escaped, text

TERMS = {"percent": "20", "fee": "6", "minimum": "9.99", "tiers": "180: 10", "round_to": "0.01"}
LIVE = {"HX-Request": "true", "HX-Target": "preview"}


@pytest.fixture
def olga(seat, cast):
    person = NewPerson(
        username="olga", name="Olga Reyes", initials="OR", role="owner", password="correct horse battery"
    )
    services.add_person(cast.setup, person=person, at=cast.at())
    return Busy(seat, cast, base.actor_for(Membership.objects.get(user__username="olga").user_id, cast.setup.site_id))


def test_the_terms_are_tried_before_they_are_set(olga, cast):
    assert "30 % on cost" in text(olga.get("/drug-desk/"))
    tried = TERMS | {"do": "preview", "ndc": cast.metformin.ndc, "quantity": "60"}
    page = text(olga.post("/drug-desk/", tried, headers=LIVE))
    assert "$9.99" not in text(olga.get("/drug-desk/"))
    assert "cost 3.00 from the house&#39;s own list" in page
    assert "+ 20 % 0.60, + fee 6.00 = 9.60; minimum 9.99 applies" in page
    assert "<html" not in page
    assert not HousePrice.objects.exists()
    page = text(olga.post("/drug-desk/", tried))
    assert "minimum 9.99 applies" in page
    assert "Terms by day" in page


def test_set_terms_stand_in_the_list_and_in_the_form(olga, cast):
    today = f"{cast.clock:%m/%d/%Y}"
    answer = olga.post("/drug-desk/", TERMS | {"do": "set_terms", "starts_on": today})
    assert answer.status_code == 303
    page = text(olga.get("/drug-desk/"))
    assert "Olga Reyes" in page
    assert 'value="180: 10"' in page
    assert prices.standing(cast.setup.site_id, None, on=cast.clock.date()).terms.fee == D(6)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"percent": "-1"}, "Expected 0 to 1,000"),
        ({"fee": "a lot"}, "Expected plain digits"),
        ({"tiers": "180 10"}, "Expected quantity: percent"),
        ({"tiers": "360: 5; 180: 10"}, "rising quantities"),
        ({"round_to": "0.07"}, "Select a valid choice"),
        ({"starts_on": ""}, "Needed"),
        ({"starts_on": "01/01/2020"}, "Today or later"),
        ({"minimum": NASTY}, "Expected plain digits"),
    ],
)
def test_terms_that_cannot_be_are_refused_beside_their_field(olga, cast, changed, said):
    sent = TERMS | {"do": "set_terms", "starts_on": f"{cast.clock:%m/%d/%Y}"} | changed
    answer = olga.post("/drug-desk/", sent)
    assert answer.status_code == 422
    assert said in text(answer)
    assert "<script>alert" not in text(answer)
    assert not HousePrice.objects.exists()


def test_a_preview_of_what_is_half_typed_says_what_lacks(olga, cast):
    for typed in (
        {},
        {"ndc": "0002"},
        {"ndc": "99999-999-99", "quantity": "5"},
        {"percent": ""},
        {"ndc": NASTY, "quantity": "1"},
    ):
        answer = olga.post("/drug-desk/", TERMS | {"do": "preview", "ndc": "", "quantity": ""} | typed, headers=LIVE)
        assert answer.status_code == 200
        assert 'class="look"' in text(answer)
        assert "<script>alert" not in text(answer)


def test_a_package_without_a_cost_shows_no_price(olga, cast):
    Package.objects.update(unit_cost=None)
    sent = TERMS | {"do": "preview", "ndc": cast.metformin.ndc, "quantity": "60"}
    assert "No price known" in text(olga.post("/drug-desk/", sent, headers=LIVE))


def test_a_package_gets_a_price_of_its_own_and_loses_it(olga, cast):
    page, today = "/drug-desk/packages/", f"{cast.clock:%m/%d/%Y}"
    sent = {"do": "set_price", "price-ndc": cast.metformin.ndc, "price-per_unit": "0.25", "price-starts_on": today}
    assert olga.post(page, sent).status_code == 303
    assert "$0.25" in text(olga.get(page))
    assert olga.post(page, sent | {"price-per_unit": ""}).status_code == 303
    assert "ended" in text(olga.get(page))
    assert "Not in the drug file" in text(olga.post(page, sent | {"price-ndc": "99999-999-99"}))


def test_a_product_of_the_house_is_entered(olga, cast):
    page = "/drug-desk/packages/"
    sent = {
        "do": "add", "new-name": f"Ointment {NASTY}", "new-kind": "LOCAL COMPOUND BASE", "new-size": "454", "new-unit": "g",
        "new-gtin": "036000291452", "new-unit_cost": "0.02",
    }  # fmt: skip
    assert olga.post(page, sent).status_code == 303
    seen = text(olga.get(page))
    assert "LOCAL-0000001" in seen
    is_escaped(seen)
    assert "Another package has this barcode" in text(olga.post(page, sent))


@pytest.mark.parametrize("who", ["ada", "tess"])
def test_nobody_else_opens_it_or_sees_it(seat, cast, who):
    client = Busy(seat, cast, getattr(cast, who))
    assert "/drug-desk/" not in text(client.get("/"))
    for page in ("/drug-desk/", "/drug-desk/packages/"):
        assert client.get(page).status_code == 403
    assert client.post("/drug-desk/", TERMS | {"do": "set_terms"}).status_code == 403
    assert not HousePrice.objects.exists()
