"""Directions are read as a person answered them by hand, or not at all."""

import pytest

from dosing import answers
from officina.dosing import label, sig, words

PUBLIC = answers.rows("public.txt")


@pytest.mark.parametrize(("direction", "answer"), PUBLIC)
def test_a_public_direction_is_read_as_the_hand_written_answer_says(direction, answer):
    assert answers.told(sig.read(direction)) == answer


def test_nine_in_ten_public_directions_are_answered():
    answered = [a for _, a in PUBLIC if a not in ("ambiguous", "not understood")]
    assert len(PUBLIC) == 135
    assert len(answered) * 10 >= len(PUBLIC) * 9


OURS = answers.rows("directions.txt")


@pytest.mark.parametrize(("direction", "answer"), OURS)
def test_a_direction_of_our_own_is_read_as_the_hand_written_answer_says(direction, answer):
    assert answers.told(sig.read(direction)).rstrip() == answer


def test_our_own_directions_are_four_hundred_or_more_and_each_is_there_once():
    assert len({d for d, _ in OURS}) == len(OURS) >= 400


def _said(kind):
    """What of the packs' words of a kind our own and the public directions have in their answers."""
    parts = [p for d, _ in (*OURS, *PUBLIC) if (dosage := sig.read(d).dosage) for p in dosage.parts]
    amounts = [a for p in parts for a in (p.amount, p.strength) if a]
    found = {
        "unit": {a.unit for a in amounts}, "route": {p.route for p in parts}, "site": {p.site for p in parts},
        "verb": {p.verb for p in parts}, "weekday": {d for p in parts for d in p.weekdays},
    }  # fmt: skip
    return found[kind]


@pytest.mark.parametrize(
    ("kind", "elsewhere"),
    [
        # A spoon is told in mL; a dose is counted in the maximum of a direction.
        ("unit", {"teaspoon", "tablespoon", "dose"}),
        ("route", set()),
        ("site", set()),
        ("verb", set()),
        ("weekday", set()),
    ],
)
def test_the_directions_cover_every_form_route_and_place(kind, elsewhere):
    assert set(words.of(kind)) - _said(kind) == elsewhere


@pytest.mark.parametrize(
    ("direction", "per_day"),
    [  # common US sig codes (Joint Commission's blocked ones among them): and what they make a day
        ("1 tab po qd", "1"),
        ("1 tab po bid", "2"),
        ("1 tab po tid", "3"),
        ("1 tab po qid", "4"),
        ("1 tab po qhs", "1"),
        ("1 tab po q4h", "6"),
        ("1 tab po q6h", "4"),
        ("1 tab po q8h", "3"),
        ("1 tab po q12h", "2"),
        ("1 tab po q4-6h prn", "6"),
        ("1 tab po qod", "1/2"),
        ("1 tab po qwk", "1/7"),
        ("1 tab po biw", "2/7"),
        ("1 tab po tid ac", "3"),
        ("1-2 tabs po q4-6h prn max 8 tablets per day", "8"),
        ("inject 10 units subq ac and hs", "40"),
        ("take 1/2 tab mwf", "3/14"),
        ("take 4 tablets once a week", "4/7"),
        ("take 2 tablets on day 1 then 1 tablet on days 2-5", "2"),
        ("take 1 tablet in the morning and 2 tablets at bedtime", "3"),
        ("take 4 tablets daily for 3 days then 2 tablets daily for 3 days", "4"),
    ],
)
def test_what_a_direction_makes_a_day_at_most(direction, per_day):
    assert str(sig.read(direction).dosage.per_day.high) == per_day


@pytest.mark.parametrize("direction", ["use as directed", "apply to affected area bid", "take 2 tablets prn pain"])
def test_a_direction_that_says_no_daily_amount_gives_none(direction):
    assert sig.read(direction).dosage.per_day is None


def test_the_label_says_morning_and_evening_with_numerals():
    text = label.text(sig.read("1 tab PO BID").dosage)
    assert text == "Take 1 tablet by mouth in the morning and 1 tablet in the evening."  # USP <17>


def test_the_label_in_spanish():
    text = label.text(sig.read("1 tab PO BID").dosage, "es")
    assert text == "Tome 1 tableta por la boca por la mañana y 1 tableta al anochecer."


@pytest.mark.parametrize("typed", ["3x a day", "3x/day", "3 x daily", "3x per day", "3X each day"])
def test_three_with_an_x_is_three_times_a_day_on_both_labels(typed):
    dosage = sig.read(f"1 tab po {typed} x 5 days").dosage
    assert label.text(dosage) == "Take 1 tablet by mouth 3 times a day for 5 days."
    assert label.text(dosage, "es") == "Tome 1 tableta por la boca 3 veces al día durante 5 días."


def test_a_reason_of_the_prescribers_own_has_no_half_spanish_label():
    dosage = sig.read("take 1 tablet daily for hyperphosphatemia").dosage
    assert label.text(dosage) == "Take 1 tablet every day for hyperphosphatemia."
    assert label.text(dosage, "es") == ""


def test_a_sites_own_code_is_expanded_as_typed():
    codes = {"T1B": "take 1 tablet by mouth twice daily", "BP": "for high blood pressure"}
    expected = "Take 1 tablet by mouth in the morning and 1 tablet in the evening for high blood pressure."
    assert label.text(sig.read("t1b BP", codes).dosage) == expected
    assert sig.read("t1b BP").status == "not_understood"


def test_two_readings_are_told_both():
    read = sig.read("instill 1 drop od bid")
    assert read.status == "ambiguous"
    assert "in the right eye" in read.readings
    assert len(read.readings) == 2


def test_what_is_too_long_is_not_read():
    assert sig.read("take 1 tablet daily " * 200).status == "not_understood"
