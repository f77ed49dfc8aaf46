"""Refills and last days by schedule, and several prescriptions of Schedule II at once (21 CFR 1306.12, 1306.22)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.law import multiple, refills, schedules
from officina.law.multiple import Member

MAY_15 = date(2026, 5, 15)
STATES = ["", "US", "IL", "MA", "MI", "NJ", "NY", "TX", "WI", "ZZ"]


@pytest.mark.parametrize(
    ("schedule", "written_on", "state", "last"),
    [
        # domain.md 1.5 and Appendix B, cs_expiry and noncs_expiry
        (3, MAY_15, "", date(2026, 11, 15)),
        (4, date(2026, 8, 31), "", date(2027, 2, 28)),
        (0, date(2028, 2, 29), "", date(2029, 2, 28)),
        (0, MAY_15, "", date(2027, 5, 15)),
        (0, MAY_15, "US", None),  # federal law sets no last day
        (0, MAY_15, "IL", date(2027, 8, 15)),  # a state's own row stands for the common one
        (5, MAY_15, "", date(2026, 11, 15)),  # state practice
        (5, MAY_15, "US", None),  # 21 CFR 1306.22 limits III and IV only
        (2, MAY_15, "US", None),
        (2, MAY_15, "", date(2026, 8, 13)),
        (2, MAY_15, "NY", date(2026, 6, 14)),
        (9, MAY_15, "", date(2026, 8, 13)),  # a schedule that nobody knows is held as II
    ],
)
def test_the_last_day(schedule, written_on, state, last):
    assert refills.last_day(schedule, written_on, state=state) == last


@pytest.mark.parametrize(
    ("schedule", "asked", "state", "allowed"),
    [
        (2, 0, "", True),
        (2, 1, "", False),
        (3, 5, "", True),
        (3, 6, "", False),
        (4, 6, "US", False),
        (5, 6, "", False),
        (5, 6, "US", True),
        (0, 11, "", True),
        (9, 1, "", False),
    ],
)
def test_how_many_refills_may_be_authorised(schedule, asked, state, allowed):
    ruling = refills.authorised(schedule, MAY_15, asked, state=state)
    assert ruling.allowed is allowed
    assert ruling.source


def test_the_answer_names_whose_law_it_is():
    assert refills.authorised(4, MAY_15, 6).jurisdiction == "US"
    assert refills.authorised(5, MAY_15, 6).jurisdiction == "US (common state rule)"
    assert refills.fill(2, MAY_15, 0, authorised_refills=0, on=date(2026, 7, 1), state="NY").jurisdiction == "US-NY"


@pytest.mark.parametrize(
    ("schedule", "number", "on", "allowed"),
    [
        (4, 5, date(2026, 11, 15), True),
        (4, 6, date(2026, 6, 15), False),
        (4, 1, date(2026, 11, 16), False),
        (4, 0, date(2026, 5, 14), False),
        (2, 0, date(2026, 5, 20), True),
        (2, 1, date(2026, 5, 20), False),
    ],
)
def test_which_fill_may_be_dispensed_on_a_day(schedule, number, on, allowed):
    assert refills.fill(schedule, MAY_15, number, authorised_refills=5, on=on).allowed is allowed


@given(
    st.sampled_from([0, 2, 3, 4, 5]), st.integers(0, 7), st.integers(0, 7), st.integers(-5, 800), st.sampled_from(STATES)
)  # fmt: skip
def test_a_fill_passes_never_after_its_last_day_and_from_the_day_that_is_told(schedule, number, most, days, state):
    on = MAY_15 + timedelta(days=days)
    judge = lambda day: refills.fill(schedule, MAY_15, number, authorised_refills=most, on=day, state=state)  # noqa: E731
    ruling = judge(on)
    if ruling.allowed:
        assert ruling.until is None or on <= ruling.until
        if ruling.until is not None:
            assert judge(ruling.until).allowed
            assert not judge(ruling.until + timedelta(days=1)).allowed
        assert refills.fill(schedule, MAY_15, number, authorised_refills=most, on=on, state="US").allowed
    elif ruling.passes_on is not None and number <= min(most, 5) and schedule != 2:
        assert judge(ruling.passes_on).allowed
        assert not judge(ruling.passes_on - timedelta(days=1)).allowed


def series(*members):
    return [Member(written_on=MAY_15, days_supply=days, fill_from=begin) for days, begin in members]


JUN_14, JUL_14 = date(2026, 6, 14), date(2026, 7, 14)


@pytest.mark.parametrize(
    ("members", "allowed"),
    [  # 21 CFR 1306.12(b), 72 FR 64921
        (series((30, None), (30, JUN_14), (30, JUL_14)), True),
        (series((30, None), (31, JUN_14), (30, JUL_14)), False),
        (series((30, None), (30, None)), False),
        ([*series((30, None)), Member(written_on=JUN_14, days_supply=30, fill_from=JUN_14)], False),
    ],
)
def test_a_series_of_schedule_ii(members, allowed):
    assert multiple.sound(members).allowed is allowed


def test_each_of_a_series_waits_for_its_own_day():
    three = series((30, None), (30, JUN_14), (30, JUL_14))
    assert multiple.may_fill(three, 0, on=MAY_15).allowed
    early = multiple.may_fill(three, 1, on=JUN_14 - timedelta(days=1))
    assert (early.allowed, early.passes_on) == (False, JUN_14)
    assert multiple.may_fill(three, 1, on=JUN_14).allowed
    assert not multiple.may_fill(three, 2, on=date(2026, 8, 14)).allowed  # after the 90 days of most states
    # In a state where it expires before its own day it never passes
    never = multiple.may_fill(three, 2, on=JUN_14, state="NY")
    assert (never.allowed, never.passes_on) == (False, None)


@pytest.mark.parametrize(
    ("federal", "ingredients", "state", "schedule", "whose"),
    [
        (0, ("gabapentin",), "KY", 5, "US-KY"),
        (0, ("gabapentin",), "WI", 0, "US"),
        (0, ("Gabapentin",), "", 0, "US"),
        (4, ("gabapentin",), "KY", 4, "US"),
        (2, ("oxycodone",), "KY", 2, "US"),
    ],
)
def test_the_stricter_schedule_holds(federal, ingredients, state, schedule, whose):
    assert schedules.strictest(federal, ingredients, on=date(2026, 11, 23), state=state) == (schedule, whose)
