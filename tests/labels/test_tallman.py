import csv

import pytest

from officina.labels.tallman import display, pack


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("metformin hydrochloride", "metFORMIN hydrochloride"),
        ("hydroxyzine", "hydrOXYzine"),
        ("hydralazine", "hydrALAZINE"),
        ("hydrocodone-acetaminophen", "HYDROcodone-acetaminophen"),
        ("oxycodone and acetaminophen", "oxyCODONE and acetaminophen"),
        ("Solu-Medrol", "SOLU-Medrol"),
        ("lisinopril", "lisinopril"),
        ("prednisolone acetate", "prednisoLONE acetate"),
        ("", ""),
    ],
)
def test_listed_words_are_written_tall(name, shown):
    assert display(name) == shown


def test_a_name_is_written_in_one_way_only():
    names = [row.write.lower() for row in pack().rows]
    assert len(names) == len(set(names))


def test_display_changes_letters_case_only():
    for row in pack().rows:
        assert display(row.write.lower()) == display(row.write.upper()) == row.write


def test_every_name_of_the_fda_list_is_written_as_the_agency_writes_it(reference_data):
    with (reference_data / "safety_lists" / "fda_tall_man.csv").open() as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert names
    assert {name: display(name.lower()) for name in names} == {name: name for name in names}
    assert {row.write for row in pack().rows if row.list == "FDA"} >= names
