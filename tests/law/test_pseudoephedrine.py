"""Pseudoephedrine: base, limits a day and in thirty days, and when the rest would pass (21 USC 830; domain.md 1.16)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.errors import ParseError
from officina.law import pseudoephedrine as pse
from officina.law.pseudoephedrine import Sale, Wish

CHICAGO = ZoneInfo("America/Chicago")
NOON = datetime(2026, 8, 20, 12, tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("salt", "mg", "base", "per_day", "per_month"),
    [  # the table of 1.16
        ("hcl", "30", "24.57", 146, 366),
        ("hcl", "60", "49.14", 73, 183),
        ("hcl", "120", "98.28", 36, 91),
        ("hcl", "240", "196.56", 18, 45),
        ("sulfate", "120", "92.64", 38, 97),
    ],
)
def test_base_and_whole_units(salt, mg, base, per_day, per_month):
    assert pse.base_mg(salt, Decimal(mg)) == Decimal(base)
    assert pse.most_units(salt, Decimal(mg), Decimal(3600)) == per_day
    assert pse.most_units(salt, Decimal(mg), Decimal(9000)) == per_month
    wish = Wish(salt=salt, unit_mg=Decimal(mg), units=per_day, at=NOON)
    assert pse.may_sell(wish, [], state="US").allowed
    assert not pse.may_sell(replace(wish, units=per_day + 1), [], state="US").allowed
    assert pse.units_now(wish, [], state="US") == per_day


def test_a_salt_that_nobody_knows_is_no_salt():
    with pytest.raises(ParseError, match="hcl or sulfate"):
        pse.base_mg("nitrate", Decimal(30))


def wish(units, at=NOON, **changes):
    return Wish(**{"salt": "base", "unit_mg": Decimal(100), "units": units, "at": at, **changes})


def sale(days_ago, mg, hours=0):
    return Sale(NOON - timedelta(days=days_ago, hours=hours), Decimal(mg))


def test_what_was_bought_today_counts_until_midnight():
    ruling = pse.may_sell(wish(10), [sale(0, 3000, hours=2)], state="US")
    assert (ruling.allowed, ruling.passes_on) == (False, datetime(2026, 8, 21, tzinfo=CHICAGO))
    assert ruling.notes == ("6 of the 10 may be sold now.",)


def test_thirty_days_are_seven_hundred_and_twenty_hours():
    bought = [sale(29, 3600), sale(20, 3600), sale(10, 1800)]
    ruling = pse.may_sell(wish(30), bought, state="US")
    assert not ruling.allowed
    assert ruling.passes_on == NOON + timedelta(days=1)
    assert pse.units_now(wish(30), bought, state="US") == 0
    assert pse.may_sell(wish(30, ruling.passes_on), bought, state="US").allowed
    assert not pse.may_sell(wish(30, ruling.passes_on - timedelta(minutes=1)), bought, state="US").allowed


def test_the_hours_are_counted_over_the_end_of_summer_time():
    bought = [Sale(datetime(2026, 10, 20, 12, tzinfo=CHICAGO), Decimal(3600))]
    bought += [Sale(datetime(2026, 11, day, 12, tzinfo=CHICAGO), Decimal(2700)) for day in (5, 10)]
    ruling = pse.may_sell(wish(30, datetime(2026, 11, 19, 9, tzinfo=CHICAGO)), bought, state="US")
    assert ruling.passes_on == datetime(2026, 11, 19, 11, tzinfo=CHICAGO)


def test_more_than_a_day_allows_never_passes_at_once():
    assert pse.may_sell(wish(37), [], state="US").passes_on is None


def test_by_mail_and_in_stricter_states_less():
    bought = [sale(20, 3600), sale(10, 3600)]
    assert pse.may_sell(wish(10), bought, state="US").allowed
    assert not pse.may_sell(wish(10, is_by_mail=True), bought, state="US").allowed
    ruling = pse.may_sell(wish(10), bought, state="WI")
    assert (ruling.allowed, ruling.jurisdiction) == (False, "US-WI")
    assert not pse.may_sell(wish(1, age=17), [], state="WI").allowed
    assert pse.may_sell(wish(1, age=18), [], state="WI").allowed


@given(
    st.lists(st.tuples(st.integers(0, 40 * 24), st.integers(1, 36)), max_size=8), st.integers(1, 36), st.sampled_from(["US", "", "WI", "MN", "KY"])
)  # fmt: skip
def test_the_moment_that_is_told_passes_and_a_minute_before_does_not(bought, units, state):
    history = [Sale(NOON - timedelta(hours=hours), Decimal(100 * n)) for hours, n in bought]
    ruling = pse.may_sell(wish(units), history, state=state)
    now = pse.units_now(wish(units), history, state=state)
    assert ruling.allowed is (now >= units)
    if ruling.allowed:
        assert pse.may_sell(wish(units), history, state="US").allowed
    elif ruling.passes_on is not None:
        assert pse.may_sell(wish(units, ruling.passes_on), history, state=state).allowed
        early = ruling.passes_on - timedelta(minutes=1)
        if early >= NOON:
            assert not pse.may_sell(wish(units, early), history, state=state).allowed


def test_the_logbook():
    given_ = {
        "product": "x",
        "quantity": "24",
        "name": "n",
        "address": "a",
        "at": "now",
        "signature": "s",
        "identity": "D1",
    }
    assert pse.log_missing(given_, at=NOON) == []
    for name in given_:
        assert [row.field for row in pse.log_missing({**given_, name: ""}, at=NOON)] == [name]


def test_one_package_of_sixty_milligrams_needs_no_line():
    assert not pse.needs_log(wish(2, unit_mg=Decimal(30)))
    assert pse.needs_log(wish(2, unit_mg=Decimal(30)), packages=2)
    assert pse.needs_log(wish(3, unit_mg=Decimal(30)))
