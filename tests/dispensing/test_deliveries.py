"""A bag with a driver: nothing leaves that could not be handed over, it is sold once, on proof, or comes back into its bin."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from cast import assemble
from officina.dispensing import queries, takings, will_call
from officina.dispensing.models import Bag, DeliveryStep, Payment, PickUp
from officina.dispensing.services import checking, deliveries, merging, pickup, review
from officina.drugs.models import Ingredient
from officina.inventory import services as stock
from officina.kernel.errors import Refused
from officina.patients import services as profiles
from officina.patients.models import Patient
from officina.prescriptions.models import Prescription
from officina.screening import queries as screening


@pytest.fixture
def cast(db):
    return assemble()


def refused(code, act):
    with pytest.raises(Refused) as no:
        act()
    assert no.value.code == code


@pytest.fixture
def fill(cast):
    Patient.objects.filter(pk=cast.rosa.pk).update(street="5 Elm St", city="Madison", postal_code="53703")
    cast.rosa.refresh_from_db()
    return cast.bagged()


@pytest.fixture
def out(cast, fill):
    return deliveries.send(cast.tess, bag=fill.bag, driver="Dan Reyes", at=cast.at())


def again(fill, cast):
    return queries.fill(cast.ada, str(fill.code))


def prove(cast, out, **changes):
    usual = {"taken_by": "Rosa Flórez", "relation": "self", "paid_by": "account"}
    return deliveries.prove(cast.tess, pick_up=out, **{**usual, **changes}, at=cast.at())


def counselled(cast, out):
    return pickup.counsel(cast.tess, pick_up=out, outcome="declined", at=cast.at())


class TestTheList:
    def test_a_bag_is_on_it_from_its_day_on_until_it_leaves(self, cast, fill):
        today = cast.tess.day(cast.clock)
        deliveries.plan(cast.tess, bag=fill.bag, on=today + timedelta(days=1), at=cast.at())
        assert will_call.to_deliver(cast.tess, on=today) == []
        assert will_call.to_deliver(cast.tess, on=today + timedelta(days=2)) == [fill.bag]
        assert will_call.to_deliver(cast.max, on=today + timedelta(days=2)) == []
        deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at())
        assert will_call.to_deliver(cast.tess, on=today + timedelta(days=2)) == []

    def test_it_is_taken_off_again(self, cast, fill):
        today = cast.tess.day(cast.clock)
        deliveries.plan(cast.tess, bag=fill.bag, on=today, at=cast.at())
        deliveries.plan(cast.tess, bag=fill.bag, on=None, at=cast.at())
        assert will_call.to_deliver(cast.tess, on=today) == []

    def test_without_an_address_or_for_a_day_that_is_over_it_is_refused(self, cast, fill):
        today = cast.tess.day(cast.clock)
        refused(
            "day_over", lambda: deliveries.plan(cast.tess, bag=fill.bag, on=today - timedelta(days=1), at=cast.at())
        )
        Patient.objects.filter(pk=cast.omar.pk).update(street="", city="")
        other = cast.bagged(patient=Patient.objects.get(pk=cast.omar.pk))
        refused("no_address", lambda: deliveries.plan(cast.tess, bag=other.bag, on=today, at=cast.at()))
        refused("not_in_role", lambda: deliveries.plan(cast.carl, bag=fill.bag, on=today, at=cast.at()))
        refused("wrong_site", lambda: deliveries.plan(cast.max, bag=fill.bag, on=today, at=cast.at()))


class TestLeaving:
    def test_it_cannot_be_handed_over_at_the_counter_meanwhile(self, cast, fill):
        came = pickup.identify(
            cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at()
        )
        pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        counselled(cast, came)
        out = deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at())
        at = cast.at()
        refused("no_bag", lambda: pickup.hand_over(cast.tess, pick_up=came, signed_by="R", relation="self", at=at))
        refused("bag_out", lambda: pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=at))
        refused(
            "pick_up_ended", lambda: pickup.hand_over(cast.tess, pick_up=out, signed_by="R", relation="self", at=at)
        )
        refused("pick_up_ended", lambda: pickup.scan_bag(cast.tess, pick_up=out, bag_number=fill.bag.number, at=at))
        assert queries.pick_ups_open(cast.tess) == [came]
        assert again(fill, cast).state == "bin"

    def test_it_leaves_once_and_with_somebody_named(self, cast, fill):
        refused("driver_missing", lambda: deliveries.send(cast.tess, bag=fill.bag, driver=" ", at=cast.at()))
        deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at())
        refused("bag_gone", lambda: deliveries.send(cast.tess, bag=fill.bag, driver="Dee", at=cast.at()))
        assert DeliveryStep.objects.count() == 1

    def test_a_quarantined_a_stopped_or_an_expired_one_does_not_leave(self, cast, fill):
        def send():
            deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at())

        rx = Prescription.objects.filter(pk=fill.prescription_id)
        rx.update(stopped_at=cast.clock)
        refused("stopped", send)
        rx.update(stopped_at=None, expires_on=cast.tess.day(cast.clock) - timedelta(days=1))
        refused("expired", send)
        rx.update(expires_on=cast.tess.day(cast.clock) + timedelta(days=90))
        stock.quarantine(cast.ada, lot=cast.lot, why="recall", at=cast.at())
        refused("quarantined_lot", send)
        assert Bag.objects.get(pk=fill.bag_id).state == "waiting"

    def test_a_bag_in_which_something_serious_was_found_since_its_check_does_not_leave(self, cast, fill):
        details = profiles.Details(last_name="Flores", first_name="Rosie", born_on=cast.rosa.born_on, sex="F")
        twin = profiles.add(cast.tess, details=details, at=cast.at())
        profiles.no_known_allergies(cast.tess, patient=twin, at=cast.at())
        allergy = {
            "text": "Metformin",
            "ingredient": Ingredient.objects.get(key="metformin"),
            "severity": "anaphylaxis",
        }
        profiles.note_allergy(cast.tess, patient=twin, **allergy, at=cast.at())
        merging.merge(cast.tess, survivor=cast.rosa, merged=twin, at=cast.at())
        refused("alerts_open", lambda: deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at()))
        assert Bag.objects.get(pk=fill.bag_id).state == "waiting"
        for alert in screening.current(fill.prescription_id).alerts.all():
            if alert.stops:
                said = {"resolution": "patient_consulted", "reason": "Takes it for years"}
                review.resolve_alert(cast.ada, alert=alert, **said, at=cast.at())
        assert deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at()).state == "out"

    def test_what_is_with_a_driver_is_not_returned_to_stock_and_not_listed_for_it(self, cast, fill, out):
        back = {"fill": again(fill, cast), "why": "late", "at": cast.at()}
        refused("bag_out", lambda: checking.return_to_stock(cast.tess, **back))
        later = cast.tess.day(cast.later(30))
        assert queries.due_for_return(cast.tess, on=later) == []


class TestAtTheDoor:
    def test_proof_sells_it_with_payment_counselling_and_who_took_it(self, cast, fill, out):
        counselled(cast, out)
        done = prove(cast, out, happened_at=cast.clock)
        assert (again(fill, cast).state, done.state, done.signed_by) == ("sold", "done", "Rosa Flórez")
        assert (Payment.objects.get().kind, Bag.objects.get(pk=fill.bag_id).state) == ("account", "handed_over")
        step = DeliveryStep.objects.get(what="delivered")
        assert (step.taken_by, step.driver) == ("Rosa Flórez", "Dan Reyes")
        assert step.happened_at < step.at
        assert [s.what for s in will_call.delivered(cast.tess, on=cast.tess.day(cast.clock))] == ["delivered"]
        assert takings.receipt(cast.tess, done, with_medicines=False).total == done.amount

    def test_the_offer_by_telephone_is_asked_for_and_counted_as_at_the_counter(self, cast, fill, out):
        refused("counsel_missing", lambda: prove(cast, out))
        refused(
            "counsel_required",
            lambda: pickup.counsel(cast.tess, pick_up=out, outcome="not_required_refill", at=cast.at()),
        )
        refused("not_in_role", lambda: pickup.counsel(cast.tess, pick_up=out, outcome="accepted", at=cast.at()))
        pickup.counsel(cast.ada, pick_up=out, outcome="accepted", at=cast.at())
        assert prove(cast, out).counselled_by == "Ada Park"

    def test_a_lot_recalled_on_the_way_is_not_sold_and_the_bag_stays_with_the_driver(self, cast, fill, out):
        counselled(cast, out)
        stock.quarantine(cast.ada, lot=cast.lot, why="recall", at=cast.at())
        refused("quarantined_lot", lambda: prove(cast, out))
        assert (Bag.objects.get(pk=fill.bag_id).state, PickUp.objects.get().state) == ("out", "out")
        assert not Payment.objects.exists()

    def test_it_ends_once(self, cast, fill, out):
        counselled(cast, out)
        prove(cast, out)
        refused("not_out", lambda: prove(cast, out))
        refused("not_out", lambda: deliveries.came_back(cast.tess, pick_up=out, why="x", at=cast.at()))
        refused("not_in_role", lambda: deliveries.came_back(cast.carl, pick_up=out, why="x", at=cast.at()))

    @pytest.mark.parametrize("wrong", [{"taken_by": " "}, {"paid_by": "barter"}])
    def test_without_a_name_or_a_way_to_pay_it_is_not_proved(self, cast, fill, out, wrong):
        counselled(cast, out)
        with pytest.raises(Refused):
            prove(cast, out, **wrong)
        assert again(fill, cast).state == "bin"

    @pytest.mark.parametrize("minutes", [-60, 60])
    def test_a_time_before_it_left_or_after_now_is_refused(self, cast, fill, out, minutes):
        counselled(cast, out)
        refused("time_wrong", lambda: prove(cast, out, happened_at=cast.clock + timedelta(minutes=minutes)))

    def test_what_came_back_lies_in_its_bin_as_old_as_it_was(self, cast, fill, out):
        refused("why_needed", lambda: deliveries.came_back(cast.tess, pick_up=out, why=" ", at=cast.at()))
        since = fill.bag.since
        deliveries.came_back(cast.tess, pick_up=out, why="Nobody at home", at=cast.at())
        bag = Bag.objects.get(pk=fill.bag_id)
        assert (bag.state, bag.since, PickUp.objects.get().state) == ("waiting", since, "left")
        deliveries.send(cast.tess, bag=bag, driver="Dee", at=cast.at())
        (way,) = will_call.out(cast.tess)
        assert (way.sent.driver, way.tried) == ("Dee", 1)
        assert will_call.out(cast.max) == []
        came = cast.handed_over  # at the counter after it came back once more
        deliveries.came_back(cast.tess, pick_up=way.pick_up, why="Not wanted", at=cast.at())
        assert came(again(fill, cast)).state == "sold"
        assert Payment.objects.get().amount == again(fill, cast).price.quantize(Decimal("0.01"))

    def test_no_step_is_changed_or_removed(self, cast, out):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            DeliveryStep.objects.update(driver="x")
