"""The outbox: in order, leased, tried again, given up after some attempts, and silent from a training site."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import cast as standing
from officina.base import outbox
from officina.base.models import Outgoing

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def actor(db):
    return replace(standing.assemble().tess, training=False)


def put(actor, partner="A", payload=b"x"):
    return outbox.put(actor, partner=partner, kind="test", payload=payload, at=AT)


def test_messages_to_one_partner_leave_in_order(actor):
    for n in range(3):
        put(actor, payload=bytes([n]))
    sent = []
    assert outbox.work({"test": lambda m: sent.append(bytes(m.payload))}, at=AT) == 3
    assert sent == [b"\0", b"\1", b"\2"]


def test_a_failed_message_holds_its_partner_and_not_the_others(actor):
    put(actor, "A")
    put(actor, "B")
    put(actor, "A", b"second")
    sent = []

    def send(m):
        if m.partner == "A":
            raise OSError("line down")
        sent.append(m.partner)

    outbox.work({"test": send}, at=AT)
    assert sent == ["B"]
    first = Outgoing.objects.order_by("id").first()
    assert (first.state, first.attempts, first.last_problem) == ("waiting", 1, "OSError: line down")
    assert first.not_before > AT


def test_after_some_attempts_a_person_must_look(actor):
    put(actor)

    def send(_m):
        raise OSError("line down")

    at = AT
    for _ in range(outbox.ATTEMPTS):
        outbox.work({"test": send}, at=at)
        at += timedelta(days=1)
    assert Outgoing.objects.get().state == "dead"


def test_a_killed_workers_message_is_taken_up_after_its_lease(actor):
    put(actor)
    taken = outbox.lease(AT)
    assert taken is not None
    assert outbox.lease(AT) is None
    assert outbox.lease(AT + outbox.LEASE + timedelta(seconds=1)) is not None


def test_nothing_leaves_a_training_site(actor):
    row = put(replace(actor, training=True))
    assert row.state == "training"
    assert outbox.lease(AT + timedelta(days=1)) is None
