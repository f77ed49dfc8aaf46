"""Many hands at one drawer, one account, one payment, one bag: each is done once, and no cent is lost. On both databases."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

import cast as standing
from at_once import MANY, sound, told
from officina.dispensing import takings
from officina.dispensing.models import Bag, DrawerCount, Fill, Payment, PickUp
from officina.dispensing.services import deliveries, payments, pickup
from officina.patients.models import Patient
from web.seen import somebody

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    return standing.assemble()


def ready(cast, fill):
    who = fill.patient
    came = pickup.identify(
        cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
    )
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    return pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())


def hand_over(actor, came, at, paid_by="cash"):
    return pickup.hand_over(actor, pick_up=came, signed_by="R", relation="self", paid_by=paid_by, at=at)


def test_a_drawer_is_opened_once_and_closed_once(cast, together):
    at = cast.at()
    opened = together(*[lambda: payments.open_drawer(cast.tess, counted=D(1), at=at)] * MANY)
    assert told(opened) == {"done": 1, "drawer_open": MANY - 1}
    closed = together(*[lambda: payments.close_drawer(cast.tess, counted=D(1), at=at)] * MANY)
    assert told(closed) == {"done": 1, "drawer_closed": MANY - 1}
    assert DrawerCount.objects.count() == 2


def test_what_is_taken_while_it_is_closed_is_in_its_count_or_in_none(cast, together):
    visits = [ready(cast, cast.bagged(patient=somebody(cast, n), quantity=10)) for n in range(6)]
    payments.open_drawer(cast.tess, counted=D(0), at=cast.at())
    at = cast.at()
    answers = together(
        *[lambda v=v: hand_over(cast.tess, v, at) for v in visits],
        lambda: payments.close_drawer(cast.tess, counted=D(0), at=at),
    )
    assert told(answers) == {"done": 7}
    closing = DrawerCount.objects.get(what="closing")
    inside = sum(p.amount for p in Payment.objects.exclude(drawer=None))
    assert closing.expected == inside
    assert Payment.objects.count() == 6
    sound()


def test_an_account_is_never_paid_more_than_is_owed(cast, together):
    came = hand_over(cast.tess, ready(cast, cast.bagged()), cast.at(), "account")
    at, part = cast.at(), (came.amount / 2).quantize(D("0.01"))
    patients = [Patient.objects.get(pk=cast.rosa.pk) for _ in range(MANY)]
    answers = together(
        *[lambda p=p: payments.pay_account(cast.tess, patient=p, kind="card", amount=part, at=at) for p in patients]
    )
    assert told(answers)["done"] in {1, 2}
    assert takings.balance(cast.tess, cast.rosa.pk) >= 0


def test_a_payment_is_corrected_once(cast, together):
    hand_over(cast.tess, ready(cast, cast.bagged()), cast.at())
    at, seen = cast.at(), [Payment.objects.select_related("pick_up").get() for _ in range(MANY)]
    answers = together(
        *[lambda p=p: payments.correct(cast.ada, payment=p, kind="card", why="A card", at=at) for p in seen]
    )
    assert told(answers) == {"done": 1, "corrected_before": MANY - 1}
    assert Payment.objects.count() == 3


def test_a_bag_leaves_with_a_driver_or_over_the_counter_and_never_both(cast, together):
    fill = cast.bagged()
    came = ready(cast, fill)
    at = cast.at()
    visits = [PickUp.objects.get(pk=came.pk) for _ in range(4)]
    answers = together(
        *[lambda v=v: hand_over(cast.tess, v, at) for v in visits],
        *[
            lambda n=n: deliveries.send(replace(cast.tess), bag=Bag.objects.get(pk=fill.bag_id), driver=f"D{n}", at=at)
            for n in range(4)
        ],
    )
    assert told(answers)["done"] == 1, told(answers)
    assert (Bag.objects.get().state, Fill.objects.get().state) in {("handed_over", "sold"), ("out", "bin")}
    sound()
