"""For tests of pages: the standing cast, and a seat at a station."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from cast import Cast, assemble
from officina.base.access import Actor
from officina.drugs import freshness, search
from officina.kernel import clock
from officina.web import shell
from web import statements

Seat = Callable[[Actor], Client]


@pytest.fixture
def cast(db: None) -> Cast:
    """One pharmacy with its people, a shelf and two patients; its drug file was searched and found fresh, as at any desk by nine."""
    made = assemble()
    search.index()
    freshness.stale(on=made.clock.date())
    return made


@pytest.fixture
def pages_at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Callable[[], datetime]:
    """Pages read the cast's clock: each request is a minute after the last act of the story."""
    monkeypatch.setattr(clock, "now", cast.at)
    return cast.at


@pytest.fixture
def seat(cast: Cast, pages_at: Callable[[], datetime]) -> Seat:
    """A test client at whose station the person sits."""

    def sit(actor: Actor) -> Client:
        client = Client(enforce_csrf_checks=False)
        session = SessionStore()
        shell.seat(session, actor, at=cast.clock)
        session.save()
        client.cookies["sessionid"] = str(session.session_key)
        return client

    return sit


@pytest.fixture(autouse=True)
def count_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request of every test is held against the list of statements."""
    monkeypatch.setattr(Client, "request", statements.CountingClient.request)


def pytest_sessionfinish() -> None:
    if statements.IS_NEW:
        statements.write()
