"""The patients' desk: find somebody, and write down what is known of them."""

import base64

import pytest

from officina.patients import queries, services
from officina.patients.models import Patient
from web.seen import HTMX, NASTY, Busy, is_escaped, somebody, text

LIST_COST, WORK_COST = 12, 24
NEW = {"last_name": "Quist", "first_name": "Lena", "born_on": "05/06/1990", "sex": "F", "language": "English"}


def post(client, patient, do, headers=HTMX, **fields):
    return client.post(f"/patients/{patient.code}/", {"do": do, **fields}, headers=headers)


def find(client, words):
    return client.post("/patients/", {"do": "find", "text": words})


def profile(cast, patient):
    return queries.profile(queries.patient(cast.ada, str(patient.code)))


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


def test_one_who_fits_is_opened_and_several_are_listed_without_an_address_of_their_own(cast, tess):
    answer = find(tess, "florez")
    assert (answer.status_code, answer["Location"]) == (303, f"/patients/{cast.rosa.code}/")
    for n in range(3):
        somebody(cast, n)
    answer = find(tess, "pat")
    assert answer.status_code == 200
    assert text(answer).count('class="row"') == 3
    assert "Nobody here fits" in text(find(tess, "zzz"))


@pytest.mark.parametrize("words", ["", "\x00", NASTY, "9" * 121])
def test_a_search_that_is_none_breaks_nothing(tess, words):
    answer = find(tess, words)
    assert answer.status_code in {200, 422}
    assert "<script>alert" not in text(answer)


@pytest.mark.parametrize("many", [1, 20])
def test_the_cost_of_a_page_does_not_grow_with_the_work(cast, tess, many, django_assert_max_num_queries):
    for n in range(many):
        somebody(cast, n)
        services.note_condition(cast.tess, patient=cast.rosa, text=f"Illness {n}", icd10="", at=cast.at())
    tess.wake()
    with django_assert_max_num_queries(LIST_COST):
        assert find(tess, "pat").status_code in {200, 303}
    with django_assert_max_num_queries(WORK_COST):
        assert tess.get(f"/patients/{cast.rosa.code}/").status_code == 200


@pytest.mark.parametrize("many", [1, 20])
def test_the_cost_of_a_profile_does_not_grow_with_its_prescriptions(cast, tess, many, django_assert_max_num_queries):
    for n in range(many):
        cast.entered(patient=cast.omar, quantity=10 + n)
    tess.wake()
    with django_assert_max_num_queries(WORK_COST):
        assert text(tess.get(f"/patients/{cast.omar.code}/")).count('href="/rx/') == many


def test_max_of_another_pharmacy_sees_and_changes_nothing(seat, cast):
    elsewhere = Busy(seat, cast, cast.max)
    assert "Flórez" not in text(find(elsewhere, "florez"))
    assert elsewhere.get(f"/patients/{cast.rosa.code}/").status_code == 404
    for do in ("change", "note_allergy", "strike_allergy", "no_known_allergies", "note_condition"):
        fields = {"allergy--text": "x", "allergy--severity": "mild", "condition--text": "x", "why": "x", **NEW}
        answer = post(elsewhere, cast.rosa, do, headers={}, **fields)
        assert answer.status_code == 404
        assert "Flórez" not in text(answer)
    assert profile(cast, cast.rosa).patient.last_name == "Flórez"
    assert not profile(cast, cast.rosa).conditions


def test_telephone_address_and_language_stand_under_the_banner_and_prescriptions_after_the_allergies(cast, tess):
    cast.ready()
    home = {"street": "12 Elm St", "city": "Madison", "state": "WI", "postal_code": "53703"}
    Patient.objects.filter(pk=cast.rosa.pk).update(phone="6085550150", language="Spanish", **home)
    page = text(tess.get(f"/patients/{cast.rosa.code}/"))
    facts = page.partition('class="banner"')[2].partition("</section>")[2].partition("</dl>")[0]
    for said in ("(608) 555-0150", "12 Elm St, Madison, WI 53703", "Spanish"):
        assert said in facts
    order = [page.index(f"<h2>{title}</h2>") for title in ("Allergies", "Prescriptions", "Conditions", "Notes")]
    assert order == sorted(order)


def test_forms_are_folded_and_a_refused_one_stays_open(cast, tess):
    page = text(tess.get(f"/patients/{cast.rosa.code}/"))
    for title in ("Note an allergy", "Note a condition", "Write a note", "Change details"):
        before = page[: page.index(title)]
        assert before.rpartition("<details")[2].startswith(">")
    page = text(post(tess, cast.rosa, "note_condition", **{"condition--text": ""}))
    assert page[: page.index("Note a condition")].rpartition("<details")[2].startswith(" open>")


def test_a_clerk_looks_and_changes_nothing(seat, cast):
    clerk = Busy(seat, cast, cast.carl)
    page = text(clerk.get(f"/patients/{cast.rosa.code}/"))
    assert "Note allergy" not in page
    assert "Change details" not in page
    answer = post(clerk, cast.rosa, "note_condition", **{"condition--text": "Asthma"})
    assert answer.status_code == 422
    assert "Clerks may not" in text(answer)
    assert clerk.get("/patients/new/").status_code == 403
    assert not profile(cast, cast.rosa).conditions


def test_who_may_not_see_patients_finds_none(seat, cast):
    owner = Busy(seat, cast, cast.wire)
    answer = find(owner, "flor")
    assert answer.status_code in {403, 422}
    assert "Flórez" not in text(answer)


def test_a_new_patient_is_asked_about_allergies_next_and_the_address_names_nobody(tess):
    answer = tess.post("/patients/new/", {"do": "add", **NEW})
    assert answer.status_code == 303
    assert "quist" not in answer["Location"].lower()
    page = text(tess.get(answer["Location"]))
    assert "Lena Quist is added. Ask about allergies." in page
    assert "Allergies not asked" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"born_on": ""},
        {"born_on": "31/31/1990"},
        {"born_on": "01/01/2090"},
        {"last_name": " "},
        {"sex": "Q"},
        {"weight_kg": "-3"},
    ],
)
def test_what_cannot_be_a_patient_is_refused_and_what_was_typed_stays(cast, tess, wrong):
    answer = tess.post("/patients/new/", {"do": "add", **NEW, **wrong})
    assert answer.status_code == 422
    assert "Lena" in text(answer)
    assert queries.search(cast.ada, "quist") == []


def test_an_allergy_that_the_drug_file_knows_is_screened_and_another_is_said_not_to_be(cast, tess):
    answer = post(tess, cast.rosa, "note_allergy", **{"allergy--text": "Metformin", "allergy--severity": "severe"})
    assert "screened from now on" in text(answer)
    answer = post(tess, cast.rosa, "note_allergy", **{"allergy--text": "moon dust", "allergy--severity": "mild"})
    assert "cannot be screened" in text(answer)
    assert "free text, not screened" in text(answer)
    assert {a.ingredient_id is None for a in profile(cast, cast.rosa).allergies} == {True, False}


@pytest.mark.parametrize("wrong", [{"allergy--text": ""}, {"allergy--severity": "quite"}, {"allergy--text": "x" * 121}])
def test_an_allergy_that_is_none_is_refused(cast, tess, wrong):
    answer = post(tess, cast.rosa, "note_allergy", **{"allergy--text": "dust", "allergy--severity": "mild", **wrong})
    assert answer.status_code == 422
    assert not profile(cast, cast.rosa).allergies


def test_an_allergy_is_struck_out_with_a_reason_only_and_only_from_its_own_patient(cast, tess):
    services.note_allergy(cast.tess, patient=cast.rosa, text="dust", reaction="", severity="mild", at=cast.at())
    pk = str(profile(cast, cast.rosa).allergies[0].pk)
    assert post(tess, cast.rosa, "strike_allergy", allergy=pk, why=" ").status_code == 422
    assert post(tess, cast.omar, "strike_allergy", allergy=pk, why="Wrong").status_code == 422
    assert post(tess, cast.rosa, "strike_allergy", allergy="abc", why="Wrong").status_code == 422
    assert profile(cast, cast.rosa).allergies
    answer = post(tess, cast.rosa, "strike_allergy", allergy=pk, why="It was the other sister")
    assert "Struck out" in text(answer)
    assert not profile(cast, cast.rosa).allergies


def test_details_are_changed_and_a_wrong_one_changes_nothing(cast, tess):
    now = {**NEW, "last_name": "Flórez", "first_name": "Rosa", "born_on": "03/14/1961", "phone": "6085550199"}
    assert post(tess, cast.rosa, "change", **{**now, "born_on": "never"}).status_code == 422
    assert profile(cast, cast.rosa).patient.phone == "6085550111"
    assert "Saved." in text(post(tess, cast.rosa, "change", **now))
    assert profile(cast, cast.rosa).patient.phone == "6085550199"


@pytest.mark.parametrize("cursor", ["abc", "%00", "²", "9" * 300])
def test_a_cursor_of_nowhere_is_no_page(cast, tess, cursor):
    assert tess.get(f"/patients/{cast.rosa.code}/", {"after": cursor}).status_code == 404


def test_a_name_that_is_a_script_is_text_everywhere(cast, tess):
    mean = somebody(cast, last_name=NASTY, first_name='"O\'Neil"', notes=NASTY, street=NASTY)
    services.note_allergy(cast.tess, patient=mean, text=NASTY, reaction=NASTY, severity="mild", at=cast.at())
    services.note_condition(cast.tess, patient=mean, text=NASTY, icd10="", at=cast.at())
    somebody(cast, last_name=NASTY, first_name="Two")
    is_escaped(text(tess.get(f"/patients/{mean.code}/")))
    is_escaped(text(find(tess, "01/01/1970")))


def test_a_condition_is_noted_and_shown(cast, tess):
    assert tess.get("/patients/new/").status_code == 200
    answer = post(tess, cast.rosa, "note_condition", **{"condition--text": "Asthma", "condition--icd10": "J45.909"})
    assert "Noted." in text(answer)
    assert [(c.text, c.icd10) for c in profile(cast, cast.rosa).conditions] == [("Asthma", "J45.909")]


def test_asked_about_allergies_and_there_are_none(cast, tess):
    answer = tess.post("/patients/new/", {"do": "add", **NEW})
    (lena,) = queries.search(cast.ada, "quist")
    assert "Allergies not asked" in text(tess.get(answer["Location"]))
    assert "No known allergies" in text(post(tess, lena, "no_known_allergies"))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-20T10:00:00"])
def test_a_made_up_place_in_the_list_is_refused(seat, cast, at):
    cursor = base64.urlsafe_b64encode(f"{at}|1".encode()).decode()
    for page in (f"/patients/{cast.rosa.code}/", "/intake/", "/audit/"):
        assert seat(cast.ada).get(page, {"after": cursor}).status_code < 500
