"""The cash desk: each sees their own, who may sees all; the drawer; house accounts; a payment put right."""

from decimal import Decimal

import pytest

from officina.dispensing.models import DrawerCount, Payment, PickUp
from officina.dispensing.services import payments, pickup
from web.seen import HTMX, NASTY, Busy, is_escaped, somebody, text

DESK_COST, ACCOUNT_COST = 16, 13


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


def paid(cast, actor=None, patient=None, paid_by="cash"):
    who = patient or cast.rosa
    fill = cast.bagged(patient=who, quantity=10)
    came = pickup.identify(
        cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
    )
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    return pickup.hand_over(
        actor or cast.tess, pick_up=came, signed_by="R", relation="self", paid_by=paid_by, at=cast.at()
    )


def post(client, do, url="/cash/", headers=HTMX, **fields):
    return client.post(url, {"do": do, **fields}, headers=headers)


class TestTheDesk:
    def test_a_technician_sees_their_own_and_a_pharmacist_sees_all(self, cast, tess, ada):
        paid(cast)
        paid(cast, cast.carl, cast.omar, "card")
        own = text(tess.get("/cash/"))
        assert "These are your own payments." in own
        assert "Carl Boone" not in own
        assert "Haddad" not in own
        whole = text(ada.get("/cash/"))
        for said in ("Carl Boone", "Tess Young", "Together", "Haddad"):
            assert said in whole

    def test_the_owner_sees_and_the_interface_and_max_do_not(self, seat, cast):
        paid(cast)
        assert "Tess Young" not in text(Busy(seat, cast, cast.max).get("/cash/"))
        assert Busy(seat, cast, cast.wire).get("/cash/").status_code == 403

    @pytest.mark.parametrize("on", ["tomorrow", "2026-13-01", "%00", "9" * 50, "2026-W01-1x"])
    def test_a_day_that_is_none_is_refused(self, ada, on):
        assert ada.get(f"/cash/?on={on}").status_code == 404

    def test_another_day_is_looked_at_and_counts_no_drawer(self, cast, ada):
        paid(cast)
        page = text(ada.get("/cash/?on=2026-11-01"))
        assert "Nothing was taken on this day." in page
        assert "Open the drawer" not in page

    @pytest.mark.parametrize("many", [1, 12])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, cast, ada, many, django_assert_max_num_queries):
        for n in range(many):
            paid(cast, patient=somebody(cast, n), paid_by="account")
        ada.wake()
        with django_assert_max_num_queries(DESK_COST):
            assert ada.get("/cash/").status_code == 200
        with django_assert_max_num_queries(ACCOUNT_COST):
            assert ada.get(f"/cash/account/{Payment.objects.last().patient.code}/").status_code == 200


class TestTheDrawer:
    def test_from_the_opening_to_the_difference(self, cast, tess, ada):
        assert "It was never opened." in text(tess.get("/cash/"))
        assert post(tess, "open", counted="100").status_code == 200
        came = paid(cast)
        page = text(tess.get("/cash/"))
        assert "with $100.00" in page
        assert f"{came.amount + 100:.2f}" not in page  # nobody counts towards a number that is shown
        answer = text(post(tess, "close", counted=f"{came.amount + 98}", note="short"))
        assert "$2.00 too little" in answer
        for said in ("short", "-$2.00"):
            assert said in text(ada.get("/cash/"))

    def test_a_count_that_agrees_says_so(self, tess):
        post(tess, "open", counted="0")
        assert "The count agrees" in text(post(tess, "close", counted="0"))

    @pytest.mark.parametrize("counted", ["", "-5", "abc", "1.005", "1e3", "9999999", NASTY, "٣"])
    def test_a_count_that_is_none_is_refused_and_kept_on_the_page(self, tess, counted):
        answer = post(tess, "open", counted=counted)
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert not DrawerCount.objects.exists()

    def test_who_may_only_look_counts_nothing(self, seat, cast):
        assert post(Busy(seat, cast, cast.wire), "open", counted="1", headers={}).status_code == 403
        assert not DrawerCount.objects.exists()


class TestAPaymentPutRight:
    def test_by_the_pharmacist_with_a_reason(self, cast, tess, ada):
        paid(cast)
        payment = Payment.objects.get()
        wrong = {"payment": payment.code, "kind": "card", "why": "It was a card"}
        assert post(tess, "correct", **wrong).status_code == 422
        assert post(ada, "correct", **{**wrong, "why": " "}).status_code == 422
        assert post(ada, "correct", **{**wrong, "kind": "barter"}).status_code == 422
        assert post(ada, "correct", **wrong).status_code == 200
        assert PickUp.objects.get().paid_by == "card"
        assert post(ada, "correct", **wrong).status_code == 422
        page = text(ada.get("/cash/"))
        assert "taken back" in page
        assert "corrected" in page

    @pytest.mark.parametrize("code", ["", "abc", "9" * 40, NASTY, "00000000-0000-4000-8000-000000000000"])
    def test_a_payment_that_is_none_is_not_corrected(self, ada, code):
        answer = post(ada, "correct", payment=code, kind="card", why="x")
        assert answer.status_code in {404, 422}
        assert "<script>alert" not in text(answer)

    def test_max_corrects_nothing_here(self, seat, cast):
        paid(cast)
        answer = post(Busy(seat, cast, cast.max), "correct", payment=Payment.objects.get().code, kind="card", why="x")
        assert answer.status_code in {404, 422}
        assert Payment.objects.count() == 1


class TestAHouseAccount:
    def test_the_statement_and_a_payment_with_change(self, cast, tess):
        came = paid(cast, paid_by="account")
        where = f"/cash/account/{cast.rosa.code}/"
        assert where in text(tess.get("/cash/"))
        assert f"${came.amount:.2f}" in text(tess.get(where))
        answer = text(post(tess, "pay", where, amount="5", kind="cash", given="20"))
        assert "$5.00 cash on the account. Change $15.00." in answer
        assert f"${came.amount - 5:.2f}" in text(tess.get(where))

    @pytest.mark.parametrize(
        "wrong",
        [{"amount": ""}, {"amount": "-1"}, {"amount": "5000"}, {"amount": "0.001"}, {"kind": "account"}, {"given": "1"}, {"given": NASTY}],
    )  # fmt: skip
    def test_what_does_not_add_up_is_refused(self, cast, tess, wrong):
        paid(cast, paid_by="account")
        where = f"/cash/account/{cast.rosa.code}/"
        answer = post(tess, "pay", where, **{"amount": "5", "kind": "cash", **wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert Payment.objects.count() == 1

    def test_who_owes_nothing_is_found_by_name(self, seat, cast, tess):
        where = f"/cash/account/{cast.rosa.code}/"
        assert where not in text(tess.get("/cash/"))
        assert where in text(post(tess, "find", who="flor"))
        assert "Nothing was ever charged" in text(tess.get(where))
        for nobody in ("", "zzz", NASTY, "x" * 61):
            answer = post(tess, "find", who=nobody)
            assert answer.status_code == 422
            assert "<script>alert" not in text(answer)
        assert post(Busy(seat, cast, cast.max), "find", who="flor").status_code == 422

    def test_max_of_another_pharmacy_sees_and_takes_nothing(self, seat, cast):
        paid(cast, paid_by="account")
        elsewhere, where = Busy(seat, cast, cast.max), f"/cash/account/{cast.rosa.code}/"
        assert elsewhere.get(where).status_code == 404
        assert post(elsewhere, "pay", where, headers={}, amount="1", kind="cash").status_code == 404
        assert "Flórez" not in text(elsewhere.get("/cash/"))
        assert Payment.objects.count() == 1

    def test_a_name_that_is_a_script_is_text_everywhere(self, cast, tess, ada):
        mean = somebody(cast, last_name=NASTY)
        paid(cast, patient=mean, paid_by="account")
        payments.open_drawer(cast.tess, counted=Decimal(1), note=NASTY, at=cast.at())
        is_escaped(text(tess.get(f"/cash/account/{mean.code}/")))
        is_escaped(text(ada.get("/cash/")))
