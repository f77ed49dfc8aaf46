"""Ways round the guards that somebody in a hurry would find: each is shut."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

import cast as standing
from officina.base import queries as house
from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.dispensing.services import checking, deliveries, entry, filling, pickup, refills, review
from officina.dispensing.services.filling import Scanned
from officina.drugs.models import SubstanceSchedule
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.inventory.models import Lot
from officina.kernel.errors import Refused
from officina.patients import services as patients
from officina.prescriptions.services import orders as prescriptions


@pytest.fixture
def cast(db):
    return standing.assemble()


def refused(code, act, *args, **kwargs):
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    assert no.value.code == code, no.value
    return no.value


def again(cast, fill):
    return queries.fill(cast.ada, str(fill.code))


def on_bench(cast, **changes):
    fill = filling.take(cast.tess, fill=cast.ready(**changes), at=cast.at())
    return filling.label_printed(cast.tess, fill=fill, at=cast.at())


def at_the_counter(cast):
    return pickup.identify(cast.carl, last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14), at=cast.at())


def elsewhere(cast):
    """The same people's doubles, patient and shelf at the other pharmacy, where numbers begin at the same first number."""
    setup = house.setup_actor(cast.max.site_id)
    tina = standing._person(setup, "tina", "Tina Other", "technician", standing.licence("technician"))
    details = patients.Details(last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14), sex="F")
    lot = inventory.receive(
        tina,
        package=cast.metformin,
        lot_number="THEIRS",
        expires_on=date(2027, 9, 30),
        quantity=Decimal(80),
        at=cast.at(),
    )
    rosa = patients.add(tina, details=details, at=cast.at())
    patients.no_known_allergies(tina, patient=rosa, at=cast.at())
    prescriber = prescriptions.add_prescriber(
        tina, last_name="Okafor", first_name="Ben", npi="1245319599", at=cast.at()
    )
    return replace(cast, ada=cast.max, tess=tina, rosa=rosa, prescriber=prescriber, lot=lot)


def test_putting_back_here_moves_nothing_at_a_pharmacy_whose_fill_has_the_same_number(cast):
    there = elsewhere(cast)
    mine, theirs = on_bench(cast), on_bench(there)
    assert mine.number == theirs.number
    cast.scan(mine, cast.lot, Decimal(20))
    there.scan(theirs, there.lot, Decimal(30))
    filling.put_back(cast.tess, fill=again(cast, mine), why="counter is calling", at=cast.at())
    assert stock.on_hand(cast.lot.pk, stock.places(cast.ada.site_id)["shelf"].pk) == 500
    assert stock.on_hand(there.lot.pk, stock.places(there.ada.site_id)["bench"].pk) == 30
    assert not list(stock.differences())


def test_who_counted_into_the_vial_may_not_check_it_even_if_another_sent_it(cast):
    fill = on_bench(cast)
    cast.scan(fill, cast.lot, Decimal(40))
    cast.scan(again(cast, fill), cast.lot, by=cast.pia)
    fill = filling.submit_fill(cast.tess, fill=again(cast, fill), at=cast.at())
    refused("same_person", checking.verify, cast.pia, fill=fill, at=cast.at())
    assert checking.verify(cast.ada, fill=again(cast, fill), at=cast.at()).state == "checked"


def test_who_counted_and_put_it_back_may_check_what_another_counted(cast):
    fill = on_bench(cast)
    cast.scan(fill, cast.lot, by=cast.pia)
    fill = filling.put_back(cast.pia, fill=again(cast, fill), why="called away", at=cast.at())
    fill = filling.take(cast.tess, fill=fill, at=cast.at())
    cast.scan(fill, cast.lot)
    fill = filling.submit_fill(cast.tess, fill=again(cast, fill), at=cast.at())
    assert checking.verify(cast.pia, fill=fill, at=cast.at()).state == "checked"


class TestRecall:
    def test_a_vial_of_a_quarantined_lot_comes_back_to_quarantine(self, cast):
        fill = cast.bagged()
        inventory.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        checking.return_to_stock(cast.tess, fill=again(cast, fill), why="recalled", at=cast.at())
        vial = Lot.objects.exclude(vial_number="").get()
        assert vial.state == Lot.State.QUARANTINED
        assert stock.on_hand(vial.pk, stock.places(cast.ada.site_id)["quarantine"].pk) == 60
        assert not list(stock.differences())

    def test_quarantining_a_lot_takes_the_vials_made_of_it_along(self, cast):
        checking.return_to_stock(cast.tess, fill=cast.bagged(), why="not picked up", at=cast.at())
        first = Lot.objects.exclude(vial_number="").get()
        fill = on_bench(cast, patient=cast.omar)
        scanned = Scanned(raw=first.vial_number, vial_number=first.vial_number)
        filling.scan(cast.tess, fill=fill, scanned=scanned, quantity=None, at=cast.at())
        fill = filling.submit_fill(cast.tess, fill=again(cast, fill), at=cast.at())
        fill = checking.verify(cast.ada, fill=fill, at=cast.at())
        checking.return_to_stock(cast.tess, fill=fill, why="not picked up", at=cast.at())
        inventory.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        vials = Lot.objects.exclude(vial_number="")
        assert [v.state for v in vials] == [Lot.State.QUARANTINED] * 2
        assert stock.lots_of(cast.ada.site_id, cast.metformin.pk)[0].number == "FIRST1"
        assert len(stock.lots_of(cast.ada.site_id, cast.metformin.pk)) == 1

    def test_a_vial_of_another_lot_stays(self, cast):
        checking.return_to_stock(cast.tess, fill=cast.bagged(), why="not picked up", at=cast.at())
        inventory.quarantine(cast.tess, lot=cast.old_lot, why="recall", at=cast.at())
        assert Lot.objects.exclude(vial_number="").get().state == Lot.State.GOOD


class TestAnOrderInTwoParts:
    @pytest.fixture
    def parts(self, cast):
        fill = on_bench(cast)
        cast.scan(fill, cast.lot, Decimal(20))
        part = filling.partial(cast.tess, fill=again(cast, fill), why="shelf is short", at=cast.at())
        return part, Fill.objects.get(kind="completion")

    def change(self, cast, fill):
        return entry.amend(
            cast.ada, fill=again(cast, fill), entry=cast.entry(), package=cast.metformin, why="call", at=cast.at()
        )

    def test_neither_part_is_changed_into_the_whole_again(self, cast, parts):
        refused("rest_is_owed", self.change, cast, parts[0])
        refused("owed_rest", self.change, cast, parts[1])

    def test_with_the_rest_cancelled_the_order_can_be_changed(self, cast, parts):
        review.cancel(cast.ada, fill=again(cast, parts[1]), why="prescriber called", at=cast.at())
        assert self.change(cast, parts[0]).quantity == 60

    def test_cancelling_the_part_lets_go_of_a_rest_that_was_not_begun_and_the_order_ends(self, cast, parts):
        part, rest = parts
        review.cancel(cast.ada, fill=again(cast, part), why="too long a wait", at=cast.at())
        assert again(cast, rest).state == "cancelled"
        assert not again(cast, rest).prescription.is_active

    def test_a_rest_that_is_being_filled_stands_for_the_order(self, cast, parts):
        part, rest = parts
        filling.take(cast.tess, fill=again(cast, rest), at=cast.at())
        review.cancel(cast.ada, fill=again(cast, part), why="too long a wait", at=cast.at())
        rest = again(cast, rest)
        assert (rest.state, rest.prescription.is_active) == ("filling", True)
        review.cancel(cast.ada, fill=rest, why="patient moved", at=cast.at())
        assert not again(cast, rest).prescription.is_active


class TestCounter:
    def test_a_bag_scanned_after_the_offer_to_counsel_still_needs_one(self, cast):
        fill = cast.bagged()
        came = at_the_counter(cast)
        pickup.counsel(cast.tess, pick_up=came, outcome="not_required_refill", at=cast.at())
        pickup.scan_bag(cast.carl, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        refused(
            "counsel_required",
            pickup.hand_over,
            cast.carl,
            pick_up=came,
            signed_by="Rosa",
            relation="self",
            at=cast.at(),
        )

    def test_a_pick_up_that_ended_is_not_ended_again_from_an_old_page(self, cast):
        fill = cast.bagged()
        came, old = at_the_counter(cast), None
        pickup.scan_bag(cast.carl, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        old = queries.pick_up(cast.carl, str(came.code))
        pickup.hand_over(cast.carl, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
        refused("pick_up_ended", pickup.leave, cast.carl, pick_up=old, at=cast.at())
        refused("pick_up_ended", pickup.counsel, cast.tess, pick_up=old, outcome="declined", at=cast.at())
        done = queries.pick_up(cast.carl, str(came.code))
        assert (done.state, done.signed_by) == ("done", "Rosa")

    def test_a_fill_does_not_go_into_a_bag_that_left_the_house_on_an_old_page(self, cast):
        first = cast.bagged()
        bag = queries.bag(cast.tess, first.bag.number)
        came = at_the_counter(cast)
        pickup.scan_bag(cast.carl, pick_up=came, bag_number=bag.number, at=cast.at())
        pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        pickup.hand_over(cast.carl, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
        drug = cast.lisinopril.product.drug
        fill = on_bench(cast, package=cast.lisinopril, drug=drug, directions="Take 1 tablet by mouth once a day.")
        cast.scan(fill, Lot.objects.get(package=cast.lisinopril))
        fill = filling.submit_fill(cast.tess, fill=again(cast, fill), at=cast.at())
        fill = checking.verify(cast.ada, fill=fill, at=cast.at())
        refused("bag_gone", checking.bag, cast.tess, fill=fill, bin_name="A1", into=bag, at=cast.at())


class TestTheStateOfTheSite:
    def test_its_stricter_last_day_of_schedule_ii_holds(self, cast):
        """Wisconsin ends Schedule II after 60 days, most states after 90 (law/packs/states/refills.toml); the site stands in US-WI."""
        drug = cast.oxycodone.product.drug
        late = {"drug": drug, "refills": 0, "quantity": Decimal(20)}
        fill = cast.entered(cast.oxycodone, **late)
        assert fill.prescription.expires_on == standing.TODAY + timedelta(days=60)
        with pytest.raises(Refused, match="expired"):
            cast.entered(cast.oxycodone, written_on=standing.TODAY - timedelta(days=61), **late)

    def test_what_it_alone_controls_is_controlled_here(self, cast):
        """Kentucky holds gabapentin in Schedule V (902 KAR 55:015); federal law does not control it."""
        gabapentin = standing.package("gabapentin", "300 mg", ndc="11111-7777-1", ingredient="gabapentin")
        plain = cast.entered(gabapentin, drug=gabapentin.product.drug).prescription
        assert (plain.schedule, plain.expires_on.year - plain.written_on.year) == (0, 1)
        licences = (standing.licence("technician", state="US-KY"),)
        there = replace(cast, tess=replace(cast.tess, jurisdiction="US-KY", licences=licences))
        other = there.entered(gabapentin, drug=gabapentin.product.drug, patient=cast.omar).prescription
        assert (other.schedule, other.expires_on) == (5, date(2027, 5, 20))
        with pytest.raises(Refused, match="at most 5 refills"):
            there.entered(gabapentin, drug=gabapentin.product.drug, patient=cast.omar, refills=6)

    def test_what_a_list_of_the_state_controls_is_controlled_here(self, cast):
        """The list is one that the owner typed; the site stands in US-WI."""
        gabapentin = standing.package("gabapentin", "300 mg", ndc="11111-7777-1", ingredient="gabapentin")
        SubstanceSchedule.objects.create(
            key="s", jurisdiction="WI", substance="GABAPENTIN", schedule=5, starts_on=standing.TODAY
        )
        found = cast.entered(gabapentin, drug=gabapentin.product.drug).prescription
        assert (found.schedule, found.expires_on) == (5, date(2027, 5, 20))
        with pytest.raises(Refused, match="at most 5 refills"):
            cast.entered(gabapentin, drug=gabapentin.product.drug, patient=cast.omar, refills=6)

    def test_what_a_list_holds_more_strictly_by_now_is_not_passed_until_it_was_entered_anew(self, cast):
        """Tramadol waits to be checked when a list moves it; its label says Schedule IV and three refills (21 CFR 1306.12(a))."""
        tramadol, fill, lot = self.under_way(cast)
        fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
        cast.scan(fill, lot)
        fill = filling.submit_fill(cast.tess, fill=queries.fill(cast.tess, str(fill.code)), at=cast.at())
        self.moved(2)
        with pytest.raises(Refused, match=r"is Schedule II by now.*entered as Schedule IV\. Change the order") as no:
            checking.verify(cast.ada, fill=fill, at=cast.at())
        assert no.value.code == "stricter_by_now"
        fill = queries.fill(cast.ada, str(fill.code))
        change = {"fill": fill, "package": tramadol, "why": "It is Schedule II by now", "at": cast.at()}
        with pytest.raises(Refused, match="refill"):
            entry.amend(cast.ada, entry=cast.entry(drug=tramadol.product.drug, refills=3), **change)
        fill = queries.fill(cast.ada, str(fill.code))
        fill = entry.amend(
            cast.ada, entry=cast.entry(drug=tramadol.product.drug, refills=0), **{**change, "fill": fill}
        )
        fill = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
        assert cast.handed_over(cast.worked(fill, lot)).prescription.schedule == 2

    @pytest.mark.parametrize("by_driver", [False, True])
    def test_what_a_list_holds_more_strictly_by_now_stays_in_its_bin(self, cast, by_driver):
        _, fill, lot = self.under_way(cast)
        fill = filling.put_back(cast.tess, fill=fill, why="Later", at=cast.at())
        fill = cast.binned(fill, lot)
        self.moved(2, on=standing.TODAY + timedelta(days=1))
        early = queries.fill(cast.tess, str(fill.code))
        checking.refuse_stricter(cast.tess, [early], at=cast.at())
        cast.later(1)
        with pytest.raises(Refused, match="Return this fill to stock") as no:
            if by_driver:
                deliveries.send(cast.tess, bag=fill.bag, driver="Dan", at=cast.at())
            else:
                cast.handed_over(fill)
        assert no.value.code == "stricter_by_now"
        fill = queries.fill(cast.ada, str(fill.code))
        checking.return_to_stock(cast.ada, fill=fill, why="Schedule II by now", at=cast.at())
        again = refills.refill(cast.tess, prescription=fill.prescription, at=cast.at())
        assert (again.kind, again.prescription.schedule, again.prescription.refills) == ("first", 2, 0)

    def test_what_a_driver_has_when_the_list_changes_is_still_written_down_as_taken(self, cast):
        _, fill, lot = self.under_way(cast)
        fill = filling.put_back(cast.tess, fill=fill, why="Later", at=cast.at())
        out = deliveries.send(cast.tess, bag=cast.binned(fill, lot).bag, driver="Dan", at=cast.at())
        pickup.counsel(cast.tess, pick_up=out, outcome="declined", at=cast.at())
        self.moved(2)
        deliveries.prove(cast.tess, pick_up=out, taken_by="Rosa", relation="self", at=cast.at())
        assert queries.fill(cast.tess, str(fill.code)).state == "sold"

    def test_of_an_owed_rest_it_says_what_a_rest_allows(self, cast):
        _, fill, lot = self.under_way(cast)
        fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
        cast.scan(fill, lot, Decimal(20))
        fill = queries.fill(cast.tess, str(fill.code))
        filling.partial(cast.tess, fill=fill, why="Short", case="unable", at=cast.at())
        rest = queries.fill(cast.tess, str(Fill.objects.get(kind="completion").code))
        self.moved(2)
        with pytest.raises(Refused, match=r"is Schedule II by now.*Cancel this rest"):
            checking.refuse_stricter(cast.ada, [rest], at=cast.at())

    def under_way(self, cast):
        """Tramadol with three refills at the bench, and a lot of it."""
        tramadol = standing.package("tramadol", "50 mg", ndc="11111-8888-1", ingredient="tramadol", schedule=4)
        lot = inventory.receive(
            cast.tess,
            package=tramadol,
            lot_number="T1",
            expires_on=date(2027, 10, 31),
            quantity=Decimal(500),
            at=cast.at(),
        )
        fill = cast.ready(tramadol, drug=tramadol.product.drug, refills=3)
        return tramadol, filling.take(cast.tess, fill=fill, at=cast.at()), lot

    def moved(self, schedule, on=None):
        SubstanceSchedule.objects.create(
            key="t", jurisdiction="US", substance="TRAMADOL", schedule=schedule, starts_on=on
        )

    def test_schedule_i_is_never_entered(self, cast):
        SubstanceSchedule.objects.create(key="s", jurisdiction="US", substance="METFORMIN", schedule=1)
        with pytest.raises(Refused, match="Schedule I substance"):
            cast.entered(cast.metformin, drug=cast.metformin.product.drug)


class TestAnotherOrder:
    """Of an order of which something is at the patient's home or in its bin, neither the medicine nor the patient becomes another."""

    @pytest.fixture
    def again(self, cast):
        first = cast.sold()
        return refills.refill(cast.ada, prescription=first.prescription, at=cast.at(), early="lost it")

    def test_not_by_sending_its_refill_back(self, cast, again):
        back = entry.send_back(cast.ada, fill=again, why="another drug", at=cast.at())
        other = cast.entry(drug=cast.lisinopril.product.drug)
        with pytest.raises(Refused, match="Another medicine needs a new prescription"):
            entry.submit_entry(cast.tess, fill=back, entry=other, package=cast.lisinopril, at=cast.at())

    def test_nor_by_changing_the_patient(self, cast, again):
        other = cast.entry(patient=cast.omar)
        with pytest.raises(Refused, match="Another patient needs a new prescription"):
            entry.amend(cast.ada, fill=again, entry=other, package=cast.metformin, why="x y z", at=cast.at())

    def test_its_directions_may_change(self, cast, again):
        other = cast.entry(directions="Take 1 tablet by mouth 3 times a day with meals.")
        assert (
            entry.amend(cast.ada, fill=again, entry=other, package=cast.metformin, why="called", at=cast.at()).state
            == "entry_check"
        )


def test_a_refill_after_a_split_that_was_sold_whole_may_be_changed(cast):
    def to_the_patient(fill):
        fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
        fill = checking.verify(cast.ada, fill=filling.submit_fill(cast.tess, fill=fill, at=cast.at()), at=cast.at())
        return cast.handed_over(checking.bag(cast.tess, fill=fill, bin_name="A1", at=cast.at()))

    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    cast.scan(fill, cast.lot, Decimal(20))
    fill = to_the_patient(filling.partial(cast.tess, fill=again(cast, fill), why="short", at=cast.at()))
    rest = filling.take(cast.tess, fill=again(cast, Fill.objects.get(rest_of=fill)), at=cast.at())
    cast.scan(rest, cast.lot)
    to_the_patient(again(cast, rest))
    refill = refills.refill(cast.tess, prescription=fill.prescription, at=cast.later(28))
    called = {"entry": cast.entry(), "package": cast.metformin, "why": "called"}
    assert entry.amend(cast.ada, fill=refill, **called, at=cast.at()).state == "entry_check"


def test_what_was_held_before_its_entry_was_checked_is_not_screened(cast):
    held = review.hold(cast.ada, fill=cast.received(), why="wait", at=cast.at())
    with pytest.raises(Refused, match="Check the entry first"):
        review.screen_again(cast.ada, fill=held, at=cast.at())
