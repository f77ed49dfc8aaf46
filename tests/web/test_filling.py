"""The filling desk: take, print, scan every container, send to the check; every stop is loud, and is kept."""

from datetime import date
from decimal import Decimal

import pytest

from cast import package
from officina.dispensing import queries
from officina.dispensing.queries import Fill
from officina.dispensing.services import amounts, entry, filling, review
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.inventory.models import Lot
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from officina.patients import services as patients

HTMX = {"HX-Request": "true", "HX-Target": "work"}
LIST_COST, WORK_COST = 10, 22
NASTY = """<script>alert("x")</script>'"""


def text(answer):
    return " ".join(answer.content.decode().split())


def again(cast, fill):
    return queries.fill(cast.ada, str(fill.code))


def code_of(package, lot="", expires_on=None):
    return f"01{package.gtin}" + (f"17{expires_on:%y%m%d}10{lot}" if lot else "")


def somebody(cast, number, **details):
    """A patient of their own: a second order of the same medicine for one patient would be a duplicate."""
    usual = {"last_name": f"Patient{number}", "first_name": "Pat", "born_on": date(1970, 1, 1), "sex": "F"}
    patient = patients.add(cast.tess, details=patients.Details(**{**usual, **details}), at=cast.at())
    patients.no_known_allergies(cast.tess, patient=patient, at=cast.at())
    return patient


def post(client, fill, do, headers=HTMX, **fields):
    fields.setdefault("version", fill.version)
    return client.post(f"/filling/{fill.code}/", {"do": do, **fields}, headers=headers)


def on_hand(cast, lot):
    return stock.on_hand(lot.pk, stock.places(cast.ada.site_id)["shelf"].pk)


@pytest.fixture
def tess(seat, cast):
    return seat(cast.tess)


@pytest.fixture
def fill(cast):
    """On the bench, its label printed, nothing in the vial."""
    made = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    return again(cast, filling.label_printed(cast.tess, fill=made, at=cast.at()))


class TestTheList:
    def test_it_shows_what_waits_and_nothing_of_earlier_steps(self, cast, tess):
        assert "Reviewed prescriptions come here to be counted." in text(tess.get("/filling/"))
        cast.received(patient=cast.order().patient)
        ready = cast.ready()
        page = text(tess.get("/filling/"))
        assert page.count('class="row"') == 1
        assert f"/filling/{ready.code}/" in page
        assert "Ready to fill" in page

    def test_a_scanned_label_opens_its_fill(self, cast, tess, fill):
        answer = tess.post("/filling/", {"do": "scan", "scan": f"{fill.number}\r"})
        assert (answer.status_code, answer["Location"]) == (303, f"/filling/{fill.code}/")

    @pytest.mark.parametrize("scan", ["", "hello", "F9999999", "\x00", "9" * 401, NASTY])
    def test_a_label_that_is_not_ours_is_refused_in_words(self, tess, scan):
        answer = tess.post("/filling/", {"do": "scan", "scan": scan})
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)

    def test_max_of_another_pharmacy_sees_nothing(self, seat, cast, fill):
        elsewhere = seat(cast.max)
        assert "Flórez" not in text(elsewhere.get("/filling/"))
        assert elsewhere.get(f"/filling/{fill.code}/").status_code == 404
        for do in ("take", "scan", "submit_fill", "put_back", "hold", "cancel", "print", "partial"):
            answer = post(elsewhere, fill, do, headers={}, why="mine now", scan=cast.metformin.ndc)
            assert answer.status_code in {404, 422}
            assert "There is no such fill here." in text(answer)
            assert "Flórez" not in text(answer)
        assert elsewhere.post("/filling/", {"do": "scan", "scan": fill.number}).status_code == 422
        for kind in ("pdf", "png", "zpl"):
            assert elsewhere.get(f"/filling/{fill.code}/label.{kind}").status_code == 404
        assert again(cast, fill).state == "filling"

    def test_a_clerk_is_told_that_this_is_not_theirs(self, seat, cast, fill):
        clerk = seat(cast.carl)
        for path in ("/filling/", f"/filling/{fill.code}/"):
            answer = clerk.get(path)
            assert answer.status_code == 403
            assert "Clerks may not" in text(answer)
        assert post(clerk, fill, "put_back", why="no").status_code in {403, 422}
        assert again(cast, fill).state == "filling"

    @pytest.mark.parametrize("many", [1, 20])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, seat, cast, many, django_assert_max_num_queries):
        made = [cast.ready(patient=somebody(cast, n)) for n in range(many)]
        tess = seat(cast.tess)
        with django_assert_max_num_queries(LIST_COST):
            assert text(tess.get("/filling/")).count('class="row"') == many
        with django_assert_max_num_queries(WORK_COST):
            assert tess.get(f"/filling/{made[0].code}/").status_code == 200


class TestTheWork:
    def test_one_fill_from_its_price_to_the_check(self, cast, tess):
        waiting = review.clear_review(
            cast.ada, fill=entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at()), at=cast.at()
        )
        answer = post(tess, waiting, "settle_payment")
        assert "Ready to fill." in text(answer)
        answer = post(tess, again(cast, waiting), "take")
        assert (answer.status_code, again(cast, waiting).filled_by) == (200, "Tess Young")
        assert "<b>60</b> missing" in text(answer)
        answer = post(tess, again(cast, waiting), "print", headers={})
        assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
        answer = post(tess, waiting, "scan", scan=code_of(cast.metformin, "GOOD1", cast.lot.expires_on))
        assert answer.status_code == 200
        assert "60 of lot GOOD1. Complete." in text(answer)
        assert "Lot FIRST1 expires earlier and should go first." in text(answer)
        answer = post(tess, again(cast, waiting), "submit_fill", headers={})
        assert (answer.status_code, answer["Location"]) == (303, "/filling/")
        assert again(cast, waiting).state == "final_check"
        assert "waits for the check" in text(tess.get("/filling/"))

    def test_each_print_counts_and_one_that_fails_does_not(self, cast, tess, fill):
        for n in (2, 3):
            assert post(tess, fill, "print", headers={}).status_code == 200
            assert again(cast, fill).labels_printed == n
        assert 'name="key"' not in text(tess.get(f"/filling/{fill.code}/")).partition('value="print"')[0][-250:]
        received = cast.received()
        answer = post(tess, received, "print", headers={})
        assert answer.status_code == 422
        assert again(cast, received).labels_printed == 0

    def test_no_label_is_printed_before_the_fill_is_on_the_bench(self, cast, tess):
        waiting = cast.ready()
        answer = post(tess, waiting, "print", headers={})
        assert answer.status_code == 422
        assert "take this fill first" in text(answer)
        assert again(cast, waiting).labels_printed == 0

    def test_the_label_is_shown_and_never_run(self, tess, fill):
        for kind, media in (("pdf", "application/pdf"), ("png", "image/png"), ("zpl", "text/plain; charset=utf-8")):
            answer = tess.get(f"/filling/{fill.code}/label.{kind}")
            assert (answer.status_code, answer["Content-Type"]) == (200, media)
            assert answer["X-Content-Type-Options"] == "nosniff"
        assert tess.get(f"/filling/{fill.code}/label.exe").status_code == 404
        assert tess.post(f"/filling/{fill.code}/label.png").status_code == 405

    def test_a_label_of_an_order_that_was_not_entered_is_refused_in_words(self, cast, tess):
        answer = tess.get(f"/filling/{cast.received().code}/label.png")
        assert answer.status_code == 403
        assert "not entered yet" in text(answer)

    @pytest.mark.parametrize("do", ["take", "put_back", "hold", "cancel", "partial", "submit_fill", "settle_payment"])
    @pytest.mark.parametrize("version", ["", "0", "-1", "999", "abc", "²", "9" * 40])
    def test_an_older_page_changes_nothing(self, seat, cast, fill, do, version):
        answer = post(seat(cast.ada), fill, do, version=version, why="Because")
        assert answer.status_code == 409
        assert "look at it again" in text(answer)
        assert again(cast, fill).state == "filling"

    def test_two_who_take_one_fill_and_the_slower_is_told(self, seat, cast, tess):
        waiting = cast.ready()
        assert post(tess, waiting, "take").status_code == 200
        answer = post(seat(cast.theo), waiting, "take")
        assert answer.status_code == 409
        assert "Nothing of yours was done" in text(answer)
        assert again(cast, waiting).filled_by == "Tess Young"

    @pytest.mark.parametrize("do", ["put_back", "hold", "cancel"])
    def test_no_reason_no_act(self, seat, cast, fill, do):
        answer = post(seat(cast.ada), fill, do, why="  ")
        assert answer.status_code == 422
        assert "Say why." in text(answer)
        assert again(cast, fill).state == "filling"

    def test_a_reason_with_what_no_database_keeps_is_kept_without_it(self, cast, tess, fill):
        assert post(tess, fill, "put_back", why="\x00").status_code == 422
        assert post(tess, fill, "put_back", why=f"Tele\x00phone\r\n{'x' * 400}").status_code == 200
        assert queries.steps(fill)[-1].why.startswith("Tele phone x")

    def test_put_back_empties_the_vial(self, cast, tess, fill):
        cast.scan(fill, cast.lot, Decimal(20))
        assert on_hand(cast, cast.lot) == 480
        answer = post(tess, again(cast, fill), "put_back", why="Telephone")
        assert answer.status_code == 200
        assert (again(cast, fill).state, on_hand(cast, cast.lot)) == ("ready_to_fill", 500)

    def test_hold_and_cancel_lead_back_to_the_list(self, seat, cast, tess, fill):
        answer = post(tess, fill, "hold", headers={}, why="Out of stock")
        assert (answer.status_code, again(cast, fill).state) == (303, "held")
        other = cast.ready(patient=cast.omar)
        assert post(tess, other, "cancel", why="Not mine to cancel").status_code == 422
        assert again(cast, other).state == "ready_to_fill"
        assert post(seat(cast.ada), other, "cancel", headers={}, why="Prescriber called").status_code == 303
        assert again(cast, other).state == "cancelled"

    def test_a_part_is_filled_and_the_rest_is_owed(self, cast, tess, fill):
        assert post(tess, fill, "partial", case="unable", why="Not enough").status_code == 422
        cast.scan(fill, cast.lot, Decimal(20))
        assert post(tess, again(cast, fill), "partial", case="unable", why="").status_code == 422
        answer = post(tess, again(cast, fill), "partial", case="unable", why="Not enough")
        assert "20 now, 40 owed" in text(answer)

    def test_another_product_of_the_same_drug_and_no_other_drug(self, cast, tess):
        waiting = cast.ready()
        answer = post(tess, waiting, "change_product", package=cast.lisinopril.pk)
        assert answer.status_code == 422
        assert "another medicine" in text(answer)
        for wrong in ("", "abc", "99999999", "9" * 30):
            assert post(tess, waiting, "change_product", package=wrong).status_code == 422
        assert again(cast, waiting).package_id == cast.metformin.pk

    def test_another_product_is_taken_and_scanned_in_its_place(self, cast, tess):
        other = package("metformin", "500 mg", ndc="22222-1111-1", ingredient="metformin")
        lot = inventory.receive(
            cast.tess, package=other, lot_number="O1", expires_on=date(2027, 9, 30), quantity=Decimal(100), at=cast.at()
        )
        answer = post(tess, cast.ready(), "change_product", package=other.pk)
        assert f"NDC {other.ndc}" in text(answer)
        fill = filling.take(cast.tess, fill=again(cast, Fill.objects.get()), at=cast.at())
        assert "22222-1111-1" in text(post(tess, fill, "scan", scan=code_of(other, lot.number, lot.expires_on)))
        assert queries.counted(fill) == 60

    def test_a_short_vial_is_not_sent_and_both_counts_are_shown(self, cast, tess, fill):
        cast.scan(fill, cast.lot, Decimal(59))
        answer = post(tess, again(cast, fill), "submit_fill")
        assert answer.status_code == 422
        assert "stop-panel" in text(answer)
        assert again(cast, fill).state == "filling"

    def test_schedule_ii_is_counted_twice(self, seat, cast):
        ada = seat(cast.ada)
        made = cast.ready(
            cast.oxycodone,
            drug=cast.oxycodone.product.drug,
            refills=0,
            directions="Take 1 tablet by mouth 2 times a day.",
        )
        made = filling.take(cast.tess, fill=made, at=cast.at())
        filling.label_printed(cast.tess, fill=made, at=cast.at())
        cast.scan(again(cast, made), Lot.objects.get(package=cast.oxycodone))
        for second in ("", "59", "60.5", "sixty"):
            answer = post(ada, again(cast, made), "submit_fill", second_count=second)
            assert answer.status_code == 422
        assert again(cast, made).state == "filling"
        assert post(ada, again(cast, made), "submit_fill", headers={}, second_count="60").status_code == 303


class TestScans:
    def stopped(self, cast, client, fill, outcome, **fields):
        """The scan stops loudly, is kept as a row, and puts nothing into the vial."""
        before = len(queries.scans(fill))
        answer = post(client, fill, "scan", **fields)
        page = text(answer)
        assert answer.status_code == 422, page
        assert "stop-panel" in page
        assert "data-stop" in page
        rows = queries.scans(fill)
        assert (len(rows), rows[-1].outcome) == (before + 1, outcome)
        assert rows[-1].expected
        assert rows[-1].came
        assert queries.counted(fill) == 0
        assert on_hand(cast, cast.lot) == 500
        assert outcome.replace("_", " ") in page.partition("Scanned</h2>")[2]
        return page

    def test_another_medicine_stops(self, cast, tess, fill):
        page = self.stopped(cast, tess, fill, "wrong_drug", scan=code_of(cast.lisinopril, "L1", date(2027, 10, 31)))
        assert "Wrong medicine. Put this container back." in page

    def test_another_strength_stops(self, cast, tess, fill):
        page = self.stopped(cast, tess, fill, "wrong_strength", scan=cast.metformin_1000.ndc)
        assert "wrong strength" in page

    def test_an_expired_lot_stops(self, cast, tess, fill):
        self.stopped(cast, tess, fill, "expired_lot", scan=code_of(cast.metformin, "OLD", date(2026, 11, 19)))

    def test_a_quarantined_lot_stops(self, cast, tess, fill):
        inventory.quarantine(cast.tess, lot=cast.lot, why="Recall", at=cast.at())
        answer = post(tess, fill, "scan", scan=code_of(cast.metformin, "GOOD1", cast.lot.expires_on))
        assert answer.status_code == 422
        assert queries.scans(fill)[-1].outcome == "quarantined_lot"
        assert "do not use it" in text(answer)

    def test_a_lot_that_was_never_received_stops(self, cast, tess, fill):
        page = self.stopped(cast, tess, fill, "unknown_lot", scan=code_of(cast.metformin, "NEVER", date(2027, 5, 31)))
        assert "Receive it first" in page

    def test_a_product_that_nobody_knows_stops(self, cast, tess, fill):
        unknown = Gtin.for_ndc(Ndc.parse("99999-1111-1"))
        self.stopped(cast, tess, fill, "unknown_product", scan=f"01{unknown.digits}")

    def test_more_than_the_label_says_stops(self, cast, tess, fill):
        scan = code_of(cast.metformin, "GOOD1", cast.lot.expires_on)
        self.stopped(cast, tess, fill, "too_much", scan=scan, quantity="61")

    def test_more_than_the_shelf_has_of_the_lot_stops(self, cast, tess, fill):
        few = inventory.receive(
            cast.tess,
            package=cast.metformin,
            lot_number="FEW",
            expires_on=date(2027, 5, 31),
            quantity=Decimal(10),
            at=cast.at(),
        )
        page = self.stopped(
            cast, tess, fill, "not_enough", scan=code_of(cast.metformin, "FEW", few.expires_on), quantity="60"
        )
        assert "10 tablet on the shelf" in page
        assert on_hand(cast, few) == 10

    def test_an_empty_lot_stops(self, seat, cast, fill):
        other = filling.take(cast.tess, fill=cast.ready(patient=cast.omar), at=cast.at())
        few = inventory.receive(
            cast.tess,
            package=cast.metformin,
            lot_number="FEW",
            expires_on=date(2027, 5, 31),
            quantity=Decimal(60),
            at=cast.at(),
        )
        cast.scan(other, few)
        page = self.stopped(
            cast, seat(cast.tess), fill, "not_enough", scan=code_of(cast.metformin, "FEW", few.expires_on)
        )
        assert "none of this lot on the shelf" in page

    def test_a_scan_after_the_vial_is_complete_is_told_that_it_is_complete(self, cast, tess, fill):
        scan = code_of(cast.metformin, "GOOD1", cast.lot.expires_on)
        assert post(tess, fill, "scan", scan=scan).status_code == 200
        for one_more in (scan, cast.metformin.ndc):
            answer = post(tess, fill, "scan", scan=one_more)
            assert answer.status_code == 422
            assert "The vial is complete" in text(answer)
            assert queries.scans(fill)[-1].outcome == "vial_complete"
        assert queries.counted(fill) == 60

    def test_a_stop_without_the_page_script_is_the_whole_page(self, cast, tess, fill):
        answer = post(tess, fill, "scan", headers={}, scan=cast.lisinopril.ndc)
        assert answer.status_code == 422
        assert "<html" in text(answer)
        assert "Wrong medicine" in text(answer)

    def test_a_stop_keeps_the_count_that_was_typed_and_not_the_wrong_code(self, cast, tess, fill):
        page = text(post(tess, fill, "scan", scan=cast.lisinopril.ndc, quantity="45"))
        assert 'value="45"' in page
        assert f'value="{cast.lisinopril.ndc}"' not in page

    def test_a_code_without_a_lot_asks_for_one_and_forgets_nothing(self, cast, tess, fill):
        answer = post(tess, fill, "scan", scan=cast.metformin.ndc, quantity="45")
        page = text(answer)
        assert answer.status_code == 422
        assert "Which lot do you hold?" in page
        assert 'value="45"' in page
        assert f'value="{cast.metformin.ndc}"' in page
        # Every lot that somebody may hold can be chosen, not only the one that should go first.
        assert '<option value="GOOD1">' in page
        assert '<option value="FIRST1">' in page
        answer = post(tess, fill, "scan", scan=cast.metformin.ndc, quantity="45", lot="GOOD1")
        assert answer.status_code == 200
        assert queries.counted(fill) == 45
        assert queries.scans(fill)[-1].manual

    @pytest.mark.parametrize("scan", ["", "   ", "hello", "\x00\x1d", "01", "]d2", "9" * 401, NASTY, "F10003", "٠١٢"])
    def test_what_is_no_container_is_refused_and_breaks_nothing(self, cast, tess, fill, scan):
        answer = post(tess, fill, "scan", scan=scan)
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)
        assert queries.counted(fill) == 0

    @pytest.mark.parametrize("quantity", ["0", "-1", "abc", "1e9", "NaN", "١"])
    def test_a_count_that_is_none_is_refused(self, cast, tess, fill, quantity):
        scan = code_of(cast.metformin, "GOOD1", cast.lot.expires_on)
        answer = post(tess, fill, "scan", scan=scan, quantity=quantity)
        assert answer.status_code == 422
        assert queries.counted(fill) == 0

    def test_nothing_is_scanned_before_the_fill_is_taken(self, cast, tess):
        answer = post(tess, cast.ready(), "scan", scan=cast.metformin.ndc)
        assert answer.status_code == 422
        assert "Take this fill to the bench first." in text(answer)

    def test_a_repeated_scan_of_the_same_form_goes_in_once(self, cast, tess, fill):
        scan = code_of(cast.metformin, "GOOD1", cast.lot.expires_on)
        for _ in range(2):
            assert post(tess, fill, "scan", scan=scan, quantity="30", key="one-press").status_code == 200
        assert queries.counted(fill) == 30

    def test_a_repeated_wrong_scan_of_the_same_form_stops_again_and_is_one_row(self, cast, tess, fill):
        for _ in range(2):
            assert post(tess, fill, "scan", scan=cast.lisinopril.ndc, key="one-press").status_code == 422
        assert len(queries.scans(fill)) == 1

    def test_a_code_typed_by_hand_is_kept_as_such(self, cast, tess, fill):
        post(tess, fill, "scan", scan=cast.lisinopril.ndc, manual="1")
        assert queries.scans(fill)[-1].manual
        assert "typed by hand" in text(tess.get(f"/filling/{fill.code}/"))


def test_a_name_that_is_a_script_is_text_everywhere(cast, tess):
    mean = somebody(cast, 1, last_name=NASTY, first_name='"O\'Neil"')
    made = filling.take(cast.tess, fill=cast.ready(patient=mean, note=NASTY), at=cast.at())
    for page in (text(tess.get("/filling/")), text(tess.get(f"/filling/{made.code}/"))):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_the_price_is_seen_before_it_is_agreed(cast, seat):
    fill = review.clear_review(
        cast.ada, fill=entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at()), at=cast.at()
    )
    page = text(seat(cast.tess).get(f"/filling/{fill.code}/"))
    asked = amounts.agreed(cast.tess, fill, at=cast.at())
    assert f"Accept cash price ${asked:.2f}" in page
