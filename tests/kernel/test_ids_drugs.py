import csv
import io
import zipfile
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import gs1
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc


def digits(n):
    return st.text("0123456789", min_size=n, max_size=n)


HYPHENATED = st.sampled_from([(4, 4, 2), (5, 3, 2), (5, 4, 1)]).flatmap(
    lambda form: st.tuples(*map(digits, form)).map("-".join)
)

VECTORS = [
    ("0002-8215-01", "00002-8215-01", "000002821501", "00300028215012", "300028215012"),
    ("50242-040-62", "50242-0040-62", "050242004062", "00350242040624", "350242040624"),
    ("60575-4112-1", "60575-4112-01", "060575411201", "00360575411213", "360575411213"),
]


@pytest.mark.parametrize(("ten", "eleven", "twelve", "gtin", "upc"), VECTORS)
def test_one_package_is_the_same_in_every_form(ten, eleven, twelve, gtin, upc):
    ndc = Ndc.parse(ten)
    hyphenated12 = f"{twelve[:6]}-{twelve[6:10]}-{twelve[10:]}"
    assert (ndc.text, ndc.hyphenated11, ndc.digits12) == (ten, eleven, twelve)
    assert ndc.digits10 == ten.replace("-", "")
    assert ndc.digits11 == eleven.replace("-", "")
    assert all(Ndc.parse(form) == ndc for form in (eleven, ndc.digits11, twelve, hyphenated12, f" {ten} "))
    assert Gtin.for_ndc(ndc) == Gtin.parse(upc) == Gtin.parse(gtin) == Gtin.parse("0" + upc)
    assert Gtin.parse(upc).ndc10 == ndc.digits10


def test_what_was_printed_is_kept_but_does_not_count_in_comparing():
    short, long = Ndc.parse("0002-8215-01"), Ndc.parse("00002821501")
    assert (str(short), str(long)) == ("0002-8215-01", "00002-8215-01")
    assert len({short, long}) == 1


def test_ten_bare_digits_are_refused_with_the_reason():
    with pytest.raises(ParseError, match="10 digits without them may mean up to three packages"):
        Ndc.parse("0002821501")


def test_two_real_packages_share_their_ten_digits_and_both_are_among_the_readings():
    tests, strips = Ndc.parse("29500-9077-7"), Ndc.parse("29500-907-77")
    assert tests.digits10 == strips.digits10 == "2950090777"
    assert tests != strips
    assert tests.digits11 != strips.digits11
    assert {tests, strips} < set(Ndc.readings("2950090777"))


def test_the_readings_stand_in_the_order_of_the_forms():
    assert [str(ndc) for ndc in Ndc.readings("0002821501")] == ["0002-8215-01", "00028-215-01", "00028-2150-1"]


@pytest.mark.parametrize("text", ["123456789", "12345678901", "29500-9077-7", "２９５００９０７７７", ""])
def test_only_ten_digits_have_readings(text):
    with pytest.raises(ParseError, match="10 digits"):
        Ndc.readings(text)


@pytest.mark.parametrize(
    ("text", "ten"),
    [
        ("00002-8215-01", None),  # the package 01 starts with zero too
        ("00002-8215-11", "0002821511"),
        ("50242-0040-62", "5024204062"),
        ("60575-4112-01", "6057541121"),
        ("50242-0040-01", None),  # product and package both start with zero
        ("50242-4112-11", None),  # no pad at all: never a 10-digit code
        ("100000-8215-01", None),
    ],
)
def test_ten_digits_are_told_from_eleven_only_where_the_pad_is_certain(text, ten):
    assert Ndc.parse(text).digits10 == ten


def test_a_labeler_of_six_digits_has_no_eleven():
    ndc = Ndc.parse("100000-8215-01")
    assert (ndc.digits12, ndc.digits11, ndc.hyphenated11) == ("100000821501", None, None)
    assert Ndc.parse("100000821501") == ndc
    with pytest.raises(ParseError, match="10-digit form is known"):
        Gtin.for_ndc(ndc)


@pytest.mark.parametrize(
    "text",
    [
        "0002-821-01",
        "002-8215-01",
        "0002-8215",
        "0002-8215-01-1",
        "0002-8215-O1",
        "0002-8215-٠١",
        "000282150",
        "1" * 13,
        "",
        "-",
    ],
)
def test_another_shape_is_an_error(text):
    with pytest.raises(ParseError):
        Ndc.parse(text)


@given(HYPHENATED)
def test_every_form_leads_back_to_the_same_package(text):
    ndc = Ndc.parse(text)
    assert ndc in Ndc.readings(ndc.digits10)
    assert Ndc.parse(ndc.digits12) == Ndc.parse(ndc.digits11) == Ndc.parse(ndc.hyphenated11) == ndc
    assert Ndc.parse(ndc.digits11).digits10 in {None, ndc.digits10}
    assert Gtin.for_ndc(ndc).ndc10 == ndc.digits10


@given(st.text() | st.text("0123456789-", max_size=16))
def test_any_text_is_an_ndc_or_a_parse_error(text):
    for kind in (Ndc, Gtin):
        try:
            read = kind.parse(text)
        except ParseError:
            continue
        assert kind.parse(str(read)) == read


@pytest.mark.parametrize(
    ("text", "whole"),
    [("96385074", "00000096385074"), ("4006381333931", "04006381333931"), (" 50300028215017", "50300028215017")],
)
def test_shorter_codes_are_the_same_number_with_leading_zeros(text, whole):
    assert Gtin.parse(text).digits == whole


@pytest.mark.parametrize(
    ("text", "why"),
    [("300028215013", "check digit 2"), ("30002821501", "8, 12, 13 or 14"), ("30002821501２", "8, 12, 13 or 14")],
)
def test_a_bad_gtin_says_what_is_wrong(text, why):
    with pytest.raises(ParseError, match=why):
        Gtin.parse(text)


def test_a_case_is_not_a_package_and_gives_no_ndc():
    case = Gtin.for_ndc(Ndc.parse("0002-8215-01"), indicator=5)
    assert (case.digits, case.indicator, case.is_case, case.ndc10) == ("50300028215017", 5, True, None)
    assert not Gtin.parse("300028215012").is_case


def test_a_foreign_gtin_gives_no_ndc():
    assert Gtin.parse("4006381333931").ndc10 is None


@given(st.sampled_from([8, 12, 13, 14]).flatmap(lambda n: digits(n - 1)))
def test_every_payload_with_its_digit_is_a_gtin(payload):
    text = f"{payload}{gs1(payload)}"
    assert Gtin.parse(text).digits == text.zfill(14)


def test_the_reference_vectors_hold(reference_data):
    with (reference_data / "gs1/pharma_vectors.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == 18
    for row in rows:
        ndc = Ndc.parse(row["ndc10_hyphen"])
        assert (ndc.digits10, ndc.digits11, ndc.digits12) == (row["ndc10"], row["ndc11"], row["ndc12_2033"])
        gtin = Gtin.for_ndc(ndc, indicator=int(row["indicator"]))
        assert gtin.digits == row["gtin14"]
        assert not row["upca"] or Gtin.parse(row["upca"]) == gtin


def test_the_whole_directory_of_the_fda_has_one_key_a_package(reference_data):
    with zipfile.ZipFile(reference_data / "fda_ndc_2019/ndctext.zip") as archive:
        lines = io.StringIO(archive.read("package.txt").decode("cp1252"))
    codes = {row["NDCPACKAGECODE"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    packages = [Ndc.parse(code) for code in codes]
    assert len({ndc.digits12 for ndc in packages}) == len(codes) > 240_000
    shared = [ten for ten, times in Counter(ndc.digits10 for ndc in packages).items() if times > 1]
    assert shared == ["2950090777"]
    told = [(Ndc.parse(ndc.digits11).digits10, ndc.digits10) for ndc in packages]
    assert all(guess in {None, truth} for guess, truth in told)
