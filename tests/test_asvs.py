"""The walk through OWASP ASVS names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = [r for r in (ROOT / "docs/asvs.md").read_text().splitlines() if re.match(r"\| \d", r)]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", "\n".join(ROWS))))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_the_walk_names_exists(file, name):
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_every_point_has_a_verdict_and_what_is_met_has_a_test():
    verdicts = [(r.split("|")[1].strip(), r.split("|")[3].strip()) for r in ROWS]
    assert {v for _, v in verdicts} <= {"met", "partly", "not met", "not here"}
    bare = [r for r in ROWS if r.split("|")[3].strip() == "met" and "`tests/" not in r]
    assert (len(ROWS) > 40, bare) == (True, [])
