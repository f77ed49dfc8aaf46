"""A fill from the slip of paper to the patient's hand, and every guard on its way."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

import cast as standing
from cast import package
from officina.base.models import AuditEntry
from officina.dispensing import queries
from officina.dispensing.models import Fill, FillScan
from officina.dispensing.services import checking, entry, filling, intake, pickup, review
from officina.dispensing.services.filling import Scanned
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.kernel.errors import Refused
from officina.patients import services as patients


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


def sell(cast, fill, patient=None):
    p = patient or cast.rosa
    came = pickup.identify(cast.carl, last_name=p.last_name, first_name=p.first_name, born_on=p.born_on, at=cast.at())
    pickup.scan_bag(cast.carl, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    return pickup.hand_over(cast.carl, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())


def test_the_whole_way_to_the_patient(cast):
    fill = cast.bagged()
    done = sell(cast, fill)
    fill = again(cast, fill)
    assert fill.state == "sold"
    assert [s.move for s in queries.steps(fill)] == [
        "start_entry",
        "submit_entry",
        "approve_entry",
        "clear_review",
        "settle_payment",
        "take",
        "submit_fill",
        "verify",
        "bag",
        "hand_over",
    ]
    assert done.amount == fill.price
    assert fill.prescription.supply_until == standing.TODAY + timedelta(days=29)
    assert not list(stock.differences())
    assert queries.unsound() == []


class TestScanning:
    @pytest.fixture
    def fill(self, cast):
        fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
        return filling.label_printed(cast.tess, fill=fill, at=cast.at())

    def stop(self, cast, fill, package, lot="L1", expires_on=date(2027, 10, 31), quantity=None):
        scanned = Scanned(
            raw="raw code", package_id=package.pk if package else None, lot_number=lot, expires_on=expires_on
        )
        answer = filling.scan(cast.tess, fill=fill, scanned=scanned, quantity=quantity, at=cast.at())
        assert not answer.ok
        assert FillScan.objects.latest("id").outcome == answer.code
        assert queries.counted(fill) == 0
        return answer

    def test_another_medicine_stops_with_both_sides_shown(self, cast, fill):
        answer = self.stop(cast, fill, cast.lisinopril)
        assert answer.code == "wrong_drug"
        assert "metformin 500 mg" in answer.expected
        assert "lisinopril 10 mg" in answer.came

    def test_another_strength_stops(self, cast, fill):
        assert self.stop(cast, fill, cast.metformin_1000).code == "wrong_strength"

    def test_another_package_of_the_same_drug_stops_and_the_product_can_be_changed(self, cast, fill):
        other = standing.package("metformin", "500 mg", ndc="11111-9999-1", ingredient="metformin", size=500)
        assert self.stop(cast, fill, other).code == "wrong_package"
        changed = filling.change_product(cast.tess, fill=again(cast, fill), package=other, at=cast.at())
        assert changed.labels_printed == 0
        refused(
            "package_of_other_drug",
            filling.change_product,
            cast.tess,
            fill=changed,
            package=cast.metformin_1000,
            at=cast.at(),
        )

    def test_an_unknown_barcode_stops(self, cast, fill):
        assert self.stop(cast, fill, None).code == "unknown_product"

    def test_an_expired_lot_stops_even_if_it_was_never_received(self, cast, fill):
        assert self.stop(cast, fill, cast.metformin, lot="X", expires_on=date(2026, 11, 19)).code == "expired_lot"

    def test_a_lot_is_good_through_its_last_day(self, cast, fill):
        inventory.receive(
            cast.tess,
            package=cast.metformin,
            lot_number="LAST",
            expires_on=standing.TODAY,
            quantity=Decimal(60),
            at=cast.at(),
        )
        scanned = Scanned(raw="x", package_id=cast.metformin.pk, lot_number="LAST", expires_on=standing.TODAY)
        assert filling.scan(cast.tess, fill=fill, scanned=scanned, quantity=None, at=cast.at()).ok

    def test_a_quarantined_lot_stops(self, cast, fill):
        inventory.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        assert (
            self.stop(cast, fill, cast.metformin, lot="GOOD1", expires_on=cast.lot.expires_on).code == "quarantined_lot"
        )

    def test_a_lot_that_was_never_received_stops(self, cast, fill):
        assert self.stop(cast, fill, cast.metformin, lot="NEVER", expires_on=date(2028, 1, 31)).code == "unknown_lot"

    def test_more_than_the_label_says_stops(self, cast, fill):
        assert (
            self.stop(
                cast, fill, cast.metformin, lot="GOOD1", expires_on=cast.lot.expires_on, quantity=Decimal(61)
            ).code
            == "too_much"
        )

    def test_several_containers_are_each_scanned_and_kept(self, cast, fill):
        assert cast.scan(fill, cast.old_lot, Decimal(45)).remaining == 15
        assert cast.scan(again(cast, fill), cast.lot).remaining == 0
        assert [(p.lot.number, p.quantity) for p in queries.parts(fill)] == [("FIRST1", 45), ("GOOD1", 15)]
        assert filling.submit_fill(cast.tess, fill=again(cast, fill), at=cast.at()).state == "final_check"

    def test_a_later_lot_is_taken_but_shown(self, cast, fill):
        assert cast.scan(fill, cast.lot).earlier_lot == "FIRST1"

    def test_a_code_without_a_lot_asks_for_one(self, cast, fill):
        answer = filling.scan(
            cast.tess, fill=fill, scanned=Scanned(raw="upc", package_id=cast.metformin.pk), quantity=None, at=cast.at()
        )
        assert answer.lot_needed

    def test_a_short_count_is_not_sent_to_the_check(self, cast, fill):
        cast.scan(fill, cast.lot, Decimal(59))
        no = refused("short_count", filling.submit_fill, cast.tess, fill=again(cast, fill), at=cast.at())
        assert (no.expected, no.came) == ("60", "59")

    def test_nothing_goes_to_the_check_without_a_label(self, cast):
        fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
        cast.scan(fill, cast.lot)
        refused("no_label", filling.submit_fill, cast.tess, fill=again(cast, fill), at=cast.at())

    def test_a_stale_page_changes_nothing(self, cast, fill):
        old = again(cast, fill)
        cast.scan(fill, cast.lot)
        refused("stale", filling.submit_fill, cast.tess, fill=old, at=cast.at())

    def test_a_partial_fill_owes_the_rest_and_the_prices_add_up(self, cast, fill):
        agreed = fill.price
        cast.scan(fill, cast.lot, Decimal(20))
        part = filling.partial(cast.tess, fill=again(cast, fill), why="shelf is short", at=cast.at())
        rest = Fill.objects.get(kind="completion")
        assert (part.quantity, part.owed, rest.quantity) == (20, 40, 40)
        assert part.price + rest.price == agreed
        assert rest.state == "ready_to_fill"


def test_schedule_ii_is_counted_twice(cast):
    fill = cast.ready(cast.oxycodone, drug=cast.oxycodone.product.drug, refills=0, quantity=Decimal(20))
    fill = filling.label_printed(cast.tess, fill=filling.take(cast.tess, fill=fill, at=cast.at()), at=cast.at())
    scanned = Scanned(raw="x", package_id=cast.oxycodone.pk, lot_number="L1", expires_on=date(2027, 10, 31))
    filling.scan(cast.tess, fill=fill, scanned=scanned, quantity=None, at=cast.at())
    fill = again(cast, fill)
    refused("second_count", filling.submit_fill, cast.tess, fill=fill, at=cast.at())
    refused("second_count", filling.submit_fill, cast.tess, fill=fill, second_count=Decimal(19), at=cast.at())
    assert filling.submit_fill(cast.tess, fill=fill, second_count=Decimal(20), at=cast.at()).state == "final_check"


class TestEntry:
    def test_schedule_ii_has_no_refills(self, cast):
        fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
        drug = cast.oxycodone.product.drug
        no = refused(
            "too_many_refills",
            entry.submit_entry,
            cast.tess,
            fill=fill,
            entry=cast.entry(drug=drug, refills=1),
            package=cast.oxycodone,
            at=cast.at(),
        )
        assert "refills" in no.fields

    def test_an_expired_order_is_refused(self, cast):
        fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
        refused(
            "order_expired",
            entry.submit_entry,
            cast.tess,
            fill=fill,
            entry=cast.entry(written_on=date(2025, 11, 19)),
            package=cast.metformin,
            at=cast.at(),
        )

    def test_directions_with_an_error_prone_abbreviation_are_refused(self, cast):
        fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
        with pytest.raises(Refused) as no:
            entry.submit_entry(
                cast.tess,
                fill=fill,
                entry=cast.entry(directions="Take 1.0 tablet QD"),
                package=cast.metformin,
                at=cast.at(),
            )
        assert "directions" in no.value.fields

    def test_a_package_of_another_drug_is_refused(self, cast):
        fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
        refused(
            "package_of_other_drug",
            entry.submit_entry,
            cast.tess,
            fill=fill,
            entry=cast.entry(),
            package=cast.lisinopril,
            at=cast.at(),
        )

    def test_a_telephone_order_is_a_pharmacists_and_read_back(self, cast):
        refused("not_in_role", intake.receive, cast.tess, order=cast.order(), origin="2", at=cast.at(), read_back=True)
        refused(
            "not_read_back", intake.receive, cast.ada, order=cast.order(), origin="2", at=cast.at(), read_back=False
        )
        assert (
            intake.receive(cast.ada, order=cast.order(), origin="2", at=cast.at(), read_back=True).state == "received"
        )

    @pytest.mark.parametrize("state", ["ready", "filled", "checked"])
    def test_a_change_after_the_check_goes_back_and_undoes_the_count(self, cast, state):
        fill = getattr(cast, state)()
        changed = entry.amend(
            cast.ada,
            fill=again(cast, fill),
            entry=cast.entry(quantity=Decimal(30)),
            package=cast.metformin,
            why="prescriber called",
            at=cast.at(),
        )
        assert changed.state == "entry_check"
        assert changed.verified_by_id is None
        assert queries.counted(changed) == 0
        assert stock.on_hand(cast.lot.pk, stock.places(cast.ada.site_id)["shelf"].pk) == 500
        assert not list(stock.differences())
        fill = entry.approve_entry(cast.ada, fill=changed, at=cast.at())
        assert review.clear_review(cast.ada, fill=fill, at=cast.at()).state == "waiting_for_payment"

    def test_a_technician_may_not_check_the_entry(self, cast):
        refused("not_in_role", entry.approve_entry, cast.tess, fill=cast.entered(), at=cast.at())


class TestReview:
    def test_an_allergy_stops_until_a_pharmacist_answers(self, cast):
        from officina.drugs.models import Ingredient
        from officina.screening import queries as screening

        patients.note_allergy(
            cast.tess,
            patient=cast.rosa,
            text="metformin",
            ingredient=Ingredient.objects.get(key="metformin"),
            severity="severe",
            at=cast.at(),
        )
        fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
        refused("alerts_open", review.clear_review, cast.ada, fill=fill, at=cast.at())
        alert = next(a for a in screening.current(fill.prescription_id).alerts.all() if a.stops)
        refused(
            "not_in_role",
            review.resolve_alert,
            cast.tess,
            alert=alert,
            resolution="not_applicable",
            reason="it is fine",
            at=cast.at(),
        )
        refused(
            "why_needed",
            review.resolve_alert,
            cast.ada,
            alert=alert,
            resolution="not_applicable",
            reason=" ",
            at=cast.at(),
        )
        review.resolve_alert(
            cast.ada,
            alert=alert,
            resolution="prescriber_consulted",
            reason="Prescriber confirms tolerance.",
            at=cast.at(),
        )
        assert review.clear_review(cast.ada, fill=fill, at=cast.at()).state == "waiting_for_payment"

    def test_an_intern_answers_only_under_a_pharmacist_and_it_is_written_down(self, cast):
        fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
        review.clear_review(cast.ivo, fill=fill, at=cast.at())
        assert queries.steps(fill)[-1].supervisor == "Ada Park"

    def test_an_allergy_noted_after_the_review_stops_the_final_check(self, cast):
        from officina.drugs.models import Ingredient

        fill = cast.filled()
        patients.note_allergy(
            cast.tess,
            patient=cast.rosa,
            text="metformin",
            ingredient=Ingredient.objects.get(key="metformin"),
            severity="severe",
            at=cast.at(),
        )
        refused("screening_stale", checking.verify, cast.ada, fill=again(cast, fill), at=cast.at())
        review.screen_again(cast.ada, fill=again(cast, fill), at=cast.at())
        refused("alerts_open", checking.verify, cast.ada, fill=again(cast, fill), at=cast.at())

    def test_allergies_never_asked_are_said_to_be_not_screened(self, cast):
        from officina.screening import queries as screening

        nobody_asked = patients.add(
            cast.tess,
            details=patients.Details(last_name="New", first_name="Ned", born_on=date(1990, 1, 1)),
            at=cast.at(),
        )
        fill = entry.approve_entry(cast.ada, fill=cast.entered(patient=nobody_asked), at=cast.at())
        not_screened = screening.current(fill.prescription_id).not_screened
        assert any("allerg" in n["check"].lower() for n in not_screened)


class TestFinalCheck:
    def test_a_technician_may_not_pass_it(self, cast):
        refused("not_in_role", checking.verify, cast.theo, fill=cast.filled(), at=cast.at())

    def test_the_filler_may_not_pass_it(self, cast):
        fill = filling.take(cast.pia, fill=cast.ready(), at=cast.at())
        fill = filling.label_printed(cast.pia, fill=fill, at=cast.at())
        cast.scan(fill, cast.lot, by=cast.pia)
        fill = filling.submit_fill(cast.pia, fill=again(cast, fill), at=cast.at())
        refused("same_person", checking.verify, cast.pia, fill=fill, at=cast.at())
        assert checking.verify(cast.ada, fill=again(cast, fill), at=cast.at()).state == "checked"

    def test_a_lapsed_licence_and_another_pharmacy_may_not(self, cast):
        refused("wrong_site", checking.verify, cast.max, fill=cast.filled(), at=cast.at())
        refused("licence_lapsed", filling.take, cast.lapsed, fill=cast.ready(patient=cast.omar), at=cast.at())

    def test_a_lot_quarantined_after_the_count_stops_it(self, cast):
        fill = cast.filled()
        inventory.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        refused("quarantined_lot", checking.verify, cast.ada, fill=fill, at=cast.at())

    def test_sending_back_undoes_the_count(self, cast):
        fill = checking.reject(cast.ada, fill=cast.filled(), why="label smudged", at=cast.at())
        assert fill.state == "filling"
        assert queries.counted(fill) == 0
        assert not list(stock.differences())

    def test_the_database_itself_refuses_a_sale_that_nobody_verified(self, cast):
        fill = cast.filled()
        with pytest.raises(IntegrityError), transaction.atomic():
            Fill.objects.filter(pk=fill.pk).update(state="sold")


class TestPickUp:
    def test_a_wrong_birth_date_finds_nobody(self, cast):
        refused(
            "not_identified",
            pickup.identify,
            cast.carl,
            last_name="Flórez",
            first_name="Rosa",
            born_on=date(1961, 3, 15),
            at=cast.at(),
        )

    def test_another_patients_bag_stops(self, cast):
        fill = cast.bagged()
        came = pickup.identify(cast.carl, last_name="Haddad", first_name="Omar", born_on=date(1975, 7, 2), at=cast.at())
        refused("wrong_patient", pickup.scan_bag, cast.carl, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        refused("no_bag", pickup.hand_over, cast.carl, pick_up=came, signed_by="Omar", relation="self", at=cast.at())

    def test_a_bag_holds_one_patients_fills_only(self, cast):
        bag = cast.bagged().bag
        other = cast.checked(patient=cast.omar)
        refused("wrong_patient", checking.bag, cast.tess, fill=other, bin_name="A1", into=bag, at=cast.at())

    def test_nothing_is_handed_over_without_the_offer_to_counsel_or_a_signature(self, cast):
        fill = cast.bagged()
        came = pickup.identify(
            cast.carl, last_name="florez", first_name="rosa", born_on=date(1961, 3, 14), at=cast.at()
        )
        pickup.scan_bag(cast.carl, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        refused(
            "counsel_missing",
            pickup.hand_over,
            cast.carl,
            pick_up=came,
            signed_by="Rosa",
            relation="self",
            at=cast.at(),
        )
        refused("not_in_role", pickup.counsel, cast.tess, pick_up=came, outcome="accepted", at=cast.at())
        refused(
            "counsel_required", pickup.counsel, cast.tess, pick_up=came, outcome="not_required_refill", at=cast.at()
        )
        pickup.counsel(cast.ada, pick_up=came, outcome="accepted", at=cast.at())
        refused(
            "signature_missing", pickup.hand_over, cast.carl, pick_up=came, signed_by=" ", relation="self", at=cast.at()
        )

    def test_a_lot_quarantined_in_the_bin_is_not_handed_over(self, cast):
        fill = cast.bagged()
        inventory.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        with pytest.raises(Refused) as no:
            sell(cast, fill)
        assert no.value.code == "quarantined_lot"
        assert again(cast, fill).state == "bin"


class TestReturn:
    def test_a_vial_that_came_back_is_a_lot_of_its_own_and_can_be_dispensed_by_its_own_number(self, cast):
        fill = checking.return_to_stock(cast.tess, fill=cast.bagged(), why="not picked up", at=cast.at())
        assert fill.state == "returned"
        vial = next(b.lot for b in stock.stock(cast.ada) if b.lot.vial_number)
        assert (vial.number, vial.expires_on) == ("GOOD1", date(2027, 11, 20))
        assert not list(stock.differences())
        other = filling.take(cast.tess, fill=cast.ready(patient=cast.omar), at=cast.at())
        answer = filling.scan(
            cast.tess,
            fill=other,
            scanned=Scanned(raw=vial.vial_number, vial_number=vial.vial_number),
            quantity=None,
            at=cast.at(),
        )
        assert answer.ok
        assert answer.remaining == 0

    def test_after_so_many_days_the_bin_is_swept(self, cast):
        fill = cast.bagged()
        assert queries.due_for_return(cast.ada, on=standing.TODAY) == []
        assert queries.due_for_return(cast.ada, on=standing.TODAY + timedelta(days=10)) == [fill]

    def test_a_sold_fill_never_comes_back(self, cast):
        fill = cast.bagged()
        sell(cast, fill)
        refused(
            "illegal_move",
            checking.return_to_stock,
            cast.tess,
            fill=again(cast, fill),
            why="changed their mind",
            at=cast.at(),
        )
        assert not list(stock.differences())


def test_a_held_fill_comes_back_to_where_it_stood(cast):
    fill = review.hold(cast.tess, fill=cast.ready(), why="patient asks to wait", at=cast.at())
    assert fill.state == "held"
    assert review.release(cast.tess, fill=fill, at=cast.at()).state == "ready_to_fill"


def test_cancelling_puts_the_stock_back(cast):
    fill = review.cancel(cast.ada, fill=cast.filled(), why="prescriber cancelled", at=cast.at())
    assert fill.state == "cancelled"
    assert stock.on_hand(cast.lot.pk, stock.places(cast.ada.site_id)["shelf"].pk) == 500
    assert not list(stock.differences())


def test_another_pharmacy_sees_nothing(cast):
    fill = cast.bagged()
    refused("no_fill", queries.fill, cast.max, str(fill.code))
    assert queries.fill_by_number(cast.max, fill.number) is None
    assert queries.worklist(cast.max, "bin") == []


class TestAnotherPackage:
    """Of the same medicine: it has a price of its own, and may have to be given whole."""

    @pytest.fixture
    def other(self, cast):
        made = package("lisinopril", "10 mg", ndc="11111-3333-2", ingredient="lisinopril")
        made.unit_cost = Decimal("3.00")
        made.save()
        return made

    @pytest.fixture
    def fill(self, cast):
        return cast.ready(cast.lisinopril, drug=cast.lisinopril.product.drug, quantity=Decimal(90))

    def test_its_price_is_asked_anew(self, cast, fill, other):
        before = fill.price
        fill = filling.change_product(cast.tess, fill=fill, package=other, at=cast.at())
        assert fill.price > 90 * 3 > before
        told = AuditEntry.objects.get(verb="fill.product_changed")
        assert (told.before["price"], told.after["price"]) == (str(before), str(fill.price))

    def test_one_that_is_given_whole_is_not_cut(self, cast, fill, other):
        other.unit_of_use = True
        other.save()
        with pytest.raises(Refused, match="whole packages of 100"):
            filling.change_product(cast.tess, fill=fill, package=other, at=cast.at())
