"""Beside the counter: reminders, the sweep of returns with its labels, receipts, split payments, deliveries."""

import pypdfium2
import pytest

from officina.dispensing.models import Bag, BagCall, DeliveryStep, Fill, Payment, PickUp
from officina.dispensing.services import deliveries, pickup
from officina.patients.models import Patient
from web.seen import HTMX, NASTY, Busy, again, is_escaped, somebody, text

COST = 14
SIGNED = {"signed_by": "Rosa Flórez", "relation": "self", "paid_by": "cash"}


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def fill(cast):
    Patient.objects.filter(pk=cast.rosa.pk).update(street="5 Elm St", city="Madison", postal_code="53703")
    cast.rosa.refresh_from_db()
    return cast.bagged()


def post(client, url, do, headers=HTMX, **fields):
    return client.post(url, {"do": do, **fields}, headers=headers)


def later(seat, cast, days, actor=None):
    """So many days on; nobody stays signed in for so long."""
    cast.later(days)
    return Busy(seat, cast, actor or cast.tess)


def pages(answer):
    assert answer.status_code == 200, text(answer)
    return pypdfium2.PdfDocument(answer.content)


class TestReminders:
    def test_a_line_has_the_telephone_and_what_waits_and_keeps_the_call(self, seat, cast, fill):
        tess = later(seat, cast, 4)
        page = text(tess.get("/pickup/reminders/"))
        for said in ("Flórez", "(608) 555-0111", "metFORMIN", "first call", "4 days"):
            assert said in page
        answer = post(tess, "/pickup/reminders/", "call", bag=fill.bag.code, outcome="message_left", note=NASTY)
        assert answer.status_code == 200
        page = text(answer)
        is_escaped(page)
        assert "Tess Young: message left" in page
        assert "called" in page

    @pytest.mark.parametrize(
        "wrong", [{"outcome": ""}, {"outcome": NASTY}, {"bag": ""}, {"bag": "abc"}, {"note": "x" * 201}]
    )
    def test_what_is_no_call_is_refused(self, seat, cast, fill, wrong):
        tess = later(seat, cast, 4)
        answer = post(tess, "/pickup/reminders/", "call", **{"bag": fill.bag.code, "outcome": "reached", **wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert not BagCall.objects.exists()

    def test_a_clerk_calls_and_max_sees_nobody(self, seat, cast, fill):
        clerk = later(seat, cast, 4, cast.carl)
        assert post(clerk, "/pickup/reminders/", "call", bag=fill.bag.code, outcome="reached").status_code == 200
        elsewhere = Busy(seat, cast, cast.max)
        assert "Flórez" not in text(elsewhere.get("/pickup/reminders/"))
        assert post(elsewhere, "/pickup/reminders/", "call", bag=fill.bag.code, outcome="reached").status_code in {
            404,
            422,
        }
        assert BagCall.objects.count() == 1

    @pytest.mark.parametrize("many", [1, 12])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, seat, cast, many, django_assert_max_num_queries):
        for n in range(many):
            cast.bagged(patient=somebody(cast, n), quantity=10)
        tess = later(seat, cast, 20)
        for page in ("reminders/", "returns/"):
            with django_assert_max_num_queries(COST):
                assert tess.get(f"/pickup/{page}").status_code == 200


class TestReturns:
    @pytest.fixture
    def due(self, cast):
        return [cast.bagged(patient=somebody(cast, n), quantity=10) for n in range(3)]

    def test_all_that_are_marked_go_back_and_their_labels_come_in_one_print(self, seat, cast, due):
        tess = later(seat, cast, 20)
        page = text(tess.get("/pickup/returns/"))
        assert page.count("checked") == 3
        assert "Patient0" not in page
        assert tess.get("/pickup/returns/tags.pdf").status_code == 404
        answer = post(tess, "/pickup/returns/", "sweep", fill=[str(f.code) for f in due[:2]])
        assert answer.status_code == 200
        assert "2 back in stock" in text(answer)
        assert [again(cast, f).state for f in due] == ["returned", "returned", "bin"]
        assert len(pages(tess.get("/pickup/returns/tags.pdf"))) == 2

    def test_one_that_is_stopped_does_not_hold_up_the_others(self, seat, cast, due):
        tess = later(seat, cast, 20)
        elsewhere = due[1].bag
        Bag.objects.filter(pk=elsewhere.pk).update(state="handed_over")  # as if somebody was faster
        answer = post(tess, "/pickup/returns/", "sweep", fill=[str(f.code) for f in due])
        page = text(answer)
        assert f"{due[1].number} stays" in page
        assert "2 back in stock" in page

    @pytest.mark.parametrize("marked", [[], ["abc"], [NASTY], ["00000000-0000-4000-8000-000000000000"]])
    def test_what_is_not_due_or_is_none_is_refused(self, seat, cast, due, marked):
        answer = post(later(seat, cast, 20), "/pickup/returns/", "sweep", fill=marked)
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert not Fill.objects.filter(state="returned").exists()

    def test_what_is_not_due_yet_is_not_swept(self, cast, tess, due):
        answer = post(tess, "/pickup/returns/", "sweep", fill=[str(f.code) for f in due])
        assert answer.status_code == 422

    def test_a_clerk_does_not_and_max_cannot(self, seat, cast, due):
        clerk = later(seat, cast, 20, cast.carl)
        assert clerk.get("/pickup/returns/").status_code == 403
        elsewhere = Busy(seat, cast, cast.max)
        assert due[0].number not in text(elsewhere.get("/pickup/returns/"))
        assert post(elsewhere, "/pickup/returns/", "sweep", fill=[str(due[0].code)]).status_code == 422
        assert clerk.get("/pickup/returns/tags.pdf").status_code == 403


class TestPayingAndReceipt:
    @pytest.fixture
    def came(self, cast, fill):
        came = pickup.identify(
            cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at()
        )
        pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        return pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())

    def test_two_kinds_and_the_change_is_said(self, tess, came):
        answer = post(
            tess, f"/pickup/{came.code}/", "hand_over", **{**SIGNED, "paid_by": "card", "second": "cash", "second_amount": "5", "given": "20"}
        )  # fmt: skip
        assert answer.status_code == 200, text(answer)
        assert "Change $15.00." in text(answer)
        assert [p.kind for p in Payment.objects.order_by("id")] == ["card", "cash"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"given": "0.01"}, {"given": "abc"}, {"given": "-5"}, {"paid_by": "card", "given": "100"}, {"second": "card"},
            {"second": "card", "second_amount": "100000"}, {"second": "cash", "second_amount": "1"}, {"second_amount": "1"},
            {"second": NASTY}, {"second": "card", "second_amount": "1.001"},
        ],
    )  # fmt: skip
    def test_what_does_not_add_up_is_refused_and_nothing_goes(self, cast, tess, fill, came, wrong):
        answer = post(tess, f"/pickup/{came.code}/", "hand_over", **{**SIGNED, **wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert (again(cast, fill).state, Payment.objects.count()) == ("bin", 0)

    def test_the_receipt_names_no_medicine_unless_the_patient_wants_it(self, cast, tess, fill, came):
        where = f"/pickup/{came.code}/receipt"
        assert tess.get(f"{where}/").status_code == 404
        post(tess, f"/pickup/{came.code}/", "hand_over", **{**SIGNED, "given": "100"})
        page = text(tess.get(f"{where}/"))
        assert f"Rx {fill.prescription.number}" in page
        for secret in ("metFORMIN", "Flórez", "500 mg"):
            assert secret not in page
            assert secret in text(tess.get(f"{where}/?named=yes"))
        paper = pages(tess.get(f"{where}.pdf"))[0].get_textpage().get_text_range()
        assert fill.prescription.number in paper
        assert "metFORMIN" not in paper
        assert "metFORMIN" in pages(tess.get(f"{where}.pdf?named=yes"))[0].get_textpage().get_text_range()
        assert tess.get(f"{where}.exe").status_code == 404

    def test_max_sees_no_receipt(self, seat, cast, tess, came):
        post(tess, f"/pickup/{came.code}/", "hand_over", **SIGNED)
        elsewhere = Busy(seat, cast, cast.max)
        assert elsewhere.get(f"/pickup/{came.code}/receipt/").status_code == 404
        assert elsewhere.get(f"/pickup/{came.code}/receipt.pdf").status_code == 404


class TestDeliveries:
    LIST = "/pickup/deliveries/"

    @pytest.fixture
    def out(self, cast, fill):
        return deliveries.send(cast.tess, bag=fill.bag, driver="Dan Reyes", at=cast.at())

    def test_the_page_of_a_delivery_tells_what_is_on_its_way(self, tess, fill, out):
        page = text(tess.get(f"{self.LIST}{out.code}/"))
        assert "With the driver" in page
        assert fill.bag.number in page

    def test_from_the_list_to_the_door(self, cast, tess, fill):
        assert post(tess, self.LIST, "plan", bag=fill.bag.number, on="11/20/2026").status_code == 200
        assert "5 Elm St" in text(tess.get(self.LIST))
        assert post(tess, self.LIST, "send", bag=fill.bag.code, driver="Dan Reyes").status_code == 200
        out = PickUp.objects.get()
        where = f"{self.LIST}{out.code}/"
        assert where in text(tess.get(self.LIST))
        assert fill.bag.number not in text(tess.get("/pickup/"))
        assert post(tess, where, "prove", **SIGNED).status_code == 422
        assert post(tess, where, "counsel", outcome="declined").status_code == 200
        answer = post(tess, where, "prove", headers={}, **{**SIGNED, "paid_by": "account"})
        assert (answer.status_code, answer["Location"]) == (303, self.LIST)
        assert again(cast, fill).state == "sold"
        page = text(tess.get(self.LIST))
        assert "Delivered and sold." in page
        assert "by Rosa Flórez" in page

    def test_the_pharmacist_counsels_by_telephone_and_a_technician_does_not(self, seat, cast, tess, out):
        where = f"{self.LIST}{out.code}/"
        assert post(tess, where, "counsel", outcome="accepted").status_code == 422
        assert post(Busy(seat, cast, cast.ada), where, "counsel", outcome="accepted").status_code == 200
        assert PickUp.objects.get().counselled_by == "Ada Park"

    def test_what_came_back_waits_in_its_bin(self, cast, tess, fill, out):
        where = f"{self.LIST}{out.code}/"
        assert post(tess, where, "came_back", why=" ").status_code == 422
        assert post(tess, where, "came_back", headers={}, why=NASTY).status_code == 303
        assert fill.bag.number in text(tess.get("/pickup/"))
        is_escaped(text(tess.get(self.LIST)))

    @pytest.mark.parametrize(
        "wrong", [{"bag": ""}, {"bag": "hello"}, {"bag": "B99999"}, {"bag": NASTY}, {"on": ""}, {"on": "11/19/2026"}, {"on": "soon"}]
    )  # fmt: skip
    def test_what_is_no_bag_or_no_day_is_refused(self, tess, fill, wrong):
        answer = post(tess, self.LIST, "plan", **{"bag": fill.bag.number, "on": "11/20/2026", **wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert Bag.objects.get().deliver_on is None

    @pytest.mark.parametrize(
        "wrong", [{"taken_at": "25:00"}, {"taken_at": "11:59 PM"}, {"taken_at": NASTY}, {"signed_by": ""}]
    )
    def test_a_time_or_a_name_that_is_none_is_refused(self, cast, tess, fill, out, wrong):
        where = f"{self.LIST}{out.code}/"
        post(tess, where, "counsel", outcome="declined")
        answer = post(tess, where, "prove", **{**SIGNED, **wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert (again(cast, fill).state, DeliveryStep.objects.count()) == ("bin", 1)

    def test_it_is_taken_off_the_list(self, tess, fill):
        post(tess, self.LIST, "plan", bag=fill.bag.number, on="11/20/2026")
        assert post(tess, self.LIST, "unplan", bag=fill.bag.code).status_code == 200
        assert Bag.objects.get().deliver_on is None

    def test_a_clerk_does_not_and_max_sees_and_changes_nothing(self, seat, cast, fill, out):
        where = f"{self.LIST}{out.code}/"
        assert Busy(seat, cast, cast.carl).get(self.LIST).status_code == 403
        elsewhere = Busy(seat, cast, cast.max)
        assert "Flórez" not in text(elsewhere.get(self.LIST))
        assert elsewhere.get(where).status_code == 404
        for do in ("prove", "came_back", "counsel"):
            assert post(elsewhere, where, do, headers={}, outcome="declined", why="x", **SIGNED).status_code == 404
        for do in ("plan", "send", "unplan"):
            fields = {"bag": fill.bag.number if do == "plan" else fill.bag.code, "on": "11/20/2026", "driver": "D"}
            assert post(elsewhere, self.LIST, do, **fields).status_code in {404, 422}
        assert Bag.objects.get().state == "out"

    @pytest.mark.parametrize("many", [1, 6])
    def test_the_cost_of_the_list_does_not_grow_with_the_work(self, cast, tess, many, django_assert_max_num_queries):
        Patient.objects.update(street="5 Elm St", city="Madison")
        for n in range(many):
            who = somebody(cast, n, street="5 Elm St", city="Madison")
            bags = [
                cast.bagged(patient=who, quantity=10).bag,
                cast.bagged(patient=somebody(cast, n + 50, street="1", city="M")).bag,
            ]
            deliveries.plan(cast.tess, bag=bags[0], on=cast.tess.day(cast.clock), at=cast.at())
            deliveries.send(cast.tess, bag=bags[1], driver="Dan", at=cast.at())
        tess.wake()
        with django_assert_max_num_queries(COST + 4):
            assert tess.get(self.LIST).status_code == 200
