import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from officina.kernel.errors import ParseError
from officina.kernel.ids.numbers import HouseNumber

SERIES = st.sampled_from(["", "F", "B", "V", "P"])
VALUES = st.integers(1000, 10**12)


@given(SERIES, VALUES)
def test_an_issued_number_is_read_back_as_typed_and_as_scanned(series, value):
    number = HouseNumber.issue(series, value)
    assert number.value == value
    assert HouseNumber.parse(number.text) == HouseNumber.parse(f" {number.barcode.lower()} ") == number


@given(SERIES, VALUES, st.data())
def test_a_mistyped_digit_fails(series, value, data):
    text = HouseNumber.issue(series, value).text
    place = data.draw(st.integers(len(series), len(text) - 1))
    wrong = data.draw(st.sampled_from("0123456789"))
    assume(wrong != text[place])
    with pytest.raises(ParseError):
        HouseNumber.parse(text[:place] + wrong + text[place + 1 :])


@given(SERIES, VALUES, st.data())
def test_two_swapped_digits_fail(series, value, data):
    text = HouseNumber.issue(series, value).text
    place = data.draw(st.integers(len(series), len(text) - 2))
    assume(text[place] != text[place + 1])
    with pytest.raises(ParseError):
        HouseNumber.parse(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


def test_a_wrong_digit_is_told_apart_from_another_kind_of_text():
    good = HouseNumber.issue("B", 1001).text
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    with pytest.raises(ParseError, match="a digit is wrong or two are swapped"):
        HouseNumber.parse(wrong)
    with pytest.raises(ParseError, match="F, B, V, P or RX"):
        HouseNumber.parse("hello")


def test_the_series_is_part_of_the_number():
    assert HouseNumber.issue("F", 1001) != HouseNumber.issue("B", 1001)
    assert HouseNumber.issue("", 100001).barcode.startswith("RX")


@pytest.mark.parametrize("value", [0, 999, -1000, 10**18])
def test_a_counter_outside_its_range_is_a_bug(value):
    with pytest.raises(ValueError, match="counts from 1000"):
        HouseNumber.issue("F", value)


@pytest.mark.parametrize("text", ["", "F", "F0010010", "F100", "X10011", "FF10011", "F-10011", "F１００１１", "\ufb00"])
def test_another_shape_is_an_error(text):
    with pytest.raises(ParseError):
        HouseNumber.parse(text)


@given(st.text() | st.text("FBVPRX0123456789", max_size=12))
def test_any_text_is_a_number_or_a_parse_error(text):
    try:
        read = HouseNumber.parse(text)
    except ParseError:
        return
    assert HouseNumber.parse(read.text) == read
