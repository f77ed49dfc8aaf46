"""The ledger: balances are the sum of moves, nothing below zero, a reversal restores exactly, history stays."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cast as standing
from officina.inventory import queries as stock
from officina.inventory import services as ledger
from officina.inventory.models import Balance, Lot, Move
from officina.inventory.services import Transfer
from officina.kernel.errors import Refused

MORE = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)


@pytest.fixture
def cast(db):
    return standing.assemble()


@pytest.fixture
def places(cast):
    return stock.places(cast.ada.site_id)


def refused(code, act, *args, **kwargs):
    with pytest.raises(Refused) as no, transaction.atomic():
        act(*args, **kwargs)
    assert no.value.code == code, no.value
    return no.value


def on_hand(lot, place):
    return stock.on_hand(lot.pk, place.pk)


def receive(cast, **changes):
    usual = {
        "package": cast.metformin,
        "lot_number": "NEW1",
        "expires_on": date(2027, 5, 31),
        "quantity": Decimal(90),
        "at": cast.at(),
    }
    return ledger.receive(cast.tess, **{**usual, **changes})


class TestReceiving:
    def test_stock_comes_from_the_supplier_to_the_shelf(self, cast, places):
        lot = receive(cast)
        (move,) = Move.objects.filter(lot=lot)
        assert (move.from_place, move.to_place, move.quantity) == (places["supplier"], places["shelf"], 90)
        assert on_hand(lot, places["shelf"]) == 90

    def test_schedule_ii_goes_to_the_safe(self, cast, places):
        lot = receive(cast, package=cast.oxycodone)
        assert (on_hand(lot, places["safe"]), on_hand(lot, places["shelf"])) == (90, 0)

    def test_more_of_the_same_lot_is_added_to_it(self, cast, places):
        lot = receive(cast)
        assert receive(cast, lot_number="new1 ", quantity=Decimal("0.5")) == lot
        assert on_hand(lot, places["shelf"]) == Decimal("90.5")

    def test_one_number_with_two_expiries_is_two_lots(self, cast):
        assert receive(cast) != receive(cast, expires_on=date(2027, 6, 30))

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("lot_missing", {"lot_number": "  "}),
            ("lot_too_long", {"lot_number": "X" * 21}),
            ("quantity_not_positive", {"quantity": Decimal(0)}),
            ("quantity_not_positive", {"quantity": Decimal(-1)}),
            ("expired", {"expires_on": date(2026, 11, 19)}),
        ],
    )
    def test_what_cannot_be_is_refused(self, cast, code, changes):
        refused(code, receive, cast, **changes)

    def test_who_may_not_receive_is_refused(self, cast):
        refused("not_in_role", ledger.receive, cast.carl, **_a_delivery(cast))
        refused("licence_lapsed", ledger.receive, cast.lapsed, **_a_delivery(cast))


def _a_delivery(cast):
    return {
        "package": cast.metformin,
        "lot_number": "N",
        "expires_on": date(2027, 5, 31),
        "quantity": Decimal(1),
        "at": cast.at(),
    }


class TestCounting:
    def test_a_difference_becomes_a_move_with_its_reason(self, cast, places):
        assert (
            ledger.count(
                cast.ada, lot=cast.lot, place=places["shelf"], counted=Decimal(497), why="three crushed", at=cast.at()
            )
            == -3
        )
        move = Move.objects.latest("id")
        assert (move.from_place, move.to_place, move.quantity, move.why) == (
            places["shelf"],
            places["counted"],
            3,
            "three crushed",
        )
        assert on_hand(cast.lot, places["shelf"]) == 497
        assert not list(stock.differences())

    def test_what_was_found_comes_from_the_count_differences(self, cast, places):
        ledger.count(cast.ada, lot=cast.lot, place=places["safe"], counted=Decimal(2), why="found", at=cast.at())
        assert on_hand(cast.lot, places["safe"]) == 2

    def test_a_right_count_moves_nothing_and_needs_no_reason(self, cast, places):
        before = Move.objects.count()
        assert (
            ledger.count(cast.ada, lot=cast.lot, place=places["shelf"], counted=Decimal(500), why="", at=cast.at()) == 0
        )
        assert Move.objects.count() == before

    def test_a_difference_without_a_reason_is_refused(self, cast, places):
        refused("why_needed", ledger.count, cast.ada, **_a_count(cast, places["shelf"], why=" "))

    def test_a_count_below_zero_is_refused(self, cast, places):
        refused("count_negative", ledger.count, cast.ada, **_a_count(cast, places["shelf"], counted=Decimal(-1)))

    @pytest.mark.parametrize("kind", ["patient", "counted", "supplier"])
    def test_nothing_is_counted_outside_the_house(self, cast, places, kind):
        refused("no_such_place", ledger.count, cast.ada, **_a_count(cast, places[kind]))

    def test_nothing_is_counted_at_another_pharmacys_place(self, cast):
        theirs = stock.places(cast.max.site_id)["shelf"]
        refused("no_such_place", ledger.count, cast.ada, **_a_count(cast, theirs))

    def test_another_pharmacys_lot_is_not_counted(self, cast, places):
        refused("wrong_site", ledger.count, cast.max, **_a_count(cast, places["shelf"]))


def _a_count(cast, place, **changes):
    return {"lot": cast.lot, "place": place, "counted": Decimal(7), "why": "counted", "at": cast.at(), **changes}


class TestQuarantine:
    def test_all_of_the_lot_leaves_the_shelf(self, cast, places):
        lot = ledger.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        assert lot.state == Lot.State.QUARANTINED
        assert (on_hand(lot, places["shelf"]), on_hand(lot, places["quarantine"])) == (0, 500)
        assert not list(stock.differences())

    def test_twice_changes_nothing_more(self, cast, places):
        for _ in range(2):
            ledger.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        assert on_hand(cast.lot, places["quarantine"]) == 500

    def test_it_needs_a_reason(self, cast):
        refused("why_needed", ledger.quarantine, cast.tess, lot=cast.lot, why=" ", at=cast.at())

    def test_a_quarantined_lot_is_not_offered(self, cast):
        ledger.quarantine(cast.tess, lot=cast.lot, why="recall", at=cast.at())
        shelf = stock.shelves(cast.ada.site_id, [cast.metformin.pk], on=standing.TODAY)[cast.metformin.pk]
        assert (shelf.on_hand, shelf.lots) == (100, 1)


class TestPosting:
    def test_more_than_is_there_is_refused_and_nothing_is_moved(self, cast, places):
        ok = Transfer(cast.old_lot.pk, places["shelf"], places["bench"], Decimal(1))
        too_much = Transfer(cast.lot.pk, places["shelf"], places["bench"], Decimal("500.000001"))
        no = refused("not_enough", ledger.post, cast.ada, [ok, too_much], at=cast.at(), cause="filled")
        assert (no.expected, no.came) == ("500.000001", "500")
        assert on_hand(cast.old_lot, places["shelf"]) == 100

    def test_the_database_itself_refuses_a_balance_below_zero(self, cast):
        with pytest.raises(IntegrityError), transaction.atomic():
            Balance.objects.filter(lot=cast.lot).update(on_hand=-1)

    def test_the_database_itself_refuses_a_move_of_nothing_or_to_nowhere(self, cast, places):
        for quantity, to in ((Decimal(0), "bench"), (Decimal(-1), "bench"), (Decimal(1), "shelf")):
            with pytest.raises(IntegrityError), transaction.atomic():
                Move.objects.create(**_a_move(cast, places["shelf"], places[to], quantity))

    def test_a_move_can_be_neither_changed_nor_removed(self, cast):
        for attempt in (lambda rows: rows.update(quantity=1), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                attempt(Move.objects.all())

    def test_a_move_is_reversed_once_only(self, cast, places):
        there = Transfer(cast.lot.pk, places["shelf"], places["bench"], Decimal(30))
        ledger.post(cast.ada, [there], at=cast.at(), cause="filled")
        moves = [Move.objects.latest("pk")]
        ledger.post(cast.ada, [there], at=cast.at(), cause="filled")
        ledger.reverse(cast.ada, moves, at=cast.at(), cause="unfilled")
        with pytest.raises(IntegrityError), transaction.atomic():
            ledger.reverse(cast.ada, moves, at=cast.at(), cause="unfilled")

    def test_a_balance_that_was_tampered_with_is_told(self, cast):
        Balance.objects.filter(lot=cast.lot).update(on_hand=Decimal(499))
        (told,) = stock.differences()
        assert "says 499 on hand, its moves say 500" in told

    def test_a_balance_that_was_removed_is_told(self, cast):
        Balance.objects.filter(lot=cast.lot).delete()
        (told,) = stock.differences()
        assert "moves of 500 and no balance" in told


def _a_move(cast, from_place, to_place, quantity):
    return {
        "site_id": cast.ada.site_id,
        "lot": cast.lot,
        "from_place": from_place,
        "to_place": to_place,
        "quantity": quantity,
        "at": cast.at(),
        "cause": "filled",
        "user_id": 1,
        "user_name": "Ada",
    }


class TestManyMoves:
    """Random transfers between all places, by Hypothesis; each example is undone, so the shelf is assembled once."""

    amounts = st.decimals(Decimal("0.000001"), Decimal(600), places=6)
    steps = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10), st.integers(0, 10), amounts), max_size=12)

    @settings(max_examples=40, suppress_health_check=MORE)
    @given(steps)
    def test_balances_stay_the_sum_of_moves_and_a_reversal_restores_them(self, cast, places, steps):
        lots, kinds = (cast.lot, cast.old_lot), sorted(places)
        with transaction.atomic():
            before = _balances()
            posted = []
            for lot, one, other, quantity in steps:
                if one == other:
                    continue
                transfer = Transfer(lots[lot].pk, places[kinds[one]], places[kinds[other]], quantity)
                try:
                    with transaction.atomic():
                        ledger.post(cast.ada, [transfer], at=cast.at(), cause="moved")
                        posted.append(Move.objects.latest("pk"))
                except Refused:
                    assert on_hand(lots[lot], places[kinds[one]]) < quantity
                assert min(_balances().values()) >= 0
            assert not list(stock.differences())
            for move in reversed(posted):
                ledger.reverse(cast.ada, [move], at=cast.at(), cause="moved back")
            assert _balances() == before
            assert not list(stock.differences())
            transaction.set_rollback(True)

    @settings(max_examples=40, suppress_health_check=MORE)
    @given(steps)
    def test_one_post_of_many_is_all_or_nothing(self, cast, places, steps):
        lots, kinds = (cast.lot, cast.old_lot), sorted(places)
        transfers = [Transfer(lots[l].pk, places[kinds[a]], places[kinds[b]], q) for l, a, b, q in steps if a != b]
        with transaction.atomic():
            before, moves = _balances(), Move.objects.count()
            try:
                with transaction.atomic():
                    ledger.post(cast.ada, transfers, at=cast.at(), cause="moved")
            except Refused:
                assert (_balances(), Move.objects.count()) == (before, moves)
            else:
                assert Move.objects.count() == moves + len(transfers)
            assert not list(stock.differences())
            transaction.set_rollback(True)


def _balances():
    rows = Balance.objects.filter(on_hand__gt=0)
    return {(b.lot_id, b.place_id): b.on_hand for b in rows}
