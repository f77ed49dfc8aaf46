"""Every package of the starter list makes a label that fits and that the linter passes."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

import officina
from labels.facts import METFORMIN
from officina.labels.auxiliary import editions
from officina.labels.content import compose
from officina.labels.layout import lay_out
from officina.labels.lint import lint

STARTER = Path(officina.__path__[0]) / "drugs" / "starter_data"


def rows(name):
    with (STARTER / name).open(newline="") as file:
        return list(csv.DictReader(file))


CLASSES = {row["key"]: row["classes"].split(";") for row in rows("ingredients.csv")}


@pytest.mark.parametrize("row", rows("packages.csv"), ids=lambda row: row["ndc"])
def test_a_package_makes_a_sound_label(row):
    keys = row["ingredients"].split(";")
    facts = replace(
        METFORMIN, drug_name=row["generic_name"], brand_name=row["brand_name"], strength=row["strength"], form=row["form"], purpose="",
        route=row["route"], labeler=row["labeler"], ndc=row["ndc"], schedule=int(row["schedule"]), refills_left=0, unit=row["package_unit"],
        ingredients=tuple(keys), classes=tuple(c for key in keys for c in CLASSES[key]), directions="Use as directed once a week.",
    )  # fmt: skip
    assert lint(compose(facts)) == ()
    assert len(lay_out(compose(facts))) == 1


def test_the_warnings_speak_the_classes_of_the_drug_file():
    known = {c for classes in CLASSES.values() for c in classes}
    named = {c for row in editions()[0].rows for c in row.classes}
    assert named <= known
