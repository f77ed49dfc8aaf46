"""The checking desk: somebody else's eyes pass the vial or send it back; then the bag and its tag."""

import re

import pytest

from officina.dispensing import queries
from officina.dispensing.models import Bag
from officina.dispensing.services import checking, filling
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.patients import services as patients
from web.seen import HTMX, NASTY, Busy, again, is_escaped, somebody, text

LIST_COST, WORK_COST = 10, 22


def post(client, fill, do, headers=HTMX, **fields):
    fields.setdefault("version", fill.version)
    return client.post(f"/checking/{fill.code}/", {"do": do, **fields}, headers=headers)


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


class TestTheList:
    def test_it_shows_what_waits_and_nothing_of_other_steps(self, cast, ada):
        cast.ready(patient=cast.omar)
        fill = cast.filled()
        page = text(ada.get("/checking/"))
        assert page.count('class="row"') == 1
        assert f"/checking/{fill.code}/" in page

    def test_a_scanned_label_opens_its_fill(self, cast, ada):
        fill = cast.filled()
        answer = ada.post("/checking/", {"do": "scan", "scan": f"{fill.number}\r"})
        assert (answer.status_code, answer["Location"]) == (303, f"/checking/{fill.code}/")

    @pytest.mark.parametrize("scan", ["", "hello", "F9999999", "\x00", "9" * 401, NASTY])
    def test_a_label_that_is_not_ours_is_refused_in_words(self, ada, scan):
        answer = ada.post("/checking/", {"do": "scan", "scan": scan})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)

    def test_max_of_another_pharmacy_sees_and_changes_nothing(self, seat, cast):
        fill = cast.filled()
        elsewhere = Busy(seat, cast, cast.max)
        assert "Flórez" not in text(elsewhere.get("/checking/"))
        for path in ("", "label.png", "bag.pdf", "bag.zpl"):
            answer = elsewhere.get(f"/checking/{fill.code}/{path}")
            assert answer.status_code == 404
            assert "Flórez" not in text(answer)
        for do in ("verify", "reject", "bag", "hold", "return_to_stock"):
            answer = post(elsewhere, fill, do, headers={}, why="mine", bin_name="A1")
            assert answer.status_code == 404
            assert "Flórez" not in text(answer)
        assert elsewhere.post("/checking/", {"do": "scan", "scan": fill.number}).status_code == 422
        assert again(cast, fill).state == "final_check"

    def test_a_clerk_is_told_that_this_is_not_theirs(self, seat, cast):
        fill = cast.filled()
        clerk = Busy(seat, cast, cast.carl)
        for path in ("/checking/", f"/checking/{fill.code}/"):
            answer = clerk.get(path)
            assert answer.status_code == 403
            assert "Clerks may not" in text(answer)
        assert post(clerk, fill, "verify").status_code in {403, 422}
        assert again(cast, fill).state == "final_check"

    @pytest.mark.parametrize("many", [1, 20])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, cast, ada, many, django_assert_max_num_queries):
        made = [cast.filled(patient=somebody(cast, n), quantity=10) for n in range(many)]
        ada.wake()
        with django_assert_max_num_queries(LIST_COST):
            assert text(ada.get("/checking/")).count('class="row"') == many
        with django_assert_max_num_queries(WORK_COST):
            assert ada.get(f"/checking/{made[0].code}/").status_code == 200


class TestTheCheck:
    def test_another_pharmacist_passes_it_and_is_named(self, cast, ada):
        fill = cast.filled()
        answer = post(ada, fill, "verify")
        assert answer.status_code == 200
        assert f"{fill.number} passed the check. Bag it." in text(answer)
        assert (again(cast, fill).state, again(cast, fill).verified_by) == ("checked", "Ada Park")

    def test_a_technician_neither_sees_the_button_nor_may_send_it(self, cast, tess):
        fill = cast.filled()
        page = text(tess.get(f"/checking/{fill.code}/"))
        assert "A pharmacist passes the final check." in page
        assert 'value="verify"' not in page
        answer = post(tess, fill, "verify")
        assert answer.status_code == 422
        assert "Technicians may not" in text(answer)
        assert again(cast, fill).state == "final_check"

    def test_an_intern_may_not_pass_it(self, seat, cast):
        fill = cast.filled()
        assert post(seat(cast.ivo), fill, "verify").status_code == 422
        assert again(cast, fill).state == "final_check"

    def test_nobody_passes_what_they_filled(self, seat, cast, ada):
        fill = filling.take(cast.ada, fill=cast.ready(), at=cast.at())
        fill = filling.label_printed(cast.ada, fill=fill, at=cast.at())
        cast.scan(fill, cast.lot, by=cast.ada)
        fill = filling.submit_fill(cast.ada, fill=fill, at=cast.at())
        assert 'value="verify"' not in text(ada.get(f"/checking/{fill.code}/"))
        answer = post(ada, fill, "verify")
        assert answer.status_code == 422
        assert (again(cast, fill).state, again(cast, fill).verified_by) == ("final_check", "")
        assert post(seat(cast.pia), fill, "verify").status_code == 200

    def test_a_lot_that_was_recalled_since_stops_the_check(self, cast, ada):
        fill = cast.filled()
        inventory.quarantine(cast.tess, lot=cast.lot, why="Recall", at=cast.at())
        answer = post(ada, fill, "verify")
        assert answer.status_code == 422
        assert "Send the fill back." in text(answer)
        assert again(cast, fill).state == "final_check"

    @pytest.mark.parametrize("do", ["verify", "reject", "hold", "bag", "return_to_stock"])
    @pytest.mark.parametrize("version", ["", "0", "999", "abc", "²", "9" * 40])
    def test_an_older_page_changes_nothing(self, cast, ada, do, version):
        fill = cast.filled()
        answer = post(ada, fill, do, version=version, why="Because", bin_name="A1")
        assert answer.status_code == 409
        assert "look at it again" in text(answer)
        assert again(cast, fill).state == "final_check"

    def test_a_fill_is_held_with_its_reason(self, cast, ada):
        fill = cast.filled()
        assert post(ada, fill, "hold", why="Call the prescriber about the dose").status_code == 204
        assert again(cast, fill).state == "held"
        assert "Call the prescriber about the dose" in text(ada.get(f"/rx/{fill.prescription.code}/"))

    @pytest.mark.parametrize("do", ["reject", "hold"])
    def test_no_reason_no_act(self, cast, ada, do):
        fill = cast.filled()
        answer = post(ada, fill, do, why="  ")
        assert answer.status_code == 422
        assert "Say why." in text(answer)
        assert again(cast, fill).state == "final_check"

    def test_sent_back_the_count_is_undone(self, cast, ada):
        fill = cast.filled()
        answer = post(ada, fill, "reject", headers={}, why="Tablets look chipped")
        assert (answer.status_code, answer["Location"]) == (303, "/checking/")
        assert queries.counted(again(cast, fill)) == 0
        assert stock.on_hand(cast.lot.pk, stock.places(cast.ada.site_id)["shelf"].pk) == 500

    def test_the_buttons_stand_before_the_picture_of_the_label(self, cast, ada):
        fill = cast.filled()
        page = text(ada.get(f"/checking/{fill.code}/"))
        assert page.index('value="verify"') < page.index("label-preview")
        assert page.index('value="reject"') < page.index("label-preview")

    def test_what_was_not_screened_is_one_line_a_reason(self, cast, ada):
        for what in ("moon dust", "star light"):
            patients.note_allergy(
                cast.tess, patient=cast.rosa, text=what, reaction="", severity="unknown", at=cast.at()
            )
        fill = cast.filled()
        page = text(ada.get(f"/checking/{fill.code}/"))
        reasons = re.findall(r"Not screened: ([^.]*)\. ([^.]*)\.</p>", page)
        assert len({why for _, why in reasons}) == len(reasons)
        assert any("moon dust" in what and "star light" in what for what, _ in reasons)

    def test_the_label_is_shown_and_never_run(self, cast, ada):
        fill = cast.filled()
        answer = ada.get(f"/checking/{fill.code}/label.png")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert ada.post(f"/checking/{fill.code}/label.png").status_code == 405


class TestTheBag:
    def test_an_unchecked_fill_cannot_be_bagged(self, cast, tess):
        fill = cast.filled()
        answer = post(tess, fill, "bag", bin_name="A1")
        assert answer.status_code == 422
        assert not Bag.objects.exists()
        assert again(cast, fill).state == "final_check"

    def test_bagged_it_says_where_and_offers_the_tag(self, cast, tess):
        fill = cast.checked()
        answer = post(tess, fill, "bag", headers={}, bin_name="c7")
        bag = again(cast, fill).bag
        assert (answer.status_code, answer["Location"]) == (303, f"/checking/{fill.code}/")
        page = text(tess.get(answer["Location"]))
        assert f"is in bag {bag.number}, bin C7" in page
        assert f"/checking/{fill.code}/bag.pdf" in page

    def test_no_bin_no_bag(self, cast, tess):
        fill = cast.checked()
        answer = post(tess, fill, "bag", bin_name=" ")
        assert answer.status_code == 422
        assert "Scan or type the bin." in text(answer)
        assert not Bag.objects.exists()

    def test_a_bag_of_another_patient_is_refused(self, cast, tess):
        theirs = cast.bagged(patient=cast.omar).bag
        fill = cast.checked()
        answer = post(tess, fill, "bag", into=theirs.number)
        assert answer.status_code == 422
        assert "another patient" in text(answer)
        assert again(cast, fill).state == "checked"

    @pytest.mark.parametrize("into", ["B9999", "hello", NASTY])
    def test_a_bag_that_is_not_here_is_refused(self, cast, tess, into):
        fill = cast.checked()
        answer = post(tess, fill, "bag", into=into)
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert again(cast, fill).state == "checked"

    def test_the_tag_names_patient_and_bin_and_no_medicine(self, cast, tess):
        fill = cast.bagged()
        zpl = tess.get(f"/checking/{fill.code}/bag.zpl")
        assert (zpl.status_code, zpl["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert fill.bag.number in text(zpl)
        assert "metformin" not in text(zpl).lower()
        pdf = tess.get(f"/checking/{fill.code}/bag.pdf")
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        assert tess.get(f"/checking/{fill.code}/bag.exe").status_code == 404

    def test_without_a_bag_there_is_no_tag(self, seat, cast, tess):
        answer = tess.get(f"/checking/{cast.checked().code}/bag.pdf")
        assert answer.status_code == 403
        assert "Bag it first" in text(answer)
        bagged = cast.bagged(patient=cast.omar)
        assert seat(cast.carl).get(f"/checking/{bagged.code}/bag.pdf").status_code == 403

    def test_a_checked_fill_goes_back_to_stock_with_a_reason_only(self, cast, tess):
        fill = checking.verify(cast.ada, fill=cast.filled(), at=cast.at())
        assert post(tess, fill, "return_to_stock", why="").status_code == 422
        assert again(cast, fill).state == "checked"
        assert post(tess, again(cast, fill), "return_to_stock", headers={}, why="Not wanted").status_code == 303
        assert again(cast, fill).state == "returned"


def test_a_name_that_is_a_script_is_text_everywhere(cast, ada):
    mean = somebody(cast, last_name=NASTY, first_name='"O\'Neil"')
    patients.note_allergy(cast.tess, patient=mean, text=NASTY, reaction=NASTY, severity="mild", at=cast.at())
    fill = cast.filled(patient=mean, note=NASTY)
    is_escaped(text(ada.get("/checking/")))
    is_escaped(text(ada.get(f"/checking/{fill.code}/")))
