"""The counter: what waits where, what is late, what this person does next; and finding anything."""

from datetime import timedelta

import pytest

from officina.dispensing.services import checking, review
from officina.drugs import freshness
from officina.drugs.models import Edition
from officina.inventory.models import Lot
from officina.patients import finding
from officina.prescriptions.models import Message, Received
from officina.web.counter import waiting


@pytest.fixture(autouse=True)
def names(cast):
    """The list of names is made anew: what another test's patients were called is not proposed here."""
    finding.forget()


def text(answer):
    return " ".join(answer.content.decode().split())


def find(client, q):
    return client.post("/search", {"q": q})


def test_an_empty_house_says_what_would_bring_work(seat, cast):
    assert "Nothing waits for you." in text(seat(cast.tess).get("/"))


def test_each_step_shows_how_many_wait_and_how_late_they_are(seat, cast):
    cast.received()
    cast.ready()
    cast.clock += timedelta(hours=3)
    lines = {line.state: line for line in waiting.lines(cast.tess, at=cast.clock)}
    assert lines["received"].count == 1
    assert lines["ready_to_fill"].count == 1
    assert "late" in lines["received"].late
    assert lines["final_check"].count == 0


def test_what_lies_in_the_bin_is_never_late(cast):
    cast.bagged()
    line = next(w for w in waiting.lines(cast.tess, at=cast.at(60 * 24)) if w.state == "bin")
    assert (line.count, line.late) == (1, "")


def test_the_next_work_is_what_this_person_may_do(seat, cast):
    received, ready, filled = cast.received(), cast.ready(), cast.filled(patient=cast.omar)
    at = cast.at()
    assert [n.fill.pk for n in waiting.next_for(cast.carl, at=at)] == []
    assert {n.fill.pk for n in waiting.next_for(cast.theo, at=at)} == {received.pk, ready.pk}
    ada = waiting.next_for(cast.ada, at=at)
    # The pharmacist's own work comes first, although the others were promised earlier.
    assert (ada[0].fill.pk, ada[0].act) == (filled.pk, "Check")
    assert ada[0].href == f"/checking/{filled.code}/"


def test_nobody_is_sent_to_check_what_they_filled(cast):
    from officina.dispensing.services import filling

    fill = filling.take(cast.ada, fill=cast.ready(), at=cast.at())
    assert [n.act for n in waiting.next_for(cast.ada, at=cast.at())] == ["Go on filling"]
    assert waiting.next_for(cast.pia, at=cast.at()) == []
    fill = filling.label_printed(cast.ada, fill=fill, at=cast.at())
    cast.scan(fill, cast.lot, by=cast.ada)
    filling.submit_fill(cast.ada, fill=fill, at=cast.at())
    assert waiting.next_for(cast.ada, at=cast.at()) == []
    assert [n.act for n in waiting.next_for(cast.pia, at=cast.at())] == ["Check"]


def test_held_fills_bags_and_unsettled_messages_are_in_sight(seat, cast):
    review.hold(cast.ada, fill=cast.ready(patient=cast.omar), why="Calling the prescriber", at=cast.at())
    bag = cast.bagged().bag
    kept = Received.objects.create(site_id=cast.ada.site_id, at=cast.clock, raw=b"?", sha256="0" * 64)
    Message.objects.create(site_id=cast.ada.site_id, received=kept, at=cast.clock, status="refused")
    page = text(seat(cast.ada).get("/"))
    assert "On hold" in page
    assert bag.number in page
    assert "1 message could not be used as it came" in page


def test_max_of_another_pharmacy_sees_nothing_of_ours(seat, cast):
    fill = cast.bagged()
    client = seat(cast.max)
    assert "Flórez" not in text(client.get("/"))
    for q in (
        fill.number,
        fill.prescription.number,
        fill.bag.number,
        "flo",
        "florrez rosa",
        "03/14/1961",
        cast.rosa.number,
        "6085550111",
    ):
        answer = find(client, q)
        assert answer.status_code == 200
        assert "Flórez" not in text(answer)
        assert str(fill.prescription.code) not in text(answer)


def test_a_prescription_or_fill_number_goes_to_the_prescription_typed_or_scanned(seat, cast):
    fill = cast.received()
    ada = seat(cast.ada)
    there = f"/rx/{fill.prescription.code}/"
    for q in (
        fill.number,
        fill.number.lower(),
        fill.prescription.number,
        f"RX{fill.prescription.number}",
        f" {fill.number}\r",
    ):
        answer = find(ada, q)
        assert (answer.status_code, answer["Location"]) == (303, there)


def test_one_patient_is_opened_and_several_are_listed(seat, cast):
    ada = seat(cast.ada)
    assert find(ada, "florez")["Location"] == f"/patients/{cast.rosa.code}/"
    assert find(ada, "07/02/1975")["Location"] == f"/patients/{cast.omar.code}/"
    assert find(ada, "(608) 555-0111")["Location"] == f"/patients/{cast.rosa.code}/"
    assert find(ada, cast.rosa.number)["Location"] == f"/patients/{cast.rosa.code}/"
    assert "No patient fits" in text(find(ada, "zzz"))


def test_a_misheard_name_is_proposed_with_what_differs_and_opens_nobody(seat, cast):
    ada = seat(cast.ada)
    for q, why in (("florrez rosa", "Florez for Florrez"), ("7/2/1957 haddad", "born Jul 2, 1975, not Jul 2, 1957")):
        answer = find(ada, q)
        page = text(answer)
        assert answer.status_code == 200
        assert "Did you mean one of these? Ask for name <b>and</b> date of birth" in page
        assert why in page
        assert "No patient fits" not in page


def test_a_bag_shows_its_bin(seat, cast):
    bag = cast.bagged().bag
    said = text(find(seat(cast.ada), bag.number))
    assert f"Bag {bag.number}" in said
    assert "A1" in said


@pytest.mark.parametrize("shape", ["{ndc}", "{gtin}", "01{gtin}17271130109GOOD"])
def test_a_medicine_is_found_by_any_of_its_codes(seat, cast, shape):
    q = shape.format(ndc=cast.metformin.ndc, gtin=cast.metformin.gtin)
    assert "<b>metFORMIN</b> 500 mg tablet" in text(find(seat(cast.ada), q))


def test_a_medicine_s_name_is_told_to_be_one_and_where_it_is_looked_up(seat, cast):
    page = text(find(seat(cast.tess), "metformin"))
    assert "No patient fits. “metformin” is a medicine" in page
    assert "<b>metFORMIN</b> 500 mg tablet" in page
    assert 'action="/stock/"' in page
    assert 'name="text" value="metformin"' in page
    found = seat(cast.tess).post("/stock/", {"do": "find", "text": "metformin"})
    assert str(cast.lot) in text(found)


def test_a_code_of_nothing_here_is_told_as_a_code(seat, cast):
    assert "Nothing here has the code +A123BJC5D6E71G" in text(find(seat(cast.tess), "+A123BJC5D6E71G"))
    assert "There is no vial V10008 here." in text(find(seat(cast.tess), "V10008"))


def test_a_vial_that_came_back_opens_its_lot(seat, cast):
    fill = checking.return_to_stock(cast.ada, fill=cast.bagged(), why="Nobody came", at=cast.at())
    vial = Lot.objects.exclude(vial_number="").get()
    assert fill.state == "returned"
    assert find(seat(cast.tess), vial.vial_number)["Location"] == f"/stock/lot/{vial.code}/"


def test_a_number_with_a_wrong_check_digit_is_told_not_guessed(seat, cast):
    fill = cast.received()
    wrong = fill.number[:-1] + str((int(fill.number[-1]) + 1) % 10)
    answer = find(seat(cast.ada), wrong)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "q",
    [
        "",
        " ",
        "'; drop table",
        "%",
        "_",
        "\x00",
        "\u0660\u0661\u0662",
        "9" * 200,
        "<b>",
        "+A123BJC5D6E71G",
        "V10003",
        "P10003",
    ],
)
def test_a_search_for_nonsense_finds_nothing_and_breaks_nothing(seat, cast, q):
    answer = find(seat(cast.ada), q)
    assert answer.status_code in {200, 303}


def test_what_was_searched_stands_in_no_address(seat, cast):
    page = text(seat(cast.ada).get("/"))
    assert '<form class="search" action="/search" method="post"' in page
    assert "q=" not in page


def test_the_keys_are_told(seat, cast):
    assert "Switch by PIN".lower() in text(seat(cast.ada).get("/help/keys")).lower()


def test_a_list_that_is_too_old_is_named_with_what_mends_it(seat, cast):
    day = cast.clock.date()
    for source, age in (("nadac", 15), ("fda-ndc", 30), ("cdc-mme", 731)):
        Edition.objects.create(
            source=source, dated=day - timedelta(days=age), name="f", sha256="0", loaded_at=cast.clock, rows=1
        )
    assert "may have changed since" not in text(seat(cast.tess).get("/"))
    freshness.forget()
    told = text(seat(cast.tess).get("/"))
    assert "CMS NADAC prices: the edition of" in told
    assert (
        "is 15 days old; 14 are allowed, and what it says may have changed since. Tell the owner: officina drugs update nadac"
        in told
    )
    assert "rr7103a1.htm and import the file with: officina drugs import FILE" in told
    assert told.count("may have changed since") == 2


def test_a_list_counts_by_its_newest_load_and_one_that_nobody_knows_any_more_not_at_all(
    cast, django_assert_num_queries
):
    freshness.forget()
    day = cast.clock.date()
    for source, age in (("nadac", 90), ("nadac", 3), ("fda-unlisted", 900)):
        Edition.objects.create(
            source=source, dated=day - timedelta(days=age), name="f", sha256="0", loaded_at=cast.clock, rows=1
        )
    with django_assert_num_queries(1):
        assert freshness.stale(on=day) == []
        assert [s.age for s in freshness.stale(on=day + timedelta(days=12))] == [15]


def test_a_wrong_file_of_addresses_does_not_close_the_counter(cast, settings):
    settings.DRUG_SOURCES = "/nowhere.toml"
    freshness.forget()
    day = cast.clock.date()
    Edition.objects.create(
        source="nadac", dated=day - timedelta(days=15), name="f", sha256="0", loaded_at=cast.clock, rows=1
    )
    assert [s.most for s in freshness.stale(on=day)] == [14]
