"""`officina drugs`: files come in by content, in one go; status tells what is there; a refusal is one sentence."""

import json

import pytest

from houses import officina, open_house
from small_directory import as_zip, package, product


@pytest.fixture
def house_env(tmp_path):
    with open_house(tmp_path / "house") as env:
        yield env


def test_a_directory_is_brought_in_and_told(house_env, tmp_path):
    path = as_zip(tmp_path / "d.zip", [product()], [package()])
    told = officina(house_env, "drugs", "import", str(path))
    assert "FDA NDC directory, d.zip: 1 product rows (1 new, 0 changed, 0 ended), 1 package rows" in told
    assert "already" in officina(house_env, "drugs", "import", str(path))
    found = json.loads(officina(house_env, "drugs", "status", "--json"))
    [directory] = [s for s in found["sources"] if s["key"] == "fda-ndc"]
    assert (directory["rows"], directory["unread"], len(directory["sha256"])) == (2, 0, 64)
    assert found["joins"]["packages without a price"] >= 1
    assert "FDA NDC" in officina(house_env, "drugs", "status")


def test_the_answer_as_json_names_every_table(house_env, tmp_path):
    path = as_zip(tmp_path / "d.zip", [product()], [package()])
    answer = json.loads(officina(house_env, "drugs", "import", str(path), "--edition", "2026-11-20", "--json"))
    [file] = answer["files"]
    assert (file["source"], file["dated"]) == ("fda-ndc", "2026-11-20")
    assert [c["name"] for c in file["changes"]] == ["product", "package"]


def test_a_file_that_is_no_source_is_refused_in_a_sentence(house_env, tmp_path, said_no):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    told = said_no(house_env, "drugs", "import", tmp_path / "x.csv", status=1)
    assert told.startswith("Nothing was changed: ")
    assert "x.csv" in told
    said_no(house_env, "drugs", "import", tmp_path / "nowhere.zip", status=1)


def test_a_medicine_is_found_by_its_words_and_by_its_code(house_env):
    told = officina(house_env, "drugs", "search", "metop", "succ", "25", "er")
    assert told.startswith("metoprolol succinate 25 mg extended-release tablet")
    [hit] = json.loads(officina(house_env, "drugs", "search", "0093-8943-01", "--json"))["hits"]
    assert (hit["name"], hit["package"] is not None) == ("acyclovir 400 mg tablet", True)


def test_a_misspelt_medicine_is_proposed_apart(house_env):
    answer = json.loads(officina(house_env, "drugs", "search", "hydralizine", "25", "--json"))
    assert answer["hits"] == []
    assert answer["did_you_mean"][0]["meant"] == "hydralazine"
    assert "Did you mean hydrALAZINE?" in officina(house_env, "drugs", "search", "hydralizine")


def test_what_is_near_nothing_is_refused_in_a_sentence(house_env, said_no):
    assert said_no(house_env, "drugs", "search", "qqqqqq", status=1) == "Nothing fits, and nothing is near.\n"
