import random
import re
import unicodedata
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from itertools import combinations

import pypdfium2
import pytest
import zplkit
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels.facts import METFORMIN
from officina.codecs.zpl import escape, unescape
from officina.kernel.errors import Refused
from officina.labels import layout, metrics, sheet
from officina.labels.content import compose
from officina.labels.layout import SHEET, lay_out
from officina.labels.lint import lint
from officina.labels.pdf import render_pdf
from officina.labels.png import render_png, render_pngs
from officina.labels.zpl import render_zpl
from officina.law.handover import CAUTION, SIDE_EFFECTS

D = Decimal
SENTENCE = "Take 1 tablet by mouth every 4 to 6 hours as needed for severe pain. Take at most 6 tablets a day."
LABELS = {
    "normal": METFORMIN,
    "training": replace(METFORMIN, training=True),
    "schedule two": replace(
        METFORMIN, schedule=2, refills_left=0, drug_name="oxycodone hydrochloride and acetaminophen", strength="5 mg/325 mg",
        generic_for="Percocet", ingredients=("oxycodone", "acetaminophen"), classes=("opioid",), directions=SENTENCE, purpose="",
    ),
    "accents": replace(METFORMIN, patient_name="José Núñez Íñiguez", prescriber_name="Łucja Őrsi, MD", pharmacy_name="Farmacia Ávila"),
    "longest": replace(
        METFORMIN, patient_name="Wilhelmina Alexandrina Featherstonehaugh-Montgomery de la Cruz", unit="mL", easy_open=True,
        drug_name="amoxicillin trihydrate and clavulanate potassium", generic_for="Augmentin ES-600", strength="600 mg/42.9 mg in 5 mL",
        form="powder, for suspension", ingredients=("amoxicillin", "clavulanate"), classes=(), purpose="",
        prescriber_name="Maximiliana von Hohenstein-Castellanos, APRN, CNP",
        directions="Take 6.4 mL by mouth every 12 hours for 10 days. Shake well before each dose. Take with food. Use the oral syringe.",
    ),
    "four warnings": replace(
        METFORMIN, schedule=2, refills_left=0, drug_name="morphine sulfate", form="capsule, extended release", classes=("opioid", "nsaid"),
        ingredients=("morphine",), purpose="pain",
    ),
    "no warnings": replace(METFORMIN, ingredients=(), classes=(), purpose=""),
    "refill": replace(METFORMIN, fill_no=11, copy_no=3, fill_number="F20000150"),
}  # fmt: skip
each_label = pytest.mark.parametrize("facts", LABELS.values(), ids=LABELS)


def shaped(page):
    """Boxes of everything on a page; a band and the words upon it are one thing."""
    return [*(line.box for line in page.lines if not line.white), *page.bars, page.symbol_box]


def assert_sound(pages):
    for page in pages:
        boxes = shaped(page)
        for box in (*boxes, *(line.box for line in page.lines)):
            assert SHEET.holds(box)
        for one, other in combinations(boxes, 2):
            assert not one.overlaps(other), (one, other)
        for line in page.lines:
            assert line.box.width <= layout.INNER


def words(pages):
    return " ".join(line.text for page in pages for line in page.lines)


@each_label
def test_nothing_overlaps_and_nothing_leaves_the_label(facts):
    assert_sound(lay_out(compose(facts)))


@each_label
def test_nothing_is_cut(facts):
    content = compose(facts)
    shown = words(lay_out(content)).split()
    for block in content.blocks:
        for line in block.lines:
            for word in metrics.printable(line).split():
                assert any(word in s for s in shown), word


@each_label
def test_directions_are_never_under_eleven_points_and_never_smaller_than_what_the_law_says(facts):
    lines = [line for page in lay_out(compose(facts)) for line in page.lines]
    directions = {line.type.size for line in lines if line.part == "directions"}
    assert min(directions) >= 11
    assert min(line.type.size for line in lines) >= layout.LEGAL_SIZE
    others = {line.type.size for line in lines if line.part not in ("directions", "patient")}
    assert min(directions) >= max(others)


def test_plain_directions_are_the_largest_words_on_the_label():
    (page,) = lay_out(compose(METFORMIN))
    assert max(page.lines, key=lambda line: line.type.size).part == "directions"


def test_long_directions_go_on_upon_a_second_label_between_sentences():
    pages = lay_out(compose(LABELS["longest"]))
    assert [(p.number, p.of) for p in pages] == [(1, 2), (2, 2)]
    assert "LABEL 1 OF 2: MORE ON LABEL 2" in words(pages[:1])
    first = [line.text for line in pages[0].lines if line.part == "directions"]
    assert first[-1].endswith(".")
    told = " ".join(line.text for p in pages for line in p.lines if line.part == "directions")
    assert told == LABELS["longest"].directions


def test_both_labels_of_a_set_name_patient_medicine_and_number():
    for page in lay_out(compose(LABELS["longest"])):
        told = words([page])
        assert "Wilhelmina" in told
        assert "amoxicillin" in told
        assert "Rx 6000123" in told
        assert "F2000015" in told


def test_directions_without_sentences_are_parted_between_words():
    told = "take 1 tablet and then " * 14
    pages = lay_out(compose(replace(METFORMIN, directions=told, purpose="")))
    assert_sound(pages)
    assert " ".join(line.text for p in pages for line in p.lines if line.part == "directions") == told.strip()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"directions": SENTENCE * 6}, "directions"),
        ({"patient_name": "Wilhelmina Alexandrina " * 20}, "patient"),
        ({"patient_name": "W" * 80}, "patient"),
        ({"drug_name": "hydroxypropylmethylcellulose " * 9}, "drug"),
        ({"pharmacy_name": "Pharmacy" * 30}, "pharmacy"),
        ({"rx_number": "6" * 60}, "rx"),
    ],
)
def test_what_fits_nowhere_is_refused_and_never_cut(changes, part):
    with pytest.raises(Refused) as no:
        lay_out(compose(replace(METFORMIN, **changes)))
    assert no.value.code == "label_overflow"
    assert part in no.value.sentence


@settings(max_examples=60)
@given(
    patient=st.text("abcdeéñü WMil'-", min_size=1, max_size=70),
    directions=st.lists(
        st.sampled_from(["Take", "1 tablet", "by mouth.", "every 12 hours", "WWWWWWWW", "1,000 mg", "for pain.", "i"]),
        max_size=60,
    ),
    schedule=st.sampled_from([0, 2, 3, 4, 5]),
    training=st.booleans(),
    seed=st.integers(0, 9),
)
def test_any_label_is_sound_or_refused(patient, directions, schedule, training, seed):
    warned = random.Random(seed).choice(
        [("morphine",), ("ciprofloxacin",), ("metformin",), (), ("warfarin", "prednisone", "doxycycline")]
    )
    facts = replace(
        METFORMIN,
        patient_name=patient,
        directions=" ".join(directions),
        schedule=schedule,
        training=training,
        ingredients=warned,
    )
    content = compose(facts)
    if any(f.code == "label_overflow" for f in lint(content)):
        return
    pages = lay_out(content)
    assert_sound(pages)
    told = [w for p in pages for line in p.lines if line.part == "directions" for w in line.text.split()]
    assert told[: len(facts.directions.split())] == facts.directions.split()


def test_a_number_stays_with_its_unit():
    kind = metrics.Type(D(11))
    room = metrics.width("Take slowly 5", kind)
    assert metrics.broken("Take slowly 5 mL now", kind, room) == ("Take slowly", "5 mL now")


def test_a_letter_without_a_glyph_loses_its_accent_and_never_itself():
    assert metrics.printable("Őrsi Śliwa") == "Orsi Sliwa"
    assert metrics.printable("José Núñez") == "José Núñez"
    assert metrics.printable(unicodedata.normalize("NFD", "José")) == "José"
    assert metrics.unprintable("Ana 李") == "李"
    with pytest.raises(Refused, match="U\\+674E"):
        lay_out(compose(replace(METFORMIN, patient_name="Ana 李")))


@pytest.mark.parametrize("number", ["", "F-1", "Ñ", "F2000015F2000015F2000015F2000015"])
def test_a_fill_number_without_a_barcode_is_refused(number):
    with pytest.raises(Refused, match="Nothing was printed"):
        lay_out(compose(replace(METFORMIN, fill_number=number)))


def scanned(image):
    return [(b.text, b.format) for b in zxingcpp.read_barcodes(image)]


@each_label
@pytest.mark.parametrize("dpi", [203, 300])
def test_the_barcode_of_every_printed_page_reads_as_the_fill_number(facts, dpi):
    pictures = [Image.open(BytesIO(png)) for png in render_pngs(compose(facts), dpi)]
    assert [scanned(p) for p in pictures] == [[(facts.fill_number, zxingcpp.BarcodeFormat.DataMatrix)]] * len(pictures)


def pdf_text(facts):
    with pypdfium2.PdfDocument(render_pdf(compose(facts))) as document:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_a_pdf_holds_its_words_as_text_with_their_accents():
    told = pdf_text(LABELS["accents"])
    assert "José Núñez Íñiguez" in told
    assert "Łucja Orsi" in told
    assert SIDE_EFFECTS in told
    assert CAUTION in pdf_text(LABELS["schedule two"])


def test_a_pdf_embeds_its_letters_and_is_the_same_each_time():
    pdf = render_pdf(compose(METFORMIN))
    assert b"/FontFile2" in pdf
    assert b"/Helvetica" not in pdf or b"BitstreamVera" in pdf
    assert pdf == render_pdf(compose(METFORMIN))
    with pypdfium2.PdfDocument(pdf) as document:
        assert document[0].get_size() == (288, 162)


@pytest.mark.parametrize(("dpi", "size"), [(203, (812, 457)), (300, (1200, 675))])
def test_a_picture_has_the_printers_dots(dpi, size):
    assert Image.open(BytesIO(render_png(compose(METFORMIN), dpi))).size == size


def test_a_picture_of_two_labels_shows_both():
    both = Image.open(BytesIO(render_png(compose(LABELS["longest"]))))
    assert both.size == (812, 2 * 457)
    assert len(scanned(both)) == 2


def drawn(facts, dpi):
    """The labels as a printer draws them. The renderer's own font knows ASCII only, so an o stands in for other letters."""
    zpl = render_zpl(compose(facts), dpi)
    plain = re.sub(r"\^FD(.*?)\^FS", lambda m: f"^FD{escape(re.sub('[^ -~]', 'o', unescape(m[1])))}^FS", zpl)
    width, height = (812, 457) if dpi == 203 else (1200, 675)
    document = zplkit.render(plain, zplkit.Options(dpi=dpi, width=width, height=height))
    rasters = [scene.rasterize() for scene in document.labels]
    return [Image.frombytes("L", (r.width, r.height), r.pixels) for r in rasters]


@each_label
@pytest.mark.parametrize("dpi", [203, 300])
def test_the_barcode_of_every_zpl_label_reads_as_the_fill_number(facts, dpi):
    pictures = drawn(facts, dpi)
    assert len(pictures) == len(lay_out(compose(facts)))
    assert [scanned(p) for p in pictures] == [[(facts.fill_number, zxingcpp.BarcodeFormat.DataMatrix)]] * len(pictures)


@each_label
@pytest.mark.parametrize("dpi", [203, 300])
def test_the_printers_own_letters_stay_within_the_margins(facts, dpi):
    for picture in drawn(facts, dpi):
        left, right = int(layout.LEFT * dpi / 72), int(layout.RIGHT * dpi / 72) + 2
        below_band = int(13 * dpi / 72)
        for margin in ((0, below_band, left, picture.height), (right, below_band, picture.width, picture.height)):
            assert picture.crop(margin).getextrema() == (255, 255)


@pytest.mark.parametrize("hostile", ["^XZ~JR", "^FS^XA^JUF", "~DGR:A.GRF", "\\^", "Ana^FS^FO0,0^GB800,400,400^FS"])
def test_a_hostile_name_prints_as_a_name_and_commands_nothing(hostile):
    plain, zpl = render_zpl(compose(METFORMIN)), render_zpl(compose(replace(METFORMIN, patient_name=hostile)))
    assert "~" not in zpl
    for command in ("^XA", "^XZ", "^FO", "^GB", "^JU"):
        assert zpl.count(command) == plain.count(command)
    assert hostile in [unescape(data) for data in re.findall(r"\^FD(.*?)\^FS", zpl)]
    assert hostile in pdf_text(replace(METFORMIN, patient_name=hostile))
    assert len(drawn(replace(METFORMIN, patient_name=hostile), 203)) == 1


def test_accents_go_to_the_printer_as_utf_8():
    zpl = render_zpl(compose(LABELS["accents"]))
    assert zpl.isascii()
    assert "^CI28" in zpl
    assert "José Núñez Íñiguez" in [unescape(data) for data in re.findall(r"\^FD(.*?)\^FS", zpl)]


def test_a_printer_of_other_dots_is_refused():
    with pytest.raises(Refused, match="203 or 300"):
        render_zpl(compose(METFORMIN), 600)


def test_a_label_that_the_linter_stops_is_not_printed_in_any_form():
    for kind in sheet.FORMS:
        assert sheet.render(METFORMIN, kind=kind)
        assert sheet.render(replace(METFORMIN, pharmacist_initials=""), kind=kind)
        with pytest.raises(Refused, match="misread"):
            sheet.render(replace(METFORMIN, directions="Take 1.0 mg QD"), kind=kind)
