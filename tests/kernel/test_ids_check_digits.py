import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from officina.kernel.ids import check_digits

DIGITS = st.text("0123456789", min_size=1, max_size=18)


@pytest.mark.parametrize(
    ("payload", "digit"), [("123456789", 3), ("124531959", 9), ("100000000", 4), ("199999999", 2), ("200000000", 2)]
)
def test_the_luhn_digit_of_an_npi_is_computed_with_the_card_prefix(payload, digit):
    assert check_digits.luhn("80840" + payload) == digit


@pytest.mark.parametrize(
    ("payload", "digit"),
    [("0030002821501", 2), ("0035024204062", 4), ("0036057541121", 3), ("5030002821501", 7), ("30002821501", 2)],
)
def test_the_gs1_digit_is_weighted_from_the_right_so_length_does_not_matter(payload, digit):
    assert check_digits.gs1(payload) == digit


@pytest.mark.parametrize(("payload", "digit"), [("123456", 3), ("612534", 1), ("361451", 1), ("352461", 1)])
def test_the_dea_digit(payload, digit):
    assert check_digits.dea(payload) == digit


def test_the_damm_digit_of_the_published_example():
    assert check_digits.damm("572") == 4
    assert check_digits.is_damm("5724")


@given(DIGITS)
def test_every_computed_digit_verifies(payload):
    assert check_digits.is_gs1(f"{payload}{check_digits.gs1(payload)}")
    assert check_digits.is_luhn(f"{payload}{check_digits.luhn(payload)}")
    assert check_digits.is_damm(f"{payload}{check_digits.damm(payload)}")


@given(DIGITS, st.data())
def test_damm_catches_every_wrong_digit(payload, data):
    number = f"{payload}{check_digits.damm(payload)}"
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from("0123456789"))
    assume(wrong != number[place])
    assert not check_digits.is_damm(number[:place] + wrong + number[place + 1 :])


@given(DIGITS, st.data())
def test_damm_catches_every_swap_of_neighbours(payload, data):
    number = f"{payload}{check_digits.damm(payload)}"
    place = data.draw(st.integers(0, len(number) - 2))
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not check_digits.is_damm(swapped)


@pytest.mark.parametrize("text", ["", "0", "12a", "١٢٣٤", "²²", "１２", " 12"])
def test_what_is_not_ascii_digits_verifies_nowhere(text):
    assert not any(
        verify(text)
        for verify in (check_digits.is_gs1, check_digits.is_luhn, check_digits.is_dea, check_digits.is_damm)
    )
