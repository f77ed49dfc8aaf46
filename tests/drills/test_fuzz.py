"""Fifty thousand messages, scans and forms that are wrong: a result or a sentence, never another exception, never a page of status 500.

`OFFICINA_DRILL=long` makes two million of them. A case that failed is run again alone by the line that the failure prints.
"""

import hashlib
import logging
import os
import random
import traceback
from collections import Counter
from contextlib import contextmanager

import pytest

from cast import assemble
from drills import pages
from drills.mutations import ODD
from drills.pages import House, undone
from drills.readers import TARGETS, bears, mutated
from officina.base.models import AuditEntry, Outgoing
from officina.exchange import intake
from officina.kernel import clock
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Message, Prescription, Received

TIMES = 40 if os.environ.get("OFFICINA_DRILL") == "long" else 1
FIRST = int(os.environ.get("OFFICINA_FIRST_CASE", "0"))
ONE = os.environ.get("OFFICINA_CASE", "")
RECEIVED, POSTED = 800 * TIMES, 1_000 * TIMES


def test_the_drill_makes_fifty_thousand_cases():
    assert sum(t.share for t in TARGETS.values()) * TIMES + RECEIVED + POSTED >= 50_000 * TIMES


def cases(name, total):
    """The numbers to try: the first so many, others from `OFFICINA_FIRST_CASE` on, or the one of `OFFICINA_CASE=name:number`."""
    asked, _, number = ONE.partition(":")
    return [int(number)] * (asked == name) if ONE else range(FIRST, FIRST + total)


class Faults:
    """What broke, each with the line that has it again; one cause mostly breaks many cases, so the first of a kind is told."""

    def __init__(self):
        self.told = {}

    @contextmanager
    def of(self, name, number, what):
        try:
            yield
        except Exception as problem:  # noqa: BLE001  whatever it is, it is what is looked for
            shown = repr(what)
            shown = shown if len(shown) < 900 else f"{shown[:600]} … {shown[-200:]}"
            again = f"OFFICINA_CASE={name}:{number} .venv/bin/pytest tests/drills/test_fuzz.py"
            last = traceback.extract_tb(problem.__traceback__)[-1]
            kind = f"{last.filename}:{last.lineno}"
            self.told.setdefault(
                kind, f"case {name}:{number} broke the program: {problem!r}\n{kind}\n{shown}\nAgain: {again}"
            )


@pytest.fixture
def faults():
    """Where broken cases are gathered; the test fails at its end where there was one."""
    found = Faults()
    yield found
    if found.told:
        pytest.fail("\n\n".join(found.told.values()), pytrace=False)


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read_gives_a_result_or_a_parse_error(name, faults):
    target = TARGETS[name]
    for number in cases(name, target.share * TIMES):
        raw = mutated(name, number)
        with faults.of(name, number, raw):
            bears(target, raw)


@pytest.mark.long
class TestTheReceiver:
    """Every message is kept byte for byte, has a row that says what came of it, and leaves nothing half done."""

    @pytest.fixture
    def cast(self, db):
        return assemble()

    @staticmethod
    def assert_nothing_is_lost(cast, raw, receipt):
        message = Message.objects.select_related("received").get(code=receipt.code)
        assert bytes(message.received.raw) == raw
        assert message.received.sha256 == hashlib.sha256(raw).hexdigest()
        assert message.status != Message.Status.KEPT
        for kept in (message, message.received, *Outgoing.objects.filter(about=str(message.code))):
            # SQLite keeps any length, PostgreSQL refuses: neither may be asked for too much.
            for column in kept._meta.concrete_fields:
                value = getattr(kept, column.attname)
                assert not isinstance(value, str) or len(value) <= (column.max_length or 10**9), column.name
        assert len(receipt.prescriptions) == Prescription.objects.filter(message=message).count()
        assert receipt.prescriptions or receipt.reasons
        assert (
            AuditEntry.objects.filter(on_code=str(message.code), verb__in=["message.kept", "message.read"]).count() == 2
        )
        assert prescriptions.unread() == []

    def test_every_message_is_kept_as_it_came_and_answered(self, cast, faults):
        for number in cases("receive", RECEIVED):
            rng = random.Random(f"receive:{number}")
            kind = rng.choice(("script", "fhir", "script", "fhir", "gs1"))
            raw = mutated(kind, rng.randrange(10**9))
            with faults.of("receive", number, raw), undone():
                receipt = intake.receive(cast.wire, raw, name=rng.choice((*ODD, "a.xml")), at=cast.clock)
                self.assert_nothing_is_lost(cast, raw, receipt)
                if number % 10 == 0:
                    again = intake.receive(cast.wire, raw, name="again", at=cast.clock)
                    assert again.prescriptions == () or not Message.objects.get(code=receipt.code).message_id
                    assert Received.objects.count() == 2


@pytest.mark.long
class TestThePages:
    """Every address, every form of every page, as somebody sends it who is no browser."""

    @pytest.fixture
    def house(self, db, monkeypatch, caplog):
        caplog.set_level("CRITICAL")  # thousands of refusals would hide what broke
        # What is told of a request holds it, its answer and its pages: kept for each of forty thousand, they fill the memory.
        monkeypatch.setattr(logging.getLogger("django.request"), "propagate", False)
        cast = assemble()
        monkeypatch.setattr(clock, "now", lambda: cast.clock)
        return House(cast)

    def test_no_form_and_no_upload_breaks_a_page(self, house, faults):
        assert {f.url.split("/")[1] for f in house.forms} >= {
            "intake", "entry", "review", "filling", "checking", "pickup", "patients", "stock", "audit", "search", "lock", "sign-in",
        }  # fmt: skip
        answers = Counter()
        for number in cases("post", POSTED):
            sent = house.sender(random.Random(f"post:{number}"))
            with faults.of("post", number, sent):
                answers[pages.bears(sent)] += 1
        # A drill in which nothing is ever done, or nothing is ever refused, would find nothing.
        assert (
            ONE
            or min(answers[200], answers[204] + answers[302] + answers[303], answers[404], answers[422]) > POSTED / 50
        ), answers
