"""Every worked example of the domain rules on prescriptions is answered as it stands there."""

import tomllib
from pathlib import Path

import pytest

from law.vectors import VECTORS
from officina.law import facts

PACKS = sorted((Path(facts.__file__).parent / "packs").rglob("*.toml"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v.source} {v.what}"[:80])
def test_a_worked_example_is_answered_as_it_stands(vector):
    assert vector.ask() == vector.answer


def test_every_section_has_its_examples_and_each_is_there_once():
    assert len({(v.source, v.what) for v in VECTORS}) == len(VECTORS) >= 120
    sections = {v.source.split(",")[0].split(" ")[0] for v in VECTORS}
    assert {f"1.{n}" for n in (4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16)} <= sections
    assert {v.tag for v in VECTORS} == {"GK", "S"}


@pytest.mark.parametrize("path", PACKS, ids=lambda p: p.stem)
def test_what_is_general_knowledge_is_marked_for_a_pharmacists_review(path):
    assert "needs a pharmacist's review" in tomllib.loads(path.read_text())["pack"]["review"]
