import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.codecs.ndc import parse
from officina.kernel.errors import ParseError
from officina.kernel.ids.ndc import Ndc


@pytest.mark.parametrize(
    "text",
    [
        "0002-8215-01",
        " ndc 0002-8215-01 ",
        "NDC: 0002-8215-01",
        "NDC# 0002-8215-01",
        "NDC No. 0002-8215-01",
        "NDC0002-8215-01",
        "0002 8215 01",
        "0002 - 8215 - 01",
        "0002\u20138215\u201301",
        "0002\u20118215\u201101",
        "00002-8215-01",
        "00002821501",
        "00002 8215 01",
        "000002821501",
        "NDC 000002-8215-01",
    ],
)
def test_every_human_writing_means_the_same_package(text):
    assert parse(text).certain == Ndc.parse("0002-8215-01")
    assert parse(text).candidates == (Ndc.parse("0002-8215-01"),)


@pytest.mark.parametrize("text", ["2950090777", "NDC 2950090777", "29500 90777"])
def test_ten_digits_stay_a_question_with_both_real_packages_among_the_candidates(text):
    reading = parse(text)
    assert reading.certain is None
    assert len(reading.candidates) == 3
    assert {Ndc.parse("29500-9077-7"), Ndc.parse("29500-907-77")} < set(reading.candidates)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NDC",
        "0002-8215",
        "0002-8215-O1",
        "000282150",
        "1234567890123",
        "٠٠٠٢٨٢١٥٠١",
        "UPC 300028215012",
        "28 2150 01",
    ],
)
def test_what_is_no_ndc_is_an_error_that_shows_what_came(text):
    with pytest.raises(ParseError) as problem:
        parse(text)
    assert problem.value.got == text


@given(st.from_regex(r"[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]", fullmatch=True))
def test_the_hyphens_decide_among_the_candidates_of_the_bare_digits(text):
    assert parse(text).certain in parse(text.replace("-", "")).candidates


@given(st.text() | st.text("NDC:# -0123456789", max_size=24))
def test_any_text_is_a_reading_or_a_parse_error(text):
    try:
        reading = parse(text)
    except ParseError:
        return
    assert reading.candidates
    assert reading.certain is None or reading.candidates == (reading.certain,)
