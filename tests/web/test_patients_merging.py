"""Two records side by side, notes, names, caps and households at the desk: who may, what is refused, and what Max sees."""

from datetime import date

import pytest

from officina.patients import finding, merging, queries, services
from officina.patients.models import CapWish, FormerName, Merge, Note, Patient, TwoPeople
from web.seen import HTMX, NASTY, Busy, is_escaped, somebody, text


@pytest.fixture(autouse=True)
def fresh_words():
    finding.forget()
    yield
    finding.forget()


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


@pytest.fixture
def twin(cast):
    return somebody(cast, last_name="Flores", first_name="Rosie", born_on=cast.rosa.born_on, phone="6085550999")


def side(client, one, other, do=None, headers=HTMX, **fields):
    where = f"/patients/{one.code}/with/{other.code}/"
    return client.post(where, {"do": do, **fields}, headers=headers) if do else client.get(where)


def post(client, patient, do, **fields):
    return client.post(f"/patients/{patient.code}/", {"do": do, **fields}, headers=HTMX)


def now(patient):
    return Patient.objects.get(pk=patient.pk)


def test_what_is_near_is_proposed_and_never_opened(cast, tess):
    answer = tess.post("/patients/", {"do": "find", "text": "flroez rosa"})
    page = text(answer)
    assert answer.status_code == 200
    assert "Did you mean" in page
    assert "Florez for Flroez" in page
    assert f'href="/patients/{cast.rosa.code}/"' in page
    answer = tess.post("/patients/", {"do": "find", "text": "florez 3/14/1961"})
    assert answer["Location"] == f"/patients/{cast.rosa.code}/"


def test_another_birth_date_stops_a_technician_and_asks_a_pharmacist_to_look(cast, tess, ada):
    other = somebody(cast, last_name="Flores", first_name="Rosa", born_on=date(1961, 3, 15))
    for person, kind in ((tess, "stop"), (ada, "look")):
        page = text(side(person, cast.rosa, other))
        assert f'<p class="alert {kind}">' in page
        assert "only a pharmacist may say that this is one person" in page


def test_likely_duplicates_are_listed_and_opened_side_by_side(cast, tess, twin):
    page = text(tess.get("/patients/duplicates/"))
    assert f"/patients/{cast.rosa.code}/with/{twin.code}/" in page
    page = text(side(tess, cast.rosa, twin))
    assert page.count("differs</span>") == 3  # name, telephone, address
    assert "Flores, Rosie" in page


def test_merged_by_choice_and_parted_again_by_a_pharmacist(cast, tess, ada, twin):
    chosen = {"stays": str(cast.rosa.code), "name": str(cast.rosa.code), "phone": str(twin.code), "why": "Her card"}
    answer = side(tess, cast.rosa, twin, "merge", **chosen)
    assert answer["HX-Redirect"] == f"/patients/{cast.rosa.code}/"
    assert (now(cast.rosa).phone, now(twin).merged_into_id) == ("6085550999", cast.rosa.pk)
    page = text(tess.get(f"/patients/{twin.code}/"))
    assert f"{twin.number} now shows under {cast.rosa.number}" in page
    assert "record " + twin.number in page
    assert "Part again" not in page
    merge = Merge.objects.get()
    assert post(tess, cast.rosa, "unmerge", merge=str(merge.code), why="They are two").status_code == 422
    assert "Part again" in text(ada.get(f"/patients/{cast.rosa.code}/"))
    assert post(ada, cast.rosa, "unmerge", merge=str(merge.code), why=" ").status_code == 422
    assert "stands for itself again" in text(post(ada, cast.rosa, "unmerge", merge=str(merge.code), why="They are two"))
    assert (now(cast.rosa).phone, now(twin).merged_into_id) == ("6085550111", None)


def test_the_other_record_may_be_the_one_that_stays(cast, tess, twin):
    chosen = {"stays": str(twin.code), "name": str(cast.rosa.code), "phone": str(cast.rosa.code)}
    answer = side(tess, cast.rosa, twin, "merge", **chosen)
    assert answer["HX-Redirect"] == f"/patients/{twin.code}/"
    assert (now(twin).last_name, now(twin).phone, now(cast.rosa).merged_into_id) == ("Flórez", "6085550111", twin.pk)


def test_unlike_birth_dates_are_a_pharmacist_s_and_what_was_chosen_stays_after_a_refusal(cast, tess, ada):
    other = somebody(cast, last_name="Flórez", first_name="Rosa", born_on=date(1961, 4, 14))
    chosen = {"stays": str(other.code), "born_on": str(other.code), "phone": str(cast.rosa.code), "why": "Said so"}
    page = text(side(tess, cast.rosa, other))
    assert "only a pharmacist" in page
    assert "One person: merge" not in page
    assert "One person: merge" in text(side(ada, cast.rosa, other))
    answer = side(tess, cast.rosa, other, "merge", **chosen)
    assert answer.status_code == 422
    assert f'name="stays" value="{other.code}" checked' in text(answer)
    assert now(cast.rosa).merged_into_id is None
    assert side(ada, cast.rosa, other, "merge", **{**chosen, "why": ""}).status_code == 422
    assert side(ada, cast.rosa, other, "merge", **chosen).status_code == 204
    assert now(cast.rosa).born_on == date(1961, 4, 14)


@pytest.mark.parametrize("stays", ["", "abc", "\x00"])
def test_a_page_that_says_not_which_stays_merges_nothing(cast, tess, twin, stays):
    assert side(tess, cast.rosa, twin, "merge", stays=stays).status_code == 422
    assert not Merge.objects.exists()


def test_two_people_are_not_proposed_again(cast, tess, twin):
    assert side(tess, cast.rosa, twin, "two_people", why=" ").status_code == 422
    assert side(tess, cast.rosa, twin, "two_people", why="Twins").status_code == 204
    assert TwoPeople.objects.get().why == "Twins"
    assert str(twin.code) not in text(tess.get("/patients/duplicates/"))


def test_from_the_profile_by_the_number_of_the_other(cast, tess, twin):
    answer = post(tess, cast.rosa, "compare", number=twin.number.lower())
    assert answer["HX-Redirect"] == f"/patients/{cast.rosa.code}/with/{twin.code}/"
    assert post(tess, cast.rosa, "compare", number="P999").status_code == 422


def test_max_and_a_clerk_see_and_merge_nothing(seat, cast, twin):
    elsewhere, clerk = Busy(seat, cast, cast.max), Busy(seat, cast, cast.carl)
    chosen = {"stays": str(cast.rosa.code)}
    for who, statuses in ((elsewhere, {404}), (clerk, {403})):
        for answer in (
            side(who, cast.rosa, twin),
            side(who, cast.rosa, twin, "merge", **chosen),
            side(who, cast.rosa, twin, "two_people", why="x"),
        ):
            assert answer.status_code in statuses
            assert "Flores" not in text(answer)
    assert str(twin.code) not in text(elsewhere.get("/patients/duplicates/"))
    assert clerk.get("/patients/duplicates/").status_code == 403
    merge = services_merge(cast, twin)
    assert post(elsewhere, cast.rosa, "unmerge", merge=str(merge.code), why="They are two").status_code == 404
    assert post(clerk, cast.rosa, "unmerge", merge=str(merge.code), why="They are two").status_code == 422
    assert now(twin).merged_into_id == cast.rosa.pk


def services_merge(cast, twin):
    from officina.dispensing.services import merging as services

    return services.merge(cast.tess, survivor=cast.rosa, merged=twin, at=cast.at())


def test_notes_are_signed_on_the_banner_and_ended(cast, tess):
    assert "Noted, with your name" in text(post(tess, cast.rosa, "note", **{"note--text": "Hard of hearing"}))
    page = text(tess.get(f"/patients/{cast.rosa.code}/"))
    assert "Hard of hearing (Tess Young, Nov 20, 2026)" in page
    note = Note.objects.get()
    assert post(tess, cast.rosa, "end_note", note=str(note.code), why="").status_code == 422
    assert post(tess, cast.omar, "end_note", note=str(note.code), why="x").status_code == 422
    assert "1 ended" in text(post(tess, cast.rosa, "end_note", note=str(note.code), why="New aid"))
    assert post(tess, cast.rosa, "note", **{"note--text": " "}).status_code == 422


def test_a_former_name_is_noted_found_and_struck_out(cast, tess):
    post(tess, cast.rosa, "note_name", **{"name--last_name": "Ibáñez", "name--kind": "maiden"})
    assert "also known as Ibanez" in text(tess.post("/patients/", {"do": "find", "text": "ibanez"}))
    name = FormerName.objects.get()
    assert post(tess, cast.rosa, "strike_name", name="7x", why="x").status_code == 422
    assert "Struck out" in text(post(tess, cast.rosa, "strike_name", name=str(name.pk), why="Her sister's"))
    assert post(tess, cast.rosa, "note_name", **{"name--kind": "maiden"}).status_code == 422


def test_easy_open_caps_say_who_asked_and_a_prescriber_asks_for_one_only(cast, tess):
    number = cast.entered().prescription.number
    assert "Child-resistant" in text(tess.get(f"/patients/{cast.rosa.code}/"))
    ask = {"cap--asked_by": "prescriber", "cap--asked_name": "Dr Okafor"}
    assert "15 USC 1473" in text(post(tess, cast.rosa, "ask_easy_open", **ask))
    assert post(tess, cast.rosa, "ask_easy_open", **ask, **{"cap--rx_number": "12345"}).status_code == 422
    page = text(post(tess, cast.rosa, "ask_easy_open", **ask, **{"cap--rx_number": number}))
    assert f"Easy-open for Rx {number}" in page
    assert "asked by the prescriber, Dr Okafor, Nov 20, 2026; written down by Tess Young" in page
    wish = CapWish.objects.get()
    assert post(tess, cast.omar, "end_easy_open", wish=str(wish.code)).status_code == 422
    assert "child-resistant cap" in text(post(tess, cast.rosa, "end_easy_open", wish=str(wish.code)))


def test_a_household_is_linked_and_pick_up_tells_bins_and_nothing_else(cast, tess):
    waits = cast.bagged(patient=cast.omar)
    mine = cast.bagged()
    assert post(tess, cast.rosa, "link_household", **{"home--number": cast.omar.number}).status_code == 200
    answer = tess.post(
        "/pickup/", {"do": "identify", "last_name": "Florez", "first_name": "Rosa", "born_on": "03/14/1961"}
    )
    page = text(tess.get(answer["Location"]))
    section = page[page.index('id="household"') : page.index("Scan every bag")]
    assert "Omar H." in section
    assert "A1" in section
    for secret in ("metFORMIN", "Haddad", "1975", waits.number, waits.bag.number, str(cast.omar.code)):
        assert secret not in page, secret
    stop = tess.post(answer["Location"], {"do": "scan", "scan": waits.bag.number, "manual": ""})
    assert stop.status_code == 422
    assert "another patient" in text(stop)
    assert tess.post(answer["Location"], {"do": "scan", "scan": mine.bag.number, "manual": ""}).status_code == 303
    assert "Not of the household" in text(post(tess, cast.omar, "leave_household"))
    assert queries.housemates(now(cast.rosa)) == []


def test_who_lives_at_one_address_is_offered_and_linked_with_a_button(cast, tess):
    ana = somebody(cast, last_name="Flórez", first_name="Ana", phone="6085550111")
    assert f'name="other" value="{ana.code}"' in text(tess.get(f"/patients/{cast.rosa.code}/"))
    assert "is of the household" in text(post(tess, cast.rosa, "link_household", other=str(ana.code)))
    assert queries.housemates(now(ana)) == [now(cast.rosa)]


def test_a_language_outside_the_list_is_refused_at_its_field(cast, tess):
    details = {"last_name": "Flórez", "first_name": "Rosa", "born_on": "03/14/1961", "sex": "F", "language": "Klingon"}
    assert post(tess, cast.rosa, "change", **details).status_code == 422
    assert "Saved." in text(post(tess, cast.rosa, "change", **{**details, "language": "Spanish"}))
    assert now(cast.rosa).language == "Spanish"


def test_names_that_are_scripts_are_text_side_by_side_too(cast, tess):
    mean = [somebody(cast, last_name=NASTY, first_name="Two", notes=NASTY, street=NASTY, city=NASTY) for _ in range(2)]
    is_escaped(text(side(tess, *mean)))
    is_escaped(text(tess.get("/patients/duplicates/")))
    services_note = {"name--last_name": NASTY, "name--kind": "called"}
    is_escaped(text(post(tess, mean[0], "note_name", **services_note)))


@pytest.mark.parametrize("many", [1, 12])
def test_the_cost_of_the_lists_does_not_grow_with_them(cast, tess, many, django_assert_max_num_queries):
    for n in range(many):
        somebody(cast, n, last_name="Twin", first_name="Pat", phone="6085550111")
    merging.two_people(cast.tess, one=cast.rosa, other=cast.omar, why="Known", at=cast.at())
    services.note_condition(cast.tess, patient=cast.rosa, text="Asthma", at=cast.at())
    tess.wake()
    with django_assert_max_num_queries(12):
        tess.get("/patients/duplicates/")
    with django_assert_max_num_queries(24):
        tess.get(f"/patients/{cast.rosa.code}/")
