"""Transfers out and in: what goes back here, what goes with it, and that nothing is dispensed twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from cast import TODAY, assemble, package
from officina.dispensing import queries
from officina.dispensing.services import entry, filling, intake, refills, transfers
from officina.dispensing.services.transfers import Before, Other
from officina.inventory.models import Balance
from officina.kernel.errors import Refused
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Prescription, Transfer

OAK = Other(pharmacy="Oak Pharmacy", address="1 Oak St, Madison, WI", pharmacist="Kim Oak", phone="6085550177")
BEFORE = Before(rx_number="77-1", refills_ordered=5, refills_left=3, first_dispensed_on=date(2026, 8, 1))


@pytest.fixture
def cast(db):
    return assemble()


def out(cast, rx, by=None, **changes):
    given = {"to": OAK, "asked_by": "Rosa", **changes}
    return transfers.transfer_out(by or cast.ada, prescription=rx, at=cast.at(), **given)


def on_shelf():
    return sum((b.on_hand for b in Balance.objects.filter(place__kind__in=["shelf", "safe"])), Decimal(0))


def test_what_was_dispensed_stays_and_the_refills_go(cast):
    rx = cast.sold(refills=3).prescription
    made = out(cast, rx)
    assert (made.way, made.refills, made.made_by) == ("out", 3, "Ada Park")
    assert made.record["first_dispensed_on"] == "2026-11-20"
    assert made.record["from"]["pharmacy"] == "Main Street Pharmacy"
    rx = prescriptions.prescription(cast.ada, str(rx.code))
    assert not rx.is_active
    with pytest.raises(Refused, match="cancelled or transferred"):
        refills.refill(cast.tess, prescription=rx, at=cast.later(30))


def test_a_refill_in_the_bin_goes_back_to_stock_and_goes_with_it(cast):
    rx = cast.sold(refills=2).prescription
    before = on_shelf()
    fill = cast.worked(refills.refill(cast.tess, prescription=rx, at=cast.later(25)))
    assert on_shelf() == before - 60
    assert out(cast, rx).refills == 2
    assert queries.fill(cast.tess, str(fill.code)).state == "returned"
    assert on_shelf() == before


def test_an_unfilled_order_goes_whole_and_its_fill_is_cancelled(cast):
    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    cast.scan(fill, cast.lot)
    before = on_shelf()
    made = out(cast, fill.prescription)
    assert (made.record["was_dispensed"], made.refills) == (False, 2)
    assert queries.fill(cast.tess, str(fill.code)).state == "cancelled"
    assert on_shelf() == before + 60


def test_it_is_transferred_once(cast):
    rx = cast.sold().prescription
    out(cast, rx)
    with pytest.raises(Refused, match="has not ended"):
        out(cast, rx, by=cast.pia)
    assert Transfer.objects.count() == 1


def test_schedule_ii_on_paper_is_not_transferable(cast):
    fill = cast.ready(cast.oxycodone, drug=cast.oxycodone.product.drug, refills=0, quantity=Decimal(20))
    with pytest.raises(Refused, match="paper or by telephone") as refused:
        out(cast, fill.prescription, to=replace(OAK, dea="AB1234563"))
    assert "88 FR 48365" in refused.value.sentence
    assert prescriptions.prescription(cast.ada, str(fill.prescription.code)).is_active


def test_a_controlled_one_needs_a_pharmacist_and_the_other_dea_number(cast):
    fill = cast.ready(cast.oxycodone, drug=cast.oxycodone.product.drug, refills=0, quantity=Decimal(20))
    rx = fill.prescription
    Prescription.objects.filter(pk=rx.pk).update(origin="3")
    for who in (cast.tess, cast.ivo, cast.carl):
        with pytest.raises(Refused):
            out(cast, rx, by=who)
    with pytest.raises(Refused, match="DEA number of the other pharmacy is needed"):
        out(cast, rx)
    with pytest.raises(Refused, match="DEA"):
        out(cast, rx, to=replace(OAK, dea="AB1234560"))
    assert out(cast, rx, to=replace(OAK, dea="AB1234563")).dea == "AB1234563"


@pytest.mark.parametrize(
    ("changes", "field"), [({"asked_by": " "}, "asked_by"), ({"to": replace(OAK, address="")}, "address")]
)
def test_what_the_record_needs_is_asked_for(cast, changes, field):
    rx = cast.sold().prescription
    with pytest.raises(Refused) as refused:
        out(cast, rx, **changes)
    assert field in refused.value.fields


def test_a_technician_transfers_nothing(cast):
    with pytest.raises(Refused):
        out(cast, cast.sold().prescription, by=cast.tess)


def test_a_record_stays_as_it_was_written(cast):
    made = out(cast, cast.sold().prescription)
    with pytest.raises(DatabaseError), transaction.atomic():
        Transfer.objects.filter(pk=made.pk).update(pharmacy="Elm")


def take_over(cast, by=None, order=None, other=OAK, **changes):
    before = replace(BEFORE, **changes)
    order = order or cast.order(written_on=TODAY - timedelta(days=120), refills=None)
    return transfers.transfer_in(by or cast.ada, order=order, other=other, before=before, at=cast.at())


def test_what_comes_keeps_its_day_and_one_of_its_fills_is_dispensed_here(cast):
    fill = take_over(cast)
    rx = fill.prescription
    assert (rx.origin, rx.written["refills"], rx.written["note"]) == ("5", 2, "Transfer from Oak Pharmacy, Kim Oak.")
    made = Transfer.objects.get()
    assert (made.way, made.record["rx_number"], made.record["first_dispensed_on"]) == ("in", "77-1", "2026-08-01")
    fill = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    written = TODAY - timedelta(days=120)
    fill = entry.submit_entry(
        cast.tess, fill=fill, entry=cast.entry(refills=2, written_on=written), package=cast.metformin, at=cast.at()
    )
    assert fill.prescription.expires_on == date(2027, 7, 23)


def controlled(cast, schedule):
    made = package("alprazolam", "0.5 mg", ndc="22222-3333-1", ingredient="alprazolam", schedule=schedule)
    return made, {"drug": made.product.drug, "refills": 0}


def enter(cast, fill, made, given):
    fill = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    return entry.submit_entry(cast.tess, fill=fill, entry=cast.entry(**given), package=made, at=cast.at())


@pytest.mark.parametrize(
    ("taken_as", "schedule", "said"),
    [  # 21 CFR 1306.08, 1306.25
        (0, 4, "taken over as not controlled; alprazolam 0.5 mg tablet is Schedule IV. Cancel it and take it over as Schedule IV"),
        (0, 2, "is Schedule II and was filled"),
        (4, 2, "is Schedule II and was filled"),
        (5, 3, "taken over as Schedule V"),
        (4, 4, None),
        (3, 4, None),
    ],
)  # fmt: skip
def test_a_transfer_is_judged_again_by_what_is_entered(cast, taken_as, schedule, said):
    by = cast.ada if taken_as else cast.ivo
    taken = take_over(cast, by=by, order=cast.order(), other=replace(OAK, dea="AB1234563"), schedule=taken_as)
    made, given = controlled(cast, schedule)
    if said is None:
        assert enter(cast, taken, made, given).prescription.schedule == schedule
        return
    with pytest.raises(Refused, match=said) as refused:
        enter(cast, taken, made, given)
    assert set(refused.value.fields) == {"drug"}
    assert queries.fill(cast.tess, str(taken.code)).state == "entering"


def test_a_controlled_order_from_another_pharmacy_has_its_record(cast):
    by_hand = intake.receive(cast.tess, order=cast.order(), origin="5", at=cast.at())
    with pytest.raises(Refused, match="no record of its transfer") as refused:
        enter(cast, by_hand, *controlled(cast, 4))
    assert refused.value.code == "transfer_unrecorded"


def test_schedule_ii_that_was_never_filled_comes_by_its_own_rules_only(cast):
    oak = replace(OAK, dea="AB1234563")
    made, given = controlled(cast, 2)
    taken = take_over(cast, order=cast.order(), other=oak, first_dispensed_on=None)
    with pytest.raises(Refused, match="taken over as not controlled"):
        enter(cast, taken, made, given)
    taken = take_over(cast, order=cast.order(), other=oak, first_dispensed_on=None, schedule=2)
    assert enter(cast, taken, made, given).state == "entry_check"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rx_number": ""}, "rx_number"),
        ({"refills_left": 0}, "refills_left"),
        ({"refills_left": 7}, "refills_left"),
        ({"other": replace(OAK, pharmacist="")}, "pharmacist"),
        ({"schedule": 4}, "dea"),
    ],
)
def test_what_comes_without_its_record_is_refused(cast, changes, field):
    with pytest.raises(Refused) as refused:
        take_over(cast, **changes)
    assert field in refused.value.fields
    assert not Prescription.objects.exists()


def test_schedule_ii_that_was_filled_elsewhere_does_not_come(cast):
    with pytest.raises(Refused, match="Schedule II"):
        take_over(cast, other=replace(OAK, dea="AB1234563"), schedule=2)
