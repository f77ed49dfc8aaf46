"""Schedule II by telephone: the checklist, and the seven days (21 CFR 1306.11(d))."""

from datetime import date, timedelta

import pytest

from officina.law import emergency
from officina.law.emergency import Received, Standing

ORAL = date(2026, 11, 22)
NAMES = {row.name for row in emergency.checks(on=ORAL)}


def test_the_checklist_is_that_of_the_regulation():
    assert {"needed_at_once", "no_alternative", "not_in_writing", "quantity_for_emergency", "written_down", "prescriber_known"} == NAMES  # fmt: skip


@pytest.mark.parametrize("left_out", sorted(NAMES))
def test_each_point_alone_stops_it(left_out):
    assert emergency.may_dispense(NAMES, on=ORAL).allowed
    ruling = emergency.may_dispense(NAMES - {left_out}, on=ORAL)
    assert not ruling.allowed
    assert len(ruling.missing) == 1


def test_a_prescriber_who_is_known_need_not_be_called_back():
    assert emergency.may_dispense(NAMES - {"prescriber_known"}, on=ORAL, knows_prescriber=True).allowed


def test_ordered_on_the_22nd_the_signed_prescription_is_due_on_the_29th():
    assert emergency.due_on(ORAL) == date(2026, 11, 29)  # domain.md 1.7
    assert "Nov 29, 2026" in emergency.may_dispense(NAMES, on=ORAL).rule


def came(day, **changes):
    return Received(**{"on": day, "is_marked": True, "oral_date_on_it": True, **changes})


@pytest.mark.parametrize(
    ("received", "on", "standing"),
    [
        (None, date(2026, 11, 26), Standing.WAITING),
        (None, date(2026, 11, 27), Standing.DUE_SOON),
        (None, date(2026, 11, 29), Standing.DUE_SOON),
        (None, date(2026, 11, 30), Standing.OVERDUE),
        (came(date(2026, 11, 29)), date(2026, 12, 5), Standing.RECEIVED),
        (came(date(2026, 11, 30)), date(2026, 12, 5), Standing.OVERDUE),
        (came(date(2026, 11, 25), is_marked=False), date(2026, 11, 25), Standing.WAITING),
        (came(date(2026, 11, 25), oral_date_on_it=False), date(2026, 11, 30), Standing.OVERDUE),
    ],
)
def test_where_the_follow_up_stands(received, on, standing):
    assert emergency.standing(ORAL, received, on=on) == standing


def test_a_missed_follow_up_says_whom_to_tell():
    ruling = emergency.follow_up(ORAL, None, on=date(2026, 11, 30))
    assert not ruling.allowed
    assert "DEA" in ruling.notes[0]
    assert emergency.follow_up(ORAL, None, on=date(2026, 11, 29)).allowed


def test_what_came_late_or_unmarked_is_not_in_order():
    assert emergency.follow_up(ORAL, came(ORAL + timedelta(days=7)), on=date(2026, 12, 9)).allowed
    assert not emergency.follow_up(ORAL, came(ORAL + timedelta(days=8)), on=date(2026, 12, 9)).allowed
    unmarked = emergency.follow_up(ORAL, came(ORAL, is_marked=False), on=date(2026, 11, 23))
    assert (unmarked.allowed, unmarked.missing) == (False, ("'Authorization for Emergency Dispensing' on it",))
