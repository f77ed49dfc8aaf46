"""The entry desk: as written beside as entered; who and what is proposed, added, found, submitted, changed."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest

from officina.dispensing import queries
from officina.dispensing.services import entry, intake
from officina.drugs import services as drugs
from officina.drugs.models import Package, Product
from officina.patients import services as patients
from officina.patients.models import Patient
from officina.prescriptions.models import Prescriber, Prescription
from officina.prescriptions.written import WrittenPatient, WrittenPrescriber
from small_directory import as_zip, listing

HTMX = {"HX-Request": "true", "HX-Target": "work"}
NASTY = """<script>alert("x")</script>'"""
NOBODY = "00000000-0000-4000-8000-000000000000"
LIST_COST, WORK_COST = 10, 28


def text(answer):
    return " ".join(answer.content.decode().split())


def again(cast, fill):
    return queries.fill(cast.ada, str(fill.code))


def post(client, fill, do, headers=HTMX, query="", **fields):
    fields.setdefault("version", fill.version)
    return client.post(f"/entry/{fill.code}/{query}", {"do": do, **fields}, headers=headers)


def typed(cast, **changes):
    """The form as somebody fills it in for the order of the cast."""
    usual = {
        "patient": str(cast.rosa.code),
        "prescriber": str(cast.prescriber.code),
        "drug": cast.metformin.product.drug_id,
        "package": cast.metformin.pk,
        "quantity": "60",
        "days_supply": "30",
        "refills": "2",
        "daw": "0",
        "directions": "Take 1 tablet by mouth 2 times a day with meals.",
        "written_on": "11/20/2026",
        "note": "",
    }
    return {**usual, **changes}


def asked(answer):
    """What the page asked about, as it sends it back where it is kept."""
    [kept] = re.findall(r'name="as_entered" value="([^"]*)"', text(answer))
    return html.unescape(kept)


@pytest.fixture
def tess(seat, cast):
    return seat(cast.tess)


@pytest.fixture
def fill(cast):
    """An order that Tess is entering."""
    return entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())


class TestTheList:
    def test_it_shows_what_waits_and_nothing_of_later_steps(self, cast, tess):
        assert "as soon as they are received" in text(tess.get("/entry/"))
        received, later = cast.received(), cast.entered()
        page = text(tess.get("/entry/"))
        assert f"/entry/{received.code}/" in page
        assert f"/entry/{later.code}/" not in page

    def test_max_of_another_pharmacy_sees_nothing(self, seat, cast, fill):
        elsewhere = seat(cast.max)
        assert "Flórez" not in text(elsewhere.get("/entry/"))
        assert elsewhere.get(f"/entry/{fill.code}/").status_code == 404
        for do in (
            "start_entry",
            "submit_entry",
            "amend",
            "hold",
            "cancel",
            "find_drug",
            "add_patient",
            "add_prescriber",
        ):
            answer = post(elsewhere, fill, do, headers={}, **typed(cast, why="Mine", text="metformin"))
            assert answer.status_code in {404, 422}, do
            assert "Flórez" not in text(answer)
        assert again(cast, fill).state == "entering"

    def test_nobody_of_this_house_is_entered_at_another(self, seat, cast):
        """Max knows the codes of Rosa and her prescriber; they are no people of his house."""
        theirs = intake.receive(cast.max, order=cast.order(), origin="1", at=cast.at())
        theirs = entry.start_entry(cast.max, fill=theirs, at=cast.at())
        answer = post(seat(cast.max), theirs, "submit_entry", **typed(cast))
        assert answer.status_code == 422
        assert "There is no such patient here." in text(answer)
        assert queries.fill(cast.max, str(theirs.code)).state == "entering"

    def test_a_clerk_is_told_that_this_is_not_theirs(self, seat, cast, fill):
        clerk = seat(cast.carl)
        for path in ("/entry/", f"/entry/{fill.code}/"):
            answer = clerk.get(path)
            assert answer.status_code == 403
            assert "Clerks may not" in text(answer)
        assert post(clerk, fill, "submit_entry", **typed(cast)).status_code in {403, 422}
        assert again(cast, fill).state == "entering"

    @pytest.mark.parametrize("many", [1, 20])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, seat, cast, many, django_assert_max_num_queries):
        made = [cast.received() for _ in range(many)]
        first = entry.start_entry(cast.tess, fill=made[0], at=cast.at())
        tess = seat(cast.tess)
        with django_assert_max_num_queries(LIST_COST):
            assert text(tess.get("/entry/")).count('class="row"') == many
        with django_assert_max_num_queries(WORK_COST):
            assert tess.get(f"/entry/{first.code}/").status_code == 200


class TestTheWork:
    def test_an_order_from_its_arrival_to_the_entry_check(self, cast, tess):
        received = cast.received()
        page = text(tess.get(f"/entry/{received.code}/"))
        assert "metformin 500 mg tablet" in page
        answer = post(tess, received, "start_entry")
        assert answer.status_code == 200
        assert str(cast.rosa.code) in text(answer)
        assert "Take 1 tablet by mouth 2 times a day with meals." in text(answer)
        answer = post(tess, again(cast, received), "submit_entry", headers={}, **typed(cast))
        assert (answer.status_code, answer["Location"]) == (303, "/entry/")
        done = again(cast, received)
        assert (done.state, done.patient_id, done.quantity) == ("entry_check", cast.rosa.pk, Decimal(60))
        assert "waits for its entry check" in text(tess.get("/entry/"))

    def test_two_who_begin_one_order_and_the_slower_is_told(self, seat, cast, tess):
        received = cast.received()
        assert post(tess, received, "start_entry").status_code == 200
        answer = post(seat(cast.theo), received, "start_entry")
        assert answer.status_code == 409
        assert "Nothing of yours was done" in text(answer)

    @pytest.mark.parametrize("do", ["start_entry", "submit_entry", "hold", "cancel", "amend"])
    @pytest.mark.parametrize("version", ["", "0", "999", "abc", "²"])
    def test_an_older_page_changes_nothing_and_keeps_what_was_typed(self, seat, cast, fill, do, version):
        answer = post(seat(cast.ada), fill, do, version=version, **typed(cast, why="Because"))
        assert answer.status_code == 409
        assert again(cast, fill).state == "entering"

    def test_the_slower_of_two_who_submit_keeps_what_was_typed_while_it_is_still_entered(self, cast, tess, fill):
        answer = post(tess, fill, "submit_entry", version=99, **typed(cast, note="Called twice"))
        assert answer.status_code == 409
        assert 'value="Called twice"' in text(answer)

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("patient", "", "Choose the patient"),
            ("patient", "new", "Choose the patient"),
            ("patient", "x" * 50, "Choose the patient"),
            ("patient", NOBODY, "There is no such patient here."),
            ("prescriber", "", "Choose the prescriber"),
            ("prescriber", "new", "Choose the prescriber"),
            ("prescriber", NOBODY, "There is no such prescriber here."),
            ("package", "", "Choose the product"),
            ("package", "abc", "whole number"),
            ("package", "999999", "no such package"),
            ("package", "9" * 30, "no such package"),
            ("quantity", "", "required"),
            ("quantity", "0", "Must be more than 0"),
            ("quantity", "1e3", "Expected"),
            ("quantity", "NaN", "Expected"),
            ("days_supply", "0", "whole number"),
            ("refills", "-1", "whole number"),
            ("refills", "100", "whole number"),
            ("directions", "", "required"),
            ("directions", "Take \x00 1", "Null characters"),
            ("written_on", "11/21/2026", "future"),
            ("written_on", "11/20/24", "four-digit year"),
            ("daw", "x", "Select a valid choice"),
            ("daw", "7", "the law that mandates"),
        ],
    )
    def test_what_cannot_be_is_refused_and_the_rest_is_kept(self, cast, tess, fill, field, value, sentence):
        answer = post(tess, fill, "submit_entry", **typed(cast, **{"note": "Typed before", field: value}))
        page = text(answer)
        assert answer.status_code == 422
        assert sentence in page
        assert 'value="Typed before"' in page
        rx = again(cast, fill)
        assert (rx.state, rx.prescription.drug_id, rx.prescription.quantity) == ("entering", None, None)

    @pytest.mark.parametrize("drug", ["999999", "0"])
    def test_a_medicine_that_is_not_there_is_refused_in_words(self, cast, tess, fill, drug):
        assert tess.get(f"/entry/{fill.code}/?drug={drug}").status_code == 404
        answer = post(tess, fill, "submit_entry", **typed(cast, drug=drug))
        assert answer.status_code in {404, 422}
        assert again(cast, fill).state == "entering"

    @pytest.mark.parametrize("drug", ["abc", "-1", "9" * 40, "²", ""])
    def test_an_address_with_nonsense_shows_the_proposal(self, tess, fill, drug):
        assert tess.get(f"/entry/{fill.code}/", {"drug": drug}).status_code == 200

    def test_a_package_of_another_medicine_is_refused(self, cast, tess, fill):
        answer = post(tess, fill, "submit_entry", **typed(cast, package=cast.lisinopril.pk))
        assert answer.status_code == 422
        assert "Choose a package of this drug" in text(answer)

    def test_schedule_ii_has_no_refills(self, cast, tess, fill):
        sent = typed(cast, drug=cast.oxycodone.product.drug_id, package=cast.oxycodone.pk)
        sent["as_entered"] = asked(post(tess, fill, "submit_entry", **sent))
        answer = post(tess, fill, "submit_entry", **sent)
        assert answer.status_code == 422
        assert "no refills" in text(answer)

    def test_directions_that_kill_are_refused(self, cast, tess, fill):
        answer = post(tess, fill, "submit_entry", **typed(cast, directions="Take 1.0 tablet QD"))
        assert answer.status_code == 422
        assert "field-error" in text(answer)

    def test_a_repeated_press_submits_once(self, cast, tess, fill):
        first = post(tess, fill, "submit_entry", headers={}, key="one-press", **typed(cast))
        assert first.status_code == 303
        second = post(tess, fill, "submit_entry", headers={}, key="one-press", **typed(cast))
        assert second.status_code in {303, 409}
        assert again(cast, fill).version == fill.version + 1

    def test_hold_asks_why_and_only_a_pharmacist_cancels(self, seat, cast, tess, fill):
        assert post(tess, fill, "hold", why="").status_code == 422
        assert post(tess, fill, "cancel", why="Because").status_code == 422
        assert again(cast, fill).state == "entering"
        assert post(tess, fill, "hold", headers={}, why="Asking the prescriber").status_code == 303
        assert again(cast, fill).state == "held"
        other = cast.received()
        assert post(seat(cast.ada), other, "cancel", headers={}, why="Sent by mistake").status_code == 303
        assert again(cast, other).state == "cancelled"

    def test_a_change_after_the_check_is_a_pharmacists_and_says_why(self, seat, cast, tess):
        ready = cast.ready()
        ada = seat(cast.ada)
        assert 'value="amend"' in text(ada.get(f"/entry/{ready.code}/"))
        assert post(tess, ready, "amend", **typed(cast, quantity="90", why="Called")).status_code == 422
        answer = post(ada, ready, "amend", **typed(cast, quantity="90", why=""))
        assert answer.status_code == 422
        assert 'value="90"' in text(answer)
        assert again(cast, ready).quantity == 60
        assert (
            post(ada, ready, "amend", headers={}, **typed(cast, quantity="90", why="Prescriber called")).status_code
            == 303
        )
        changed = again(cast, ready)
        assert (changed.state, changed.quantity) == ("entry_check", 90)

    def test_what_is_typed_is_kept_as_a_draft(self, tess, fill):
        assert f'data-draft="entry-{fill.code}"' in text(tess.get(f"/entry/{fill.code}/"))


class TestWhatIsNotAsWritten:
    def test_it_is_shown_while_it_is_typed_and_nothing_is_kept(self, cast, tess, fill):
        part = {"HX-Request": "true", "HX-Target": "written", "X-Refresh": "1"}
        page = text(post(tess, fill, "compare", headers=part, **typed(cast, quantity="90", days_supply="")))
        assert re.search(r'<tr class="differs"><th>Quantity</th><td[^>]*>60 tablets</td><td>90 tablets ', page)
        assert "<th>Days' supply</th><td>30</td><td></td>" in html.unescape(page)
        assert 'id="written"' in page
        assert 'id="entry"' not in page
        # The answer of the last act stays where it is.
        assert 'id="answer"' not in page
        assert again(cast, fill).version == fill.version

    def test_the_banner_follows_who_is_chosen(self, cast, tess, fill):
        part = {"HX-Request": "true", "HX-Target": "written", "X-Refresh": "1"}
        page = text(post(tess, fill, "compare", headers=part, **typed(cast, patient="")))
        assert 'id="who" class="who" hx-swap-oob="true"' in page
        assert f'href="/patients/{cast.rosa.code}/"' in page
        page = text(post(tess, fill, "compare", headers=part, **typed(cast, patient=NOBODY)))
        assert "Not matched to a patient yet" in page

    @pytest.mark.parametrize(
        ("changes", "question"),
        [
            ({"quantity": "90"}, "Quantity 90, written 60"),
            ({"days_supply": "90"}, "Days' supply 90, written 30"),
            ({"refills": "3", "quantity": "30"}, "Quantity 30, written 60; Refills 3, written 2"),
            ({"quantity": "60.0"}, ""),
            ({"days_supply": ""}, ""),
        ],
    )
    def test_it_is_asked_once_and_the_same_again_keeps_it(self, cast, tess, fill, changes, question):
        answer = post(tess, fill, "submit_entry", headers={}, **typed(cast, **changes))
        if not question:
            assert answer.status_code == 303
            return
        page = html.unescape(text(answer))
        assert (answer.status_code, again(cast, fill).state) == (200, "entering")
        assert f"Not as written. {question}." in page
        assert "Submit as entered" in page
        kept = asked(answer)
        assert kept == question
        # Something else than what was asked about is asked about anew.
        other = post(
            tess, fill, "submit_entry", headers={}, **typed(cast, **{**changes, "quantity": "45"}, as_entered=kept)
        )
        assert (other.status_code, again(cast, fill).state) == (200, "entering")
        answer = post(tess, fill, "submit_entry", headers={}, **typed(cast, **changes, as_entered=kept))
        assert (answer.status_code, again(cast, fill).state) == (303, "entry_check")

    def test_another_medicine_and_another_substitution_are_asked_about(self, cast, tess):
        fill = entry.start_entry(cast.tess, fill=cast.received(substitution_allowed=True), at=cast.at())
        sent = typed(cast, drug=cast.lisinopril.product.drug_id, package=cast.lisinopril.pk, daw="1", daw_words="DAW")
        question = asked(post(tess, fill, "submit_entry", **sent))
        assert "Medicine lisinopril 10 mg tablet, written metformin 500 mg tablet" in question
        assert "Substitution dispense as written, written allowed" in question

    def test_short_directions_are_read_and_shown_before_they_are_kept(self, cast, tess, fill):
        answer = post(tess, fill, "submit_entry", **typed(cast, directions="1 tab po qd"))
        page = text(answer)
        assert (answer.status_code, again(cast, fill).state) == (200, "entering")
        assert "The directions are read as: Take 1 tablet by mouth every day. Submit again" in page
        assert "Submit as read" in page
        [words] = re.findall(r"<textarea[^>]*>\s*([^<]*)</textarea>", page)
        answer = post(tess, fill, "submit_entry", headers={}, **typed(cast, directions=words))
        assert answer.status_code == 303
        assert again(cast, fill).prescription.directions == "Take 1 tablet by mouth every day."

    def test_the_place_in_the_message_is_shown_where_it_differs_only(self, cast, tess):
        where = {"quantity": "Body/NewRx/Quantity", "refills": "Body/NewRx/NumberOfRefills"}
        fill = entry.start_entry(cast.tess, fill=cast.received(where=where), at=cast.at())
        page = text(post(tess, fill, "compare", headers={}, **typed(cast, quantity="90")))
        assert '<span class="where">Body/NewRx/Quantity</span>' in page
        assert 'title="Body/NewRx/NumberOfRefills"' in page
        assert '<span class="where">Body/NewRx/NumberOfRefills</span>' not in page

    def test_allergies_stand_over_the_entry_once_the_patient_is_known(self, cast, tess):
        received = cast.received()
        assert "Not matched to a patient yet" in text(tess.get(f"/entry/{received.code}/"))
        page = text(post(tess, received, "start_entry"))
        assert 'class="allergies"' in page
        assert "Not matched to a patient yet" not in page


class TestThePackages:
    def test_what_is_on_hand_comes_first_and_the_hundreds_of_the_directory_are_folded_away(self, cast, tess, fill):
        for n in range(30):
            made = Product.objects.create(
                drug=cast.metformin.product.drug, labeler=f"A Labs {n}", listing=f"x{n}", is_house=False
            )
            Package.objects.create(
                product=made, ndc12=f"0333330{n:03}01", ndc=f"33333-{n:03}-01", size=Decimal(90), unit="tablet", is_house=False
            )  # fmt: skip
        page = text(tess.get(f"/entry/{fill.code}/"))
        offered = re.findall(r'name="package" value="(\d+)"( checked)?', page)
        assert offered[0] == (str(cast.metformin.pk), " checked")
        assert [checked for _, checked in offered].count(" checked") == 1
        shown, told, folded = page.partition("more packages, none on hand")
        assert told
        assert (shown.count('name="package"'), folded.count('name="package"')) == (5, len(offered) - 5)
        assert "33333-029-01" in folded

    def test_an_order_by_the_number_of_another_labeler_shows_what_is_on_the_shelf_of_that_medicine(
        self, cast, tess, tmp_path
    ):
        """The directory was read with the other labeler first: it said "none on hand" of a medicine that stood on the shelf."""
        other = listing(7, "METFORMIN HYDROCHLORIDE", "500")
        stocked = listing(111, "METFORMIN HYDROCHLORIDE", "500", PRODUCTID="11111-1111_a", PRODUCTNDC="11111-1111")
        stronger = listing(8, "METFORMIN HYDROCHLORIDE", "1000")
        products, packages = zip(other, stronger, stocked, strict=True)
        drugs.import_files(cast.setup, paths=[as_zip(tmp_path / "d.zip", products, packages)], at=cast.at())
        fill = cast.received(ndc="11111-007-33", drug_text="metformin hydrochloride 500 mg tablet")
        page = text(post(tess, fill, "start_entry"))
        assert "NDC 11111-1111-1, 100 tablets; 600 on hand" in page
        assert 'NDC 11111-007-33, 1,000 tablets; <span class="look">none on hand</span>' in page
        assert "11111-008-33" not in page
        assert "11111-2222-1" not in page


class TestProposals:
    def test_a_medicine_is_found_by_its_words(self, cast, tess, fill):
        answer = post(tess, fill, "find_drug", text="lisin")
        assert answer.status_code == 200
        assert f'href="?drug={cast.lisinopril.product.drug_id}"' in text(answer)
        chosen = tess.get(f"/entry/{fill.code}/?drug={cast.lisinopril.product.drug_id}")
        assert f'value="{cast.lisinopril.pk}"' in text(chosen)

    def test_a_search_leaves_the_entry_as_it_is_proposed(self, cast, tess, fill):
        """Whoever looks for another medicine has sent no entry: nothing in it is missing yet, and nothing of it is lost."""
        before, after = text(tess.get(f"/entry/{fill.code}/")), text(post(tess, fill, "find_drug", text="lisin"))
        assert "This field is required" not in after
        assert re.findall(r'name="(\w+)"[^>]*autofocus', before) == ["quantity"]
        assert re.findall(r'name="(\w+)"[^>]*autofocus', after) == ["text"]
        before = before.replace(" autofocus", "")
        for name in ("quantity", "refills", "written_on"):
            [shown] = re.findall(rf'<input[^>]*name="{name}"[^>]*>', before)
            assert shown in after, name

    def test_a_misspelt_medicine_is_proposed_and_never_chosen(self, cast, tess, fill):
        page = text(post(tess, fill, "find_drug", text="lisinoprel"))
        assert "Nothing is called “lisinoprel”. Did you mean lisinopril?" in page
        assert f'href="?drug={cast.lisinopril.product.drug_id}"' in page
        assert f'name="drug" value="{cast.lisinopril.product.drug_id}"' not in page

    def test_an_order_with_a_misspelt_medicine_has_none_filled_in(self, cast, tess):
        other = entry.start_entry(cast.tess, fill=cast.received(drug_text="lisinoprel 10 mg tablet"), at=cast.at())
        page = text(tess.get(f"/entry/{other.code}/"))
        assert "is not one medicine of the drug file" in page
        assert "Did you mean lisinopril?" in page
        assert 'name="drug" value=""' in page

    @pytest.mark.parametrize("words", ["zzz", NASTY, "%", "_", "(", "\\", "*" * 50, "[a-", "é"])
    def test_nothing_found_is_said(self, cast, tess, fill, words):
        answer = post(tess, fill, "find_drug", text=words)
        assert answer.status_code in {200, 422}
        assert "<script>alert" not in text(answer)

    def test_a_new_patient_is_added_from_what_was_written(self, cast, tess):
        who = WrittenPatient(last_name="Nowak", first_name="Lena", born_on=date(1990, 5, 4), sex="F")
        stranger = entry.start_entry(cast.tess, fill=cast.received(patient=who), at=cast.at())
        page = text(tess.get(f"/entry/{stranger.code}/"))
        assert "Nobody here fits. Add the patient below." in page
        assert 'value="Nowak"' in page
        facts = {"patient-last_name": "Nowak", "patient-first_name": "Lena", "patient-sex": "F"}
        answer = post(tess, stranger, "add_patient", **facts, **{"patient-born_on": "05/04/90"})
        assert answer.status_code == 422
        assert "four-digit year" in text(answer)
        assert not Patient.objects.filter(last_name="Nowak").exists()
        answer = post(tess, stranger, "add_patient", **facts, **{"patient-born_on": "05/04/1990"})
        assert answer.status_code == 200
        assert "Ask about allergies." in text(answer)
        assert str(Patient.objects.get(last_name="Nowak").code) in text(answer)

    def test_a_new_prescriber_with_a_wrong_number_is_refused_at_the_field(self, cast, tess):
        who = WrittenPrescriber(last_name="Silva", first_name="Ana")
        stranger = entry.start_entry(cast.tess, fill=cast.received(prescriber=who), at=cast.at())
        page = text(tess.get(f"/entry/{stranger.code}/"))
        assert "Nobody here fits. Add the prescriber below." in page
        facts = {"prescriber-last_name": "Silva", "prescriber-first_name": "Ana"}
        answer = post(tess, stranger, "add_prescriber", **facts, **{"prescriber-npi": "1245319590"})
        assert answer.status_code == 422
        assert 'value="1245319590"' in text(answer)
        assert not Prescriber.objects.filter(last_name="Silva").exists()
        assert post(tess, stranger, "add_prescriber", **facts).status_code == 200
        assert Prescriber.objects.filter(last_name="Silva").count() == 1

    def test_the_same_name_with_another_birth_date_is_shown_and_not_chosen(self, cast, tess):
        who = WrittenPatient(last_name="Flórez", first_name="Rosa", born_on=date(1988, 1, 2), sex="F")
        other = entry.start_entry(cast.tess, fill=cast.received(patient=who), at=cast.at())
        page = text(tess.get(f"/entry/{other.code}/"))
        assert "other birth date" in page
        chosen = page.partition(f'name="patient" value="{cast.rosa.code}"')[2][:12]
        assert "checked" not in chosen

    def test_sent_back_from_the_check_it_comes_again_as_it_was_entered(self, cast, tess):
        sent = entry.send_back(cast.ada, fill=cast.entered(quantity=Decimal(45)), why="It says 60", at=cast.at())
        page = text(tess.get(f"/entry/{sent.code}/"))
        assert 'value="45"' in page
        assert "differs" in page
        assert "It says 60" in page


def test_a_name_that_is_a_script_is_text_everywhere(cast, tess):
    patients.add(
        cast.tess,
        details=patients.Details(
            last_name=NASTY, first_name='"O\'Neil"', born_on=date(1970, 1, 1), sex="F", street=NASTY
        ),
        at=cast.at(),
    )
    who = WrittenPatient(last_name=NASTY, first_name='"O\'Neil"', born_on=date(1970, 1, 1))
    mean = cast.received(patient=who, drug_text=NASTY, sig_text=NASTY, note=NASTY)
    mean = entry.start_entry(cast.tess, fill=mean, at=cast.at())
    for answer in (
        tess.get("/entry/"),
        tess.get(f"/entry/{mean.code}/"),
        post(tess, mean, "submit_entry", **typed(cast, note=NASTY, directions=NASTY, quantity=NASTY)),
        post(tess, mean, "add_patient", **{"patient-last_name": NASTY}),
    ):
        assert "<script>alert" not in text(answer)
        assert "&lt;script&gt;alert" in text(answer)
    assert Prescription.objects.get().drug_id is None


class TestDaysSupply:
    """Counted from the quantity and the directions; a person's own number stands, and is told where it differs."""

    def test_days_that_nobody_wrote_are_proposed_with_their_working(self, cast, tess):
        fill = entry.start_entry(cast.tess, fill=cast.received(days_supply=None), at=cast.at())
        page = text(tess.get(f"/entry/{fill.code}/"))
        assert re.search(r'name="days_supply" value="30"', page)
        assert "Days&#39; supply: 30, the working" in page or "Days' supply: 30, the working" in page
        assert "<li>60 / 2 = 30 days</li>" in page
        assert "are entered; the directions" not in page

    def test_written_days_stay_and_are_told_where_they_differ(self, cast, tess):
        fill = entry.start_entry(cast.tess, fill=cast.received(days_supply=20), at=cast.at())
        page = text(tess.get(f"/entry/{fill.code}/"))
        assert re.search(r'name="days_supply" value="20"', page)
        assert "20 days are entered; the directions and the quantity give 30." in page

    def test_they_are_counted_anew_from_what_is_typed_and_nothing_is_kept(self, cast, tess, fill):
        sent = typed(cast, quantity="45", directions="Take 1 tablet by mouth 3 times a day.", days_supply="30")
        page = text(post(tess, fill, "count_days", **sent))
        assert "<li>45 / 3 = 15 days</li>" in page
        assert "30 days are entered; the directions and the quantity give 15." in page
        assert re.search(r'name="quantity" value="45"', page)
        assert again(cast, fill).version == fill.version

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"directions": "Use as directed."}, "cannot be counted: ask the prescriber"),
            ({"directions": "take it well"}, "The directions are not understood"),
            ({"directions": "Take 5 mL by mouth daily."}, "cannot be counted in the unit of the dose"),
            ({"quantity": "many"}, "The quantity is not known"),
            ({"quantity": "0"}, "The quantity is not known"),
        ],
    )
    def test_what_cannot_be_counted_is_told_with_the_reason(self, cast, tess, fill, changes, why):
        page = text(post(tess, fill, "count_days", **typed(cast, **changes)))
        assert "supply: not counted" in page
        assert why in page

    def test_other_days_are_entered_and_a_note_stays(self, cast, tess, fill):
        kept = "Days' supply 20, written 30"
        answer = tess.post(
            f"/entry/{fill.code}/",
            {"do": "submit_entry", "version": fill.version, **typed(cast, days_supply="20", as_entered=kept)},
            follow=True,
        )
        assert again(cast, fill).prescription.days_supply == 20
        assert "20 days are entered; the directions and the quantity give 30." in text(answer)

    def test_the_same_days_say_nothing(self, cast, tess, fill):
        answer = tess.post(
            f"/entry/{fill.code}/", {"do": "submit_entry", "version": fill.version, **typed(cast)}, follow=True
        )
        assert "waits for its entry check" in text(answer)
        assert "are entered; the directions" not in text(answer)
