"""`officina drugs show` and `officina drugs equivalents`: what is known is told, what is not known is said so."""

import json

import pytest

from houses import officina, open_house

OPIOID = "0378-4151-01"


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("house")) as env:
        yield env


def test_a_medicine_is_shown_with_its_packages(env):
    told = json.loads(officina(env, "drugs", "show", "0093-8943-01", "--json"))
    assert (told["generic_name"], told["strength"], told["asked_for"]) == ("acyclovir", "400 mg", "0093-8943-01")
    assert [p["ndc"] for p in told["packages"]].count("0093-8943-01") == 1
    assert told["orange_book"] is None
    assert officina(env, "drugs", "show", "00093894301").startswith("acyclovir 400 mg tablet")


def test_what_may_be_dispensed_names_what_was_written_first_of_all(env):
    told = json.loads(officina(env, "drugs", "equivalents", "0093-8943-01", "--daw", "1", "--json"))
    assert told["daw_means"] == "Substitution not allowed by the prescriber"
    assert [(x["reason"], x["ndcs"]) for x in told["allowed"]] == [("as written", ["0093-8943-01"])]
    assert "May be dispensed:\n  acyclovir 400 mg tablet" in officina(env, "drugs", "equivalents", "0093-8943-01")


def test_the_factor_of_an_opioid_is_told_with_its_source(env, tmp_path):
    shown = officina(env, "drugs", "show", OPIOID)
    assert "traMADol 50 mg tablet" in shown
    assert "Morphine equivalents" not in shown
    (tmp_path / "mme.csv").write_text("opioid,unit,factor_2022_guideline\ntramadol,mg/day,0.2\n")
    officina(env, "drugs", "import", str(tmp_path / "mme.csv"), "--edition", "2026-11-02")
    assert (
        "Morphine equivalents a day: tramadol, mg/day × 0.2 (CDC guideline of 2022; CDC morphine milligram equivalents, "
        "list of 2026-11-02)" in officina(env, "drugs", "show", OPIOID)
    )
    [told] = json.loads(officina(env, "drugs", "show", OPIOID, "--json"))["morphine_factors"]
    assert (told["factor"], told["guideline"], told["edition"]) == ("0.2", "2022", "2026-11-02")


@pytest.mark.parametrize("command", ["show", "equivalents"])
@pytest.mark.parametrize(
    ("ndc", "words"),
    [("9999-9999-99", "The drug file has no NDC 9999-9999-99."), ("qqq", "'qqq' is no NDC and no GTIN.")],
)
def test_a_code_that_is_not_there_is_refused_in_a_sentence(env, said_no, command, ndc, words):
    assert said_no(env, "drugs", command, ndc, status=1) == f"{words}\n"
