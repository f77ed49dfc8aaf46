"""The rail counts what waits, a hundred of each state and no further, and says so."""

import uuid
from datetime import timedelta

import pytest

from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import OPEN
from officina.web import rail


def stop(cast, name):
    return next(s for s in rail.stops(cast.ada, "/", at=cast.clock) if s.desk.name == name)


def as_many(fill, many):
    """The fill so many times, each promised a minute later than the one before."""
    copies = []
    for n in range(1, many):
        copy = Fill.objects.get(pk=fill.pk)
        copy.pk, copy.code, copy.number, copy.fill_no = None, uuid.uuid4(), f"F{n}", n
        copy.promised_at += timedelta(minutes=n)
        copies.append(copy)
    Fill.objects.bulk_create(copies)


@pytest.mark.parametrize("state", OPEN)
def test_each_state_is_counted_as_the_counter_counts_it(cast, state):
    fill = cast.received()
    as_many(fill, 3)
    Fill.objects.update(state=state)
    exact, (seen, stopped) = queries.waiting(cast.ada), queries.at_a_glance(cast.ada)
    assert seen == exact
    assert (seen[state].count, seen[state].oldest, seen[state].promised) == (3, fill.since, fill.promised_at)
    assert stopped == 0


def test_another_pharmacy_sees_nothing_of_it(cast):
    cast.received()
    assert all(w.count == 0 for w in queries.at_a_glance(cast.max)[0].values())


def test_what_is_done_is_not_counted(cast):
    cast.handed_over(cast.bagged())
    assert all(w.count == 0 for w in queries.at_a_glance(cast.ada)[0].values())


def test_more_than_a_hundred_are_not_counted_through(seat, cast):
    fill = cast.received()
    as_many(fill, queries.AT_A_GLANCE - 1)
    entry = stop(cast, "entry")
    assert (entry.waiting, entry.is_more, entry.oldest) == (99, False, fill.since)
    Fill.objects.filter(prescription=fill.prescription).exclude(pk=fill.pk).delete()
    as_many(fill, queries.AT_A_GLANCE + 5)
    entry = stop(cast, "entry")
    assert (entry.waiting, entry.is_more, entry.oldest) == (100, True, None)
    assert queries.waiting(cast.ada)["received"].count == 105
    page = " ".join(seat(cast.tess).get("/entry/").content.decode().split())
    assert '<span class="waiting">100+<span class="unseen"> waiting</span></span>' in page


def test_the_most_urgent_promise_is_known_however_many_wait(cast):
    fill = cast.received()
    as_many(fill, queries.AT_A_GLANCE + 5)
    Fill.objects.filter(number="F104").update(promised_at=cast.clock - timedelta(minutes=12))
    assert stop(cast, "entry").late == "12 min late"
