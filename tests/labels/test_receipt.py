"""The receipt: what it says and does not say, and that nothing is ever cut."""

from dataclasses import replace
from decimal import Decimal as D

import pypdfium2
import pytest

from officina.kernel.errors import Refused
from officina.labels import receipt
from officina.labels.receipt import Line, ReceiptFacts

FACTS = ReceiptFacts(
    pharmacy_name="Main Street Pharmacy",
    pharmacy_street="1 Main St",
    pharmacy_city_line="Madison, WI 53703",
    pharmacy_phone="6085550100",
    at="Nov 20, 2026, 9:30 AM",
    patient_name="",
    lines=(Line("1000015", "", D("1204.50")), Line("1000023", "", D("0.00"))),
    total=D("1204.50"),
    paid=(("Card", D("1200.00")), ("Cash", D("4.50"))),
    given=D("5.00"),
    change=D("0.50"),
    training=False,
)


def words(facts):
    page = pypdfium2.PdfDocument(receipt.render_pdf(facts))[0]
    return " ".join(page.get_textpage().get_text_range().split())


def test_it_says_house_day_numbers_amounts_and_how_it_was_paid():
    said = words(FACTS)
    for part in (
        "Main Street Pharmacy",
        "Nov 20, 2026",
        "Rx 1000015",
        "$1,204.50",
        "Card",
        "$1,200.00",
        "Given $5.00",
        "Change $0.50",
    ):
        assert part in said


def test_training_stands_on_it_and_names_only_where_they_are_given():
    assert "TRAINING" not in words(FACTS)
    named = replace(
        FACTS, training=True, patient_name="Rosa Flórez", lines=(Line("1000015", "metFORMIN 500 mg tablet", D(1)),)
    )
    assert {"TRAINING", "metFORMIN"} <= set(words(named).split())
    assert "Rosa Flórez" in words(named)


def test_without_cash_there_is_no_change():
    assert "Change" not in words(replace(FACTS, given=None, change=None))


def test_the_page_grows_with_its_lines_and_the_same_facts_give_the_same_bytes():
    long = replace(FACTS, lines=FACTS.lines * 40)
    short_page, long_page = (pypdfium2.PdfDocument(receipt.render_pdf(f))[0] for f in (FACTS, long))
    assert long_page.get_height() > short_page.get_height() + 800
    assert long_page.get_width() == pytest.approx(226.77)
    assert receipt.render_pdf(FACTS) == receipt.render_pdf(FACTS)


def test_every_line_lies_inside_the_roll():
    wide = replace(FACTS, pharmacy_name="The Old Apothecary of the Upper and the Lower Main Street at Madison " * 2)
    for row in receipt.lay_out(wide):
        used = receipt.metrics.width(row.left, row.type) + receipt.metrics.width(row.right, row.type)
        assert used <= receipt.INNER


@pytest.mark.parametrize(
    ("code", "name"), [("label_letter", "Роза"), ("label_letter", "a\x00b"), ("label_overflow", "W" * 60)]
)
def test_what_cannot_be_printed_is_refused(code, name):
    with pytest.raises(Refused) as no:
        receipt.render_pdf(replace(FACTS, patient_name=name))
    assert no.value.code == code
