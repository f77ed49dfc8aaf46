import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.ids.scan import bare, classify

RX = HouseNumber.issue("", 100001)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("]d20100300028215012172701311OLOT9", "gs1"),
        ("01003000282150121727013110LOT9\x1d21S0001\r\n", "gs1"),
        ("01003000282150191727013110LOT9", "gs1"),  # wrong check digit: the reader will say so
        ("(01)00300028215012(10)LOT9", "gs1"),
        ("]C11727013110LOT9", "gs1"),
        ("10LOT9<GS>21S0001", "gs1"),
        ("]C100106141411234567897", "gs1"),
        ("00106141411234567897", "gs1"),
        ("300028215012", "gtin"),
        ("]E00300028215012", "gtin"),
        ("96385074\t", "gtin"),
        ("50300028215017", "gtin"),
        ("300028215013", "unknown"),
        ("0002821501", "ndc"),
        ("00002821501", "ndc"),
        ("0002-8215-01", "ndc"),
        ("50242-0040-62", "ndc"),
        ("1-2-3", "unknown"),
        ("https://id.gs1.org/01/00300028215012/10/LOT9?17=270131", "digital_link"),
        ("HTTP://example.com/some/where/01/00300028215012", "digital_link"),
        ("https://example.com/about", "unknown"),
        ("+A123BJC5D6E71G", "hibc"),
        (RX.text, "house"),
        (RX.barcode, "house"),
        (HouseNumber.issue("F", 200017).text, "house"),
        ("f2000170", "house"),  # wrong check digit: the reader will say so
        (f"{RX.text[:-1]}{(int(RX.text[-1]) + 1) % 10}", "unknown"),
        ("", "unknown"),
        ("]d2", "gs1"),
        ("hello", "unknown"),
        ("００３０００２８２１５０１２", "unknown"),
    ],
)
def test_a_scan_goes_to_its_reader(raw, kind):
    assert classify(raw) == kind


@pytest.mark.parametrize("typed", ["\x1d", "<GS>", "|", "\\F", "\u2194", "\u241d"])
def test_what_a_scanner_types_for_the_separator_becomes_one(typed):
    assert bare(f"]d2{typed}10LOT9{typed}21S1{typed}\r\n") == ("]d2", "10LOT9\x1d21S1")


def test_other_substitutes_are_the_sites_to_choose():
    assert bare("10LOT9~21S1", substitutes=("~",)) == ("", "10LOT9\x1d21S1")
    assert bare("10LOT|9", substitutes=()) == ("", "10LOT|9")


@given(st.text() | st.text("]dC2E+()|<GS>0123456789\x1d\r\n-RXFB:/h", max_size=40))
def test_any_text_has_one_kind(raw):
    assert classify(raw) in {"gs1", "gtin", "ndc", "house", "digital_link", "hibc", "unknown"}
