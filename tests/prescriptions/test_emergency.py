"""Schedule II by telephone in an emergency: checklist, seven days, and whom to tell (21 CFR 1306.11(d); domain rules 1.7)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cast import TODAY
from officina.base.models import AuditEntry
from officina.dispensing import queries as fills
from officina.dispensing.models import Fill
from officina.dispensing.services import checking, entry, filling, intake, review
from officina.inventory.models import Lot
from officina.kernel.errors import Refused
from officina.law import emergency as law
from officina.prescriptions import queries
from officina.prescriptions.models import EmergencyOrder
from officina.prescriptions.services import emergency

ALL = sorted(row.name for row in law.checks(on=TODAY))


def taken(cast, actor=None, answered=ALL, knows=False, read_back=True):
    order = cast.order(drug_text="oxycodone 5 mg tablet", quantity=8, refills=0, days_supply=2)
    return intake.receive_emergency(
        actor or cast.ada, order=order, answered=answered, knows_prescriber=knows, read_back=read_back, at=cast.at()
    )


def entered(cast, fill, **changes):
    usual = {"drug": cast.oxycodone.product.drug, "quantity": 8, "days_supply": 2, "refills": 0}
    fill = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    order = cast.entry(**usual, directions="Take 1 tablet by mouth every 6 hours as needed.") if not changes else cast.entry(**{**usual, **changes})  # fmt: skip
    return entry.submit_entry(cast.tess, fill=fill, entry=order, package=cast.oxycodone, at=cast.at())


def test_the_order_is_written_down_with_its_checklist_and_its_last_day(cast):
    fill = taken(cast)
    order = fill.prescription.emergency
    assert (order.ordered_on, order.due_on) == (date(2026, 11, 20), date(2026, 11, 27))
    assert (order.checks, order.taken_by) == (ALL, "Ada Park")
    assert AuditEntry.objects.get(verb="emergency.taken").after["due_on"] == "2026-11-27"
    assert entered(cast, fill).state == "entry_check"


@pytest.mark.parametrize("left_out", ALL)
def test_each_point_alone_stops_it_and_nothing_is_received(cast, left_out):
    with pytest.raises(Refused) as no:
        taken(cast, answered=[n for n in ALL if n != left_out])
    assert "21 CFR" in no.value.sentence
    assert Fill.objects.count() == EmergencyOrder.objects.count() == 0


def test_a_known_prescriber_need_not_be_called_back_and_what_is_not_read_back_is_not_received(cast):
    assert taken(cast, answered=[n for n in ALL if n != "prescriber_known"], knows=True)
    with pytest.raises(Refused, match="read back"):
        taken(cast, read_back=False)


def test_only_a_pharmacist_takes_it(cast):
    for actor in (cast.tess, cast.ivo, cast.carl, cast.wire):
        with pytest.raises(Refused):
            taken(cast, actor)
    assert Fill.objects.count() == 0


def test_schedule_ii_by_telephone_without_the_checklist_is_refused_at_entry(cast):
    order = cast.order(drug_text="oxycodone 5 mg tablet", quantity=8, refills=0)
    fill = intake.receive(cast.ada, order=order, origin="2", read_back=True, at=cast.at())
    with pytest.raises(Refused, match="emergencies only"):
        entered(cast, fill)


def test_even_in_an_emergency_there_are_no_refills(cast):
    with pytest.raises(Refused, match=r"no refills|not be refilled"):
        entered(cast, taken(cast), refills=1, directions="Take 1 tablet by mouth every 6 hours as needed.")


def came(cast, order, day=date(2026, 11, 24), **changes):
    facts = {"came_on": day, "is_marked": True, "has_oral_date": True, **changes}
    return emergency.signed_came(cast.tess, order=order, **facts, at=cast.at())


def test_the_signed_prescription_settles_it(cast):
    order = taken(cast).prescription.emergency
    assert [o.pk for o in queries.emergencies(cast.tess)] == [order.pk]
    cast.later(5)
    came(cast, order)
    assert queries.emergencies(cast.tess) == []
    with pytest.raises(Refused, match="settled"):
        came(cast, order)


@pytest.mark.parametrize(
    ("days_on", "changes", "said"),
    [
        (5, {"is_marked": False}, "Authorization for Emergency Dispensing"),
        (5, {"has_oral_date": False}, "date of the oral order"),
        (5, {"day": date(2026, 11, 19)}, "between"),
        (5, {"day": date(2026, 11, 26)}, "between"),
        (9, {"day": date(2026, 11, 28)}, "DEA"),
    ],
)
def test_what_is_not_as_the_law_asks_settles_nothing(cast, days_on, changes, said):
    order = taken(cast).prescription.emergency
    cast.later(days_on)
    with pytest.raises(Refused, match=said):
        came(cast, order, **changes)
    assert queries.emergencies(cast.tess)


def test_the_dea_is_told_once_the_days_are_over_and_not_before(cast):
    order = taken(cast).prescription.emergency
    cast.later(7)  # the last day itself
    with pytest.raises(Refused, match="may still come"):
        emergency.tell_dea(cast.ada, order=order, how="Letter to the Milwaukee office", at=cast.at())
    cast.later(1)
    with pytest.raises(Refused):
        emergency.tell_dea(cast.tess, order=order, how="Letter", at=cast.at())
    with pytest.raises(Refused, match="which office"):
        emergency.tell_dea(cast.ada, order=order, how=" ", at=cast.at())
    emergency.tell_dea(cast.ada, order=order, how="Letter to the Milwaukee office", at=cast.at())
    assert queries.emergencies(cast.ada) == []
    assert AuditEntry.objects.get(verb="emergency.dea_told").why == "Letter to the Milwaukee office"


def test_another_house_sees_none_of_it(cast):
    order = taken(cast).prescription.emergency
    assert queries.emergencies(cast.max) == []
    for call in (lambda: queries.emergency(cast.max, str(order.code)), lambda: came(cast, order) if cast.later(5) is None else emergency.signed_came(cast.max, order=order, came_on=date(2026, 11, 24), is_marked=True, has_oral_date=True, at=cast.at())):  # fmt: skip
        with pytest.raises(Refused):
            call()


def counted(cast, fill):
    """An emergency supply in its bin."""
    fill = entry.approve_entry(cast.ada, fill=entered(cast, fill), at=cast.at())
    return cast.worked(fill, Lot.objects.get(package=cast.oxycodone))


def test_what_waits_in_the_bin_stays_there_once_the_signed_one_is_overdue_and_telling_the_dea_opens_nothing(cast):
    fill = counted(cast, taken(cast))
    order = fill.prescription.emergency
    cast.later(8)
    with pytest.raises(Refused, match="nothing more may be dispensed") as no:
        cast.handed_over(fill)
    assert no.value.code == "signed_overdue"
    emergency.tell_dea(cast.ada, order=order, how="Letter to the Milwaukee office", at=cast.at())
    with pytest.raises(Refused, match="nothing more may be dispensed"):
        cast.handed_over(fill)
    back = checking.return_to_stock(cast.ada, fill=fill, why="Signed one never came", at=cast.at())
    assert back.state == "returned"


@pytest.mark.parametrize(("has_come", "days"), [(False, 7), (True, 10)])
def test_on_the_last_day_and_after_the_signed_one_came_it_is_handed_over(cast, has_come, days):
    fill = counted(cast, taken(cast))
    if has_come:
        cast.later(5)
        came(cast, fill.prescription.emergency)
    cast.later(days)
    assert cast.handed_over(fill).state == "sold"


def test_less_of_an_emergency_supply_leaves_a_rest_of_72_hours_whatever_reason_is_chosen(cast):
    fill = entry.approve_entry(cast.ada, fill=entered(cast, taken(cast)), at=cast.at())
    fill = review.settle_payment(cast.tess, fill=review.clear_review(cast.ada, fill=fill, at=cast.at()), at=cast.at())
    fill = filling.take(cast.tess, fill=fill, at=cast.at())
    cast.scan(fill, Lot.objects.get(package=cast.oxycodone), Decimal(4))
    fill = fills.fill(cast.tess, str(fill.code))
    filling.partial(cast.tess, fill=fill, why="Asked for four", case="asked", at=cast.at())
    rest = fills.fill(cast.tess, str(Fill.objects.get(kind="completion").code))
    assert rest.part_case == "emergency_asked"
    # From the order by telephone: the midnight before it would end the rest hours early.
    assert rest.due_by == fill.prescription.emergency.ordered_at + timedelta(hours=72)
    cast.later(8)
    with pytest.raises(Refused) as no:
        filling.take(cast.tess, fill=rest, at=cast.at())
    assert no.value.code == "signed_overdue"
