"""Any story: random people do random things in random order through the real services, and what must hold holds after each."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

import cast as standing
from officina.dispensing import queries
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.services import checking, entry, filling, pickup, review
from officina.inventory import queries as stock
from officina.inventory import services as ledger
from officina.inventory.models import Balance, Lot, Move
from officina.kernel.errors import Refused

MORE = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large)
PEOPLE = ("ada", "pia", "tess", "theo", "ivo", "carl", "lapsed", "wire", "max")
WHY = "because"
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Stories of other people's fills shrink slowly; the failing one is printed as it is."""


class Story:
    """A pharmacy in the middle of anything, and what may be done to it. Each act takes the actor, a fill and a number."""

    def __init__(self, cast):
        self.cast = cast
        self.fills = list(cast.extra["fills"])

    def fill(self, n):
        return Fill.objects.select_related("prescription", "patient", "bag", "package__product__drug").get(
            code=self.fills[n % len(self.fills)]
        )

    def onward(self, actor, fill, n):
        """The natural next step of the fill, by whoever happens to stand there."""
        cast, at = self.cast, self.cast.at()
        steps = {
            "received": lambda: entry.start_entry(actor, fill=fill, at=at),
            "entering": lambda: entry.submit_entry(
                actor, fill=fill, entry=cast.entry(patient=self._patient(fill)), package=cast.metformin, at=at
            ),
            "entry_check": lambda: entry.approve_entry(actor, fill=fill, at=at),
            "clinical_review": lambda: self._review(actor, fill, at),
            "waiting_for_payment": lambda: review.settle_payment(actor, fill=fill, at=at),
            "ready_to_fill": lambda: filling.take(actor, fill=fill, at=at),
            "filling": lambda: self._fill_up(actor, fill, at),
            "final_check": lambda: checking.verify(actor, fill=fill, at=at),
            "checked": lambda: checking.bag(actor, fill=fill, bin_name="A1", at=at),
            "bin": lambda: self.visit(actor, fill, n),
            "held": lambda: review.release(actor, fill=fill, at=at),
        }
        return steps.get(fill.state, lambda: None)()

    def _patient(self, fill):
        """One patient a prescription, so that no duplicate alert ends every story at the review."""
        return (self.cast.rosa, self.cast.omar)[self.fills.index(str(fill.code)) % 2]

    def _review(self, actor, fill, at):
        from officina.screening import queries as screening

        found = screening.current(fill.prescription_id)
        for alert in found.alerts.all() if found else ():
            if alert.stops:
                review.resolve_alert(actor, alert=alert, resolution="prescriber_consulted", reason=WHY, at=at)
        return review.clear_review(actor, fill=fill, at=at)

    def _fill_up(self, actor, fill, at):
        """One bottle at a time, so that anything may happen between two of them."""
        if not fill.labels_printed:
            return filling.label_printed(actor, fill=fill, at=at)
        if queries.counted(fill) == fill.quantity:
            return filling.submit_fill(actor, fill=fill, at=at)
        lots = queries.suggested_lots(fill, on=actor.day(at))
        if not lots:
            return None
        lot, part = lots[0]
        few = max(part // 2, Decimal(1))
        return self.cast.scan(fill, Lot.objects.get(pk=lot.lot_id), few if fill.version % 2 else part, by=actor)

    def new_order(self, actor, fill, n):
        if len(self.fills) < 6:
            self.fills.append(str(self.cast.received().code))

    def scan(self, actor, fill, n):
        """Any container, the right one or not, and any count."""
        lots = list(Lot.objects.order_by("id"))
        return self.cast.scan(fill, lots[n % len(lots)], Decimal(n % 70), by=actor)

    def partial(self, actor, fill, n):
        made = filling.partial(actor, fill=fill, why=WHY, at=self.cast.at())
        rest = Fill.objects.filter(prescription=fill.prescription, kind=Fill.Kind.COMPLETION).order_by("-id").first()
        if rest is not None and str(rest.code) not in self.fills:
            self.fills.append(str(rest.code))
        return made

    def submit(self, actor, fill, n):
        return filling.submit_fill(actor, fill=fill, at=self.cast.at())

    def put_back(self, actor, fill, n):
        return filling.put_back(actor, fill=fill, why=WHY, at=self.cast.at())

    def reject(self, actor, fill, n):
        return checking.reject(actor, fill=fill, why=WHY, at=self.cast.at())

    def verify(self, actor, fill, n):
        return checking.verify(actor, fill=fill, at=self.cast.at())

    def send_back(self, actor, fill, n):
        return entry.send_back(actor, fill=fill, why=WHY, at=self.cast.at())

    def amend(self, actor, fill, n):
        changed = self.cast.entry(patient=self._patient(fill), quantity=Decimal(30 + n % 60))
        return entry.amend(actor, fill=fill, entry=changed, package=self.cast.metformin, why=WHY, at=self.cast.at())

    def hold(self, actor, fill, n):
        return review.hold(actor, fill=fill, why=WHY, at=self.cast.at())

    def cancel(self, actor, fill, n):
        return review.cancel(actor, fill=fill, why=WHY, at=self.cast.at())

    def return_to_stock(self, actor, fill, n):
        return checking.return_to_stock(actor, fill=fill, why=WHY, at=self.cast.at())

    def visit(self, actor, fill, n):
        """Somebody comes for a bag, now and then for the wrong one, and may leave without it."""
        who = fill.patient or self.cast.rosa
        at = self.cast.at()
        came = pickup.identify(actor, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=at)
        bags = queries.bags_waiting(actor)
        if bags:
            pickup.scan_bag(actor, pick_up=came, bag_number=bags[n % len(bags)].number, at=at)
        if n % 5:
            pickup.counsel(actor, pick_up=came, outcome=("declined", "accepted")[n % 2], at=at)
        if n % 7:
            return pickup.hand_over(actor, pick_up=came, signed_by="Rosa", relation="self", at=at)
        return pickup.leave(actor, pick_up=came, at=at)

    def deliver(self, actor, fill, n):
        return ledger.receive(
            actor,
            package=self.cast.metformin,
            lot_number=f"D{n % 3}",
            expires_on=date(2027, 3, 31),
            quantity=Decimal(n % 90),
            at=self.cast.at(),
        )

    def quarantine(self, actor, fill, n):
        lots = list(Lot.objects.order_by("id"))
        return ledger.quarantine(actor, lot=lots[n % len(lots)], why=WHY, at=self.cast.at())

    def count(self, actor, fill, n):
        shelf = stock.places(self.cast.ada.site_id)["shelf"]
        return ledger.count(actor, lot=self.cast.lot, place=shelf, counted=Decimal(n), why=WHY, at=self.cast.at())


ONWARD = ("onward",) * 14
OTHERS = (
    *("new_order", "scan", "scan", "partial", "submit", "put_back", "reject", "verify", "send_back", "amend", "hold"),
    *("cancel", "return_to_stock", "visit", "deliver", "quarantine", "count"),
)
RIGHT = ("right",) * 9
PHARMACISTS = {"entry_check", "clinical_review", "final_check"}
steps = st.lists(
    st.tuples(
        st.sampled_from(ONWARD + OTHERS),
        st.sampled_from(RIGHT + PEOPLE),
        st.integers(0, 5),
        st.integers(0, 700),
    ),
    min_size=15,
    max_size=50,
)


def balances():
    return {(b.lot_id, b.place_id): b.on_hand for b in Balance.objects.filter(on_hand__gt=0)}


def must_hold(cast):
    assert not list(stock.differences())
    assert queries.unsound() == []
    assert not Balance.objects.filter(on_hand__lt=0).exists()
    for fill in Fill.objects.exclude(verified_by_id=None):
        assert_checked_by_somebody_entitled(cast, fill)
    for fill in Fill.objects.filter(state__in=("filling", "final_check", "checked", "bin")):
        assert 0 <= queries.counted(fill) <= fill.quantity
    for fill in Fill.objects.filter(state__in=("checked", "bin", "sold")):
        assert fill.verified_by_id
        assert fill.state == "sold" or queries.counted(fill) == fill.quantity
    for fill in Fill.objects.filter(state__in=("cancelled", "ready_to_fill", "entering", "clinical_review")):
        assert queries.counted(fill) == 0


def assert_checked_by_somebody_entitled(cast, fill):
    story = list(FillStep.objects.filter(fill=fill).order_by("id"))
    last = max(n for n, s in enumerate(story) if s.move == "verify")
    assert story[last].user_id in {cast.ada.user_id, cast.pia.user_id}
    assert fill.filled_by_id != fill.verified_by_id
    voided = {"amend", "reject", "put_back", "send_back", "submit_entry", "take", "submit_fill"}
    assert not voided & {s.move for s in story[last + 1 :]}, [s.move for s in story]


@pytest.fixture
def cast(db):
    """Fills at every stage to begin with, assembled once; each story is undone."""
    cast = standing.assemble()
    made = (cast.received(), filling.take(cast.tess, fill=cast.ready(patient=cast.omar), at=cast.at()), cast.bagged())
    cast.extra["fills"] = [str(fill.code) for fill in made]
    return cast


def person(story, who, fill, number):
    """Who does it: somebody by name, or whoever the work is for."""
    if who == "right":
        who = ("ada", "pia")[number % 2] if fill.state in PHARMACISTS else ("tess", "theo")[number % 2]
    return getattr(story.cast, who)


def act(story, name, who, n, number):
    """Do it, as a whole or not at all; gives what came of it."""
    before, moves = balances(), Move.objects.count()
    try:
        with transaction.atomic():
            fill = story.fill(n)
            getattr(story, name)(person(story, who, fill, number), fill, number)
    except Refused as no:
        assert (balances(), Move.objects.count()) == (before, moves), "refused, and yet something was moved"
        return no.code
    return "done"


@settings(max_examples=60, suppress_health_check=MORE, phases=PHASES)
@given(steps)
def test_whatever_people_do_the_ledger_agrees_and_nothing_goes_out_unchecked(cast, steps):
    with transaction.atomic():
        story = Story(cast)
        came = Counter(act(story, *step) for step in steps)
        must_hold(cast)
        for state in set(Fill.objects.values_list("state", flat=True)):
            event(f"ended with a fill {state}")
        event("much was done" if came["done"] > 8 else "little was done")
        for code in came:
            event(f"refused: {code}")
        transaction.set_rollback(True)


@settings(max_examples=25, suppress_health_check=MORE, phases=PHASES)
@given(steps)
def test_every_story_told_backwards_restores_every_balance(cast, steps):
    with transaction.atomic():
        before, first = balances(), Move.objects.order_by("-id").first()
        story = Story(cast)
        for step in steps:
            act(story, *step)
        told = list(Move.objects.filter(pk__gt=first.pk, reverses=None).order_by("-id"))
        undone = set(Move.objects.exclude(reverses=None).values_list("reverses_id", flat=True))
        for move in told:
            if move.pk not in undone:
                ledger.reverse(cast.ada, [move], at=cast.at(), cause="moved back")
        assert balances() == before
        assert not list(stock.differences())
        transaction.set_rollback(True)
