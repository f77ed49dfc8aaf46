"""The demonstration: everything planted is stopped, and the day is the same for the same seed."""

from datetime import UTC, datetime

import pytest

from officina.demo import day
from officina.demo.tally import CODES, KINDS
from officina.dispensing import queries
from officina.inventory import queries as stock

NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


@pytest.mark.long
@pytest.mark.django_db
def test_a_short_day_stops_all_that_was_planted_and_leaves_work_in_every_queue():
    tally = day.play(prescriptions=60, seed=7, now=NOW, tick=lambda *_: None)
    assert tally.received == 60
    assert set(tally.injected) == set(KINDS)
    assert all(n >= 1 for n in tally.injected.values()), tally.injected
    assert tally.stopped == tally.injected
    assert tally.ledger_differences == 0
    assert tally.problems == []
    assert tally.sold >= 30
    assert not list(stock.differences())
    assert queries.unsound() == []


def test_every_kind_of_mistake_has_the_answer_that_stops_it():
    assert set(CODES) == set(KINDS)
