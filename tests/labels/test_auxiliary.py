from datetime import date

import pytest

from officina.labels.auxiliary import MOST, Contents, choose, editions

TODAY = date(2026, 11, 22)


def codes(*ingredients, form="tablet", route="oral", classes=(), directions=""):
    contents = Contents(ingredients=ingredients, classes=classes, form=form, route=route, directions=directions)
    return [row.code for row in choose(contents, on=TODAY)]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (codes("metformin hydrochloride"), ["with_food"]),
        (codes("Alendronate Sodium"), ["upright"]),
        (codes("metronidazole"), ["no_alcohol_3_days", "finish"]),
        (codes("ciprofloxacin"), ["dairy", "finish", "sun"]),
        (codes("phenazopyridine"), ["urine"]),
        (codes("methotrexate", directions="Take 6 tablets once a week."), ["weekly", "pregnancy"]),
        (codes("methotrexate", directions="Take 1 tablet daily."), ["pregnancy"]),
        (codes("latanoprost", form="SOLUTION/ DROPS", route="OPHTHALMIC"), ["eye", "refrigerate"]),
        (codes("amoxicillin", form="POWDER, FOR SUSPENSION"), ["shake", "finish"]),
        (codes("nifedipine", form="TABLET, FILM COATED, EXTENDED RELEASE"), ["swallow_whole", "grapefruit"]),
        (codes("fentanyl", form="PATCH, EXTENDED RELEASE", route="TRANSDERMAL"), ["patch", "opioid", "drowsy_alcohol"]),
        (codes("nitroglycerin", route="SUBLINGUAL"), ["tongue", "glass"]),
        (codes("insulin glargine", form="injection, solution", route="SUBCUTANEOUS"), ["refrigerate_injection"]),
        (codes("something new"), []),
        (codes("something new", classes=("NSAID",)), ["with_food"]),
        (codes("something new", form="gel", route="topical; ophthalmic"), []),
    ],
)
def test_contents_bring_their_warnings(found, wanted):
    assert found == wanted


def test_a_vial_carries_at_most_four_and_the_most_important_first():
    found = codes("oxycodone", "doxycycline", "warfarin", "prednisone", form="tablet, extended release")
    assert len(found) == MOST
    assert found == ["opioid", "pregnancy", "swallow_whole", "drowsy_alcohol"]


def test_food_and_an_empty_stomach_never_stand_together():
    assert codes("omeprazole", "naproxen", form="tablet") == ["empty_stomach"]


def test_no_metformin_lookalike_is_taken_for_metformin():
    assert codes("metforminoid") == []


def test_every_row_names_its_source_and_what_brings_it_on():
    rows = editions()[0].rows
    assert len({row.code for row in rows}) == len(rows)
    for row in rows:
        assert row.source
        assert row.review
        assert row.ingredients or row.classes or row.forms or row.routes
        assert all(w == w.lower() for w in (*row.ingredients, *row.classes, *row.forms, *row.not_forms, *row.routes))
