"""What goes into the bag beside the medicine (21 CFR 208.24, 310.501, 310.515)."""

import pytest

from cast import TODAY, assemble, package
from officina.dispensing import leaflets
from officina.drugs import starter
from officina.law import facts
from officina.law.handover import Exemption, Leaflet


@pytest.fixture
def cast(db):
    return assemble()


@pytest.mark.parametrize(
    ("name", "classes", "words"),
    [
        ("warfarin", (), ["Medication Guide"]),
        ("naproxen", ("nsaid",), ["Medication Guide"]),
        ("semaglutide", ("glp-1-agonist",), ["Medication Guide (semaglutide)"]),
        ("oxycodone hcl", ("opioid",), ["Medication Guide"]),
        ("estradiol", ("estrogen",), ["patient package insert"]),
        ("lisinopril hctz", ("ace-inhibitor",), []),
    ],
)
def test_what_goes_along(cast, name, classes, words):
    pack = package(name, "10 mg", ndc="44444-0001-1", ingredient=name, classes=classes)
    fill = cast.entered(pack, drug=pack.product.drug, directions="Take 1 tablet by mouth every day.")
    found = leaflets.of([fill], on=TODAY)[fill.pk]
    assert len(found) == len(words)
    assert all(told.startswith(word) for told, word in zip(found, words, strict=True))


def test_several_fills_are_asked_for_in_one_statement(cast, django_assert_num_queries):
    fills = [cast.entered(), cast.entered(patient=cast.omar)]
    with django_assert_num_queries(1):
        assert leaflets.of(fills, on=TODAY) == {f.pk: () for f in fills}
    assert leaflets.of([], on=TODAY) == {}


def test_every_class_that_the_packs_name_is_one_of_the_drug_file():
    """A class that is spelt otherwise would hand over nothing, and nobody would see it."""
    known = {c.key for c in starter.classes()} | {
        "oral-contraceptive",
        "estrogen-progestin",
    }  # those by their ingredients, too
    rows = [*facts.rows("medication_guides", Leaflet), *facts.rows("patient_inserts", Leaflet)]
    named = {c for row in rows for c in row.classes} | {c for row in facts.rows("child_resistant", Exemption) for c in row.classes}  # fmt: skip
    assert named - known == set()
