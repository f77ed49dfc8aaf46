import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.clock import add_days, add_months, day_of, in_words, now

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def test_now_is_aware_and_utc():
    assert now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Chicago", date(2026, 11, 22)), ("UTC", date(2026, 11, 23)), ("Pacific/Honolulu", date(2026, 11, 22))],
)
def test_the_day_is_the_day_where_the_site_is(zone, day):
    assert day_of(datetime(2026, 11, 23, 3, 30, tzinfo=UTC), zone) == day


def test_the_day_follows_summer_time():
    assert day_of(datetime(2026, 7, 1, 4, 30, tzinfo=UTC), "America/New_York") == date(2026, 7, 1)
    assert day_of(datetime(2026, 12, 1, 4, 30, tzinfo=UTC), "America/New_York") == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 5, 15), 6, date(2026, 11, 15)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
    ],
)
def test_months_on_it_is_the_same_day_or_the_months_last(day, months, then):
    assert add_months(day, months) == then


@given(DAYS, st.integers(-120, 120))
def test_adding_months_never_leaves_the_month(day, months):
    then = add_months(day, months)
    assert (then.year * 12 + then.month) - (day.year * 12 + day.month) == months
    assert then.day == min(day.day, calendar.monthrange(then.year, then.month)[1])


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=23), "2 days"),
    ],
)
def test_a_waiting_time_is_said_as_people_say_it(span, words):
    assert in_words(span) == words


def test_the_calendar_ends():
    assert add_months(date(9999, 7, 1), 6) == add_days(date(9999, 12, 1), 90) == date.max
    assert add_months(date(9998, 12, 31), 1) == date(9999, 1, 31)
    assert add_months(date(9999, 6, 30), 6) == date(9999, 12, 30)
    assert add_days(date(2026, 11, 20), 90) == date(2027, 2, 18)
