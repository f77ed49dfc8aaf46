"""Which lot first, and which never."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from officina.inventory.rules import LotFact, pick, usable

TODAY = date(2026, 11, 20)
LOTS = st.lists(
    st.builds(
        LotFact,
        lot_id=st.integers(1, 50),
        number=st.just("L"),
        expires_on=st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days)),
        on_hand=st.decimals(0, 100, places=2),
        quarantined=st.booleans(),
    ),
    unique_by=lambda lot: lot.lot_id,
)


@given(LOTS)
def test_only_good_lots_are_usable_and_the_first_to_expire_comes_first(lots):
    found = usable(lots, on=TODAY)
    assert all(not lot.quarantined and lot.expires_on >= TODAY and lot.on_hand > 0 for lot in found)
    assert [lot.expires_on for lot in found] == sorted(lot.expires_on for lot in found)


@given(LOTS, st.decimals(0, 300, places=2))
def test_a_plan_takes_what_is_needed_or_all_there_is(lots, needed):
    plan = pick(lots, needed, on=TODAY)
    there = sum((lot.on_hand for lot in usable(lots, on=TODAY)), Decimal(0))
    assert sum((part for _, part in plan), Decimal(0)) == min(needed, there)
    assert all(0 < part <= lot.on_hand for lot, part in plan)
    # A later lot is touched only once every earlier one is used up.
    assert all(part == lot.on_hand for lot, part in plan[:-1])


def test_a_lot_is_good_through_its_last_day():
    lot = LotFact(lot_id=1, number="L", expires_on=TODAY, on_hand=Decimal(1))
    assert usable([lot], on=TODAY) == [lot]
    assert usable([lot], on=TODAY + timedelta(days=1)) == []
