"""Finding a patient: what fits is found, what is near is proposed with its reason, and nobody is chosen by a forgiving match."""

from datetime import date

import pytest

import cast as standing
from officina.patients import duplicates, finding, likeness, merging, noting, queries, services
from officina.patients.models import NameWord


@pytest.fixture
def cast(db):
    finding.forget()
    yield standing.assemble()
    finding.forget()


def add(cast, last, first, born=date(1980, 2, 3), **details):
    return services.add(
        cast.tess, details=services.Details(last_name=last, first_name=first, born_on=born, **details), at=cast.at()
    )


def near(cast, text, **more):
    found = finding.find(cast.tess, text, **more)
    assert found.hits == []
    return {n.patient.number: n.why for n in found.did_you_mean}


def hits(cast, text, **more):
    return [p.number for p in finding.find(cast.tess, text, **more).hits]


def test_what_fits_is_found_and_nothing_is_proposed_beside_it(cast):
    rosa = cast.rosa.number
    for text in (
        "flor ro",
        "Flórez",
        "FLOREZ rosa",
        "3/14/1961",
        "florez 3/14/1961",
        "1961-03-14 flor",
        "608-555-0111",
        rosa.lower(),
    ):
        assert hits(cast, text) == [rosa], text
    assert hits(cast, "florez", born_on=date(1961, 3, 14)) == [rosa]
    assert finding.find(cast.tess, "florez rosa").did_you_mean == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("flroez rosa", "Florez for Flroez"),
        ("florex rosa", "Florez for Florex"),
        ("flores rosa", "Florez for Flores"),
        ("phlorez rosa", "Florez for Phlorez"),
        ("florez rosita", "Rosa for Rosita"),
        ("rosa florez", "names in another order"),
        ("ros flor", "names in another order"),
        ("florez rosa 12/1/1999", "born Mar 14, 1961, not Dec 1, 1999"),
        ("florez rosa 3/15/1961", "born Mar 14, 1961, not Mar 15, 1961"),
        ("flores rosa 3/14/1961", "Florez for Flores"),
    ],
)
def test_what_is_near_is_proposed_with_its_reason(cast, text, why):
    assert why in near(cast, text)[cast.rosa.number]


def test_day_and_month_that_were_swapped_are_proposed(cast):
    omar = cast.omar.number  # born Jul 2, 1975
    assert near(cast, "2/7/1975") == {omar: "born Jul 2, 1975, not Feb 7, 1975"}
    assert "not Feb 7, 1975" in near(cast, "haddad omar", born_on=date(1975, 2, 7))[omar]


@pytest.mark.parametrize(
    ("last", "first", "typed"),
    [
        ("Smith-Jones", "Mary", "jones mary"),
        ("Smith-Jones", "Mary", "smithjones mary"),
        ("O’Hara", "Seán", "ohara sean"),
        ("de la Cruz", "José", "delacruz pepe"),
        ("de la Cruz", "José", "cruz jose"),
        ("Nguyễn", "Thị", "nguyen thi"),
        ("Johnson", "Robert", "johnson bob"),
        ("Johnson", "Bob", "johnsen robert"),
        ("Müller", "Katherine", "muller cathy"),
        ("Kowalczyk", "Agnieszka", "kowalchyk agnieska"),
        ("Garcia Lopez", "Maria Elena", "lopez elena"),
    ],
)
def test_accents_hyphens_and_short_names_keep_nobody_from_being_found(cast, last, first, typed):
    wanted = add(cast, last, first).number
    found = finding.find(cast.tess, typed)
    assert wanted in [*(p.number for p in found.hits), *(n.patient.number for n in found.did_you_mean)]


def test_a_maiden_name_finds_and_is_told_until_it_is_struck_out(cast):
    noted = noting.note_name(
        cast.tess, patient=cast.rosa, last_name="Ibáñez", first_name="", kind="maiden", at=cast.at()
    )
    assert near(cast, "ibanez rosa") == {cast.rosa.number: "also known as Ibanez"}
    assert near(cast, "ibanes rosa")
    noting.strike_name(cast.tess, patient=cast.rosa, name=noted, why="Her sister's", at=cast.at())
    assert near(cast, "ibanez rosa") == {}
    assert queries.names_of(cast.rosa) == []


def test_a_changed_name_finds_by_the_new_one_only(cast):
    details = services.Details(last_name="Quintana", first_name="Rosa", born_on=cast.rosa.born_on)
    services.change(cast.tess, patient=cast.rosa, details=details, at=cast.at())
    assert hits(cast, "quint")
    assert near(cast, "florez rosa") == {}
    assert set(NameWord.objects.filter(patient=cast.rosa).values_list("word", flat=True)) == {"quintana", "rosa"}


def test_strangers_are_not_proposed_and_another_pharmacy_sees_nobody(cast):
    assert near(cast, "florez omar") == {}
    assert near(cast, "xylophone") == {}
    assert near(cast, "florez rosario 12/1/1999 haddad") == {}
    for text in ("florez", "flroez rosa", "2/7/1975", cast.rosa.number, "6085550111"):
        found = finding.find(cast.max, text)
        assert (found.hits, found.did_you_mean) == ([], [])


def test_two_identifiers_are_never_forgiving(cast):
    def who(last, first, born):
        return queries.by_two_identifiers(cast.tess, last_name=last, first_name=first, born_on=born)

    assert who("Florez", "Rosa", date(1961, 3, 14))
    assert not who("Flores", "Rosa", date(1961, 3, 14))
    assert not who("Florez", "Rosita", date(1961, 3, 14))
    assert not who("Florez", "Rosa", date(1961, 3, 15))
    assert not who("Rosa", "Florez", date(1961, 3, 14))


@pytest.mark.parametrize(
    "text", ["", " ", "/", "0/0/0", "99/99/9999", "\x00", "'; --", "%", "_", "💊", "a" * 500, "z", "zz zz", "1-2-3-4"]
)
def test_whatever_is_typed_breaks_nothing(cast, text):
    finding.find(cast.tess, text)
    finding.find(cast.tess, text, born_on=date(2000, 2, 29))


def test_beginnings_end_where_the_alphabet_does(cast):
    add(cast, "Zzyzx", "Zed")
    add(cast, "Flz", "Ann")
    add(cast, "Fma", "Ann")
    assert len(hits(cast, "zz")) == len(hits(cast, "zzyz")) == len(hits(cast, "flz")) == 1
    assert len(hits(cast, "fl")) == 2


def test_the_entry_desk_is_shown_who_was_misspelt_but_born_on_that_day(cast):
    def who(**written):
        return [p.pk for p in queries.candidates(cast.tess, **written)]

    born = cast.rosa.born_on
    assert who(last_name="Flores", first_name="Rosie", born_on=born) == [cast.rosa.pk]
    assert who(last_name="Rosa", first_name="Florez", born_on=born) == [cast.rosa.pk]
    assert who(last_name="Haddad", first_name="Rosa", born_on=born) == []


def test_likely_duplicates_are_listed_likeliest_first_and_twins_are_not(cast):
    same = add(cast, "Florez", "Rosa", cast.rosa.born_on)
    alike = add(cast, "Haddat", "Omer", cast.omar.born_on)
    add(cast, "Haddad", "Leila", cast.omar.born_on)
    swapped = add(cast, "Nowak", "Lena", date(1990, 5, 4), phone="6085550199")
    slip = add(cast, "Nowak", "Lena", date(1990, 4, 5))
    found = [({p.one.pk, p.other.pk}, p.why) for p in duplicates.likely(cast.tess)]
    assert found[0] == ({cast.rosa.pk, same.pk}, "same name and birth date")
    assert [pair for pair, _ in found] == [{cast.rosa.pk, same.pk}, {cast.omar.pk, alike.pk}, {swapped.pk, slip.pk}]
    merging.two_people(cast.tess, one=same, other=cast.rosa, why="Mother and daughter-in-law", at=cast.at())
    assert {cast.rosa.pk, same.pk} not in [{p.one.pk, p.other.pk} for p in duplicates.likely(cast.tess)]
    assert duplicates.likely(cast.max) == []


def test_a_married_name_at_the_same_telephone_is_a_likely_duplicate(cast):
    bride = add(cast, "Schmidt", "Rosa", cast.rosa.born_on, phone="6085550111")
    (pair,) = duplicates.likely(cast.tess)
    assert {pair.one.pk, pair.other.pk} == {cast.rosa.pk, bride.pk}
    assert pair.why == "same birth date, first name and telephone"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("bob", "robert", True), ("robert", "bobby", True), ("smith", "smyth", True), ("gonzalez", "gonsales", True),
        ("catherine", "katherine", True), ("stephen", "steven", True), ("mcdonald", "macdonald", True), ("li", "lee", False),
        ("jones", "james", False), ("anna", "hanna", True), ("lopez", "perez", False), ("chen", "chan", True), ("kim", "kin", False),
    ],
)  # fmt: skip
def test_names_are_alike_by_sound_slip_or_use(one, other, alike):
    assert likeness.are_alike(one, other) is likeness.are_alike(other, one) is alike
