import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.errors import ParseError
from officina.kernel.ids.bin import Bin
from officina.kernel.ids.check_digits import dea, is_dea, is_luhn, luhn
from officina.kernel.ids.dea import DeaNumber
from officina.kernel.ids.npi import Npi

ANY_TEXT = st.text() | st.text("0123456789-ABFGMX9 ", max_size=14)


@pytest.mark.parametrize("text", ["1234567893", "1245319599", "1679576722", " 1003000126 "])
def test_a_good_npi_is_read(text):
    assert str(Npi.parse(text)) == text.strip()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1234567890", "check digit"),
        ("9999928309", "first digit"),
        ("123456789", "10 digits"),
        ("12345678930", "10 digits"),
        ("123456789３", "10 digits"),
        ("12345-7893", "10 digits"),
        ("", "10 digits"),
    ],
)
def test_a_bad_npi_says_what_is_wrong(text, why):
    with pytest.raises(ParseError, match=why):
        Npi.parse(text)


@pytest.mark.parametrize("text", ["AB1234563", "BJ6125341", "MK3614511", "F91234563"])
def test_a_good_dea_number_is_read_in_capitals_or_not(text):
    assert DeaNumber.parse(text.lower()) == DeaNumber.parse(text)
    assert str(DeaNumber.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FP3524616", "check digit"),
        ("MS0314159", "check digit"),
        ("AA0000000", "placeholder"),
        ("aa0000000-1", "placeholder"),
        ("AB123456", "two letters"),
        ("IB1234563", "two letters"),
        ("A81234563", "two letters"),
        ("AB1234563-", "two letters"),
        ("AB1234563 012", "two letters"),
        ("AB123456３", "two letters"),
        ("\u0131B1234563", "two letters"),
    ],
)
def test_a_bad_dea_number_says_what_is_wrong(text, why):
    with pytest.raises(ParseError, match=why):
        DeaNumber.parse(text)


def test_the_suffix_of_a_hospital_person_stands_apart_from_the_registration():
    number = DeaNumber.parse("ab1234563-r12")
    assert (number.registration, number.suffix, number.text) == ("AB1234563", "R12", "AB1234563-R12")
    assert DeaNumber.parse("AB1234563").suffix == ""


def test_only_m_is_a_mid_level_practitioner():
    assert DeaNumber.parse("MK3614511").is_mid_level
    assert not DeaNumber.parse("AB1234563").is_mid_level


@pytest.mark.parametrize(
    ("number", "name", "agrees"),
    [("AB1234563", "baker", True), ("AB1234563", "Ng", False), ("F91234563", "7 Hills Clinic", True)],
)
def test_the_second_letter_is_compared_with_the_name(number, name, agrees):
    assert DeaNumber.parse(number).agrees_with(name) is agrees


@pytest.mark.parametrize("text", ["004336", "610014", "61001499"])
def test_a_bin_keeps_its_leading_zeros(text):
    assert str(Bin.parse(f" {text}")) == text


@pytest.mark.parametrize("text", ["4336", "0043366", "00433a", "００４３３６", ""])
def test_a_bin_of_another_shape_is_an_error(text):
    with pytest.raises(ParseError, match="6 or 8 digits"):
        Bin.parse(text)


@given(st.from_regex(r"[12][0-9]{8}", fullmatch=True))
def test_every_npi_with_its_digit_is_read(payload):
    text = f"{payload}{luhn('80840' + payload)}"
    assert Npi.parse(text).digits == text


@given(st.from_regex(r"[A-HJ-MPR][A-Z9]", fullmatch=True), st.from_regex(r"[1-9][0-9]{5}", fullmatch=True))
def test_every_dea_number_with_its_digit_is_read(letters, payload):
    text = f"{letters}{payload}{dea(payload)}"
    assert DeaNumber.parse(text).text == text


@given(ANY_TEXT)
def test_any_text_is_a_number_or_a_parse_error(text):
    for kind in (Npi, DeaNumber, Bin):
        try:
            read = kind.parse(text)
        except ParseError:
            continue
        assert kind.parse(str(read)) == read


def test_the_reference_vectors_hold(reference_data):
    with (reference_data / "safety_lists/dea_npi_check_vectors.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) >= 20
    for row in rows:
        value = row["value"]
        verified = is_dea(value[2:]) if row["kind"] == "DEA" else is_luhn("80840" + value)
        assert verified is (row["check_digit_ok"] == "True"), row
