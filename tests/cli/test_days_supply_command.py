"""`officina days-supply`: the days, the working and what it rests on; a wrong usage is told in a sentence."""

import json
import os

import pytest

from houses import officina


@pytest.fixture
def env(tmp_path):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OFFICINA_", "DJANGO_"))}
    return kept | {"OFFICINA_HOME": str(tmp_path / "home")}


def test_pens_are_counted_and_primed(env):
    told = officina(
        env, "days-supply", "inject 45 units subq daily", "--package", "3 mL", "--packages", "5",
        "--units-per-ml", "100", "--priming", "2",
    )  # fmt: skip
    assert told.splitlines()[0] == "33 days"
    assert "  15 mL x 100 units = 1,500 units" in told
    assert "  or 31 days, with 2 units of priming before each injection" in told


def test_json_holds_the_working_the_notes_and_the_sources(env):
    told = json.loads(
        officina(
            env, "days-supply", "inject 10 units subq daily", "--quantity", "10 mL",
            "--medicine", "insulin glargine vial", "--json",
        )
    )  # fmt: skip
    assert told["days"] == 100
    assert told["working"][-1] == "1,000 / 10 = 100 days"
    assert "28 days after opening" in told["notes"][0]
    assert told["sources"] == ["FDA label Lantus 16.2"]
    assert told["why_not"] is None


def test_the_quantity_for_so_many_days(env):
    assert officina(env, "days-supply", "1 tab po bid", "--for-days", "12").startswith("24 tablets for 12 days\n")


def test_a_strength_is_of_the_piece_dispensed(env):
    told = officina(env, "days-supply", "500 mg po bid", "--quantity", "40 capsules", "--strength", "250 mg")
    assert told.startswith("10 days\n")
    told = officina(env, "days-supply", "400 mg po bid", "--quantity", "100 mL", "--strength", "400 mg/5 mL")
    assert told.startswith("10 days\n")


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (["use as directed", "--quantity", "30 tablets"], "", 1),
        (["1 tab po bid"], "--package with --packages", 2),
        (["1 tab po bid", "--quantity", "many"], "expected a number and its unit", 2),
        (["1 tab po bid", "--quantity", "60", "--strength", "strong"], "such as 10 mg", 2),
        (["1 tab po bid", "--quantity", "60", "--holds", "1 inhaler"], "two amounts", 2),
        (["1 tab po bid", "--for-days", "0"], "not in the range", 2),
    ],
)
def test_what_cannot_be_counted_or_read_is_said(env, run, arguments, words, status):
    told = run(env, "days-supply", *arguments)
    assert told.returncode == status
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    if status == 1:
        assert "cannot be counted" in told.stdout
