import re

import pytest
import zplkit
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from officina.codecs.zpl import Align, Bar, Block, Code128, DataMatrix, Label, Text, build, escape, unescape
from officina.kernel.errors import ParseError

PRINTABLE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
COMMAND = re.compile(r"[\^~][A-Z@]")


def label(*fields, **facts):
    return Label(width=812, length=457, fields=fields, **facts)


def read(zpl):
    document = zplkit.render(zpl, zplkit.Options(dpi=203, width=812, height=457))
    rasters = [scene.rasterize() for scene in document.labels]
    return [
        [(b.text, b.format) for b in zxingcpp.read_barcodes(Image.frombytes("L", (r.width, r.height), r.pixels))]
        for r in rasters
    ]


@given(PRINTABLE)
def test_escaped_text_comes_back_whole(text):
    assert unescape(escape(text)) == text


@given(PRINTABLE)
def test_escaped_text_holds_no_command_character(text):
    assert not set(escape(text)) & {"^", "~"}
    assert escape(text).isascii()


@given(PRINTABLE)
def test_a_text_never_adds_a_command(text):
    plain = COMMAND.findall(build([label(Text(x=1, y=20, height=20, text="x"))]))
    assert COMMAND.findall(build([label(Text(x=1, y=20, height=20, text=text))])) == plain


@pytest.mark.parametrize("hostile", ["^XZ~JR", "^FS^XA", "~DGR:X.GRF", "\\5E", "^^", "^FX", "^CI0"])
def test_a_hostile_name_is_printed_and_not_obeyed(hostile):
    zpl = build([label(Text(x=20, y=60, height=30, text=hostile))])
    assert zpl.count("^XA") == zpl.count("^XZ") == 1
    assert "~" not in zpl
    assert unescape(zpl.split("^FD")[1].split("^FS")[0]) == hostile


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x1b", "\x7f", "\x85", "\ud800"])
def test_a_control_character_is_refused(text):
    with pytest.raises(ParseError, match="label text"):
        escape(text)


def test_a_text_longer_than_a_printer_keeps_is_refused():
    with pytest.raises(ParseError, match="3072 bytes"):
        escape("ñ" * 513)


def test_a_backslash_in_a_block_does_not_break_its_line():
    zpl = build([label(Text(x=20, y=60, height=30, text="a\\&b", block=Block(width=300, align=Align.RIGHT)))])
    assert "^FB300,1,0,R,0" in zpl
    assert r"^FDa\5C\5C&b^FS" in zpl


def test_every_label_restates_what_another_job_may_have_changed():
    zpl = build([label(), label()])
    assert zpl.count("^CI28") == zpl.count("^LH0,0^PON^PMN^LRN^FWN") == zpl.count("^XA") == 2


def test_white_text_is_reversed():
    assert "^FR" in build([label(Text(x=1, y=20, height=20, text="x", reverse=True))])


def test_copies_are_asked_for_only_where_there_are_several():
    assert "^PQ" not in build([label()])
    assert "^PQ3^XZ" in build([label(copies=3)])


def test_both_barcodes_read_back():
    zpl = build(
        [
            label(
                DataMatrix(x=40, y=40, module=5, data="F2000015"),
                Code128(x=300, y=40, module=2, height=80, data="F2000015"),
            )
        ]
    )
    assert sorted(text for text, _ in read(zpl)[0]) == ["F2000015", "F2000015"]
    assert {kind for _, kind in read(zpl)[0]} == {zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128}


def test_an_underscore_in_a_datamatrix_is_no_escape():
    assert read(build([label(DataMatrix(x=40, y=40, module=5, data="A_1"))]))[0] == [
        ("A_1", zxingcpp.BarcodeFormat.DataMatrix)
    ]


def test_a_greater_sign_in_a_code_128_switches_no_subset():
    assert "^FDA>01^FS" in build([label(Code128(x=40, y=40, module=2, height=60, data="A>1"))])


def test_a_bar_is_a_filled_box():
    assert "^FO5,6^GB70,2,2^FS" in build([label(Bar(x=5, y=6, width=70, height=2))])


@pytest.mark.parametrize("data", ["", "Ñ", "a\nb"])
@pytest.mark.parametrize(
    "symbol",
    [lambda d: DataMatrix(x=1, y=1, module=5, data=d), lambda d: Code128(x=1, y=1, module=2, height=9, data=d)],
)
def test_barcode_data_outside_printable_ascii_is_refused(symbol, data):
    with pytest.raises(ParseError, match="barcode data"):
        build([label(symbol(data))])


@pytest.mark.parametrize(
    "wrong", [Bar(x=812, y=0, width=1, height=1), Bar(x=0, y=458, width=1, height=1), Bar(x=-1, y=0, width=1, height=1)]
)
def test_a_field_off_the_label_is_refused(wrong):
    with pytest.raises(ParseError, match="a place on the label"):
        build([label(wrong)])


def test_a_measure_of_no_dots_is_refused():
    with pytest.raises(ParseError, match="at least one dot"):
        build([label(Bar(x=0, y=0, width=0, height=1))])
