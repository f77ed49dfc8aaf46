"""The packs of the law, and how the strictest of several answers is found."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, strictest

FILES = sorted((Path(facts.__file__).parent / "packs").glob("*/*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_row_has_a_source_and_state_rows_are_marked_for_review(path):
    pack = tomllib.loads(path.read_text())
    assert pack["row"]
    for row in pack["row"]:
        assert row["source"].strip()
        assert ("state" in row) is (path.parent.name != "us")
        if path.parent.name == "states":
            assert row["needs_review"] is True


def test_a_row_holds_between_its_days_and_a_states_own_row_stands_for_the_common_one():
    rows = [
        Fact(source="federal"), Fact(source="old", state="any", until=date(2026, 1, 31)),
        Fact(source="new", state="any", since=date(2026, 2, 1)), Fact(source="Texas", state="TX"), Fact(source="house", state="site"),
    ]  # fmt: skip
    told = lambda on, state: [row.source for row in facts.in_force(rows, on=on, state=state)]  # noqa: E731
    assert told(date(2026, 1, 31), "") == ["federal", "house", "old"]
    assert told(date(2026, 2, 1), "WI") == ["federal", "house", "new"]
    assert told(date(2026, 2, 1), "TX") == ["federal", "house", "Texas"]
    assert told(date(2026, 2, 1), "US") == ["federal", "house"]


DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31))
RULINGS = st.builds(
    Ruling, allowed=st.booleans(), rule=st.just("r"), source=st.sampled_from("abc"), until=DAYS, passes_on=DAYS,
    missing=st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(RULINGS, min_size=1, max_size=5))
def test_a_further_law_never_loosens(rulings):
    first, all_ = rulings[0], strictest(rulings)
    assert all_.allowed is all(r.allowed for r in rulings)
    assert first.until is None or (all_.until is not None and all_.until <= first.until)
    assert set(first.missing) <= set(all_.missing)
    if not first.allowed:
        assert not all_.allowed
        assert all_.passes_on is None or (first.passes_on is not None and all_.passes_on >= first.passes_on)
    if all_.passes_on and all_.until and not all_.allowed:
        assert all_.passes_on <= all_.until


def test_a_day_and_a_moment_compare_as_the_clock_on_the_wall_shows_them():
    evening = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    yes = lambda until: Ruling(allowed=True, rule="r", source="s", until=until)  # noqa: E731
    assert strictest([yes(date(2026, 11, 23)), yes(evening)]).until == evening
    assert strictest([yes(date(2026, 11, 22)), yes(evening)]).until == date(2026, 11, 22)


def test_no_rulings_give_no_answer():
    with pytest.raises(ValueError, match="no ruling"):
        strictest([])
