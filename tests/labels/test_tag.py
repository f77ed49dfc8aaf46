"""Tags of bags and returned vials, decoded back from what the printer and the PDF draw."""

import re
from datetime import date
from itertools import pairwise

import pypdfium2
import pytest
import zplkit
import zxingcpp
from PIL import Image

from officina.codecs.zpl import escape, unescape
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.labels import metrics, tag

BAG = HouseNumber.issue("B", 1234).text
VIAL = HouseNumber.issue("V", 10**9).text
TAGS = {
    "bag": tag.bag(BAG, patient_name="Rosa Flórez", bin_name="A1"),
    "training": tag.bag(BAG, patient_name="Rosa Flórez", bin_name="A1", training=True),
    "longest": tag.bag(
        BAG, patient_name="Wilhelmina Alexandrina Featherstonehaugh-Montgomery", bin_name="W" * 12, training=True
    ),
    "vial": tag.vial(
        VIAL,
        medicine="amoxicillin trihydrate and clavulanate potassium 875 mg/125 mg tablet",
        ndc="11111-1111-1",
        lot="LONGLOT1234567890",
        expires_on=date(2027, 5, 7),
        training=True,
    ),
}
each_tag = pytest.mark.parametrize("made", TAGS.values(), ids=TAGS)


def scanned(picture):
    return [b.text for b in zxingcpp.read_barcodes(picture)]


def drawn(made, dpi):
    """The tag as a printer draws it; the renderer's own font knows ASCII only."""
    zpl = tag.render_zpl(made, dpi)
    plain = re.sub(r"\^FD(.*?)\^FS", lambda m: f"^FD{escape(re.sub('[^ -~]', 'o', unescape(m[1])))}^FS", zpl)
    options = zplkit.Options(dpi=dpi, width=int(2.25 * dpi), height=int(1.25 * dpi))
    (scene,) = zplkit.render(plain, options).labels
    raster = scene.rasterize()
    return Image.frombytes("L", (raster.width, raster.height), raster.pixels)


def pdf_words(made):
    with pypdfium2.PdfDocument(tag.render_pdf(made)) as document:
        assert len(document) == 1
        return " ".join(document[0].get_textpage().get_text_bounded().split())


@each_tag
@pytest.mark.parametrize("dpi", [203, 300])
def test_the_barcode_reads_as_the_number_from_pdf_and_from_zpl(made, dpi):
    with pypdfium2.PdfDocument(tag.render_pdf(made)) as document:
        picture = document[0].render(scale=dpi / 72, grayscale=True).to_pil()
    assert scanned(picture) == [made.number.text]
    assert scanned(drawn(made, dpi)) == [made.number.text]


@each_tag
def test_every_word_is_on_the_tag_and_within_it(made):
    told = pdf_words(made)
    for words in (made.number.text, *made.words):
        assert all(word in told for word in words.split())
    for line in tag.lay_out(made):
        right = tag.WIDTH - tag.MARGIN - (tag.CORNER if line.y < tag.MARGIN + tag.CORNER else 0)
        assert line.x + metrics.width(line.text, line.type) <= right
        assert line.y + line.type.size <= tag.HEIGHT
    assert ("TRAINING" in told) == made.training


@each_tag
def test_no_line_is_printed_upon_another(made):
    lines = sorted(tag.lay_out(made), key=lambda line: line.y)
    for above, below in pairwise(lines):
        assert above.y + above.type.size <= below.y


def test_a_tag_of_a_bag_names_nothing_but_the_patient_and_the_bin():
    assert pdf_words(TAGS["bag"]) == f"{BAG} Rosa Flórez Bin A1"


@pytest.mark.parametrize("name", ["Ana 李", "W" * 60, "Wilhelmina " * 40])
def test_what_cannot_be_printed_whole_is_refused(name):
    with pytest.raises(Refused, match="Nothing was printed"):
        tag.lay_out(tag.bag(BAG, patient_name=name, bin_name="A1"))


@pytest.mark.parametrize("number", ["", "hello", "B12345", "<script>"])
def test_only_a_number_of_this_house_gets_a_tag(number):
    with pytest.raises(ParseError):
        tag.bag(number, patient_name="Rosa", bin_name="A1")


@pytest.mark.parametrize("hostile", ["^XZ~JR", "^FS^XA^JUF", "<script>'\""])
def test_a_hostile_name_prints_as_a_name_and_commands_nothing(hostile):
    made = tag.bag(BAG, patient_name=hostile, bin_name="A1")
    plain, zpl = tag.render_zpl(TAGS["bag"]), tag.render_zpl(made)
    assert "~" not in zpl
    for command in ("^XA", "^XZ", "^FO", "^FS"):
        assert zpl.count(command) == plain.count(command)
    assert hostile in pdf_words(made)


def test_a_printer_of_other_dots_is_refused():
    with pytest.raises(Refused, match="203 or 300"):
        tag.render_zpl(TAGS["bag"], 600)


def test_the_same_tag_gives_the_same_bytes():
    assert tag.render(TAGS["bag"], kind="pdf") == tag.render(TAGS["bag"], kind="pdf")
