"""The stockroom: deliveries, lots, counts, quarantine, and the tag of a vial that came back."""

import re

import pytest

from officina.dispensing.services import checking
from officina.inventory import queries
from officina.inventory.models import Balance, Lot
from web.seen import HTMX, NASTY, Busy, text

LIST_COST, WORK_COST = 11, 14


def post(client, lot, do, headers=HTMX, **fields):
    return client.post(f"/stock/lot/{lot.code}/", {"do": do, **fields}, headers=headers)


def shelf(cast):
    return queries.places(cast.ada.site_id)["shelf"].pk


def receive(client, **fields):
    usual = {"scan": "11111-1111-1", "lot_number": "NEW1", "expires_on": "05/31/2027", "bottles": "2"}
    return client.post("/stock/", {"do": "receive", **usual, **fields})


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


@pytest.fixture
def vial(cast):
    """A vial that came back to stock."""
    fill = checking.return_to_stock(cast.tess, fill=cast.bagged(), why="Nobody came", at=cast.at())
    return Lot.objects.get(vial_number=queries.vial_made_from(cast.ada.site_id, fill.number))


def test_the_page_lists_what_is_on_hand(tess):
    page = text(tess.get("/stock/"))
    assert "GOOD1" in page
    assert "FIRST1" in page


@pytest.mark.parametrize("words", ["", "\x00", NASTY, "%", "9" * 300])
def test_a_search_shows_what_fits_and_breaks_on_nothing(tess, words):
    answer = tess.post("/stock/", {"do": "find", "text": words})
    assert answer.status_code in {200, 422}
    assert "<script>alert" not in text(answer)


def test_a_medicine_is_found(tess):
    page = text(tess.post("/stock/", {"do": "find", "text": "lisinopril"}))
    assert "11111-3333-1" in page
    assert "GOOD1" not in page


def test_a_misspelt_medicine_is_proposed_with_a_button_that_searches_it(tess):
    page = text(tess.post("/stock/", {"do": "find", "text": "metfromin"}))
    assert "Did you mean metFORMIN?" in page
    assert 'name="text" value="metformin"' in page
    assert "GOOD1" not in page


def test_an_ndc_finds_its_stock_and_so_does_its_beginning(tess):
    for written in ("11111-3333-1", "11111-3333"):
        page = text(tess.post("/stock/", {"do": "find", "text": written}))
        assert "11111-3333-1" in page
        assert "GOOD1" not in page


@pytest.mark.parametrize("many", [1, 20])
def test_the_cost_of_a_page_does_not_grow_with_the_work(cast, tess, many, django_assert_max_num_queries):
    for n in range(many):
        assert receive(tess, lot_number=f"MANY{n}").status_code == 303
    tess.wake()
    with django_assert_max_num_queries(LIST_COST):
        assert tess.get("/stock/").status_code == 200
    tess.wake()
    with django_assert_max_num_queries(WORK_COST):
        assert tess.get(f"/stock/lot/{cast.lot.code}/").status_code == 200


def test_max_of_another_pharmacy_sees_and_changes_nothing(seat, cast, vial):
    elsewhere = Busy(seat, cast, cast.max)
    assert "GOOD1" not in text(elsewhere.get("/stock/"))
    for lot in (cast.lot, vial):
        for path in ("", "tag.pdf", "tag.zpl"):
            assert elsewhere.get(f"/stock/lot/{lot.code}/{path}").status_code == 404
        for do in ("quarantine", "count"):
            answer = post(elsewhere, lot, do, headers={}, why="mine", counted="1", place=shelf(cast))
            assert answer.status_code == 404
    assert Lot.objects.get(pk=cast.lot.pk).state == "good"


def test_a_clerk_is_told_that_this_is_not_theirs(seat, cast):
    clerk = Busy(seat, cast, cast.carl)
    for path in ("/stock/", f"/stock/lot/{cast.lot.code}/"):
        answer = clerk.get(path)
        assert answer.status_code == 403
        assert "Clerks may not" in text(answer)
    for answer in (clerk.post("/stock/", {"do": "find", "text": ""}), receive(clerk)):
        assert answer.status_code in {403, 422}
        assert "GOOD1" not in text(answer)
    assert post(clerk, cast.lot, "quarantine", why="x").status_code in {403, 422}
    assert Lot.objects.get(pk=cast.lot.pk).state == "good"


class TestAScanIsALookUp:
    def looked_up(self, client, scan, headers=None):
        return client.post("/stock/", {"do": "look_up", "scan": scan}, headers=headers or {})

    def test_it_shows_what_came_and_asks_only_for_how_many(self, cast, tess):
        before = Lot.objects.count()
        code = f"01{cast.metformin.gtin}1727053110CODED"
        answer = self.looked_up(tess, code, {"HX-Request": "true", "HX-Target": "receive"})
        page = text(answer)
        assert answer.status_code == 200
        for said in ("metFORMIN", "CODED", "May 31, 2027", "100 tablets", "11111-1111-1"):
            assert said in page
        assert "field-error" not in page
        assert re.search(r'name="bottles" value="1"[^>]*data-home', page)
        assert 'name="lot_number"' not in page
        # The code goes on in the form; the field is free for the next scan.
        assert f'type="hidden" name="scan" value="{code}"' in page
        assert len(re.findall(r'name="scan" value=', page)) == 1
        assert Lot.objects.count() == before

    def test_what_the_code_does_not_say_is_asked_for_first(self, tess):
        page = text(self.looked_up(tess, "11111-1111-1"))
        assert re.search(r'name="lot_number"[^>]*data-home', page)
        assert 'name="expires_on"' in page

    def test_what_is_no_code_or_not_in_the_drug_file_is_refused_without_a_form(self, tess):
        for scan in ("hello", "99999-1111-1", "", NASTY):
            answer = self.looked_up(tess, scan)
            assert answer.status_code == 422
            assert 'name="bottles"' not in text(answer)
            assert "<script>alert" not in text(answer)

    def test_a_scan_that_is_no_medicine_is_said_plainly_with_the_standard_beside_it(self, tess):
        page = text(self.looked_up(tess, "hello"))
        said = page.partition('id="answer"')[2].partition("</div>")[0]
        assert "This is no medicine&#39;s barcode. Nothing was done." in said
        assert '<span class="small">' in said

    def test_who_may_not_receive_may_not_look_up(self, seat, cast):
        assert self.looked_up(Busy(seat, cast, cast.carl), "11111-1111-1").status_code in {403, 422}

    def test_a_refused_delivery_still_shows_what_it_is_and_what_was_typed(self, tess):
        page = text(receive(tess, bottles="0"))
        assert "metFORMIN" in page.partition('id="receive"')[2].partition("</section>")[0]
        assert 'value="NEW1"' in page
        assert "Must be more than 0." in page


def test_a_delivery_is_received_in_whole_packages(cast, tess):
    assert receive(tess).status_code == 303
    assert "200 tablet of metformin" in text(tess.get("/stock/"))
    assert queries.on_hand(Lot.objects.get(number="NEW1").pk, shelf(cast)) == 200


def test_who_types_the_next_delivery_over_the_last_is_told_that_it_was_not_received(seat, cast):
    tess = seat(cast.tess)
    # The browser shows the page of before, under the key of before.
    assert receive(tess, key="k1").status_code == 303
    answer = receive(tess, key="k1", lot_number="NEW2")
    assert answer.status_code == 422
    assert "sent before with something else on it" in text(answer)
    assert not Lot.objects.filter(number="NEW2").exists()
    fresh = re.search(r'name="key" value="(\w+)"', text(answer))[1]
    assert receive(tess, key=fresh, lot_number="NEW2").status_code == 303
    assert Lot.objects.filter(number="NEW2").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"scan": ""},
        {"scan": "hello"},
        {"scan": "99999-1111-1"},
        {"scan": NASTY},
        {"lot_number": ""},
        {"lot_number": "x" * 41},
        {"expires_on": ""},
        {"expires_on": "soon"},
        {"bottles": "0"},
        {"bottles": "-1"},
        {"bottles": "NaN"},
        {"bottles": ""},
    ],
)
def test_a_delivery_that_is_not_clear_is_refused_and_nothing_is_received(tess, wrong):
    before = Lot.objects.count()
    answer = receive(tess, **wrong)
    assert answer.status_code == 422
    assert "<script>alert" not in text(answer)
    assert Lot.objects.count() == before


def test_a_lot_typed_otherwise_than_its_code_says_is_refused(cast, tess):
    answer = receive(tess, scan=f"01{cast.metformin.gtin}1727053110CODED", lot_number="TYPED", expires_on="")
    assert answer.status_code == 422
    assert "CODED" in text(answer)
    assert not Lot.objects.filter(number__in=["CODED", "TYPED"]).exists()


def test_quarantine_needs_a_reason_and_shows_at_once(cast, tess):
    assert post(tess, cast.lot, "quarantine", why=" ").status_code == 422
    assert Lot.objects.get(pk=cast.lot.pk).state == "good"
    answer = post(tess, cast.lot, "quarantine", why="Recall")
    assert "No scan of it passes" in text(answer)
    assert "In quarantine" in text(answer)


def test_only_who_may_counts_and_a_difference_needs_a_reason(cast, tess, ada):
    fields = {"counted": "490", "place": shelf(cast)}
    assert post(tess, cast.lot, "count", why="ten gone", **fields).status_code == 422
    assert post(ada, cast.lot, "count", why="", **fields).status_code == 422
    assert queries.on_hand(cast.lot.pk, shelf(cast)) == 500
    assert post(ada, cast.lot, "count", headers={}, why="Ten were broken", **fields).status_code == 303
    assert queries.on_hand(cast.lot.pk, shelf(cast)) == 490


def test_a_count_that_needs_a_reason_stays_open_with_what_was_counted(cast, ada):
    answer = post(ada, cast.lot, "count", counted="178", why="", place=shelf(cast))
    assert answer.status_code == 422
    row = text(answer).partition("<details")[2].partition("</details>")[0]
    assert row.startswith(' class="with-reason" open')
    assert 'value="178"' in row
    assert "Needed" in row


@pytest.mark.parametrize(
    "wrong", [{"place": ""}, {"place": "abc"}, {"counted": "-1"}, {"counted": ""}, {"counted": "x"}]
)
def test_a_count_that_is_none_is_refused(cast, ada, wrong):
    fields = {"counted": "490", "place": shelf(cast), "why": "Counted", **wrong}
    assert post(ada, cast.lot, "count", **fields).status_code == 422
    assert queries.on_hand(cast.lot.pk, shelf(cast)) == 500


def test_a_vial_that_came_back_has_a_tag_with_its_own_number_and_nobodys_name(tess, vial):
    assert f"/stock/lot/{vial.code}/tag.pdf" in text(tess.get(f"/stock/lot/{vial.code}/"))
    zpl = tess.get(f"/stock/lot/{vial.code}/tag.zpl")
    assert vial.vial_number in text(zpl)
    assert "metFORMIN 500 mg tablet" in text(zpl)
    assert "rez" not in text(zpl)
    pdf = tess.get(f"/stock/lot/{vial.code}/tag.pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert tess.get(f"/stock/lot/{vial.code}/tag.exe").status_code == 404


def test_the_makers_own_bottle_has_none(cast, tess):
    answer = tess.get(f"/stock/lot/{cast.lot.code}/tag.pdf")
    assert answer.status_code == 403
    assert "the maker&#39;s own label" in text(answer)
    assert "tag.pdf" not in text(tess.get(f"/stock/lot/{cast.lot.code}/"))


def test_a_lot_number_that_is_a_script_is_text(tess):
    assert receive(tess, lot_number="<b>'\"").status_code in {303, 422}
    assert "<b>'" not in tess.get("/stock/").content.decode()


@pytest.mark.parametrize("counted", ["0.1234567", "59.0000001"])
def test_a_count_finer_than_is_kept_is_refused_in_words(seat, cast, counted):
    place = Balance.objects.get(lot=cast.lot).place_id
    answer = seat(cast.ada).post(
        f"/stock/lot/{cast.lot.code}/", {"do": "count", "place": place, "counted": counted, "why": "x y z"}
    )
    assert answer.status_code == 422
    assert "At most 6 decimal places." in answer.content.decode()
