"""`officina pseudoephedrine`: what a person may buy, and the logbook for an inspector."""

import csv
import io
import json

import pytest

from cli.test_program import sql
from houses import officina

WISH = {
    "last_name": "Doe", "first_name": "Kim", "born_on": "1980-05-01", "identity_number": "D1", "salt": "hcl", "unit_mg": "30",
    "units_each": 24,
}  # fmt: skip


@pytest.fixture
def house(house_env):
    officina(house_env, "open", "--name", "Elm", "--state", "WI")
    return house_env


def asked(house, run, tmp_path, *arguments, **changes):
    file = tmp_path / "wish.json"
    file.write_text(json.dumps({**WISH, **changes}))
    return run(house, "pseudoephedrine", "may", "--file", str(file), *arguments)


def test_a_wish_is_judged_and_nothing_is_written(house, run, tmp_path):
    done = asked(house, run, tmp_path, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["allowed"], told["units_now"], told["base_mg"]) == (0, True, 146, "589.68")
    no = asked(house, run, tmp_path, units_each=147)
    assert no.returncode == 1
    assert no.stdout.startswith("No. 3,611.79 mg of base")
    assert "units that may be sold now: 146" in no.stdout
    assert sql(house, "SELECT count(*) FROM dispensing_pseudoephedrinesale") == [(0,)]


@pytest.mark.parametrize(
    "changes", [{"salt": "nitrate"}, {"born_on": "yesterday"}, {"unit_mg": "x"}, {"units_each": None}]
)
def test_what_cannot_be_read_is_refused_in_words(house, run, tmp_path, changes):
    done = asked(house, run, tmp_path, **changes)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "expected" in done.stderr


def test_the_log_of_no_sales_is_a_head_line_and_days_must_be_in_order(house, run):
    rows = list(csv.reader(io.StringIO(officina(house, "pseudoephedrine", "log"))))
    assert len(rows) == 1
    assert {"at", "number", "product", "identity_number", "signed_by", "takes_back"} <= set(rows[0])
    assert json.loads(officina(house, "pseudoephedrine", "log", "--json"))["lines"] == []
    assert run(house, "pseudoephedrine", "log", "--from", "2026-11-02", "--to", "2026-11-01").returncode == 2
