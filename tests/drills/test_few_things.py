"""Sixteen people do different things with the same few things at the same moment, round after round, while the database fails now and then.

On the table lie three fills, their lot, their bags, an order with an open alert and a message that an older edition could not read.
`OFFICINA_DRILL=long` plays forty times as many rounds. The dice are seeded; who is first is left to the machine.
"""

import logging
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count, cycle, islice
from pathlib import Path
from sqlite3 import OperationalError as SqliteError
from threading import Lock, local
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

import cast as standing
from at_once import CONNECTION, MANY, again, delivered, is_done, sound, told
from officina.base import audit
from officina.base import services as house
from officina.base.access import Actor
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.rules.machine import State
from officina.dispensing.services import checking, entry, filling, pickup, review
from officina.exchange import intake
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.inventory.models import Lot
from officina.kernel.errors import ParseError, Refused
from officina.patients import services as patients
from officina.patients.models import Patient
from officina.prescriptions.models import Message, Prescription
from officina.prescriptions.services import messages
from officina.screening.models import Alert, Screening

ROUNDS = int(os.environ.get("OFFICINA_DRILL_ROUNDS") or (320 if os.environ.get("OFFICINA_DRILL") == "long" else 8))
SEED = int(os.environ.get("OFFICINA_DRILL_SEED", "1"))
FAILING = 0.05
ISOLATION = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"
MESSAGE = Path(__file__).resolve().parent.parent / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"
SIXTY, WHY = Decimal(60), "because of the drill"
SENTENCE = re.compile(r"[A-Z0-9][^_{}<>]*\.")
"""Words, not code: begins like a sentence, ends like one, and shows no name of the program's own."""

pytestmark = [pytest.mark.long, pytest.mark.threads, pytest.mark.django_db(transaction=True)]

EVERYTHING = {
    *("take", "scan", "put_back", "cancel", "hold", "release", "submit_fill", "verify", "reject", "bag"),
    *("return_to_stock", "hand_over", "quarantine", "count", "seal", "resolve_alert", "screen_again"),
    *("read_again", "settle"),
}

Act = Callable[[], Any]


@dataclass
class Trouble:
    """What goes wrong in this story, and how often it did."""

    serializable: bool = False
    fails: str = ""
    """'' never; 'before': the commit is not done; 'after': the commit is done and nobody hears of it."""
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    met: int = 0
    commits: int = 0
    tries: Counter[int] = field(default_factory=Counter)


STORIES = {
    "calm": Trouble(),
    "commits fail": Trouble(fails="before"),
    "serializable": Trouble(serializable=True, fails="before"),
    "answers are lost": Trouble(fails="after"),
}


class _Tries(logging.Handler):
    """Counts how often a command had to try which time again."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(logging.INFO)
        self.trouble = trouble

    def emit(self, record: logging.LogRecord) -> None:
        self.trouble.tries[record.args[1]] += 1  # type: ignore[index]


_at_work = local()
"""Set in the sixteen threads only: what is laid on the table before a round meets no trouble."""


def at_work(act: Act) -> Act:
    def run() -> Any:
        _at_work.now = True
        return act()

    return run


@pytest.fixture(params=list(STORIES))
def trouble(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    told = replace(STORIES[request.param], dice=random.Random(SEED), tries=Counter())
    if connection.vendor == "sqlite" and (told.serializable or told.fails == "after"):
        pytest.skip(
            "SQLite is always serializable, and no wire lies between it and us on which an answer could be lost"
        )
    throwing, commit = Lock(), CONNECTION._commit

    def perhaps(wrapper: BaseDatabaseWrapper) -> None:
        if not getattr(_at_work, "now", False):
            commit(wrapper)
            return
        with throwing:
            told.commits += 1
            bad = bool(told.fails) and told.dice.random() < FAILING
            told.met += bad
        if bad and told.fails == "before":
            raise OperationalError("database is locked") from _not_done()
        commit(wrapper)
        if bad:
            wrapper.connection.close()
            raise OperationalError("the connection is lost") from psycopg.OperationalError("the connection is lost")

    def isolate(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if told.serializable and getattr(_at_work, "now", False):
            with connection.cursor() as cursor:
                cursor.execute(ISOLATION)

    monkeypatch.setattr(CONNECTION, "_commit", perhaps)
    connection_created.connect(isolate)
    handler, log = _Tries(told), logging.getLogger("officina.command")
    monkeypatch.setattr(log, "level", logging.INFO)
    log.addHandler(handler)
    try:
        yield told
    finally:
        log.removeHandler(handler)
        connection_created.disconnect(isolate)


def _not_done() -> Exception:
    return SqliteError("database is locked") if connection.vendor == "sqlite" else psycopg.errors.SerializationFailure()


def deadlocks() -> int:
    """How many the server has counted in this database; none on SQLite, which has one writer at a time."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@dataclass
class Table:
    """What lies on the table: the few things that all want."""

    cast: standing.Cast
    dice: random.Random
    keyed: bool
    lot: Lot
    patient: Patient
    slots: list[Fill | None] = field(default_factory=lambda: [None, None, None])
    desk: tuple[Fill, str] | None = None
    """The order in review, and what its alert says."""
    turn: int = 0
    numbers: Iterator[int] = field(default_factory=count)
    met: Counter[str] = field(default_factory=Counter)

    def actor(self, who: Actor) -> Actor:
        """Somebody of this role, under a key of their own where the story asks for keys."""
        n = next(self.numbers)
        key = f"drill-{self.turn}-{n}" if self.keyed else ""
        return replace(who, user_id=1_000 + n, name=f"{who.name} {n}", request_id=f"r{n}", key=key)


@dataclass
class Deal:
    """One act of one person in a round."""

    name: str
    act: Act
    fill: Fill | None = None
    is_certain: bool = False
    """Nothing but a faster hand can refuse it."""
    version: int = field(init=False)
    """Which version of the fill is on the page; the page itself goes on with who wins."""

    def __post_init__(self) -> None:
        self.version = self.fill.version if self.fill is not None else 0


# --- what is laid out between the rounds ---------------------------------------------------------------------------


def ordered(table: Table) -> Fill:
    """An order of the patient's on the review desk, with whatever alerts it has."""
    fill = table.cast.entered(patient=table.patient)
    return entry.approve_entry(table.cast.ada, fill=fill, at=table.cast.at())


def ready(table: Table) -> Fill:
    c, fill = table.cast, ordered(table)
    for alert in alerts_of(fill):
        review.resolve_alert(c.ada, alert=alert, resolution="benefit_outweighs", reason=WHY, at=c.at())
    return review.settle_payment(c.tess, fill=review.clear_review(c.ada, fill=fill, at=c.at()), at=c.at())


def taken(table: Table) -> Fill:
    return filling.take(table.cast.tess, fill=ready(table), at=table.cast.at())


def counted(table: Table) -> Fill:
    c, fill = table.cast, filling.label_printed(table.cast.tess, fill=taken(table), at=table.cast.at())
    assert c.scan(fill, table.lot, SIXTY).ok
    return again(c, fill)


def filled(table: Table) -> Fill:
    return filling.submit_fill(table.cast.tess, fill=counted(table), at=table.cast.at())


def checked(table: Table) -> Fill:
    return checking.verify(table.cast.ada, fill=filled(table), at=table.cast.at())


def bagged(table: Table) -> Fill:
    return checking.bag(table.cast.tess, fill=checked(table), bin_name="A1", at=table.cast.at())


def held(table: Table) -> Fill:
    return review.hold(table.cast.tess, fill=counted(table), why=WHY, at=table.cast.at())


BEGINNINGS = (ready, taken, counted, filled, checked, bagged, held)


def alerts_of(fill: Fill) -> list[Alert]:
    open_ones = Alert.objects.filter(screening__prescription=fill.prescription_id, screening__is_current=True)
    return [a for a in open_ones.select_related("screening__prescription").order_by("id") if a.stops]


def lay_out(table: Table) -> None:
    """A good lot, a fill in every slot, the first one fresh each time, so that every kind of act has its turn."""
    c = table.cast
    if table.turn and table.turn % 8 == 0:
        # Somebody new: who has two hundred orders of one drug is screened for minutes.
        details = patients.Details(last_name=f"Patient{table.turn}", first_name="Pat", born_on=date(1970, 1, 1))
        table.patient = patients.add(c.tess, details=details, at=c.at())
        patients.no_known_allergies(c.tess, patient=table.patient, at=c.at())
    table.lot.refresh_from_db()
    on_shelf = stock.on_hand(table.lot.pk, stock.places(c.ada.site_id)["shelf"].pk)
    if table.lot.state != Lot.State.GOOD or on_shelf < 4 * SIXTY:
        table.lot = delivered(c, f"DRILL{table.turn}", 600)
    for n, fill in enumerate(table.slots):
        ended = fill is None or again(c, fill).state in {State.SOLD, State.CANCELLED, State.RETURNED}
        if n == 0 or ended:
            table.slots[n] = BEGINNINGS[(table.turn + 3 * n) % len(BEGINNINGS)](table)


def unread(table: Table) -> Message:
    """A message that could not be read when it came, and could be now."""
    c = table.cast
    raw = re.sub(rb"(?<=<MessageID>)[^<]*", b"drill%d" % table.turn, MESSAGE.read_bytes())
    kept = messages.keep(c.wire, raw=raw, name="drill", at=c.at())
    problem = ParseError("drug description", where="NewRx", expected="what the older edition knew", got="this")
    return messages.refuse_message(c.wire, message=kept, problem=problem, format="ncpdp-script", at=c.at())


# --- what sixteen people do with it ----------------------------------------------------------------------------------


def with_fill(table: Table, fill: Fill) -> list[Deal]:
    """The acts that fit where this fill stands, each by somebody of their own with a page of their own."""
    c, at = table.cast, table.cast.at()
    tech, pharmacist = partial(table.actor, c.tess), partial(table.actor, c.ada)

    def deal(name: str, service: Callable[..., Any], who: Actor, is_certain: bool = True, **values: Any) -> Deal:
        page = again(c, fill)
        return Deal(name, lambda: service(who, fill=page, at=at, **values), page, is_certain)

    def scan() -> Deal:
        page, who, lot = again(c, fill), tech(), table.lot
        scanned = filling.Scanned(
            raw="scan", package_id=lot.package_id, lot_number=lot.number, expires_on=lot.expires_on
        )
        return Deal("scan", lambda: filling.scan(who, fill=page, scanned=scanned, quantity=SIXTY, at=at), page)

    hold = partial(deal, "hold", review.hold, why=WHY)
    cancel = partial(deal, "cancel", review.cancel, why=WHY)
    put_back = partial(deal, "put_back", filling.put_back, why=WHY)
    back = partial(deal, "return_to_stock", checking.return_to_stock, why=WHY)
    verify = partial(deal, "verify", checking.verify, is_certain=False)
    match fill.state:
        case State.READY_TO_FILL:
            take = partial(deal, "take", filling.take)
            return [take(tech()), take(tech()), hold(tech()), cancel(pharmacist())]
        case State.FILLING if not fill.parts.exists():
            return [scan(), scan(), put_back(tech()), hold(tech())]
        case State.FILLING:
            send = deal("submit_fill", filling.submit_fill, tech(), fill.labels_printed > 0)
            return [send, put_back(tech()), cancel(pharmacist()), hold(tech())]
        case State.FINAL_CHECK:
            reject = deal("reject", checking.reject, pharmacist(), why=WHY)
            return [verify(pharmacist()), reject, hold(tech()), verify(pharmacist())]
        case State.CHECKED:
            bag = partial(deal, "bag", checking.bag, bin_name="A1")
            waiting = next((f.bag for f in table.slots if f is not None and f.bag is not None), None)
            into = deal("bag", checking.bag, tech(), waiting is None, bin_name="A1", into=waiting)
            return [bag(tech()), back(tech()), into, bag(tech())]
        case State.BIN:
            return [collect(table, fill, at), back(tech()), collect(table, fill, at), back(tech())]
        case State.HELD:
            release = partial(deal, "release", review.release)
            return [release(tech()), cancel(pharmacist()), release(tech()), cancel(pharmacist())]
    raise AssertionError(fill.state)


def collect(table: Table, fill: Fill, at: Any) -> Deal:
    """Identify, scan the bag, counsel, hand over: one person at one counter from end to end."""
    assert fill.bag is not None
    whose = fill.bag.patient
    clerk, intern, number = table.actor(table.cast.carl), table.actor(table.cast.tess), fill.bag.number

    def act() -> Any:
        came = pickup.identify(
            clerk, last_name=whose.last_name, first_name=whose.first_name, born_on=whose.born_on, at=at
        )
        pickup.scan_bag(clerk, pick_up=came, bag_number=number, at=at)
        came = pickup.counsel(intern, pick_up=came, outcome="declined", at=at)
        return pickup.hand_over(clerk, pick_up=came, signed_by="Rosa", relation="self", at=at)

    return Deal("hand_over", act)


def with_lot(table: Table) -> list[Deal]:
    """Two who touch the lot as such, or close the books over everything."""
    c, at, lot = table.cast, table.cast.at(), table.lot
    shelf = stock.places(c.ada.site_id)["shelf"]
    have = stock.on_hand(lot.pk, shelf.pk)

    def counts() -> Deal:
        who, seen = table.actor(c.ada), have - table.dice.choice([0, 1, 2])
        return Deal("count", lambda: inventory.count(who, lot=lot, place=shelf, counted=seen, why=WHY, at=at))

    def quarantines() -> Deal:
        who, page = table.actor(c.theo), Lot.objects.get(pk=lot.pk)
        return Deal("quarantine", lambda: inventory.quarantine(who, lot=page, why=WHY, at=at), None, True)

    def seals() -> Deal:
        return Deal("seal", lambda: house.seal_audit(table.actor(c.ada), at=at), None, True)

    other = (counts, quarantines, seals, counts)[table.turn % 4]
    return [counts(), other()]


def with_alert(table: Table) -> list[Deal]:
    """Two who answer one alert, one who answers and one who screens anew, or two who screen anew."""
    c, at = table.cast, table.cast.at()
    fill = again(c, ordered(table))
    (alert, *_) = alerts_of(fill)

    def resolves() -> Deal:
        who, page = table.actor(c.ada), Alert.objects.select_related("screening__prescription").get(pk=alert.pk)
        values = {"resolution": "benefit_outweighs", "reason": WHY, "at": at}
        return Deal("resolve_alert", lambda: review.resolve_alert(who, alert=page, **values))

    def screens() -> Deal:
        who, page = table.actor(c.ada), again(c, fill)
        return Deal("screen_again", lambda: review.screen_again(who, fill=page, at=at))

    table.desk = fill, alert.sentence
    return [deal() for deal in ((resolves, resolves), (resolves, screens), (screens, screens))[table.turn % 3]]


def with_message(table: Table) -> list[Deal]:
    """One who has a message read again and one who puts it aside, or two of them."""
    c, at, message = table.cast, table.cast.at(), unread(table)

    def reads() -> Deal:
        who, page = table.actor(c.ada), Message.objects.select_related("received").get(pk=message.pk)
        return Deal("read_again", lambda: intake.read_again(who, page, at=at))

    def settles() -> Deal:
        who, page = table.actor(c.ada), Message.objects.get(pk=message.pk)
        return Deal("settle", lambda: messages.settle(who, message=page, how=WHY, at=at))

    return [reads(), (settles, reads, settles)[table.turn % 3]()]


def dealt(table: Table) -> list[Deal]:
    """Sixteen acts: four and three and three with the fills, two each with lot, alert and message."""
    deals: list[Deal] = []
    for n, fill in enumerate(table.slots):
        assert fill is not None
        table.slots[n] = again(table.cast, fill)
    for n, fill in enumerate(table.slots):
        assert fill is not None
        deals += islice(cycle(with_fill(table, fill)), 4 if n == 0 else 3)
    deals += [*with_lot(table), *with_alert(table), *with_message(table)]
    assert len(deals) == MANY
    table.dice.shuffle(deals)
    return deals


# --- what must hold after each round ---------------------------------------------------------------------------------


def in_words(answer: Any) -> None:
    """Who was not the winner is told so in a sentence of words, never by the database."""
    if is_done(answer):
        return
    if not isinstance(answer, Refused | filling.ScanAnswer):
        raise AssertionError(f"{answer!r} is no sentence") from answer
    assert SENTENCE.fullmatch(answer.sentence), answer.sentence
    assert len(answer.sentence.split()) >= 4, answer.sentence
    assert answer.code not in answer.sentence


def winners(deals: list[Deal], answers: list[Any], sold_before: set[int]) -> None:
    """Each fill moved as often as somebody was told that it did: once by those with the same page, and once over the counter."""
    by_fill: dict[int, list[tuple[Deal, Any]]] = {}
    for deal, answer in zip(deals, answers, strict=True):
        if deal.fill is not None:
            by_fill.setdefault(deal.fill.pk, []).append((deal, answer))
    sold = set(FillStep.objects.filter(move="hand_over").values_list("fill_id", flat=True)) - sold_before
    for pk, played in by_fill.items():
        page, names = played[0][0].version, [(d.name, a) for d, a in played]
        won = sum(is_done(answer) for _, answer in played)
        assert won <= 1, names
        assert won + (pk in sold) >= any(d.is_certain for d, _ in played), names
        now = Fill.objects.get(pk=pk)
        assert now.version == page + won + (pk in sold), (now.state, names)
    # One pick-up may hand over several fills of one bag; no fill is handed over twice.
    assert FillStep.objects.filter(move="hand_over").count() == len(sold | sold_before)


def one_each(table: Table, deals: list[Deal], answers: list[Any]) -> None:
    """The alert has one answer that stands, the message one end, and every seal and quarantine that was asked for came about."""
    assert table.desk is not None
    done = Counter(d.name for d, a in zip(deals, answers, strict=True) if is_done(a))
    asked = Counter(d.name for d in deals)
    told = [(d.name, a) for d, a in zip(deals, answers, strict=True) if d.fill is None]
    assert done["resolve_alert"] == bool(asked["resolve_alert"]) or asked["screen_again"], told
    the_alert_stands(table, is_answered=bool(done["resolve_alert"]), is_anew=bool(asked["screen_again"]), told=told)
    assert done["screen_again"] == asked["screen_again"], told
    assert done["read_again"] + done["settle"] == 1, told
    assert (done["quarantine"], done["seal"]) == (asked["quarantine"], asked["seal"]), told


def the_alert_stands(table: Table, *, is_answered: bool, is_anew: bool, told: list[Any]) -> None:
    """It is open until it is answered; or until somebody screened anew, and what it warned of was cancelled in the same round."""
    assert table.desk is not None
    order, sentence = table.desk
    is_open = sentence in [a.sentence for a in alerts_of(order)]
    if is_answered or is_open or not is_anew:
        assert is_open is not is_answered, told
        return
    c = table.cast
    review.screen_again(c.ada, fill=again(c, order), at=c.at())
    assert sentence not in [a.sentence for a in alerts_of(order)], told


def books() -> None:
    """What no round may leave behind."""
    sound()
    current = Counter(Screening.objects.filter(is_current=True).values_list("prescription_id", flat=True))
    assert not [p for p, times in current.items() if times > 1]
    accepted = Message.objects.filter(status__in=[Message.Status.ACCEPTED, Message.Status.QUESTION])
    assert Prescription.objects.filter(message__isnull=False).count() == accepted.count()
    assert not accepted.filter(settled_at__isnull=False).exists()


@contextmanager
def no_deadlock(trouble: Trouble) -> Iterator[None]:
    before = deadlocks()
    yield
    if not trouble.serializable:
        assert deadlocks() == before


def test_sixteen_people_and_few_things(trouble, together, transactional_db):
    cast = standing.assemble()
    table = Table(cast, random.Random(SEED), trouble.fails == "after", delivered(cast, "DRILL", 600), cast.rosa)
    seen: Counter[str] = Counter()
    with no_deadlock(trouble):
        for table.turn in range(ROUNDS):
            lay_out(table)
            deals = dealt(table)
            sold = set(FillStep.objects.filter(move="hand_over").values_list("fill_id", flat=True))
            answers = together(*[at_work(d.act) for d in deals])
            for answer in answers:
                in_words(answer)
            winners(deals, answers, sold)
            one_each(table, deals, answers)
            books()
            seen.update(d.name for d in deals)
            table.met.update(told(answers))
    assert not list(audit.broken_seals(cast.ada.site_id))
    print(
        f"{trouble.met} of {trouble.commits} commits went wrong; tries met {dict(trouble.tries)}; told {dict(table.met)}"
    )
    assert set(seen) >= EVERYTHING
    assert trouble.met > 0 or not trouble.fails
