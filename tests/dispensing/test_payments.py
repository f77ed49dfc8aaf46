"""Money at the pick-up: in one kind or two, with change; house accounts; the drawer; a wrong kind put right."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cast import assemble
from officina.base.models import AuditEntry
from officina.dispensing import takings
from officina.dispensing.models import DrawerCount, Payment, PickUp
from officina.dispensing.rules.payments import KINDS, Tender, settle
from officina.dispensing.services import payments, pickup
from officina.kernel.errors import Refused

SIGNED = {"signed_by": "Rosa Flórez", "relation": "self"}


@pytest.fixture
def cast(db):
    return assemble()


def refused(code, act):
    with pytest.raises(Refused) as no:
        act()
    assert no.value.code == code
    return no.value


class TestTheSum:
    def test_one_kind_takes_all_that_is_due(self):
        (part,) = settle(D("12.50"), [Tender(kind="card")])
        assert (part.kind, part.amount, part.given, part.change) == ("card", D("12.50"), None, 0)

    def test_the_change_is_what_was_laid_down_less_what_is_due(self):
        (part,) = settle(D("12.35"), [Tender(kind="cash", given=D(20))])
        assert part.change == D("7.65")

    def test_two_kinds_share_it_and_change_is_of_the_cash_alone(self):
        card, cash = settle(D("30"), [Tender(kind="card"), Tender(kind="cash", amount=D("12.35"), given=D(15))])
        assert (card.amount, cash.amount, cash.change) == (D("17.65"), D("12.35"), D("2.65"))

    def test_where_nothing_is_due_nothing_is_paid(self):
        assert settle(D(0), [Tender(kind="cash")]) == ()

    @pytest.mark.parametrize(
        ("code", "due", "tenders"),
        [
            ("kind_unknown", "5", [Tender(kind="barter")]),
            ("kind_unknown", "0", [Tender(kind="barter")]),
            ("kinds", "5", []),
            ("kinds", "5", [Tender(kind="cash"), Tender(kind="cash", amount=D(1))]),
            ("kinds", "5", [Tender(kind="cash"), Tender(kind="card", amount=D(1)), Tender(kind="check", amount=D(1))]),
            ("split_unknown", "5", [Tender(kind="cash"), Tender(kind="card")]),
            ("part_wrong", "5", [Tender(kind="cash"), Tender(kind="card", amount=D(5))]),
            ("part_wrong", "5", [Tender(kind="cash"), Tender(kind="card", amount=D(9))]),
            ("part_wrong", "5", [Tender(kind="cash"), Tender(kind="card", amount=D(-1))]),
            ("part_wrong", "5", [Tender(kind="cash"), Tender(kind="card", amount=D("1.001"))]),
            ("sum_differs", "5", [Tender(kind="cash", amount=D(1)), Tender(kind="card", amount=D(1))]),
            ("too_little", "5", [Tender(kind="cash", given=D("4.99"))]),
            ("too_little", "5", [Tender(kind="cash", given=D("5.005"))]),
            ("given_not_cash", "5", [Tender(kind="card", given=D(5))]),
            ("nothing_due", "-5", [Tender(kind="cash")]),
        ],
    )
    def test_what_does_not_add_up_is_refused(self, code, due, tenders):
        refused(code, lambda: settle(D(due), tenders))

    @given(
        due=st.integers(2, 10**7), share=st.data(), kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=2, unique=True)
    )  # fmt: skip
    def test_every_split_adds_up_to_the_cent(self, due, share, kinds):
        second = share.draw(st.integers(1, due - 1))
        parts = settle(D(due) / 100, [Tender(kind=kinds[0]), Tender(kind=kinds[1], amount=D(second) / 100)])
        assert sum(p.amount for p in parts) == D(due) / 100
        assert [p.amount for p in parts][1] == D(second) / 100


def at_the_counter(cast, fill):
    who = fill.patient
    came = pickup.identify(
        cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
    )
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    return pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())


def paid(cast, actor=None, fill=None, **how):
    came = at_the_counter(cast, fill or cast.bagged())
    return pickup.hand_over(actor or cast.tess, pick_up=came, **SIGNED, **how, at=cast.at())


def rows():
    return [(p.kind, p.amount, p.given) for p in Payment.objects.order_by("id")]


class TestAtTheHandOver:
    def test_each_kind_is_a_row_of_its_own_with_who_where_and_when(self, cast):
        came = paid(cast, tenders=(Tender(kind="card"), Tender(kind="cash", amount=D(5), given=D(20))))
        card, cash = Payment.objects.order_by("id")
        assert card.amount + cash.amount == came.amount
        assert (cash.given, cash.user_name, cash.station) == (D(20), "Tess Young", "test")
        assert card.day == cast.tess.day(cast.clock)
        assert came.paid_by == "card + cash"
        assert AuditEntry.objects.filter(verb="payment.taken", on_code=str(came.code)).exists()

    def test_who_says_only_how_has_one_payment_of_the_whole(self, cast):
        came = paid(cast, paid_by="check")
        assert (came.paid_by, rows()) == ("check", [("check", came.amount, None)])

    @pytest.mark.parametrize("how", [{"paid_by": "barter"}, {"tenders": (Tender(kind="cash", given=D(1)),)}])
    def test_what_is_not_paid_does_not_go_out(self, cast, how):
        fill = cast.bagged()
        came = at_the_counter(cast, fill)
        with pytest.raises(Refused):
            pickup.hand_over(cast.tess, pick_up=came, **SIGNED, **how, at=cast.at())
        assert (PickUp.objects.get().state, rows()) == ("open", [])
        fill.refresh_from_db()
        assert fill.state == "bin"

    def test_a_repeated_click_is_paid_once(self, cast):
        came = at_the_counter(cast, cast.bagged())
        tess = replace(cast.tess, key="one")
        for _ in range(2):
            pickup.hand_over(tess, pick_up=came, **SIGNED, tenders=(Tender(kind="cash", given=D(500)),), at=cast.at())
        assert Payment.objects.count() == 1

    @pytest.mark.parametrize("change", [lambda r: r.update(kind="card"), lambda r: r.delete()])
    def test_no_row_is_changed_or_removed(self, cast, change):
        paid(cast)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(Payment.objects.all())


class TestAHouseAccount:
    def test_charges_and_payments_give_the_balance_and_the_statement(self, cast):
        came = paid(cast, paid_by="account")
        assert takings.balance(cast.tess, cast.rosa.pk) == came.amount
        part = came.amount - D(1)
        made = payments.pay_account(
            cast.carl, patient=cast.rosa, kind="cash", amount=part, given=part + 3, at=cast.at()
        )
        assert made.given - made.amount == 3
        entries = takings.statement(cast.tess, cast.rosa)
        assert [(e.change, e.owed) for e in entries] == [(came.amount, came.amount), (-part, D(1))]
        assert [(a.patient, a.owed) for a in takings.accounts(cast.tess)] == [(cast.rosa, D(1))]

    def test_who_owes_nothing_is_not_listed(self, cast):
        came = paid(cast, paid_by="account")
        payments.pay_account(cast.tess, patient=cast.rosa, kind="check", amount=came.amount, at=cast.at())
        assert takings.accounts(cast.tess) == []
        assert takings.accounts(cast.max) == []

    @pytest.mark.parametrize(
        ("code", "wrong"),
        [
            ("more_than_owed", {"amount": D(10_000)}),
            ("nothing_due", {"amount": D(0)}),
            ("nothing_due", {"amount": D(-1)}),
            ("finer_than_cent", {"amount": D("0.001")}),
            ("account_by_account", {"kind": "account"}),
            ("kind_unknown", {"kind": "barter"}),
            ("too_little", {"given": D("0.50")}),
        ],
    )
    def test_what_is_not_owed_is_not_taken(self, cast, code, wrong):
        paid(cast, paid_by="account")
        usual = {"kind": "cash", "amount": D(1)}
        refused(
            code, lambda: payments.pay_account(cast.tess, patient=cast.rosa, **{**usual, **wrong}, at=cast.at())
        )  # fmt: skip
        assert Payment.objects.count() == 1

    def test_max_takes_nothing_on_an_account_here(self, cast):
        paid(cast, paid_by="account")
        refused(
            "wrong_site",
            lambda: payments.pay_account(cast.max, patient=cast.rosa, kind="cash", amount=D(1), at=cast.at()),
        )


class TestTheDrawer:
    def test_the_difference_is_the_count_less_opening_and_cash_of_this_station_since(self, cast):
        elsewhere = replace(cast.tess, station="second")
        paid(cast, fill=cast.bagged(patient=cast.omar))  # before it was open
        payments.open_drawer(cast.tess, counted=D(100), at=cast.at())
        came = paid(cast, tenders=(Tender(kind="card"), Tender(kind="cash", amount=D(5), given=D(20))))
        payments.open_drawer(elsewhere, counted=D(50), at=cast.at())
        closed = payments.close_drawer(cast.carl, counted=D("104.25"), note="a quarter on the floor?", at=cast.at())
        assert (closed.expected, takings.difference(closed)) == (D(105), D("-0.75"))
        assert closed.totals == {"cash": "5.00", "card": f"{came.amount - 5:.2f}"}
        assert (closed.user_name, closed.station) == ("Carl Boone", "test")
        assert [c.what for c in takings.counts(cast.ada, cast.ada.day(cast.clock))] == ["opening", "opening", "closing"]

    def test_it_is_opened_once_and_closed_once(self, cast):
        refused("drawer_closed", lambda: payments.close_drawer(cast.tess, counted=D(0), at=cast.at()))
        payments.open_drawer(cast.tess, counted=D(0), at=cast.at())
        refused("drawer_open", lambda: payments.open_drawer(cast.theo, counted=D(0), at=cast.at()))
        payments.close_drawer(cast.tess, counted=D(0), at=cast.at())
        refused("drawer_closed", lambda: payments.close_drawer(cast.tess, counted=D(0), at=cast.at()))
        assert payments.open_drawer(cast.theo, counted=D(1), at=cast.at()).number == 3

    @pytest.mark.parametrize("counted", [D(-1), D("0.001"), D(10**6)])
    def test_a_count_that_is_none_is_refused(self, cast, counted):
        refused("count_wrong", lambda: payments.open_drawer(cast.tess, counted=counted, at=cast.at()))
        assert not DrawerCount.objects.exists()

    def test_money_on_an_account_lies_in_the_drawer_and_a_charge_does_not(self, cast):
        payments.open_drawer(cast.tess, counted=D(0), at=cast.at())
        paid(cast, paid_by="account")
        payments.pay_account(cast.tess, patient=cast.rosa, kind="cash", amount=D(2), at=cast.at())
        assert payments.close_drawer(cast.tess, counted=D(2), at=cast.at()).expected == D(2)


class TestAWrongKind:
    def test_it_is_taken_back_by_a_row_and_stands_as_what_it_was(self, cast):
        payments.open_drawer(cast.tess, counted=D(0), at=cast.at())
        came = paid(cast, paid_by="cash")
        payments.correct(cast.ada, payment=Payment.objects.get(), kind="card", why="It was a card", at=cast.at())
        assert rows() == [("cash", came.amount, None), ("cash", -came.amount, None), ("card", came.amount, None)]
        (taken,) = takings.totals(cast.ada, cast.ada.day(cast.clock))
        assert (taken.person, taken.by_kind, taken.money) == (
            "Tess Young", {"cash": D(0), "card": came.amount}, came.amount,
        )  # fmt: skip
        assert PickUp.objects.get().paid_by == "card"
        assert payments.close_drawer(cast.tess, counted=D(0), at=cast.at()).expected == 0

    def test_a_drawer_that_was_counted_keeps_its_count(self, cast):
        payments.open_drawer(cast.tess, counted=D(0), at=cast.at())
        came = paid(cast)
        payments.close_drawer(cast.tess, counted=came.amount, at=cast.at())
        payments.open_drawer(cast.tess, counted=came.amount, at=cast.at())
        payments.correct(cast.ada, payment=Payment.objects.get(), kind="card", why="A card", at=cast.at())
        assert payments.close_drawer(cast.tess, counted=came.amount, at=cast.at()).expected == came.amount

    def test_once_only_with_a_reason_and_by_whom_it_is_given_to(self, cast):
        paid(cast)
        first = Payment.objects.get()
        refused("not_in_role", lambda: payments.correct(cast.tess, payment=first, kind="card", why="x", at=cast.at()))
        refused("wrong_site", lambda: payments.correct(cast.max, payment=first, kind="card", why="x", at=cast.at()))
        refused("why_needed", lambda: payments.correct(cast.ada, payment=first, kind="card", why=" ", at=cast.at()))
        refused("kind_unknown", lambda: payments.correct(cast.ada, payment=first, kind="cash", why="x", at=cast.at()))
        payments.correct(cast.ada, payment=first, kind="card", why="x", at=cast.at())
        refused(
            "corrected_before", lambda: payments.correct(cast.ada, payment=first, kind="check", why="x", at=cast.at())
        )
        back = Payment.objects.get(reverses=first)
        refused(
            "corrected_before", lambda: payments.correct(cast.ada, payment=back, kind="check", why="x", at=cast.at())
        )

    def test_a_charge_that_was_no_charge_is_not_owed(self, cast):
        paid(cast, paid_by="account")
        payments.correct(cast.ada, payment=Payment.objects.get(), kind="cash", why="Paid at once", at=cast.at())
        assert takings.balance(cast.ada, cast.rosa.pk) == 0
        assert [e.owed for e in takings.statement(cast.ada, cast.rosa)][-1] == 0


class TestADay:
    def test_totals_are_per_person_station_and_kind_and_of_that_day_at_the_site(self, cast):
        one = paid(cast, paid_by="cash")
        two = paid(cast, replace(cast.carl, station="drive-through"), cast.bagged(patient=cast.omar), paid_by="card")
        today = cast.ada.day(cast.clock)
        found = takings.totals(cast.ada, today)
        assert [(t.person, t.station, t.by_kind) for t in found] == [
            ("Carl Boone", "drive-through", {"card": two.amount}),
            ("Tess Young", "test", {"cash": one.amount}),
        ]
        assert takings.together(found).money == one.amount + two.amount
        assert [t.person for t in takings.totals(cast.tess, today, user_id=cast.tess.user_id)] == ["Tess Young"]
        assert takings.totals(cast.ada, today + timedelta(days=1)) == []
        assert takings.totals(cast.max, today) == []
