"""Parts of controlled prescriptions: until when the rest may follow, and that nothing follows after (21 CFR 1306.13, 1306.23)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.law import parts
from officina.law.parts import Case, Portion

CHICAGO = ZoneInfo("America/Chicago")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def portion(case="asked", now="2026-11-20 14:30", **changes):
    usual = {
        "schedule": 2, "case": Case(case), "written_on": date(2026, 11, 1), "at": at(now), "quantity": Decimal(10), "prescribed": Decimal(60),
    }  # fmt: skip
    return Portion(**{**usual, **changes})


FIRST = at("2026-11-20 14:30")


@pytest.mark.parametrize(
    ("case", "changes", "end"),
    [
        # domain.md 1.6 and Appendix B: written November 1, 2026
        ("asked", {}, date(2026, 12, 1)),  # 21 CFR 1306.13(b): 30 days
        ("long_term_care", {}, date(2026, 12, 31)),  # 1306.13(c): 60 days
        ("terminally_ill", {}, date(2026, 12, 31)),  # 1306.13(c)
        ("unable", {"first_at": FIRST}, at("2026-11-23 14:30")),  # 1306.13(a): 72 hours from the first part
        (
            "emergency_asked",
            {"ordered_at": at("2026-11-20 09:00")},
            at("2026-11-23 09:00"),
        ),  # 88 FR 46983: 72 hours from the order
        ("unable", {"schedule": 4}, date(2027, 5, 1)),  # 1306.23(c): six months
        ("asked", {"schedule": 3, "written_on": date(2026, 8, 31)}, date(2027, 2, 28)),
        ("asked", {"schedule": 5}, date(2027, 5, 1)),
    ],
)
def test_the_rest_may_follow_until(case, changes, end):
    assert parts.deadline(portion(case, **changes))[0] == end


def test_seventy_two_hours_are_counted_over_the_end_of_summer_time():
    first = at("2026-10-30 14:30")
    end, _ = parts.deadline(portion("unable", "2026-10-30 14:30", first_at=first, written_on=date(2026, 10, 30)))
    assert end == at("2026-11-02 13:30")
    assert end.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=72)


@pytest.mark.parametrize(
    ("case", "now", "changes", "allowed"),
    [
        ("unable", "2026-11-23 14:30", {"first_at": FIRST}, True),
        ("unable", "2026-11-23 14:31", {"first_at": FIRST}, False),
        ("asked", "2026-12-01 23:59", {"first_at": FIRST}, True),
        ("asked", "2026-12-02 00:00", {"first_at": FIRST}, False),
        ("asked", "2026-12-20 10:00", {}, True),  # the first part: any time while the prescription holds
        ("asked", "2027-02-20 10:00", {}, False),  # after the 90 days that most states allow at most
        ("long_term_care", "2026-12-31 10:00", {}, True),
        ("long_term_care", "2027-01-01 00:00", {}, False),
        ("asked", "2026-11-20 10:00", {"dispensed": Decimal(50), "first_at": FIRST}, True),
        ("asked", "2026-11-20 10:00", {"dispensed": Decimal(51), "first_at": FIRST}, False),
        ("asked", "2026-11-20 10:00", {"quantity": Decimal(0)}, False),
        ("long_term_care", "2026-11-20 10:00", {"recorded": False}, False),
        ("asked", "2027-05-01 10:00", {"schedule": 4, "first_at": FIRST}, True),
        ("asked", "2027-05-02 10:00", {"schedule": 4, "first_at": FIRST}, False),
        ("emergency_asked", "2026-11-20 10:00", {"schedule": 3}, False),  # no such case outside Schedule II
        ("asked", "2026-10-31 10:00", {}, False),  # before it was written
    ],
)
def test_a_part_is_allowed_or_not(case, now, changes, allowed):
    assert parts.may_dispense(portion(case, now, **changes)).allowed is allowed


def test_a_state_that_ends_a_prescription_sooner_ends_its_parts_too():
    late = portion("long_term_care", "2026-12-05 10:00")
    assert parts.may_dispense(late, state="US").allowed
    ruling = parts.may_dispense(late, state="TX")
    assert (ruling.allowed, ruling.jurisdiction, ruling.until) == (False, "US-TX", date(2026, 12, 1))


def test_what_is_owed_with_its_deadline_and_a_reminder_at_three_quarters():
    owed = parts.owed(portion("unable", "2026-11-20 15:00", first_at=FIRST, dispensed=Decimal(20)))
    assert (owed.quantity, owed.deadline, owed.is_void) == (40, at("2026-11-23 14:30"), False)
    assert owed.alarm_at == at("2026-11-22 20:30")  # 54 of 72 hours
    assert "Nov 23, 2026, 14:30" in owed.sentence
    assert owed.source == "21 CFR 1306.13(a)"


def test_afterwards_the_rest_is_void_and_the_prescriber_is_told():
    owed = parts.owed(portion("unable", "2026-11-23 14:31", first_at=FIRST, dispensed=Decimal(20)))
    assert owed.is_void
    assert "new prescription" in owed.sentence
    assert "prescriber is told" in owed.sentence


def test_a_refusal_says_until_when_it_was_possible():
    sentence = parts.may_dispense(portion("unable", "2026-11-24 10:00", first_at=FIRST)).sentence
    assert "Nov 23, 2026, 14:30" in sentence
    assert "21 CFR 1306.13(a)" in sentence


@given(
    st.sampled_from(Case), st.sampled_from([2, 3, 4, 5]), st.integers(0, 300 * 24), st.integers(0, 300 * 24), st.sampled_from(["", "US", "TX", "WI"])
)  # fmt: skip
def test_no_part_is_ever_allowed_after_its_last_moment(case, schedule, first, later, state):
    begin = at("2026-06-01 00:00")
    facts = portion(
        case, schedule=schedule, written_on=begin.date(), first_at=begin + timedelta(hours=first), ordered_at=begin
    )
    facts = replace(facts, at=begin + timedelta(hours=first + later))
    ruling = parts.may_dispense(facts, state=state)
    if ruling.allowed:
        end = ruling.until
        assert end is not None
        assert facts.at <= end if isinstance(end, datetime) else facts.at.date() <= end
    if parts.may_dispense(facts, state="US").allowed is False:
        assert not ruling.allowed
