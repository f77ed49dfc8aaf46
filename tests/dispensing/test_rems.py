"""Programs of risk at the review and at the counter: nothing goes on without what the program gives (domain rules 1.15)."""

from datetime import date, timedelta

import pytest

from cast import TODAY, assemble, package
from officina.base.models import AuditEntry
from officina.dispensing import queries, rems
from officina.dispensing.models import RemsAuthorisation
from officina.dispensing.services import checking, entry, filling, pickup, review
from officina.dispensing.services import rems as authorising
from officina.drugs.models import Drug
from officina.inventory import services as inventory
from officina.kernel.errors import Refused

DIRECTIONS = "Take 1 tablet by mouth every day."


@pytest.fixture
def cast(db):
    made = assemble()
    made.extra["isotretinoin"] = made_package = package("isotretinoin", "40 mg", ndc="22222-0001-1", ingredient="isotretinoin")  # fmt: skip
    made.extra["lot"] = inventory.receive(
        made.tess, package=made_package, lot_number="ISO1", expires_on=date(2027, 10, 31), quantity=300, at=made.at()
    )
    return made


def in_review(cast, pack=None, **changes):
    pack = pack or cast.extra["isotretinoin"]
    usual = {"drug": pack.product.drug, "quantity": 30, "days_supply": 30, "refills": 0, "directions": DIRECTIONS}
    return entry.approve_entry(cast.ada, fill=cast.entered(pack, **{**usual, **changes}), at=cast.at())


def given(cast, fill, actor=None, **changes):
    usual = {"program": "ipledge", "number": "RMA-1", "not_after": TODAY + timedelta(days=7)}
    return authorising.authorise(actor or cast.ada, fill=fill, **{**usual, **changes}, at=cast.at())


def test_without_its_number_the_review_is_not_cleared_and_with_it_it_is(cast):
    fill = in_review(cast)
    with pytest.raises(Refused, match="RMA"):
        review.clear_review(cast.ada, fill=fill, at=cast.at())
    row = given(cast, fill)
    fill = review.clear_review(cast.ada, fill=fill, at=cast.at())
    assert (fill.rems, fill.state) == ("ipledge", "waiting_for_payment")
    assert row.number == "RMA-1"
    assert AuditEntry.objects.get(verb="rems.authorised").after == {"program": "ipledge"}


@pytest.mark.parametrize(
    ("changes", "gave", "said"),
    [
        ({"days_supply": 31, "quantity": 31}, {}, "at most 30 days"),
        ({"refills": 1}, {}, "no refills"),
        ({}, {"not_after": None}, "do not dispense after"),
        ({}, {"not_after": TODAY - timedelta(days=1)}, "until Nov 19, 2026"),
    ],
)
def test_what_the_program_does_not_allow_is_not_cleared(cast, changes, gave, said):
    fill = in_review(cast, **changes)
    given(cast, fill, **gave)
    with pytest.raises(Refused, match=said):
        review.clear_review(cast.ada, fill=fill, at=cast.at())


def bagged(cast, fill, under_a_program=True):
    if under_a_program:
        given(cast, fill)
    fill = review.clear_review(cast.ada, fill=fill, at=cast.at())
    fill = review.settle_payment(cast.tess, fill=fill, at=cast.at())
    fill = filling.take(cast.tess, fill=fill, at=cast.at())
    fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
    cast.scan(fill, cast.extra["lot"])
    fill = filling.submit_fill(cast.tess, fill=fill, at=cast.at())
    fill = checking.verify(cast.ada, fill=fill, at=cast.at())
    return checking.bag(cast.tess, fill=fill, bin_name="A1", at=cast.at())


def at_counter(cast, fill):
    who = fill.patient
    came = pickup.identify(cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at())  # fmt: skip
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.ada, pick_up=came, outcome="accepted", at=cast.at())
    return came


def test_it_is_handed_over_until_its_last_day_and_not_after(cast):
    fill = bagged(cast, in_review(cast))
    came = at_counter(cast, fill)
    cast.later(7)
    assert cast.ada.day(cast.clock) == TODAY + timedelta(days=7)
    pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    assert queries.fill(cast.ada, str(fill.code)).state == "sold"


def test_a_day_later_it_stays_and_goes_back_to_stock(cast):
    fill = bagged(cast, in_review(cast))
    came = at_counter(cast, fill)
    cast.later(8)
    with pytest.raises(Refused, match="A new authorisation is needed"):
        pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    fill = queries.fill(cast.ada, str(fill.code))
    assert checking.return_to_stock(cast.ada, fill=fill, why="Not picked up", at=cast.at()).state == "returned"


def test_a_program_that_began_since_the_review_holds_at_the_counter_and_its_number_can_still_be_written_down(
    cast, monkeypatch
):
    with monkeypatch.context() as before:
        before.setattr(rems.rems, "programs", lambda ingredients, on: [])
        fill = bagged(cast, in_review(cast), under_a_program=False)
    assert fill.rems == ""
    came = at_counter(cast, fill)
    with pytest.raises(Refused, match="RMA"):
        pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    given(cast, queries.fill(cast.ada, str(fill.code)))
    pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    assert queries.fill(cast.ada, str(fill.code)).state == "sold"


def test_the_seven_days_of_thalidomide_are_thirty_for_who_cannot_become_pregnant(cast):
    pack = package("lenalidomide", "25 mg", ndc="22222-0002-1", ingredient="lenalidomide")
    fill = in_review(cast, pack, quantity=21, days_supply=28)
    gave = {"program": "lenalidomide", "number": "C1", "not_after": None, "authorised_on": TODAY}
    given(cast, fill, **gave)
    cast.later(8)
    with pytest.raises(Refused, match="until Nov 27, 2026"):
        review.clear_review(cast.ada, fill=fill, at=cast.at())
    given(cast, fill, **gave, can_become_pregnant=False)
    assert review.clear_review(cast.ada, fill=fill, at=cast.at()).rems == "lenalidomide"


def test_a_number_and_a_day_that_cannot_be_are_refused(cast):
    fill = in_review(cast)
    for changes, field in (({"number": " "}, "number"), ({"authorised_on": TODAY + timedelta(days=1)}, "authorised_on")):  # fmt: skip
        with pytest.raises(Refused) as no:
            given(cast, fill, **changes)
        assert field in no.value.fields
    with pytest.raises(Refused, match="does not hold"):
        given(cast, fill, program="oxybate")
    assert RemsAuthorisation.objects.count() == 0


def test_who_may_not_write_it_down_and_another_house(cast):
    fill = in_review(cast)
    for actor in (cast.tess, cast.carl, cast.wire, cast.max):
        with pytest.raises(Refused):
            given(cast, fill, actor)
    assert RemsAuthorisation.objects.count() == 0


def named(name, strength="5 mg", form="tablet", route="oral", ingredient=""):
    pack = package(name, strength, ndc="22222-0003-1", ingredient=ingredient or name)
    Drug.objects.filter(pk=pack.product.drug_id).update(form=form, route=route)
    if not ingredient:
        pack.product.drug.ingredients.clear()
    return Drug.objects.get(pk=pack.product.drug_id)


@pytest.mark.parametrize(
    ("drug", "codes"),
    [
        ({"name": "isotretinoin"}, ["ipledge"]),  # by its name, where its ingredients are not known
        ({"name": "fentanyl", "form": "patch", "route": "transdermal"}, []),
        ({"name": "fentanyl citrate", "ingredient": "fentanyl", "form": "buccal tablet", "route": "buccal"}, ["tirf"]),
        ({"name": "mifepristone", "strength": "200 mg"}, ["mifepristone"]),
        ({"name": "mifepristone", "strength": "300 mg"}, []),
        ({"name": "clozapine"}, []),  # none since June 13, 2025
        ({"name": "metformin hydrochloride"}, []),
    ],
)
def test_which_program_holds_for_which_product(cast, drug, codes):
    assert [p.code for p in rems.programs(named(**drug), on=TODAY)] == codes


def test_a_medicine_without_a_program_asks_nothing(cast):
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    assert rems.standing(cast.ada, fill, on=TODAY) == []
    assert review.clear_review(cast.ada, fill=fill, at=cast.at()).rems == ""
