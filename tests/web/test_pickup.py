"""The pick-up counter: who is it, every bag scanned, a word with the pharmacist, a name signed; then it is sold."""

import pytest

from officina.dispensing.models import PickUp
from officina.dispensing.services import pickup
from officina.inventory import queries as stock
from web.seen import HTMX, NASTY, Busy, again, is_escaped, somebody, text

LIST_COST, WORK_COST = 14, 20
ROSA = {"last_name": "Florez", "first_name": "Rosa", "born_on": "03/14/1961"}
SIGNED = {"signed_by": "Rosa Flórez", "relation": "self", "paid_by": "cash"}


def identify(client, **who):
    return client.post("/pickup/", {"do": "identify", **ROSA, **who})


def post(client, came, do, headers=HTMX, **fields):
    return client.post(f"/pickup/{came.code}/", {"do": do, **fields}, headers=headers)


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def fill(cast):
    return cast.bagged()


@pytest.fixture
def came(cast, fill):
    return pickup.identify(cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at())


def state_of(came):
    return PickUp.objects.get(pk=came.pk).state


class TestTheList:
    def test_it_shows_bins_and_bags_and_no_name_and_no_birth_date(self, tess, fill, came):
        page = text(tess.get("/pickup/"))
        assert fill.bag.number in page
        for secret in ("Flórez", "Rosa", "1961", "metFORMIN"):
            assert secret not in page

    def test_max_of_another_pharmacy_sees_and_changes_nothing(self, seat, cast, fill, came):
        elsewhere = Busy(seat, cast, cast.max)
        assert fill.bag.number not in text(elsewhere.get("/pickup/"))
        assert identify(elsewhere).status_code == 422
        assert elsewhere.get(f"/pickup/{came.code}/").status_code == 404
        for do in ("scan", "counsel", "hand_over", "leave"):
            answer = post(elsewhere, came, do, headers={}, scan=fill.bag.number, outcome="declined", **SIGNED)
            assert answer.status_code == 404
            assert "Flórez" not in text(answer)
        answer = elsewhere.post("/pickup/", {"do": "return_to_stock", "fill": fill.code})
        assert answer.status_code in {404, 422}
        assert (again(cast, fill).state, state_of(came)) == ("bin", "open")

    @pytest.mark.parametrize("code", ["", "abc", "9" * 40, NASTY])
    def test_a_fill_that_is_none_is_not_returned(self, tess, code):
        answer = tess.post("/pickup/", {"do": "return_to_stock", "fill": code})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)

    def test_what_nobody_came_for_goes_back_as_a_vial(self, seat, cast, tess, fill):
        assert "To return to stock" not in text(tess.get("/pickup/"))
        cast.at(60 * 24 * 20)
        # Nobody stays signed in for three weeks.
        tess = Busy(seat, cast, cast.tess)
        assert "To return to stock" in text(tess.get("/pickup/"))
        answer = tess.post("/pickup/", {"do": "return_to_stock", "fill": fill.code})
        assert answer.status_code == 303
        vial = stock.vial_made_from(cast.ada.site_id, fill.number)
        assert again(cast, fill).state == "returned"
        assert f"vial {vial}" in text(tess.get("/pickup/"))

    def test_a_clerk_may_stand_here_and_may_not_return_to_stock(self, seat, cast, fill):
        clerk = Busy(seat, cast, cast.carl)
        assert clerk.get("/pickup/").status_code == 200
        assert clerk.post("/pickup/", {"do": "return_to_stock", "fill": fill.code}).status_code == 422
        assert again(cast, fill).state == "bin"

    @pytest.mark.parametrize("many", [1, 20])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, cast, tess, many, django_assert_max_num_queries):
        for n in range(many):
            who = somebody(cast, n)
            cast.bagged(patient=who, quantity=10)
            came = pickup.identify(
                cast.tess, last_name=who.last_name, first_name="Pat", born_on=who.born_on, at=cast.at()
            )
        tess.wake()
        with django_assert_max_num_queries(LIST_COST):
            assert tess.get("/pickup/").status_code == 200
        with django_assert_max_num_queries(WORK_COST):
            assert tess.get(f"/pickup/{came.code}/").status_code == 200


class TestWho:
    def test_name_and_birth_date_open_the_pick_up_and_stand_in_no_address(self, tess, fill):
        answer = identify(tess)
        assert (answer.status_code, answer["Location"]) == (303, f"/pickup/{PickUp.objects.get().code}/")
        page = text(tess.get(answer["Location"]))
        assert fill.bag.bin in page
        assert "1961" not in answer["Location"]

    def test_the_counter_shows_the_same_banner_as_every_desk(self, tess, fill):
        banner = text(tess.get(identify(tess)["Location"])).partition('class="banner"')[2].partition("</section>")[0]
        for fact in ("Flórez", "Mar 14, 1961", "Allergies"):
            assert fact in banner

    @pytest.mark.parametrize(
        "wrong",
        [
            {"last_name": "Haddad"},
            {"first_name": "Rosalind"},
            {"born_on": "03/15/1961"},
            {"born_on": ""},
            {"born_on": "yesterday"},
            {"last_name": ""},
            {"last_name": NASTY},
            {"last_name": "%"},
        ],
    )
    def test_who_does_not_fit_is_not_found_and_no_patient_is_shown(self, tess, fill, wrong):
        answer = identify(tess, **wrong)
        page = text(answer)
        assert answer.status_code == 422
        assert "Flórez" not in page
        assert "<script>alert" not in page
        assert not PickUp.objects.exists()


class TestTheBags:
    def test_a_bag_of_another_patient_stops_loudly(self, cast, tess, came):
        theirs = cast.bagged(patient=cast.omar)
        answer = post(tess, came, "scan", scan=theirs.bag.number)
        page = text(answer)
        assert answer.status_code == 422
        assert "stop-panel" in page
        assert "belongs to another patient" in page
        assert "Haddad" not in page
        assert not came.bags.exists()

    @pytest.mark.parametrize("scan", ["", "hello", "B99999", "\x00", "9" * 401, NASTY])
    def test_what_is_no_bag_of_ours_is_refused(self, tess, came, scan):
        answer = post(tess, came, "scan", scan=scan)
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert not came.bags.exists()

    def test_the_vial_inside_is_not_the_bag(self, tess, fill, came):
        answer = post(tess, came, "scan", scan=fill.number)
        assert answer.status_code == 422
        assert "Scan the bag" in text(answer)

    def test_an_unscanned_bag_is_not_handed_over(self, cast, tess, fill, came):
        answer = post(tess, came, "hand_over", **SIGNED)
        assert answer.status_code == 422
        assert "Scan every bag" in text(answer)
        assert again(cast, fill).state == "bin"

    def test_what_is_not_checked_has_no_bag_and_is_not_handed_over(self, cast, tess):
        fill = cast.filled()
        tess_came = pickup.identify(
            cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at()
        )
        assert "Nothing waits in a bin for this patient." in text(tess.get(f"/pickup/{tess_came.code}/"))
        assert post(tess, tess_came, "hand_over", **SIGNED).status_code == 422
        assert again(cast, fill).state == "final_check"

    def test_a_bag_that_went_is_not_scanned_again(self, tess, fill, came):
        sell(tess, fill, came)
        assert identify(tess).status_code == 303
        second = PickUp.objects.exclude(pk=came.pk).get()
        answer = post(tess, second, "scan", scan=fill.bag.number)
        assert answer.status_code == 422
        assert "handed over or emptied" in text(answer)


def sell(client, fill, came):
    assert post(client, came, "scan", scan=fill.bag.number).status_code == 200
    assert post(client, came, "counsel", outcome="declined").status_code == 200
    answer = post(client, came, "hand_over", **SIGNED)
    assert answer.status_code == 200, text(answer)
    return text(answer)


class TestCounselAndSignature:
    @pytest.fixture
    def scanned(self, tess, fill, came):
        assert post(tess, came, "scan", scan=fill.bag.number).status_code == 200
        return came

    def counsel(self, came):
        return PickUp.objects.get(pk=came.pk).counsel

    def test_from_the_bag_to_the_hand(self, cast, tess, fill, came):
        page = sell(tess, fill, came)
        assert "Handed over." in page
        assert "Next person" in page
        assert (again(cast, fill).state, state_of(came)) == ("sold", "done")

    def test_a_technician_offers_and_does_not_counsel(self, tess, scanned):
        answer = post(tess, scanned, "counsel", outcome="accepted")
        assert answer.status_code == 422
        assert self.counsel(scanned) == ""
        assert "Accepted: I counselled" not in text(answer)
        assert post(tess, scanned, "counsel", outcome="declined").status_code == 200

    def test_a_yes_leads_a_technician_to_the_pharmacist_and_nothing_goes_out_before(self, seat, cast, tess, scanned):
        assert "Wants counselling: call the pharmacist" in text(tess.get(f"/pickup/{scanned.code}/"))
        page = text(post(tess, scanned, "counsel", outcome="wanted"))
        assert "Call the pharmacist" in page
        assert "Wants counselling: call the pharmacist (Alt W)" in page
        answer = post(tess, scanned, "hand_over", **SIGNED)
        assert answer.status_code == 422
        assert "wants counselling" in text(answer)
        # Nor does the technician take it back.
        assert post(tess, scanned, "counsel", outcome="declined").status_code == 422
        assert self.counsel(scanned) == "wanted"
        ada = seat(cast.ada)
        assert "Accepted: I counselled" in text(ada.get(f"/pickup/{scanned.code}/"))
        assert post(ada, scanned, "counsel", outcome="accepted").status_code == 200
        assert "Handed over." in text(post(tess, scanned, "hand_over", **SIGNED))

    def test_who_took_it_is_said_in_words(self, cast, tess, fill, came):
        page = sell(tess, fill, came)
        assert "<dt>Taken by</dt><dd>The patient</dd>" in page

    def test_a_clerk_does_neither(self, seat, cast, scanned):
        for outcome in ("accepted", "declined"):
            assert post(seat(cast.carl), scanned, "counsel", outcome=outcome).status_code == 422
        assert self.counsel(scanned) == ""

    def test_a_clerk_is_told_whom_to_call(self, seat, cast, tess, scanned):
        where = f"/pickup/{scanned.code}/"
        assert "Call a technician or the pharmacist" in text(seat(cast.carl).get(where))
        assert "Call a technician" not in text(tess.get(where))
        post(tess, scanned, "counsel", outcome="declined")
        assert "Call a technician" not in text(seat(cast.carl).get(where))

    @pytest.mark.parametrize("who", ["ada", "ivo"])
    def test_a_pharmacist_or_an_intern_counsels_and_is_named(self, seat, cast, scanned, who):
        actor = getattr(cast, who)
        assert post(seat(actor), scanned, "counsel", outcome="accepted").status_code == 200
        assert PickUp.objects.get(pk=scanned.pk).counselled_by == actor.name

    def test_something_new_needs_an_offer(self, tess, scanned):
        answer = post(tess, scanned, "counsel", outcome="not_required_refill")
        assert answer.status_code == 422
        assert "counselling must be offered" in text(answer)
        assert self.counsel(scanned) == ""

    @pytest.mark.parametrize("outcome", ["", "maybe", NASTY])
    def test_an_outcome_that_is_none_is_refused(self, tess, scanned, outcome):
        assert post(tess, scanned, "counsel", outcome=outcome).status_code == 422
        assert self.counsel(scanned) == ""

    def test_nothing_goes_before_the_offer_is_written_down(self, cast, tess, fill, scanned):
        answer = post(tess, scanned, "hand_over", **SIGNED)
        assert answer.status_code == 422
        assert "offer to counsel" in text(answer)
        assert again(cast, fill).state == "bin"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"signed_by": " "},
            {"relation": "stranger"},
            {"paid_by": "barter"},
            {"signature": "<svg onload=alert(1)>"},
            {"signed_by": "x" * 121},
        ],
    )
    def test_without_a_name_and_a_way_to_pay_nothing_goes(self, cast, tess, fill, scanned, wrong):
        post(tess, scanned, "counsel", outcome="declined")
        answer = post(tess, scanned, "hand_over", **{**SIGNED, **wrong})
        assert answer.status_code == 422
        assert "<svg onload" not in text(answer)
        assert (again(cast, fill).state, state_of(scanned)) == ("bin", "open")

    def test_handed_over_twice_is_sold_once(self, cast, tess, fill, came):
        sell(tess, fill, came)
        answer = post(tess, came, "hand_over", **SIGNED)
        assert answer.status_code == 422
        assert "This pick-up ended." in text(answer)

    def test_who_leaves_without_leaves_the_bags_in_their_bins(self, cast, tess, fill, scanned):
        answer = post(tess, scanned, "leave", headers={})
        assert (answer.status_code, answer["Location"]) == (303, "/pickup/")
        assert (again(cast, fill).state, state_of(scanned)) == ("bin", "left")


def test_a_name_that_is_a_script_is_text_everywhere(cast, tess):
    mean = somebody(cast, last_name=NASTY, first_name='"O\'Neil"')
    fill = cast.bagged(patient=mean)
    answer = identify(tess, last_name=NASTY, first_name='"O\'Neil"', born_on="01/01/1970")
    assert answer.status_code == 303
    is_escaped(text(tess.get(answer["Location"])))
    assert "<script>alert" not in text(tess.get("/pickup/"))
    post(tess, PickUp.objects.get(), "scan", scan=fill.bag.number)
    post(tess, PickUp.objects.get(), "counsel", outcome="declined")
    page = text(post(tess, PickUp.objects.get(), "hand_over", **{**SIGNED, "signed_by": NASTY}))
    is_escaped(page)
