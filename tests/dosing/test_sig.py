"""Directions are read as a person answered them by hand, or not at all."""

import pytest

from dosing import answers
from officina.dosing import label, sig

PUBLIC = answers.rows("public.txt")


@pytest.mark.parametrize(("direction", "answer"), PUBLIC)
def test_a_public_direction_is_read_as_the_hand_written_answer_says(direction, answer):
    assert answers.told(sig.read(direction)) == answer


def test_nine_in_ten_public_directions_are_answered():
    answered = [a for _, a in PUBLIC if a not in ("ambiguous", "not understood")]
    assert len(PUBLIC) == 135
    assert len(answered) * 10 >= len(PUBLIC) * 9
