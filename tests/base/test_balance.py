"""Desks are shared out among the server's processes: the busier one lets a connection go with its answer."""

import multiprocessing
import threading
from contextlib import contextmanager

import pytest

from officina.base import balance
from officina.base.balance import Balance, evened

fork = multiprocessing.get_context("fork")


@contextmanager
def another_process(shared, pages):
    """A second process of the server, which makes so many pages at the moment."""
    begun, over = fork.Event(), fork.Event()

    def work():
        shared.join()
        for _ in range(pages):
            shared.begin()
        begun.set()
        over.wait(30)

    process = fork.Process(target=work)
    process.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        over.set()
        process.join(10)


def served(shared, at_once):
    """What so many desks hear that ask this process at the same moment, in the order of the answers."""
    met, said = threading.Barrier(at_once), []

    def application(environ, start):
        met.wait(10)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]

    run = evened(application, shared)

    def ask():
        heard = []
        body = run({}, lambda status, headers: heard.append((status, dict(headers))))
        said.append((*heard[0], b"".join(body)))

    asking = [threading.Thread(target=ask) for _ in range(at_once)]
    for each in asking:
        each.start()
    for each in asking:
        each.join(10)
    return said


def closed(said):
    return [headers.get("Connection") == "close" for _, headers, _ in said].count(True)


def test_a_process_without_others_keeps_its_desks():
    assert closed(served(Balance(2), 4)) == 0


def test_one_page_at_a_time_keeps_its_connection():
    shared = Balance(2)
    with another_process(shared, 0):
        assert closed(served(shared, 1)) == 0


def test_the_busier_process_lets_a_desk_go_and_answers_all_of_them():
    shared = Balance(2)
    with another_process(shared, 0):
        said = served(shared, 4)
    assert [(status, body) for status, _, body in said] == [("200 OK", b"done")] * 4
    assert closed(said) >= 1


def test_where_the_other_is_as_busy_nobody_goes():
    shared = Balance(2)
    with another_process(shared, 3):
        assert closed(served(shared, 4)) == 0


def test_nobody_is_sent_to_a_process_that_ended():
    shared = Balance(2)
    with another_process(shared, 4):
        with another_process(shared, 0), another_process(shared, 0):
            pass
        # Of the two places that are left over this process takes one; in the other nobody works.
        assert closed(served(shared, 4)) == 0


def test_a_page_that_broke_off_is_not_counted_for_ever():
    shared = Balance(2)

    def breaks(environ, start):
        assert sum(shared._busy) == 1
        raise ZeroDivisionError

    run = evened(breaks, shared)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            run({}, lambda *_: None)
    assert list(shared._busy) == [0] * 4


def test_the_place_of_a_process_that_ended_is_taken_anew():
    shared = Balance(2)
    with another_process(shared, 4):
        pass
    assert sum(shared._busy) == 4
    shared.join()
    assert sum(shared._busy) == 0


def test_more_processes_than_places_are_served_without_being_counted():
    shared = Balance(1)
    with another_process(shared, 0), another_process(shared, 0):
        assert closed(served(shared, 4)) == 0


def test_where_nobody_said_that_several_serve_the_application_is_as_it_is(monkeypatch):
    monkeypatch.setattr(balance._Here, "balance", None)

    def application(environ, start):
        return []

    assert evened(application) is application
