"""Notes, names, caps, households and languages: who may, what is kept, and who sees what."""

from datetime import date

import pytest

import cast as standing
from cast import TODAY
from officina.dispensing import people
from officina.dispensing import queries as dispensing
from officina.kernel.errors import Refused
from officina.labels.content import Part, compose
from officina.patients import caps, households, likeness, noting, queries, services
from officina.patients.models import Note, Patient


@pytest.fixture
def cast(db):
    return standing.assemble()


def now(patient):
    return Patient.objects.get(pk=patient.pk)


def refused(code, act, *args, **kwargs):
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    assert no.value.code == code


def facts(cast, fill):
    return dispensing.label_facts(dispensing.fill(cast.ada, str(fill.code)), on=TODAY)


def test_a_note_is_signed_stands_on_the_banner_and_is_ended_with_a_reason(cast):
    written = noting.note(cast.tess, patient=cast.rosa, text=" Hard of\nhearing ", at=cast.at())
    assert now(cast.rosa).notes == "Hard of hearing (Tess Young, Nov 20, 2026)"
    refused("why_needed", noting.end_note, cast.ada, patient=cast.rosa, note=written, why=" ", at=cast.at())
    refused("note_ended", noting.end_note, cast.ada, patient=cast.omar, note=written, why="Not his", at=cast.at())
    noting.end_note(cast.ada, patient=cast.rosa, note=written, why="Has a new aid", at=cast.at())
    assert now(cast.rosa).notes == ""
    (kept,) = queries.notes_of(cast.rosa)
    assert (kept.text, kept.ended_by, kept.why_ended) == ("Hard of hearing", "Ada Park", "Has a new aid")
    refused("note_ended", noting.end_note, cast.ada, patient=cast.rosa, note=written, why="Again", at=cast.at())


def test_who_may_not_write_writes_nothing(cast):
    for who, code in ((cast.carl, "not_in_role"), (cast.max, "wrong_site"), (cast.lapsed, "licence_lapsed")):
        refused(code, noting.note, who, patient=cast.rosa, text="x", at=cast.at())
        refused(
            code, noting.note_name, who, patient=cast.rosa, last_name="x", first_name="", kind="maiden", at=cast.at()
        )
        refused(code, caps.ask, who, patient=cast.rosa, asked_by="patient", asked_name="x", at=cast.at())
        refused(code, households.link, who, patient=cast.rosa, other=cast.omar, at=cast.at())
        refused(code, households.leave, who, patient=cast.rosa, at=cast.at())
    assert not Note.objects.exists()
    assert not queries.cap_wishes_of(cast.rosa)


@pytest.mark.parametrize("text", ["", " ", "x" * 501])
def test_a_note_that_is_none_is_refused(cast, text):
    refused(
        "note_missing" if not text.strip() else "note_long",
        noting.note,
        cast.tess,
        patient=cast.rosa,
        text=text,
        at=cast.at(),
    )


def test_caps_are_child_resistant_until_the_patient_asks_and_the_label_says_which(cast):
    fill = cast.entered()
    assert "easy-open" not in compose(facts(cast, fill)).text(Part.QUANTITY)
    wish = caps.ask(cast.tess, patient=cast.rosa, asked_by="patient", asked_name="Rosa Flórez", at=cast.at())
    assert (wish.user_name, wish.at) == ("Tess Young", cast.clock)
    assert "easy-open cap" in compose(facts(cast, fill)).text(Part.QUANTITY)
    refused("asked_before", caps.ask, cast.tess, patient=cast.rosa, asked_by="patient", asked_name="R", at=cast.at())
    caps.end(cast.ada, patient=cast.rosa, wish=wish, at=cast.at())
    assert "easy-open" not in compose(facts(cast, fill)).text(Part.QUANTITY)
    assert queries.cap_wishes_of(cast.rosa)[0].ended_by == "Ada Park"


def test_a_prescriber_asks_for_one_prescription_only(cast):
    one, other = cast.entered(), cast.entered(quantity=30)
    ask = {"patient": cast.rosa, "asked_by": "prescriber", "asked_name": "Dr Okafor"}
    refused("prescriber_for_one", caps.ask, cast.tess, **ask, at=cast.at())
    wish = caps.ask(cast.tess, **ask, rx_number=one.prescription.number, at=cast.at())
    assert [facts(cast, f).easy_open for f in (one, other)] == [True, False]
    assert now(cast.rosa).easy_open is False
    caps.end(cast.tess, patient=cast.rosa, wish=wish, at=cast.at())
    assert facts(cast, one).easy_open is False
    refused("wish_ended", caps.end, cast.tess, patient=cast.rosa, wish=wish, at=cast.at())


@pytest.mark.parametrize(
    "asked", [{"asked_by": "neighbour", "asked_name": "x"}, {"asked_by": "patient", "asked_name": " "}]
)
def test_nobody_in_particular_cannot_ask(cast, asked):
    with pytest.raises(Refused):
        caps.ask(cast.tess, patient=cast.rosa, **asked, at=cast.at())
    assert now(cast.rosa).easy_open is False


def spanish(cast, **order):
    details = services.Details(last_name="Flórez", first_name="Rosa", born_on=cast.rosa.born_on, language="Spanish")
    services.change(cast.tess, patient=cast.rosa, details=details, at=cast.at())
    return cast.entered(**order)


def test_the_label_of_who_reads_spanish_says_it_in_spanish_and_in_english(cast):
    english = "Take 1 tablet by mouth every 6 hours as needed for pain."
    fill = spanish(cast, directions=english)
    assert compose(facts(cast, fill)).lines(Part.DIRECTIONS) == (
        "Tome 1 tableta por la boca cada 6 horas según sea necesario para el dolor.",
        f"In English: {english}",
    )
    assert "both languages" in people.language_note(dispensing.fill(cast.ada, str(fill.code)))


def test_directions_that_are_not_understood_are_never_half_translated(cast):
    words = "Take 1 tablet by mouth whenever the moon is full."
    fill = spanish(cast, directions=words)
    assert compose(facts(cast, fill)).lines(Part.DIRECTIONS) == (words,)
    assert "interpreter" in people.language_note(dispensing.fill(cast.ada, str(fill.code)))


def test_a_language_that_the_label_does_not_speak_is_said_at_the_bench(cast):
    details = services.Details(last_name="Haddad", first_name="Omar", born_on=cast.omar.born_on, language="Arabic")
    services.change(cast.tess, patient=cast.omar, details=details, at=cast.at())
    fill = dispensing.fill(cast.ada, str(cast.entered(patient=cast.omar).code))
    assert "Arabic" in people.language_note(fill)
    assert facts(cast, fill).translated == ""
    assert people.language_note(dispensing.fill(cast.ada, str(cast.entered().code))) == ""


def test_a_language_is_one_of_the_list(cast):
    details = services.Details(last_name="X", first_name="Y", born_on=date(1990, 1, 1), language="Klingon")
    refused("language_unknown", services.add, cast.tess, details=details, at=cast.at())
    assert likeness.label_language("Spanish") == "es"
    assert likeness.label_language("Polish") == likeness.label_language("Klingon") == "en"
    assert len({row.code for row in likeness.languages().values()}) == len(likeness.languages())


def third(cast):
    details = services.Details(last_name="Flórez", first_name="Ana", born_on=date(1990, 1, 1), phone="6085550111")
    return services.add(cast.tess, details=details, at=cast.at())


def test_a_household_tells_that_something_waits_and_never_what(cast):
    cast.bagged(patient=cast.omar)
    households.link(cast.tess, patient=cast.rosa, other=cast.omar, at=cast.at())
    (mate,) = people.waiting_for_housemates(cast.ada, now(cast.rosa))
    assert (mate.name, mate.bins) == ("Omar H.", ("A1",))
    assert set(mate.__dataclass_fields__) == {"name", "bins"}
    assert people.waiting_for_housemates(cast.max, now(cast.rosa)) == []
    assert people.waiting_for_housemates(cast.ada, now(cast.omar)) == []
    # Profiles stay apart.
    assert dispensing.fills_of_patient(cast.ada, cast.rosa.pk).rows == []


def test_who_has_the_same_telephone_is_proposed_and_nobody_is_linked_by_it(cast):
    ana = third(cast)
    assert queries.same_address(cast.tess, cast.rosa) == [ana]
    assert queries.housemates(now(cast.rosa)) == []
    households.link(cast.tess, patient=cast.rosa, other=ana, at=cast.at())
    assert queries.same_address(cast.tess, now(cast.rosa)) == []
    assert queries.housemates(now(cast.rosa)) == [ana]


def test_two_households_become_one_and_the_last_who_is_left_is_in_none(cast):
    ana = third(cast)
    households.link(cast.tess, patient=cast.rosa, other=ana, at=cast.at())
    households.link(cast.tess, patient=now(ana), other=cast.omar, at=cast.at())
    assert len(queries.housemates(now(cast.omar))) == 2
    refused("linked_before", households.link, cast.tess, patient=cast.rosa, other=cast.omar, at=cast.at())
    refused("same_person", households.link, cast.tess, patient=cast.rosa, other=cast.rosa, at=cast.at())
    for one in (ana, cast.omar):
        households.leave(cast.tess, patient=one, at=cast.at())
    assert now(cast.rosa).household_id is None
    refused("no_household", households.leave, cast.tess, patient=cast.rosa, at=cast.at())
