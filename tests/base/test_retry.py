"""A command that is tried again begins where it began the first time, with everything that it was given as it was."""

import pytest
from django.db import OperationalError

from cast import assemble
from officina.base import command
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
    failed = failing_once(monkeypatch, "append", OperationalError("database is locked"))
    entered = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    assert failed
    assert (entered.state, entered.version) == ("entering", 1)
    assert entered.steps.count() == 1


def test_after_a_refusal_what_was_given_says_what_the_database_says(cast, monkeypatch):
    fill = cast.received()
    failing_once(monkeypatch, "append", Refused("no", "No."))
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
