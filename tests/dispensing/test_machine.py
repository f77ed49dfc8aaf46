"""The fill's table of moves: no way sells what nobody authorised checked, and nothing is a dead end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officina.dispensing.rules.machine import COUNTED, FILL, FINAL, OPEN, TITLES, State
from officina.kernel.machine import BACK, IllegalMove


def test_every_state_is_reached_and_every_open_state_has_a_way_out():
    reached = {m.to for m in FILL.moves if m.to != BACK} | {State.RECEIVED}
    assert reached == set(State)
    assert all(FILL.open_from(s) for s in OPEN)
    assert not any(FILL.open_from(s) for s in FINAL)


def test_every_state_has_words():
    assert set(TITLES) == set(State)


def test_only_the_final_check_leads_to_checked_and_only_the_counter_to_sold():
    assert [m.name for m in FILL.moves if m.to == State.CHECKED] == ["verify"]
    assert [m.name for m in FILL.moves if m.to == State.SOLD] == ["hand_over"]
    assert [m.needs for m in FILL.moves if m.name == "verify"] == ["dispensing.verify"]


def test_a_step_that_undoes_asks_why():
    for m in FILL.moves:
        if m.name in {"send_back", "reject", "hold", "cancel", "amend", "return_to_stock", "put_back"}:
            assert m.why, m.name


def test_an_illegal_move_is_refused_with_what_is_possible():
    with pytest.raises(IllegalMove, match="Possible: Enter, Hold, Cancel"):
        FILL.move("verify", State.RECEIVED)


@settings(max_examples=500)
@given(st.lists(st.integers(0, 50), max_size=60))
def test_no_path_of_the_table_sells_an_unverified_or_unreviewed_fill(choices):
    """Walk at random; what is verified or reviewed stays so only until a step that voids it."""
    state, held_from = State.RECEIVED, None
    verified = reviewed = checked_entry = False
    for choice in choices:
        steps = FILL.open_from(state)
        if not steps:
            break
        step = steps[choice % len(steps)]
        if step.to == State.HELD:
            held_from = state
        to = held_from if step.to == BACK else step.to
        match step.name:
            case "verify":
                verified = True
            case "clear_review":
                reviewed = True
            case "approve_entry":
                checked_entry = True
            case "amend" | "send_back" | "submit_entry":
                verified = reviewed = checked_entry = False
            case "reject" | "put_back":
                verified = False
        state = State(to)
        if state == State.SOLD:
            assert verified
            assert reviewed
            assert checked_entry
        if state in COUNTED:
            assert reviewed
            assert checked_entry
