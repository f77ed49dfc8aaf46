import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.errors import Refused
from officina.kernel.machine import BACK, IllegalMove, Machine, move

FILL = Machine(
    "fill",
    move("start", "waiting", to="filling", needs="fill.fill"),
    move("send_back", "filling", "checking", to="waiting", needs="fill.check", why=True),
    move("finish", "filling", to="checking", needs="fill.fill", title="Done"),
    move("verify", "checking", to="ready", needs="fill.check"),
    move("hold", "waiting", "filling", to="held", needs="fill.hold"),
    move("release", "held", to=BACK, needs="fill.hold"),
)


def test_a_move_that_stands_in_the_table_is_found():
    found = FILL.move("send_back", "checking")
    assert (found.to, found.needs, found.why, found.title) == ("waiting", "fill.check", True, "Send back")
    assert FILL.move("finish", "filling").title == "Done"


def test_a_move_from_elsewhere_is_refused_and_says_what_is_possible():
    with pytest.raises(IllegalMove) as refused:
        FILL.move("verify", "filling")
    assert isinstance(refused.value, Refused)
    assert refused.value.code == "illegal_move"
    assert "This fill is filling" in refused.value.sentence
    assert "Possible: Send back, Done, Hold." in refused.value.sentence


def test_from_the_end_nothing_is_possible():
    with pytest.raises(IllegalMove, match="Possible: nothing"):
        FILL.move("start", "ready")


def test_the_buttons_are_the_moves_in_table_order():
    assert [m.name for m in FILL.open_from("filling")] == ["send_back", "finish", "hold"]
    assert FILL.open_from("nowhere") == []


def test_every_state_is_named_once_and_the_way_back_is_none():
    assert list(FILL.states()) == ["waiting", "filling", "checking", "ready", "held"]


def test_one_name_and_source_written_twice_is_a_bug():
    with pytest.raises(ValueError, match="start from waiting is written twice"):
        Machine(
            "fill", move("start", "waiting", to="a", needs="x"), move("start", "held", "waiting", to="b", needs="x")
        )


@given(st.sampled_from([m.name for m in FILL.moves] + ["", "sell"]), st.sampled_from([*FILL.states(), "sold", BACK]))
def test_a_move_is_possible_exactly_where_its_button_stands(name, state):
    shown = [m for m in FILL.open_from(state) if m.name == name]
    if shown:
        assert [FILL.move(name, state)] == shown
    else:
        with pytest.raises(IllegalMove):
            FILL.move(name, state)
