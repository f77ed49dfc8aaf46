import csv
from datetime import date, timedelta

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from officina.codecs.gs1 import Reading, build, parse
from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import gs1
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc

TODAY = date(2026, 11, 22)
HEAD = "0100300028215012"
BOTTLE = Gtin.parse("300028215012")
JANUARY = date(2027, 1, 31)
FULL = f"{HEAD}1727013110LOT9\x1d21S0001"
SET_82 = "!\"%&'*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

VALUE = st.text(SET_82, min_size=1, max_size=20).filter(lambda text: "<GS>" not in text)
GTINS = st.text("0123456789", min_size=13, max_size=13).map(lambda payload: Gtin(f"{payload}{gs1(payload)}"))
DAYS = st.dates(date(1978, 1, 1), date(2076, 12, 31))


def scan(raw, **kwargs):
    return parse(raw, today=TODAY, **kwargs)


def codes(raw):
    return [finding.code for finding in scan(raw).questions]


@pytest.mark.parametrize(
    "raw",
    [
        FULL,
        f"]d2{FULL}",
        f"]C1{FULL}\r\n",
        f"]e0\x1d{FULL}\x1d\t",
        f"]Q3{FULL}",
        FULL.replace("\x1d", "<GS>"),
        FULL.replace("\x1d", "|"),
        FULL.replace("\x1d", "\\F"),
        FULL.replace("\x1d", "\u2194"),
        f"{HEAD}10LOT9\x1d21S0001\x1d17270131",
        f"{HEAD}21S0001\x1d1727013110LOT9",
        "(01)00300028215012(17)270131(10)LOT9(21)S0001",
        " (01) 00300028215012 (21) S0001 (10) LOT9 (17) 270131 ",
        "https://id.gs1.org/01/00300028215012/10/LOT9/21/S0001?17=270131&color=red",
        "HTTPS://example.com/x/01/300028215012/10/LOT9/21/S0001?17=270131",
    ],
)
def test_every_way_of_sending_the_same_code_is_read_the_same(raw):
    read = scan(raw)
    assert (read.gtin, read.lot, read.expires_on, read.serial) == (BOTTLE, "LOT9", JANUARY, "S0001")
    assert (read.questions, read.readings, read.others, read.raw) == ((), (), (), raw)


def test_the_aim_identifier_is_kept():
    assert [scan(f"{aim}{FULL}").symbology for aim in ("]d2", "]C1", "")] == ["]d2", "]C1", ""]


@pytest.mark.parametrize(
    "raw", ["300028215012", "0300028215012", "00300028215012", "]E00300028215012", "300028215012\r"]
)
def test_bare_digits_are_a_gtin(raw):
    read = scan(raw)
    assert (read.gtin, read.lot, read.questions) == (BOTTLE, None, ())
    assert read.gtin.ndc10 == "0002821501"


def test_an_ean_8_is_a_gtin():
    assert scan("]E496385074").gtin == Gtin.parse("96385074")


@pytest.mark.parametrize(
    "raw",
    [
        "0100300028215019",
        "]d201003000282150191727013110LOT9",
        "(01)00300028215019",
        "300028215019",
        "https://x.org/01/300028215019",
    ],
)
def test_a_bad_check_digit_is_an_error(raw):
    with pytest.raises(ParseError, match="check digit 2"):
        scan(raw)


def test_a_bad_pallet_check_digit_is_an_error():
    assert scan("00106141411234567897").others == (("00", "106141411234567897"),)
    with pytest.raises(ParseError, match="SSCC"):
        scan("00106141411234567890")


@pytest.mark.parametrize("digits", ["271301", "270001", "270230", "270231", "2701AB", "27013", "270132"])
def test_an_impossible_expiry_is_an_error(digits):
    with pytest.raises(ParseError):
        scan(f"{HEAD}17{digits}")


@pytest.mark.parametrize(
    ("digits", "last"),
    [
        ("270200", date(2027, 2, 28)),
        ("280200", date(2028, 2, 29)),
        ("261200", date(2026, 12, 31)),
        ("270430", date(2027, 4, 30)),
    ],
)
def test_day_zero_is_the_last_of_its_month(digits, last):
    assert scan(f"{HEAD}17{digits}").expires_on == last


@pytest.mark.parametrize(
    ("today", "digits", "year"),
    [
        (date(2026, 1, 1), "760101", 2076),
        (date(2026, 1, 1), "770101", 1977),
        (date(2026, 12, 31), "260101", 2026),
        (date(2060, 1, 1), "100101", 2110),
        (date(2060, 1, 1), "110101", 2011),
        (date(1999, 1, 1), "490101", 2049),
        (date(1999, 1, 1), "500101", 1950),
    ],
)
def test_the_century_follows_from_today_and_not_from_a_clock(today, digits, year):
    assert parse(f"{HEAD}17{digits}", today=today).expires_on == date(year, 1, 1)


def test_what_has_no_place_of_its_own_is_kept():
    read = scan(f"]d2{HEAD}11260131240AB\x1d7150002-8215-01\x1d3010\x1d10LOT9")
    assert read.others == (("11", "260131"), ("240", "AB"), ("30", "10"))
    assert (read.us_ndc, read.lot) == ("0002-8215-01", "LOT9")


def test_the_ndc_under_715_is_never_in_doubt():
    assert scan(f"{HEAD}7150002821501").us_ndc == "0002821501"


def test_a_case_is_flagged():
    read = scan("]d201503000282150171727013110LOT9\x1d21S0001")
    assert [finding.code for finding in read.questions] == ["case_not_unit"]
    assert read.questions[0].severity.is_serious
    assert codes("50300028215017") == ["case_not_unit"]
    assert codes("(01)50300028215017") == ["case_not_unit"]


def test_a_serial_that_ran_into_the_lot_is_a_question_with_both_readings():
    read = scan(FULL.replace("\x1d", ""))
    assert read.gtin == BOTTLE
    assert (read.lot, read.serial, read.expires_on) == (None, None, JANUARY)
    assert read.readings == (Reading("LOT921S0001", JANUARY, None), Reading("LOT9", JANUARY, "S0001"))
    (finding,) = read.questions
    assert finding.code == "separator_missing"
    assert "lot LOT9, expiry 2027-01-31, serial S0001" in finding.sentence
    assert "lot LOT921S0001" in finding.sentence


def test_a_lot_and_expiry_that_ran_into_the_serial_are_a_question():
    read = scan(f"]d2{HEAD}21S00011727013110LOT9")
    assert (read.lot, read.serial, read.expires_on) == (None, None, None)
    assert Reading("LOT9", JANUARY, "S0001") in read.readings
    assert read.readings[0] == Reading(None, None, "S00011727013110LOT9")


def test_an_expiry_that_ran_into_the_lot_is_a_question():
    read = scan(f"{HEAD}10LOT917270131")
    assert read.readings == (Reading("LOT917270131", None, None), Reading("LOT9", JANUARY, None))


def test_a_lot_that_ran_into_a_count_is_a_question():
    read = scan("0250300028215017" + "3724101234")
    assert Reading("1234", None, None) in read.readings
    assert read.others == (("02", "50300028215017"),)


@pytest.mark.parametrize(
    "raw",
    [
        f"{HEAD}1727013110LOT9",  # nothing in the lot looks like another identifier
        f"{HEAD}1727013110A2",
        f"{HEAD}1727013110A21",  # an identifier with no value
        f"{HEAD}1727013110A2134\x1d",  # the scanner sends separators: there was none to lose
        f"{HEAD}21S1\x1d1727013110A2134",
        f"{HEAD}1727013110A17271301",  # month 13
        "(01)00300028215012(10)A2134",
        "https://id.gs1.org/01/00300028215012/10/A2134",
    ],
)
def test_what_is_clear_is_not_asked(raw):
    read = scan(raw)
    assert read.questions == ()
    assert read.lot is not None


def test_no_identifier_is_looked_for_twice():
    read = scan(f"{HEAD}17270131" + "10A17280131")
    assert (read.lot, read.expires_on, read.questions) == ("A17280131", JANUARY, ())


def test_a_lot_too_long_to_be_one_is_taken_apart_or_refused_but_never_cut():
    read = scan(f"{HEAD}1727013110LOTNUMBER9121SERIAL123456")
    assert (read.lot, read.serial) == (None, None)
    assert read.readings == (Reading("LOTNUMBER91", JANUARY, "SERIAL123456"),)
    assert [finding.code for finding in read.questions] == ["separator_missing"]
    with pytest.raises(ParseError, match="at most 20 characters"):
        scan(f"{HEAD}10{'A' * 21}")
    with pytest.raises(ParseError):
        scan(f"{HEAD}10{'A' * 21}\x1d21S1")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "]d2",
        "hello",
        "0002821501",
        f"{HEAD}10",
        f"{HEAD}10LÖT",
        f"{HEAD}10LOT 9",
        f"{HEAD}10LOT\x009",
        f"{HEAD}10LOT@9",
        f"{HEAD}30",
        f"{HEAD}24{'A' * 40}",
        f"{HEAD}30123456789",
        f"{HEAD}99\x1d",
        f"{HEAD}\uff11\uff1727013110LOT9",
        "0100300028215012170229",
        f"{HEAD}10A\x1d10B",
        f"{HEAD}0100350242040624",
        "(1)23",
        "(01)0030002821501",
        "(01)00300028215012(10)",
        "(0100)300028215012",
        "(99999)1",
        "(01)00300028215012<GS>(10)A<GS>B",
        "https://x.org/01/00300028215012/10",
        "https://[x/01/00300028215012",
        "https://x.org/01/00300028215012/10/LOT%20",
        "https://x.org/01/٠٠٣٠٠٠٢٨٢١٥٠١٢",
        "https://x.org/01/%D9%A0%D9%A0300028215012",
        "https://x.org/about",
    ],
)
def test_what_cannot_be_read_is_an_error(raw):
    with pytest.raises(ParseError):
        scan(raw)


def test_the_same_identifier_with_the_same_value_is_no_contradiction():
    assert scan(f"{HEAD}10A\x1d10A\x1d{HEAD}").lot == "A"


@pytest.mark.parametrize("value", ["", "A" * 21, "LOT 9", "LÖT", "A(21)B", "A\x1d"])
def test_what_a_barcode_cannot_carry_is_not_written(value):
    with pytest.raises(ParseError, match="no bracket"):
        build(BOTTLE, lot=value)
    with pytest.raises(ParseError, match="no bracket"):
        build(BOTTLE, serial=value)


def test_only_what_is_known_is_written():
    assert build(BOTTLE) == "(01)00300028215012"
    assert build(BOTTLE, expires_on=JANUARY) == "(01)00300028215012(17)270131"


@given(GTINS, VALUE, DAYS, VALUE)
def test_what_is_written_is_read_back(gtin, lot, expires_on, serial):
    read = scan(build(gtin, lot=lot, expires_on=expires_on, serial=serial))
    assert (read.gtin, read.lot, read.expires_on, read.serial) == (gtin, lot, expires_on, serial)


@given(GTINS, VALUE, DAYS, VALUE)
def test_with_separators_nothing_is_in_doubt(gtin, lot, expires_on, serial):
    read = scan(f"]d201{gtin}10{lot}\x1d21{serial}\x1d17{expires_on:%y%m%d}")
    assert (read.gtin, read.lot, read.expires_on, read.serial) == (gtin, lot, expires_on, serial)
    assert read.readings == ()


@given(GTINS, VALUE, DAYS, VALUE, st.permutations(["10", "17", "21"]))
def test_without_separators_the_truth_is_always_among_the_readings(gtin, lot, expires_on, serial, order):
    values = {"10": lot, "17": f"{expires_on:%y%m%d}", "21": serial}
    raw = f"]d201{gtin}" + "".join(ai + values[ai] for ai in order)
    read = parse(raw, today=TODAY, substitutes=())
    assert (read.lot, read.serial) == (None, None)
    assert Reading(lot, expires_on, serial) in read.readings
    assert "separator_missing" in [finding.code for finding in read.questions]


def test_a_production_date_that_ran_into_the_lot_is_a_question():
    assert scan(f"{HEAD}10LOT911260131").readings == (Reading("LOT911260131"), Reading("LOT9"))


@pytest.mark.parametrize("symbol", ["DataMatrix", "Code128", "QRCode"])
def test_a_printed_symbol_is_read_back_by_a_camera(symbol):
    drawn = zxingcpp.create_barcode(
        build(BOTTLE, lot="LOT9", expires_on=JANUARY, serial="S0001"), zxingcpp.BarcodeFormat[symbol], gs1=True
    )
    (seen,) = zxingcpp.read_barcodes(drawn.to_image(scale=4))
    read = scan(f"{seen.symbology_identifier}{seen.bytes.decode('ascii')}")
    assert (read.gtin, read.lot, read.expires_on, read.serial, read.questions) == (BOTTLE, "LOT9", JANUARY, "S0001", ())
    assert scan(seen.text).serial == "S0001"


@given(DAYS, st.timedeltas(timedelta(0), timedelta(days=365 * 25)))
def test_an_expiry_means_the_same_day_for_years(expires_on, later):
    today = expires_on - later
    assert parse(f"{HEAD}17{expires_on:%y%m%d}", today=today).expires_on == expires_on


@given(
    st.text()
    | st.text("0123456789]d2C1()\x1d<GS>|ABhtps:/.?=%", max_size=60)
    | st.text("0127", min_size=1, max_size=80).map(lambda t: HEAD + t)
)
def test_any_text_is_a_scan_or_a_parse_error(raw):
    try:
        read = scan(raw)
    except ParseError:
        return
    assert read.raw == raw
    assert bool(read.readings) == ("separator_missing" in [finding.code for finding in read.questions])


def test_the_reference_vectors_hold(reference_data):
    with (reference_data / "gs1/pharma_vectors.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == 18
    for row in rows:
        read = scan(row["element_string"])
        assert (read.gtin, read.lot, read.expires_on, read.serial) == (
            Gtin.parse(row["gtin14"]),
            "LOT9",
            JANUARY,
            "S0001",
        )
        assert (read.questions == ()) is (row["indicator"] == "0")
        if row["indicator"] == "0":
            assert Ndc.parse(row["ndc10_hyphen"]) in Ndc.readings(read.gtin.ndc10)
