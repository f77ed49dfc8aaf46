"""Sixteen at once: one wins, the others are told so, and nothing is lost, doubled or below zero. On both databases."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import cast as standing
from at_once import MANY, again, bare_transaction, delivered, pages, people, sound, told
from officina.base import audit, numbering
from officina.base import services as house
from officina.base.models import AuditSeal
from officina.dispensing import queries
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.services import checking, entry, filling, pickup, review
from officina.exchange import intake
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.inventory.models import Balance, Lot
from officina.inventory.services import Transfer
from officina.kernel.errors import ParseError, Refused
from officina.patients import services as patients
from officina.prescriptions.models import Message, Prescription, Received
from officina.prescriptions.services import messages
from officina.screening.models import Alert, Screening

MESSAGE = Path(__file__).resolve().parent.parent / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"
pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    return standing.assemble()


def on_bench(cast, number):
    """A fill of 60 tablets on the bench, for a patient of its own."""
    details = patients.Details(last_name=f"Patient{number}", first_name="Pat", born_on=date(1970, 1, 1))
    patient = patients.add(cast.tess, details=details, at=cast.at())
    patients.no_known_allergies(cast.tess, patient=patient, at=cast.at())
    return filling.take(cast.tess, fill=cast.ready(patient=patient), at=cast.at())


def test_sixteen_fillers_at_a_lot_that_holds_enough_for_five(cast, together):
    lot = delivered(cast, "FEW", 5 * 60 + 40)
    fills = [on_bench(cast, n) for n in range(MANY)]
    answers = together(*[lambda f=f: cast.scan(f, lot, Decimal(60)) for f in fills])
    assert told(answers) == {"done": 5, "not_enough": 11}
    places = stock.places(cast.ada.site_id)
    assert (stock.on_hand(lot.pk, places["shelf"].pk), stock.on_hand(lot.pk, places["bench"].pk)) == (40, 300)
    assert sorted(queries.counted(f) for f in fills) == [0] * 11 + [60] * 5
    sound()


def test_one_vial_is_filled_once_by_sixteen_hands(cast, together):
    fill = on_bench(cast, 1)
    answers = told(together(*[lambda f=f: cast.scan(f, cast.lot, Decimal(60)) for f in pages(cast, fill)]))
    # Whoever looks into the vial after the first is told that it is complete; whoever looked before, that it changed.
    assert (answers["done"], answers["stale"] + answers["vial_complete"]) == (1, 15)
    assert queries.counted(fill) == 60
    sound()


def test_sixteen_pharmacists_pass_one_final_check(cast, together):
    fill = cast.filled()
    answers = together(
        *[
            lambda a=a, f=f: checking.verify(a, fill=f, at=cast.at())
            for a, f in zip(people(cast.ada), pages(cast, fill), strict=True)
        ]
    )
    assert told(answers) == {"done": 1, "stale": 15}
    assert FillStep.objects.filter(fill=fill, move="verify").count() == 1
    winner = next(a for a in answers if isinstance(a, Fill))
    assert again(cast, fill).verified_by == winner.verified_by
    sound()


def test_one_passes_and_one_sends_back_and_the_stock_agrees_with_the_winner(cast, together):
    fill = cast.filled()
    page = pages(cast, fill)
    answers = together(
        *[lambda f=f: checking.verify(cast.ada, fill=f, at=cast.at()) for f in page[::2]],
        *[lambda f=f: checking.reject(cast.pia, fill=f, why="smudged", at=cast.at()) for f in page[1::2]],
    )
    assert told(answers) == {"done": 1, "stale": 15}
    now = again(cast, fill)
    assert queries.counted(now) == (60 if now.state == "checked" else 0)
    sound()


def test_what_was_counted_is_put_back_once(cast, together):
    fill = on_bench(cast, 1)
    other = on_bench(cast, 2)
    cast.scan(fill, cast.lot, Decimal(60))
    cast.scan(other, cast.lot, Decimal(60))
    page = pages(cast, fill)
    answers = together(
        *[lambda f=f: filling.put_back(cast.tess, fill=f, why="break", at=cast.at()) for f in page[::2]],
        *[lambda f=f: review.cancel(cast.ada, fill=f, why="called off", at=cast.at()) for f in page[1::2]],
    )
    assert told(answers) == {"done": 1, "stale": 15}
    assert stock.on_hand(cast.lot.pk, stock.places(cast.ada.site_id)["bench"].pk) == 60
    sound()


def test_sixteen_clerks_hand_over_one_bag(cast, together):
    fill = cast.bagged()
    visits = []
    for clerk in people(cast.carl):
        came = pickup.identify(clerk, last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14), at=cast.at())
        pickup.scan_bag(clerk, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        visits.append((clerk, came))
    answers = together(
        *[
            lambda c=c, v=v: pickup.hand_over(c, pick_up=v, signed_by="Rosa", relation="self", at=cast.at())
            for c, v in visits
        ]
    )
    assert told(answers) == {"done": 1, "no_bag": 15}
    assert stock.on_hand(cast.lot.pk, stock.places(cast.ada.site_id)["will_call"].pk) == 0
    assert FillStep.objects.filter(fill=fill, move="hand_over").count() == 1
    sound()


def test_a_bag_is_handed_over_or_emptied_and_never_both(cast, together):
    fill = cast.bagged()
    came = pickup.identify(cast.carl, last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14), at=cast.at())
    pickup.scan_bag(cast.carl, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    page = pages(cast, fill, MANY // 2)
    visits = [queries.pick_up(cast.carl, str(came.code)) for _ in page]
    answers = together(
        *[lambda f=f: checking.return_to_stock(cast.tess, fill=f, why="old", at=cast.at()) for f in page],
        *[
            lambda v=v: pickup.hand_over(cast.carl, pick_up=v, signed_by="Rosa", relation="self", at=cast.at())
            for v in visits
        ],
    )
    assert told(answers)["done"] == 1, told(answers)
    assert not [a for a in answers if isinstance(a, Exception) and not isinstance(a, Refused)]
    now = again(cast, fill)
    assert Lot.objects.exclude(vial_number="").count() == (now.state == "returned")
    sound()


def test_a_recall_during_a_return_leaves_no_good_vial(cast, together):
    for turn in range(4):
        fill, lot = on_bench(cast, turn), delivered(cast, f"REC{turn}", 200)
        cast.scan(fill, lot, Decimal(60))
        fill = filling.label_printed(cast.tess, fill=again(cast, fill), at=cast.at())
        fill = checking.verify(cast.ada, fill=filling.submit_fill(cast.tess, fill=fill, at=cast.at()), at=cast.at())
        answers = together(
            lambda f=fill: checking.return_to_stock(cast.tess, fill=f, why="old", at=cast.at()),
            lambda x=lot: inventory.quarantine(cast.theo, lot=x, why="recall", at=cast.at()),
        )
        assert told(answers) == {"done": 2}
    assert {v.state for v in Lot.objects.exclude(vial_number="")} == {Lot.State.QUARANTINED}
    sound()


def test_sixteen_who_counted_the_same_leave_what_they_counted(cast, together):
    shelf = stock.places(cast.ada.site_id)["shelf"]
    answers = together(
        *[
            lambda a=a: inventory.count(a, lot=cast.lot, place=shelf, counted=Decimal(497), why="spilled", at=cast.at())
            for a in people(cast.ada)
        ]
    )
    assert sorted(answers) == [-3, *[0] * 15]
    assert stock.on_hand(cast.lot.pk, shelf.pk) == 497
    sound()


def test_a_recall_takes_all_that_is_there_while_others_count_it_out(cast, together):
    lot = delivered(cast, "RECALL", 16 * 60)
    fills = [on_bench(cast, n) for n in range(MANY - 1)]
    answers = together(
        lambda: inventory.quarantine(cast.theo, lot=lot, why="recall", at=cast.at()),
        *[lambda f=f: cast.scan(f, lot, Decimal(60)) for f in fills],
    )
    assert isinstance(answers[0], Lot), answers[0]
    assert set(told(answers)) <= {"done", "not_enough", "quarantined_lot"}
    assert stock.on_hand(lot.pk, stock.places(cast.ada.site_id)["shelf"].pk) == 0
    sound()


def test_a_message_is_read_again_or_settled_and_never_both(cast, together):
    kept = messages.keep(cast.wire, raw=MESSAGE.read_bytes(), name="one", at=cast.at())
    problem = ParseError("drug", expected="what the older edition knew", got="this")
    messages.refuse_message(cast.wire, message=kept, problem=problem, format="ncpdp-script", at=cast.at())
    seen = [Message.objects.select_related("received").get(pk=kept.pk) for _ in range(MANY)]
    answers = together(
        *[lambda m=m: intake.read_again(cast.ada, m, at=cast.at()) for m in seen[::2]],
        *[lambda m=m: messages.settle(cast.ada, message=m, how="called in", at=cast.at()) for m in seen[1::2]],
    )
    assert told(answers) == {"done": 1, "stale": 15}
    now = Message.objects.get(pk=kept.pk)
    assert (now.settled_at is None) == (Prescription.objects.count() == 1)


def test_a_message_that_became_an_order_meanwhile_is_not_settled_from_an_old_page(cast):
    kept = messages.keep(cast.wire, raw=MESSAGE.read_bytes(), name="one", at=cast.at())
    seen = Message.objects.get(pk=kept.pk)
    intake.read(cast.wire, kept, MESSAGE.read_bytes(), at=cast.at())
    with pytest.raises(Refused, match="read this message a moment ago"):
        messages.settle(cast.ada, message=seen, how="called in", at=cast.at())
    assert Message.objects.get(pk=kept.pk).settled_at is None


def test_an_alert_that_was_answered_stays_answered_when_all_screen_again(cast, together):
    first = cast.ready()
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    assert first.patient_id == fill.patient_id
    open_ones = Alert.objects.filter(screening__prescription=fill.prescription_id, screening__is_current=True)
    (alert, *_) = open_ones.select_related("screening__prescription")
    page = pages(cast, fill, MANY - 1)
    answers = together(
        lambda: review.resolve_alert(
            cast.pia, alert=alert, resolution="patient_consulted", reason="knows of it", at=cast.at()
        ),
        *[lambda f=f: review.screen_again(cast.ada, fill=f, at=cast.at()) for f in page],
    )
    assert told(answers[1:]) == {"done": 15}
    assert Screening.objects.filter(prescription=fill.prescription_id, is_current=True).count() == 1
    was_answered = told(answers[:1]) == {"done": 1}
    assert told(answers[:1]) in ({"done": 1}, {"stale": 1})
    now = open_ones.filter(rule=alert.rule, sentence=alert.sentence)
    assert [a.resolved_at is not None for a in now] == [was_answered]


def test_two_lots_in_opposite_order_and_back_again_lock_nobody_out(cast, together):
    places = stock.places(cast.ada.site_id)
    shelf, bench = places["shelf"], places["bench"]

    def carry(actor, lots, ends):
        def act():
            with bare_transaction():
                inventory.post(
                    actor, [Transfer(lot.pk, *ends, Decimal(2)) for lot in lots], at=cast.at(), cause="moved"
                )

        return act

    lots = [cast.lot, cast.old_lot]
    together(*[carry(a, lots, (shelf, bench)) for a in people(cast.tess, 4)])
    calls = [
        carry(actor, lots if n % 2 else lots[::-1], (shelf, bench) if n % 4 < 2 else (bench, shelf))
        for n, actor in enumerate(people(cast.tess))
    ]
    # No retry stands behind these: a deadlock would come out as an exception.
    codes = told(together(*calls))
    assert set(codes) <= {"done", "not_enough"}, codes
    sound()


def test_sixteen_copies_of_a_message_give_one_prescription_and_lose_nothing(cast, together):
    raw = MESSAGE.read_bytes()
    answers = together(
        *[lambda n=n: intake.receive(cast.wire, raw, name=f"copy {n}", at=cast.at()) for n in range(MANY)]
    )
    assert not [a for a in answers if isinstance(a, Exception)], told(answers)
    statuses = Counter(a.status for a in answers)
    assert statuses.pop("duplicate") == MANY - 1
    assert set(statuses) <= {"accepted", "question"}
    assert Prescription.objects.count() == Fill.objects.count() == 1
    assert Received.objects.count() == Message.objects.count() == MANY
    assert all(bytes(r.raw) == raw for r in Received.objects.all())


def test_a_message_read_by_sixteen_gives_its_prescription_once(cast, together):
    raw = MESSAGE.read_bytes()
    kept = messages.keep(cast.wire, raw=raw, name="one", at=cast.at())
    seen = [Message.objects.select_related("received").get(pk=kept.pk) for _ in range(MANY)]
    answers = together(*[lambda m=m: intake.read(cast.wire, m, raw, at=cast.at()) for m in seen])
    assert not [a for a in answers if isinstance(a, Exception)], told(answers)
    assert {a.status for a in answers} <= {"accepted", "question"}
    assert Prescription.objects.count() == Fill.objects.count() == 1


def test_sixteen_numbers_at_once_are_sixteen_numbers(cast, together):
    def take():
        with bare_transaction():
            return numbering.take(cast.ada.site_id, "vial")

    numbers = together(*[take] * MANY)
    assert sorted(numbers) == list(range(1_001, 1_001 + MANY))


def test_one_key_from_sixteen_tabs_is_one_delivery(cast, together):
    keyed = replace(cast.tess, key="form-1")
    answers = together(
        *[
            lambda: inventory.receive(
                keyed,
                package=cast.lisinopril,
                lot_number="KEYED",
                expires_on=date(2027, 5, 31),
                quantity=Decimal(10),
                at=standing.AT,
            )
        ]
        * MANY
    )
    assert len({a.pk for a in answers}) == 1
    assert Balance.objects.get(lot=answers[0]).on_hand == 10


def test_sixteen_seals_at_once_keep_the_chain_whole(cast, together):
    answers = together(*[lambda a=a: house.seal_audit(a, at=cast.at()) for a in people(cast.ada)])
    assert set(told(answers)) == {"done"}
    assert AuditSeal.objects.filter(site_id=cast.ada.site_id).count() == 1
    assert not list(audit.broken_seals(cast.ada.site_id))
