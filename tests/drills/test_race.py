"""Sixteen people on one lot, one fill, one bag, under hardship: transactions that the database breaks off, and commits that fail.

The stories are those of `dispensing/test_races.py`: one winner each, clear words for the others, stock exact, no error of the database
in anybody's face. Here they run with five commits in a hundred failing, and on PostgreSQL also at SERIALIZABLE, where the database breaks
off whatever it cannot order. `OFFICINA_DRILL=long` lets one commit in five fail.
"""

import os
import random
from threading import Lock

import psycopg.errors
import pytest
from django.db import OperationalError, connection, connections, transaction

from at_once import CONNECTION
from dispensing.test_races import *  # noqa: F403  each story is collected here once more, with what it needs

# These two try bare transactions, which nothing tries again.
del test_two_lots_in_opposite_order_and_back_again_lock_nobody_out, test_sixteen_numbers_at_once_are_sixteen_numbers  # noqa: F821
SHARE = 0.2 if os.environ.get("OFFICINA_DRILL") == "long" else 0.05
pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


def broken_off():
    """The error with which a database asks to try again."""
    problem = OperationalError("database is locked")
    if connection.vendor == "postgresql":
        problem.__cause__ = psycopg.errors.SerializationFailure("could not serialize access")
    return problem


class FailingCommits:
    """Every so manieth commit is rolled back instead, and says so."""

    def __init__(self, seed):
        self.rng, self.lock, self.failed = random.Random(seed), Lock(), 0
        self.real = CONNECTION._commit

    def commit(self, wrapper):
        with self.lock:
            fails = self.rng.random() < SHARE
            self.failed += fails
        if fails and wrapper.connection is not None:
            wrapper._rollback()  # what was said and not sent is gone with it
            raise broken_off()
        return self.real(wrapper)


@pytest.fixture(params=["read committed", "serializable"], autouse=True)
def hardship(request, transactional_db, cast, monkeypatch):
    """The house is furnished first; then the hardship begins, for every connection of every thread."""
    failing = FailingCommits(seed=request.node.name)
    options = connections.settings["default"]["OPTIONS"]
    if request.param == "serializable":
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has one writer at a time: it is serializable always")
        monkeypatch.setitem(options, "isolation_level", psycopg.IsolationLevel.SERIALIZABLE)
        connection.close()

    def commit(wrapper):
        return failing.commit(wrapper)

    monkeypatch.setattr(CONNECTION, "_commit", commit)
    yield failing
    monkeypatch.undo()
    connection.close()


def test_the_hardship_is_there(hardship, cast, together):
    """Without it the stories above would prove nothing."""
    for _ in range(8):
        together(*[cast.received for _ in range(8)])
    assert hardship.failed > 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW transaction_isolation")
            wanted = connections.settings["default"]["OPTIONS"].get("isolation_level")
            assert cursor.fetchone()[0] == ("serializable" if wanted else "read committed")
