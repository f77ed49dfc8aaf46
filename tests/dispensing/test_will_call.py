"""Bags that wait: how old, who is called when, and all that nobody came for returned in one sweep."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from cast import assemble
from officina.dispensing import queries, will_call
from officina.dispensing.models import BagCall, Fill
from officina.dispensing.rules.reminders import reminder
from officina.dispensing.rules.returns import will_call as limits
from officina.dispensing.services import reminders
from officina.inventory import queries as stock
from officina.kernel.errors import Refused
from web.seen import somebody

SINCE = date(2026, 11, 1)
FIRST, SECOND = limits().call_days


@pytest.fixture
def cast(db):
    return assemble()


def on(days):
    return SINCE + timedelta(days=days)


class TestWhenToCall:
    def test_nobody_calls_before_the_first_day(self):
        assert reminder(SINCE, [], on=on(FIRST - 1)) is None

    @pytest.mark.parametrize(
        ("days", "calls", "number", "is_called"),
        [
            (FIRST, [], 1, False),
            (FIRST, [(FIRST, "reached")], 1, True),
            (FIRST + 1, [(FIRST, "message_left")], 1, True),
            (FIRST + 1, [(FIRST, "no_answer")], 1, False),
            (FIRST + 1, [(FIRST, "wrong_number")], 1, False),
            (FIRST, [(FIRST - 1, "reached")], 1, False),
            (SECOND, [(FIRST, "reached")], 2, False),
            (SECOND, [(FIRST, "reached"), (SECOND, "reached")], 2, True),
            (SECOND + 30, [], 2, False),
        ],
    )
    def test_a_call_counts_until_the_next_is_due(self, days, calls, number, is_called):
        found = reminder(SINCE, [(on(n), outcome) for n, outcome in calls], on=on(days))
        assert (found.number, found.is_called) == (number, is_called)

    def test_after_the_last_call_it_goes_back(self):
        assert reminder(SINCE, [], on=on(FIRST)).next_on == on(SECOND)
        last = reminder(SINCE, [], on=on(SECOND))
        assert (last.next_on, last.goes_back_next) == (on(limits().days_in_bin), True)


def lines(cast, actor=None):
    return will_call.to_call(actor or cast.tess, on=cast.tess.day(cast.clock))


class TestTheCalls:
    def test_a_bag_comes_on_the_list_and_stays_called_until_the_next_step(self, cast):
        fill = cast.bagged()
        assert lines(cast) == []
        cast.later(FIRST)
        (line,) = lines(cast)
        assert (line.bag, line.days, line.reminder.is_called) == (fill.bag, FIRST, False)
        reminders.call(cast.carl, bag=fill.bag, outcome="reached", note="comes tomorrow", at=cast.at())
        (line,) = lines(cast)
        assert (line.reminder.is_called, line.calls[0].user_name, line.calls[0].note) == (
            True,
            "Carl Boone",
            "comes tomorrow",
        )
        cast.later(SECOND - FIRST)
        assert [x.reminder.is_called for x in lines(cast)] == [False]
        assert lines(cast, cast.max) == []

    def test_who_is_still_to_be_called_stands_first(self, cast):
        one, two = cast.bagged(), cast.bagged(patient=cast.omar)
        cast.later(FIRST)
        reminders.call(cast.tess, bag=one.bag, outcome="message_left", at=cast.at())
        assert [x.bag for x in lines(cast)] == [two.bag, one.bag]

    def test_what_was_handed_over_is_not_called_about(self, cast):
        fill = cast.sold()
        cast.later(FIRST)
        assert lines(cast) == []
        bag = will_call.bag_to_call(cast.tess, str(fill.bag.code))
        for code, act in (
            ("bag_gone", lambda: reminders.call(cast.tess, bag=bag, outcome="reached", at=cast.at())),
            ("outcome_unknown", lambda: reminders.call(cast.tess, bag=bag, outcome="sang", at=cast.at())),
            ("wrong_site", lambda: reminders.call(cast.max, bag=bag, outcome="reached", at=cast.at())),
            ("no_bag", lambda: will_call.bag_to_call(cast.max, str(bag.code))),
        ):
            with pytest.raises(Refused) as no:
                act()
            assert no.value.code == code
        assert not BagCall.objects.exists()

    def test_no_call_is_changed_or_removed(self, cast):
        reminders.call(cast.tess, bag=cast.bagged().bag, outcome="reached", at=cast.at())
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            BagCall.objects.all().delete()


class TestTheSweep:
    @pytest.fixture
    def due(self, cast):
        for n in range(3):
            cast.bagged(patient=somebody(cast, n), quantity=10)
        cast.later(limits().days_in_bin)
        return queries.due_for_return(cast.tess, on=cast.tess.day(cast.clock))

    def test_one_that_is_refused_does_not_hold_up_the_others(self, cast, due):
        Fill.objects.filter(pk=due[1].pk).update(version=99)  # somebody was faster
        went = reminders.sweep(cast.tess, fills=due, why="Nobody came", at=cast.at())
        assert [bool(s.refused) for s in went] == [False, True, False]
        assert sorted(Fill.objects.values_list("state", flat=True)) == ["bin", "returned", "returned"]
        vials = will_call.vials_of(cast.tess, on=cast.tess.day(cast.clock))
        assert {v.vial_number for v in vials} == {
            stock.vial_made_from(cast.tess.site_id, due[n].number) for n in (0, 2)
        }
        assert will_call.vials_of(cast.max, on=cast.tess.day(cast.clock)) == []
        assert will_call.vials_of(cast.tess, on=cast.tess.day(cast.clock) - timedelta(days=1)) == []

    def test_sent_twice_each_is_returned_once(self, cast, due):
        tess = replace(cast.tess, key="k" * 64)
        first = reminders.sweep(tess, fills=due, why="Nobody came", at=cast.at())
        stale = [queries.fill(cast.tess, str(f.code)) for f in due]
        second = reminders.sweep(tess, fills=stale, why="Nobody came", at=cast.at())
        assert [s.refused for s in (*first, *second)] == [""] * 6
        assert len(will_call.vials_of(cast.tess, on=cast.tess.day(cast.clock))) == 3

    def test_only_what_is_due_and_marked_is_taken(self, cast, due):
        today = cast.tess.day(cast.clock)
        assert will_call.due_among(cast.tess, [due[0].code], on=today) == [due[0]]
        assert will_call.due_among(cast.tess, [due[0].code], on=today - timedelta(days=5)) == []
        assert will_call.due_among(cast.max, [due[0].code], on=today) == []


def test_a_bag_tells_how_its_promise_was_kept(cast):
    fill = cast.bagged()
    (one,) = will_call.shelved(cast.tess, queries.bags_waiting(cast.tess), on=cast.tess.day(cast.clock))
    assert (one.days, one.late_by, one.promised_at) == (0, timedelta(), fill.promised_at)
    Fill.objects.filter(pk=fill.pk).update(promised_at=fill.bag.since - timedelta(hours=2))
    (one,) = will_call.shelved(cast.tess, queries.bags_waiting(cast.tess), on=cast.tess.day(cast.later(2)))
    assert (one.days, one.late_by) == (2, timedelta(hours=2))
