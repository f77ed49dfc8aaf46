"""Too soon: thresholds, what passes earlier, sums over time (domain.md 1.11, Appendix B)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.law import too_soon
from officina.law.too_soon import Supply

OCT_1 = date(2026, 10, 1)


@pytest.mark.parametrize(("percent", "day"), [(75, 24), (80, 25), (85, 27), (90, 28)])
def test_the_first_day_by_threshold(percent, day):
    assert too_soon.earliest(Supply(OCT_1, 30), percent) == date(2026, 10, day)


@pytest.mark.parametrize(("controlled", "day"), [(False, date(2026, 10, 24)), (True, date(2026, 10, 27))])
def test_the_day_that_is_told_passes_and_the_day_before_does_not(controlled, day):
    last = Supply(OCT_1, 30)
    before = too_soon.may_refill(last, controlled=controlled, on=day - timedelta(days=1))
    assert (before.allowed, before.passes_on) == (False, day)
    assert too_soon.may_refill(last, controlled=controlled, on=day).allowed


@given(st.integers(1, 366), st.booleans(), st.integers(0, 400))
def test_a_refusal_always_names_the_very_day(days, controlled, later):
    last = Supply(OCT_1, days)
    ruling = too_soon.may_refill(last, controlled=controlled, on=OCT_1 + timedelta(days=later))
    if not ruling.allowed:
        assert too_soon.may_refill(last, controlled=controlled, on=ruling.passes_on).allowed
        day_before = too_soon.may_refill(last, controlled=controlled, on=ruling.passes_on - timedelta(days=1))
        assert not day_before.allowed


@pytest.mark.parametrize(("code", "name"), [("3", "vacation"), ("4", "lost"), ("5", "therapy-change"), ("6", "starter-dose"), ("7", "medically-necessary"), ("13", "emergency"), ("14", "leave-of-absence")])  # fmt: skip
def test_reasons_that_payers_accept(code, name):
    for given_ in (code, name):
        assert too_soon.may_refill(Supply(OCT_1, 30), controlled=True, on=OCT_1, override=given_).allowed
    assert not too_soon.may_refill(Supply(OCT_1, 30), controlled=True, on=OCT_1, override="99").allowed


def test_early_refills_add_up_and_a_late_one_uses_them_up():
    each_five_early = [Supply(OCT_1 + timedelta(days=25 * n), 30) for n in range(4)]
    assert too_soon.carried(each_five_early) == 15
    last = each_five_early[-1]
    assert too_soon.earliest_accumulated(each_five_early, 75) == last.on + timedelta(days=23 + 15)
    late = [*each_five_early, Supply(last.on + timedelta(days=60), 30)]
    assert too_soon.carried(late) == 0
    assert too_soon.carried([Supply(OCT_1, 90), Supply(OCT_1 + timedelta(days=180), 30)]) == 0
    assert too_soon.carried([]) == 0


def test_the_proportion_of_days_covered():
    # 180 days, 24 of them uncovered: 0.867 (adherent from 0.80)
    six = [Supply(OCT_1 + timedelta(days=n), 26) for n in (0, 30, 60, 90, 120, 150)]
    assert too_soon.days_covered(six, begin=OCT_1, days=180) == Decimal("0.867")
    # An early refill covers later days, and none twice
    early = [Supply(OCT_1, 30), Supply(OCT_1 + timedelta(days=20), 30)]
    assert too_soon.days_covered(early, begin=OCT_1, days=60) == Decimal("1.000")
    assert too_soon.days_covered([Supply(OCT_1, 90)], begin=OCT_1, days=30) == Decimal("1.000")


def test_a_short_fill_lasts_until_the_anchor():
    assert too_soon.short_fill(Decimal(2), on=OCT_1, anchor=date(2026, 10, 13)) == 24
    assert too_soon.short_fill(Decimal(2), on=OCT_1, anchor=OCT_1) == 0
