from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.errors import ParseError
from officina.kernel.quantity import D, Quantity, to_cents, written

EXACT = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


@given(EXACT)
def test_a_written_number_is_read_back(number):
    assert D(written(number).replace(",", "")) == number


@pytest.mark.parametrize(
    "text",
    ["", "a", "1,000", "1.2.3", "nan", "sNaN", "inf", "-Infinity", "٣", "１２", "1e10", "1000000000.1", "--1", "0x10"],
)
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(ParseError):
        D(text)


@pytest.mark.parametrize("text", ["1_000", "1_0", "1e-2000000"])
def test_what_only_a_programmer_writes_is_refused(text):
    with pytest.raises(ParseError):
        D(text)


def test_a_float_is_a_bug():
    with pytest.raises(TypeError, match="already lost digits"):
        D(0.1)


def test_the_place_and_the_limit_stand_in_the_error():
    with pytest.raises(ParseError, match="at days: expected a number no larger than 365") as problem:
        D("366", where="days", most=Decimal(365))
    assert problem.value.where == "days"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.0", "1"),
        (".5", "0.5"),
        ("0.50", "0.5"),
        ("1000", "1,000"),
        ("100", "100"),
        ("0", "0"),
        ("1234567.890", "1,234,567.89"),
    ],
)
def test_a_number_is_written_without_trailing_and_with_leading_zero(number, text):
    assert written(D(number)) == text


@given(EXACT)
def test_no_written_number_can_be_misread(number):
    text = written(number)
    assert not text.lstrip("-").startswith(".")
    assert not text.endswith(".")
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize(
    ("amount", "cents"), [("1.005", "1.01"), ("1.0049", "1.00"), ("-1.005", "-1.01"), ("0.125", "0.13")]
)
def test_money_is_rounded_half_up(amount, cents):
    assert to_cents(D(amount)) == Decimal(cents)


@given(EXACT, EXACT)
def test_adding_and_taking_away_is_exact(a, b):
    assert Quantity(a, "mL") + Quantity(b, "mL") - Quantity(b, "mL") == Quantity(a, "mL")


def test_units_are_never_mixed():
    with pytest.raises(TypeError, match="cannot add mL to tablet"):
        Quantity(D("1"), "tablet") + Quantity(D("1"), "mL")
    with pytest.raises(TypeError, match="cannot add"):
        Quantity(D("1"), "tablet") - Quantity(D("1"), "mL")


def test_a_quantity_has_no_truth():
    with pytest.raises(TypeError, match="is_zero"):
        bool(Quantity(D("1"), "tablet"))
    assert Quantity(D("0.0"), "tablet").is_zero
    assert str(Quantity(D("1000.50"), "mL")) == "1,000.5 mL"
