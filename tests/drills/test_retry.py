"""A working day whose answers get lost: everything is sent again under its key, done once and answered the same.

An order is played from message to hand-over. What each act writes is counted on a day without trouble; however often an act is sent, by
however many at once, killed in the middle or robbed of its answer, it writes as much as that. Under a used key nothing else is done.
"""

import os
import random
import select
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from django.apps import apps
from django.db import DatabaseError, OperationalError, connection, connections

import cast as standing
from at_once import CONNECTION
from officina.base import audit
from officina.base.models import Counter as NumberCounter
from officina.base.models import DoneCommand
from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.dispensing.services import checking, entry, filling, pickup, review
from officina.exchange import intake
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.kernel.errors import Refused
from officina.patients import services as patients

IS_LONG = os.environ.get("OFFICINA_DRILL") == "long"
SEED = os.environ.get("OFFICINA_SEED", "2026")
ORDERS, KILLED_ORDERS, TAB_ORDERS = (500, 80, 40) if IS_LONG else (5, 4, 1)
TABS = 16
LOST = 0.4
MESSAGE = Path(__file__).resolve().parents[1] / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"
SIXTY = Decimal(60)
SENTENCE = (
    "This page was sent before with something else on it, or by somebody else, and that was done. "
    "Nothing was done now: open the page anew and send this again."
)
pytestmark = [pytest.mark.long, pytest.mark.threads, pytest.mark.django_db(transaction=True)]


class Order:
    """One order on its way through the house: each act is sent under a key, by the same people with the same content, again and again."""

    def __init__(self, cast, number):
        self.cast, self.number = cast, number
        self.fill_code = None
        details = patients.Details(last_name="Quist", first_name=f"Retry{number}", born_on=date(1970, 1, 1), sex="F")
        self.patient = patients.add(cast.tess, details=details, at=cast.at())
        patients.no_known_allergies(cast.tess, patient=self.patient, at=cast.at())
        self.raw = MESSAGE.read_bytes().replace(b"sample-newrx-3", f"retry-{number}".encode())
        self.entry = cast.entry(patient=self.patient, written_on=cast.ada.day(cast.at()))

    def page(self):
        """The fill as it stands on somebody's screen; none before the message came."""
        return queries.fill(self.cast.ada, self.fill_code) if self.fill_code else None

    def key(self, name):
        return f"retry-{self.number}-{name}"

    def send(self, name, page, *, by=None, **other):
        """Send an act under its key; `other` is what stands on the page instead, `by` who sends it."""
        who = replace(by or self.who(name), key=self.key(name))
        return told(getattr(self, name)(who, page, **other))

    def who(self, name):
        """Whose act it is."""
        if name == "receive":
            return self.cast.wire
        return self.cast.ada if name in {"approve_entry", "clear_review", "verify"} else self.cast.tess

    def went(self):
        """The message is in: here is its fill."""
        self.fill_code = str(Fill.objects.get(prescription__message__message_id=f"retry-{self.number}").code)

    def receive(self, who, page, raw=None):
        return intake.receive(who, raw or self.raw, name="order.xml", at=self.cast.at())

    def start_entry(self, who, page):
        return entry.start_entry(who, fill=page, at=self.cast.at())

    def submit_entry(self, who, page, **changes):
        package, entered = self.cast.metformin, replace(self.entry, **changes)
        return entry.submit_entry(who, fill=page, entry=entered, package=package, at=self.cast.at())

    def approve_entry(self, who, page):
        return entry.approve_entry(who, fill=page, at=self.cast.at())

    def clear_review(self, who, page):
        return review.clear_review(who, fill=page, at=self.cast.at())

    def settle_payment(self, who, page):
        return review.settle_payment(who, fill=page, at=self.cast.at())

    def take(self, who, page):
        return filling.take(who, fill=page, at=self.cast.at())

    def label_printed(self, who, page):
        return filling.label_printed(who, fill=page, at=self.cast.at())

    def scan(self, who, page, quantity=SIXTY):
        lot = self.cast.extra["lot"]
        scanned = filling.Scanned(raw="scan", package_id=lot.package_id, lot_number=lot.number)
        return filling.scan(who, fill=page, scanned=scanned, quantity=quantity, at=self.cast.at())

    def submit_fill(self, who, page):
        return filling.submit_fill(who, fill=page, at=self.cast.at())

    def verify(self, who, page):
        return checking.verify(who, fill=page, at=self.cast.at())

    def bag(self, who, page, bin_name="A1"):
        return checking.bag(who, fill=page, bin_name=bin_name, at=self.cast.at())

    def hand_over(self, who, page, signed_by="L. Quist"):
        """Four commands in a row, any of which may be the one whose answer is lost."""
        at, whom = self.cast.at(), self.patient
        came = pickup.identify(who, last_name=whom.last_name, first_name=whom.first_name, born_on=whom.born_on, at=at)
        pickup.scan_bag(who, pick_up=came, bag_number=page.bag.number, at=at)
        pickup.counsel(who, pick_up=came, outcome="declined", at=at)
        return pickup.hand_over(who, pick_up=came, signed_by=signed_by, relation="self", at=at)


DAY = [name for name in vars(Order) if name not in {"page", "key", "send", "who", "went"} and name[0] != "_"]
SOMETHING_ELSE = {
    "receive": {"raw": MESSAGE.read_bytes()},
    "submit_entry": {"quantity": Decimal(90)},
    "scan": {"quantity": Decimal(30)},
    "bag": {"bin_name": "B2"},
    "hand_over": {"signed_by": "Somebody Else"},
}


def told(answer):
    """What the person is told, in words that can be compared and sent through a pipe."""
    if isinstance(answer, Fill):
        return f"{answer.code} {answer.state} {answer.version}"
    return str(answer.code) if hasattr(answer, "pk") else msgspec.json.encode(answer).decode()


def rows():
    """How many rows each table of the house holds, and how many numbers were given out."""
    ours = [m for m in apps.get_models() if m.__module__.startswith("officina.")]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{m.__name__}', count(*) FROM {m._meta.db_table}" for m in ours))
        held = Counter(dict(cursor.fetchall()))
    held["numbers"] = sum(NumberCounter.objects.values_list("value", flat=True))
    return held


def whole():
    assert not list(stock.differences())
    assert queries.unsound() == []
    assert not list(queries.untold())


def days(cast, orders):
    """Every act of these orders, in its turn; the act must be done when the next one is asked for."""
    for number in orders:
        order = Order(cast, number)
        for name in DAY:
            yield order, name
            if not order.fill_code:
                order.went()
        assert order.page().state == "sold"


@pytest.fixture
def cast(transactional_db):
    print(f"OFFICINA_SEED={SEED}")
    cast = standing.assemble()
    cast.extra["lot"] = inventory.receive(
        cast.tess,
        package=cast.metformin,
        lot_number="PLENTY",
        expires_on=date(2030, 1, 31),
        quantity=Decimal(1_000_000),
        at=cast.at(),
    )
    return cast


@pytest.fixture
def once(cast):
    """What each act writes on a day without trouble."""
    wrote = {}
    # Two of them: the first begins the series of numbers, which no other day does.
    for order, name in days(cast, ["first", "calm"]):
        before = rows()
        order.send(name, order.page())
        wrote[name] = rows() - before
    assert all(wrote.values())
    return wrote


class LossyWire:
    """Every so manieth commit is not done, or is done and nobody hears of it; the connection is gone either way."""

    def __init__(self):
        self.rng, self.real, self.lost = random.Random(SEED), CONNECTION._commit, Counter()

    def commit(self, wrapper):
        what = self.rng.choice(["work", "answer"]) if self.rng.random() < LOST else ""
        if what != "work":
            self.real(wrapper)
        if not what:
            return
        self.lost[what] += 1
        if wrapper.vendor == "postgresql":
            wrapper.connection.close()
        else:
            wrapper._rollback()
        raise OperationalError("the line is dead")


def until_answered(order, name, page):
    """As somebody does who sees an error page: send it again."""
    for _ in range(100):
        try:
            return order.send(name, order.page())
        except DatabaseError:
            connection.close()
    pytest.fail(f"{name} was never answered, seed {SEED}")


def test_an_answer_that_was_lost_is_given_again_and_the_work_is_done_once(cast, once, monkeypatch):
    wire = LossyWire()

    def lossy(wrapper):
        wire.commit(wrapper)

    for order, name in days(cast, range(ORDERS)):
        before = rows()
        with monkeypatch.context() as trouble:
            trouble.setattr(CONNECTION, "_commit", lossy)
            answer = until_answered(order, name, order.page())
        assert rows() - before == once[name], (name, SEED)
        assert order.send(name, order.page()) == answer
        assert rows() - before == once[name], (name, SEED)
    assert min(wire.lost["work"], wire.lost["answer"]) > ORDERS, wire.lost
    whole()


def killed_sender(order, name, after, way_back):
    """Send from another process that is killed after so many seconds; gives what it heard before that."""
    connections.close_all()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            page = order.page()
            os.write(theirs, b"!")
            answer = order.send(name, page)
            time.sleep(way_back)  # over the wire, on which the answer can be lost
            os.write(theirs, answer.encode())
        except BaseException as problem:  # noqa: BLE001  told to the parent, which fails by it
            os.write(theirs, f"fault: {problem!r}".encode())
        finally:
            os.kill(os.getpid(), signal.SIGSTOP)
    os.close(theirs)
    os.read(ours, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    heard = os.read(ours, 1_000_000) if select.select([ours], [], [], 0)[0] else b""
    os.close(ours)
    return heard.decode()


def test_what_was_sent_before_a_kill_is_sent_again_after_it_and_done_once(cast, once):
    rng, met, took = random.Random(SEED), Counter(), {}
    # How long an act takes here and now: on a slow machine too some are killed before, some after, some on the way back.
    for order, name in days(cast, ["timed"]):
        page, began = order.page(), time.monotonic()
        order.send(name, page)
        took[name] = time.monotonic() - began
    for kill, (order, name) in enumerate(days(cast, range(KILLED_ORDERS))):
        before = rows()
        # Now and then long after it was answered, however slow the machine became since it was timed.
        patience = 10 if kill % 8 == 7 else rng.uniform(0, 2)
        heard = killed_sender(order, name, patience * took[name], took[name] / 4)
        assert not heard.startswith("fault"), (name, heard, SEED)
        done = DoneCommand.objects.filter(key=order.key(name)).exists()
        met["answered" if heard else "done and not answered" if done else "not done"] += 1
        assert done or not heard, (name, "acknowledged and lost", SEED)
        answer = order.send(name, order.page())
        assert heard in {"", answer}, (name, SEED)
        assert rows() - before == once[name], (name, SEED)
    assert set(met) == {"answered", "done and not answered", "not done"}, met
    whole()


def test_sixteen_tabs_that_send_one_page_at_once_all_get_its_answer(cast, once, together):
    for order, name in days(cast, range(TAB_ORDERS)):
        before, pages = rows(), [order.page() for _ in range(TABS)]
        answers = together(*[lambda n=name, o=order, p=page: o.send(n, p) for page in pages])
        assert len(set(answers)) == 1, (name, answers)
        assert not isinstance(answers[0], Exception), (name, answers)
        assert rows() - before == once[name], (name, answers)
    whole()


def refused(order, name, page, **other):
    """Something else under a used key is refused in words, and leaves the record of its refusal and nothing more."""
    before = rows()
    with pytest.raises(Refused) as no:
        order.send(name, page, **other)
    assert no.value.code == "sent_before"
    assert no.value.sentence == SENTENCE
    assert rows() - before == Counter({"AuditEntry": 1}), (name, other)


def test_under_a_used_key_nothing_else_is_done_and_nobody_else_is_answered(cast, once):
    another = queries.fill(cast.ada, str(cast.received().code))
    for order, name in days(cast, [1]):
        answer = order.send(name, order.page())
        page = order.page()
        refused(order, name, page, by=replace(order.who(name), user_id=cast.theo.user_id, name="Theo"))
        if name in SOMETHING_ELSE:
            refused(order, name, page, **SOMETHING_ELSE[name])
        if name not in {"receive", "hand_over"}:
            refused(order, name, another)
        assert order.send(name, page) == answer
    assert another.state == "received"
    assert not list(audit.broken_seals(cast.ada.site_id))
    whole()
