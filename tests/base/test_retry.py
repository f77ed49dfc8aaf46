"""A command that is tried again begins where it began the first time, with everything that it was given as it was."""

from dataclasses import replace

import psycopg
import pytest
from django.db import OperationalError, connection

from at_once import CONNECTION
from cast import assemble
from officina.base import command, services
from officina.dispensing.services import entry, steps
from officina.kernel.errors import Refused


@pytest.fixture
def cast(transactional_db):
    return assemble()


def failing_once(monkeypatch, name, problem):
    """The service's work is done, and then the database breaks it off; the second time it lets it pass."""
    real, failed = getattr(steps.rows, name), []

    def then_fail(*args, **kwargs):
        result = real(*args, **kwargs)
        if not failed:
            failed.append(True)
            raise problem
        return result

    monkeypatch.setattr(steps.rows, name, then_fail)
    return failed


def test_the_second_try_does_not_find_the_half_done_work_of_the_first(cast, monkeypatch):
    fill = cast.received()
    failed = failing_once(monkeypatch, "note", OperationalError("database is locked"))
    entered = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    assert failed
    assert (entered.state, entered.version) == ("entering", 1)
    assert entered.steps.count() == 1


def test_after_a_refusal_what_was_given_says_what_the_database_says(cast, monkeypatch):
    fill = cast.received()
    failing_once(monkeypatch, "note", Refused("no", "No."))
    with pytest.raises(Refused):
        entry.start_entry(cast.tess, fill=fill, at=cast.at())
    assert (fill.state, fill.version) == ("received", 0)
    fill.refresh_from_db()
    assert (fill.state, fill.version) == ("received", 0)


def test_the_record_of_a_refusal_is_tried_again_and_the_refusal_is_told(cast, monkeypatch):
    fill = cast.received()
    real, tried = command.audit.record, []

    def locked_once(*args, **kwargs):
        tried.append(True)
        if len(tried) == 1:
            raise OperationalError("database is locked")
        return real(*args, **kwargs)

    monkeypatch.setattr(command.audit, "record", locked_once)
    with pytest.raises(Refused):
        entry.approve_entry(cast.tess, fill=fill, at=cast.at())
    assert len(tried) == 2


@pytest.fixture
def answer_lost(monkeypatch):
    """The next commit is done, and then the wire breaks before the answer comes."""
    if connection.vendor != "postgresql":
        pytest.skip("no wire lies between SQLite and us")
    commit, lost = CONNECTION._commit, []

    def once(wrapper):
        commit(wrapper)
        if not lost:
            lost.append(True)
            wrapper.connection.close()
            raise OperationalError("lost") from psycopg.OperationalError("server closed the connection unexpectedly")

    def arm():
        monkeypatch.setattr(CONNECTION, "_commit", once)

    return arm


def test_an_answer_that_was_lost_is_asked_for_again_under_its_key_and_nothing_is_done_twice(cast, answer_lost):
    fill = cast.received()
    answer_lost()
    entered = entry.start_entry(replace(cast.tess, key="form-1"), fill=fill, at=cast.at())
    assert (entered.state, entered.version, entered.steps.count()) == ("entering", 1, 1)


def test_without_a_key_nothing_is_done_again_that_may_have_been_done(cast, answer_lost):
    fill = cast.received()
    answer_lost()
    with pytest.raises(OperationalError, match="lost"):
        entry.start_entry(cast.tess, fill=fill, at=cast.at())
    assert fill.steps.count() == 1


def test_a_refusal_is_told_though_the_answer_to_its_record_was_lost(cast, answer_lost):
    fill = cast.received()
    answer_lost()
    with pytest.raises(Refused):
        entry.approve_entry(cast.tess, fill=fill, at=cast.at())


def test_a_row_that_may_be_none_is_given_back_under_its_key(cast):
    keyed = replace(cast.ada, key="form-2")
    seal = services.seal_audit(keyed, at=cast.at())
    assert seal is not None
    assert services.seal_audit(keyed, at=cast.at()) == seal
