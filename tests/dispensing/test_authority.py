"""Receive, refill, bring to one date, sweep, fill in part, complete, cancel, transfer, take back, return, expire, in any order: what the law allows holds after each act.

Never more goes out than was authorised, never anything after its last day, never a refill of Schedule II; stock and refills are exact
after every reversal.
"""

import os
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

import cast as standing
from officina.dispensing import queries, refillable
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.rules.machine import FINAL
from officina.dispensing.services import (
    auto_refill,
    checking,
    enquiring,
    entry,
    filling,
    pickup,
    refills,
    review,
    synchronising,
    transfers,
)
from officina.inventory import queries as stock
from officina.inventory.models import Balance, Lot
from officina.kernel.clock import day_of
from officina.kernel.errors import Refused
from officina.prescriptions.models import Prescription
from officina.prescriptions.services import consents
from officina.screening import queries as screening

MORE = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
WHY = "because"
OAK = transfers.Other(pharmacy="Oak", address="1 Oak St", pharmacist="Kim Oak", dea="AB1234563")
DONE = {"cancelled", "returned"}


class Life:
    """Three prescriptions, not controlled, Schedule III and Schedule II, and what may become of them."""

    def __init__(self, cast):
        self.cast = cast
        self.orders = list(cast.extra["orders"])

    def rx(self, n):
        return Prescription.objects.select_related("drug", "patient", "prescriber", "message").get(
            pk=self.orders[n % len(self.orders)]
        )

    def fill(self, rx, n=0):
        """One that is under way, else the last."""
        rows = queries.fills(self.cast.ada).filter(prescription=rx).order_by("fill_no")
        going = [f for f in rows if f.state not in FINAL]
        return going[n % len(going)] if going else list(rows)[-1]

    def onward(self, rx, n, upto=9, until=()):
        """The fill's next steps, so many of them, until it stands where it is wanted, at most up to the hand of the patient."""
        cast = self.cast
        fill = self.fill(rx, n)
        for _ in range(upto):
            fill = queries.fill(cast.ada, str(fill.code))
            if fill.state in until:
                return
            at = cast.at()
            match fill.state:
                case "clinical_review":
                    for alert in screening.current(rx.pk).alerts.all():
                        if alert.stops:
                            review.resolve_alert(
                                cast.ada, alert=alert, resolution="prescriber_consulted", reason=WHY, at=at
                            )
                    review.clear_review(cast.ada, fill=fill, at=at)
                case "waiting_for_payment":
                    review.settle_payment(cast.tess, fill=fill, at=at)
                case "ready_to_fill":
                    filling.take(cast.tess, fill=fill, at=at)
                case "filling":
                    self.count(fill, None)
                    fill = queries.fill(cast.ada, str(fill.code))
                    filling.label_printed(cast.tess, fill=fill, at=at)
                    filling.submit_fill(cast.tess, fill=fill, second_count=fill.quantity, at=cast.at())
                case "final_check":
                    checking.verify(cast.pia, fill=fill, at=at)
                case "checked":
                    checking.bag(cast.theo, fill=fill, bin_name="A1", at=at)
                case "bin":
                    self.pick_up(fill)
                case _:
                    return

    def count(self, fill, part):
        lots = queries.suggested_lots(fill, on=self.cast.ada.day(self.cast.clock))
        missing = fill.quantity - queries.counted(fill)
        for lot, there in lots:
            some = min(there, missing if part is None else part)
            if some > 0:
                self.cast.scan(queries.fill(self.cast.ada, str(fill.code)), Lot.objects.get(pk=lot.lot_id), some)

    def pick_up(self, fill):
        cast, who = self.cast, fill.patient
        came = pickup.identify(
            cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
        )
        pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        pickup.hand_over(cast.tess, pick_up=came, signed_by="x", relation="self", at=cast.at())

    def some_steps(self, rx, n):
        self.onward(rx, n, upto=1 + n % 4)

    def refill(self, rx, n):
        refills.refill(self.cast.ada, prescription=rx, at=self.cast.at(), early=WHY if n % 3 else "")

    def smaller_refill(self, rx, n):
        refills.refill(self.cast.ada, prescription=rx, at=self.cast.at(), quantity=Decimal(1 + n % 70), early=WHY)

    def to_one_date(self, rx, n):
        cast = self.cast
        day = synchronising.agree(
            cast.ada, patient=rx.patient, anchor=cast.ada.day(cast.clock) + timedelta(days=1 + n % 90),
            agreed_by=WHY, how="telephone", at=cast.at(),
        )  # fmt: skip
        synchronising.start(cast.ada, common_date=day, prescription=rx, early=WHY, at=cast.at())

    def consent(self, rx, n):
        consents.give(self.cast.ada, prescription=rx, given_by=WHY, how="in_person", at=self.cast.at())

    def sweep(self, rx, n):
        cast = self.cast
        auto_refill.sweep(cast.wire, at=cast.at(), until=cast.ada.day(cast.clock) + timedelta(days=n % 20))

    def part(self, rx, n):
        self.onward(rx, n, until=("filling",))
        fill = self.fill(rx, n)
        self.count(fill, Decimal(1 + n % 20))
        case = ("unable", "asked", "terminally_ill")[n % 3]
        fill = queries.fill(self.cast.ada, str(fill.code))
        filling.partial(self.cast.tess, fill=fill, why=WHY, case=case, at=self.cast.at())

    def cancel(self, rx, n):
        review.cancel(self.cast.ada, fill=self.fill(rx, n), why=WHY, at=self.cast.at())

    def send_back(self, rx, n):
        entry.send_back(self.cast.ada, fill=self.fill(rx, n), why=WHY, at=self.cast.at())

    def put_back(self, rx, n):
        self.onward(rx, n, until=("filling",))
        filling.put_back(self.cast.tess, fill=self.fill(rx, n), why=WHY, at=self.cast.at())

    def reject(self, rx, n):
        self.onward(rx, n, until=("final_check",))
        checking.reject(self.cast.ada, fill=self.fill(rx, n), why=WHY, at=self.cast.at())

    def return_to_stock(self, rx, n):
        self.onward(rx, n, until=("checked", "bin")[n % 2 :])
        checking.return_to_stock(self.cast.tess, fill=self.fill(rx, n), why=WHY, at=self.cast.at())

    def transfer(self, rx, n):
        if n % 6 == 4:
            transfers.transfer_out(self.cast.ada, prescription=rx, to=OAK, asked_by=WHY, at=self.cast.at())

    def stop(self, rx, n):
        from officina.prescriptions.services import enquiries

        if n % 8 == 5:
            enquiries.stop(self.cast.ada, rx, at=self.cast.at())
            enquiring.halt(rx)

    def days_pass(self, rx, n):
        self.cast.later(1 + n % (4, 30, 120)[n % 3])


ACTS = (
    *("onward",) * 6,
    *(
        "some_steps",
        "some_steps",
        "refill",
        "refill",
        "refill",
        "smaller_refill",
        "to_one_date",
        "to_one_date",
        "consent",
        "sweep",
        "part",
        "part",
        "part",
        "cancel",
        "send_back",
    ),
    *("put_back", "reject", "return_to_stock", "return_to_stock", "transfer", "stop", "days_pass", "days_pass"),
)
steps = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(0, 300)), min_size=10, max_size=30)


def on_hand():
    rows = Balance.objects.filter(on_hand__gt=0).values_list("place__kind", "on_hand")
    found = defaultdict(Decimal)
    for kind, quantity in rows:
        found[kind] += quantity
    return found


def must_hold(life):
    """What the law and the ledger say, of every prescription, now."""
    sold = Decimal(0)
    for rx in Prescription.objects.filter(pk__in=life.orders):
        fills = queries.fills_of(rx)
        live = [f for f in fills if f.state not in DONE]
        out = sum((f.quantity for f in live if f.state == "sold"), Decimal(0))
        sold += out
        assert sum((f.quantity for f in live), Decimal(0)) <= rx.quantity * (1 + rx.refills), "more than authorised"
        assert out <= rx.quantity * (1 + rx.refills)
        kinds = {f.pk: f.kind for f in fills}
        taken = sum((f.quantity for f in live if kinds[f.rest_of_id or f.pk] == "refill"), Decimal(0))
        assert taken <= rx.quantity * rx.refills, "refills took more than the refills that were authorised"
        assert refillable.standing(rx, fills).authorised == rx.quantity * rx.refills - taken, "exactly what was taken"
        assert queries.refills_left(rx) == refillable.standing(rx, fills).left
        if rx.schedule == 2:
            assert not [f for f in live if f.kind == "refill"], "a refill of Schedule II"
            assert not rx.consents.exists(), "a consent to refill Schedule II"
        days = [f.due_on for f in fills if f.due_on is not None]
        assert len(days) == len(set(days)), "started twice for the same day"
    for step in FillStep.objects.filter(move="hand_over").select_related("fill__prescription"):
        rx = step.fill.prescription
        assert rx.expires_on is None or day_of(step.at, life.cast.ada.zone) <= rx.expires_on, "after its last day"
        assert step.fill.due_by is None or step.at <= step.fill.due_by, "after the rest was void"
        assert rx.stopped_at is None or step.at < rx.stopped_at, "after its prescriber took it back"
        gone = rx.transfers.filter(way="out").first()
        assert gone is None or step.at < gone.at, "after it was transferred"
    held = on_hand()
    assert sum(held.values()) + sold == life.cast.extra["all"], "nothing came from nowhere, nothing is gone"


@pytest.fixture
def cast(db):
    """Three orders that wait for the clinical review, or were dispensed once."""
    cast = standing.assemble()
    testosterone = standing.package("oxandrolone", "10 mg", ndc="11111-5555-1", ingredient="oxandrolone", schedule=3)
    from datetime import date

    from officina.inventory import services as inventory

    lot = inventory.receive(
        cast.tess,
        package=testosterone,
        lot_number="L1",
        expires_on=date(2029, 10, 31),
        quantity=Decimal(300),
        at=cast.at(),
    )
    inventory.receive(
        cast.tess,
        package=cast.metformin,
        lot_number="LATE",
        expires_on=date(2030, 1, 31),
        quantity=Decimal(400),
        at=cast.at(),
    )
    inventory.receive(
        cast.tess,
        package=cast.oxycodone,
        lot_number="LATE",
        expires_on=date(2030, 1, 31),
        quantity=Decimal(400),
        at=cast.at(),
    )
    assert lot
    plain = entry.approve_entry(cast.ada, fill=cast.entered(refills=2), at=cast.at())
    third = entry.approve_entry(
        cast.ada,
        fill=cast.entered(testosterone, drug=testosterone.product.drug, refills=3, patient=cast.omar),
        at=cast.at(),
    )
    second = entry.approve_entry(
        cast.ada,
        fill=cast.entered(cast.oxycodone, drug=cast.oxycodone.product.drug, refills=0, quantity=Decimal(30)),
        at=cast.at(),
    )
    cast.extra["orders"] = [f.prescription_id for f in (plain, third, second)]
    cast.extra["all"] = sum(on_hand().values())
    return cast


def act(life, name, n, number):
    """Do it, whole or not at all."""
    before = on_hand()
    try:
        with transaction.atomic():
            getattr(life, name)(life.rx(n), number)
    except Refused as no:
        assert on_hand() == before, "refused, and yet something was moved"
        return no.code
    return name


@settings(
    max_examples=2000 if os.environ.get("OFFICINA_DRILL") == "long" else 25, suppress_health_check=MORE, phases=PHASES
)
@given(steps)
def test_whatever_happens_to_a_prescription_the_law_holds(cast, steps):
    with transaction.atomic():
        life = Life(replace(cast))
        came = Counter()
        for step in steps:
            came[act(life, *step)] += 1
            must_hold(life)
        assert not list(stock.differences())
        assert queries.unsound() == []
        for name in came:
            event(name)
        event(f"{FillStep.objects.filter(move='hand_over').count()} handed over")
        transaction.set_rollback(True)


SMALLER = (
    *("onward",) * 5,
    *("to_one_date",) * 4,
    *("smaller_refill", "refill", "part", "cancel", "return_to_stock", "days_pass", "days_pass", "consent", "sweep"),
)


@settings(
    max_examples=1000 if os.environ.get("OFFICINA_DRILL") == "long" else 15, suppress_health_check=MORE, phases=PHASES
)
@given(st.lists(st.tuples(st.sampled_from(SMALLER), st.integers(0, 1), st.integers(0, 300)), min_size=12, max_size=30))
def test_short_fills_in_any_order_take_exactly_their_quantity(cast, steps):
    with transaction.atomic():
        life = Life(replace(cast))
        for n in (0, 1):
            life.onward(life.rx(n), 0)
        must_hold(life)
        came = Counter()
        for step in steps:
            came[act(life, *step)] += 1
            must_hold(life)
        assert queries.unsound() == []
        for name in came:
            event(name)
        transaction.set_rollback(True)


def test_a_part_that_comes_back_takes_its_rest_with_it_and_gives_the_refill_back(cast):
    life = Life(cast)
    life.onward(life.rx(0), 0)
    cast.later(30)
    life.refill(life.rx(0), 1)
    life.onward(life.rx(0), 0, upto=2)
    life.part(life.rx(0), 4)
    life.onward(life.rx(0), 0, upto=3)
    part = Fill.objects.get(prescription_id=life.orders[0], kind="refill")
    assert (part.state, queries.refills_left(life.rx(0))) == ("bin", 1)
    checking.return_to_stock(cast.tess, fill=queries.fill(cast.ada, str(part.code)), why=WHY, at=cast.at())
    assert Fill.objects.get(rest_of=part).state == "cancelled"
    assert queries.refills_left(life.rx(0)) == 2


def test_a_part_that_comes_back_after_its_rest_went_out_stays_used(cast):
    life = Life(cast)
    life.onward(life.rx(0), 0, upto=2)
    life.part(life.rx(0), 4)
    part = Fill.objects.get(prescription_id=life.orders[0], kind="first")
    rest = Fill.objects.get(rest_of=part)
    life.onward(life.rx(0), 0, upto=3)
    for _ in range(5):
        life.onward(life.rx(0), 1, upto=1)
    rest.refresh_from_db()
    assert rest.state == "sold"
    checking.return_to_stock(cast.tess, fill=queries.fill(cast.ada, str(part.code)), why=WHY, at=cast.at())
    found = refillable.standing(life.rx(0), queries.fills_of(life.rx(0)))
    assert not found.first_is_due
    cast.clock += timedelta(days=1)
    must_hold(life)
