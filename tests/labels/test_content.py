from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from labels.facts import METFORMIN
from officina.labels.content import Part, compose, counted, day, discard_after
from officina.law.handover import CAUTION, SIDE_EFFECTS


def text(part, **changes):
    return compose(replace(METFORMIN, **changes)).text(part)


def test_blocks_stand_in_the_order_that_the_patient_needs():
    parts = [b.part for b in compose(METFORMIN).blocks]
    assert parts[:3] == [Part.PATIENT, Part.DRUG, Part.DIRECTIONS]
    assert parts == sorted(parts, key=list(Part).index)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "metFORMIN hydrochloride 500 mg tablet"),
        ({"form": "TABLET, FILM COATED, EXTENDED RELEASE"}, "metFORMIN hydrochloride 500 mg extended release tablet"),
        ({"form": "POWDER, FOR SUSPENSION"}, "metFORMIN hydrochloride 500 mg powder for suspension"),
        ({"brand_name": "Glucophage"}, "Glucophage (metFORMIN hydrochloride) 500 mg tablet"),
        ({"brand_name": "Metformin Hydrochloride"}, "metFORMIN hydrochloride 500 mg tablet"),
        ({"strength": ""}, ""),
    ],
)
def test_the_medicine_is_named_in_full(changes, shown):
    assert text(Part.DRUG, **changes) == shown


def test_a_generic_says_what_it_is_generic_for_and_a_brand_does_not():
    assert "generic for Glucophage" in text(Part.MAKER)
    assert "generic for" not in text(Part.MAKER, brand_name="Glucophage")


@pytest.mark.parametrize(
    ("filled", "lot", "until"),
    [
        (date(2026, 11, 22), date(2028, 5, 31), date(2027, 11, 22)),
        (date(2026, 11, 22), date(2027, 3, 31), date(2027, 3, 31)),
        (date(2026, 11, 22), None, date(2027, 11, 22)),
        (date(2028, 2, 29), None, date(2029, 2, 28)),
    ],
)
def test_a_vial_is_good_for_a_year_or_until_its_lot_expires(filled, lot, until):
    assert discard_after(filled, lot) == until


def test_the_discard_date_is_said_in_words():
    assert text(Part.DISCARD) == "Discard after Nov 22, 2027"
    assert day(date(2026, 5, 3)) == "May 3, 2026"


@pytest.mark.parametrize(("schedule", "shown"), [(0, ""), (2, CAUTION), (3, CAUTION), (4, CAUTION), (5, "")])
def test_the_federal_caution_stands_on_schedules_two_to_four(schedule, shown):
    assert text(Part.CAUTION, schedule=schedule) == shown


def test_the_side_effects_line_is_word_for_word():
    assert text(Part.SIDE_EFFECTS) == SIDE_EFFECTS


@pytest.mark.parametrize(
    ("left", "until", "shown"),
    [
        (0, None, "No refills"),
        (1, date(2027, 5, 15), "1 refill before May 15, 2027"),
        (2, date(2027, 5, 15), "2 refills before May 15, 2027"),
        (2, None, "2 refills"),
    ],
)
def test_refills_are_said_in_numerals(left, until, shown):
    assert text(Part.REFILLS, refills_left=left, refills_until=until) == shown


@pytest.mark.parametrize(
    ("number", "unit", "shown"),
    [
        ("60", "tablet", "60 tablets"),
        ("1", "tablet", "1 tablet"),
        ("0.5", "tablet", "0.5 tablets"),
        ("1000.0", "mL", "1,000 mL"),
        ("4", "patch", "4 patches"),
        ("6", "suppository", "6 suppositories"),
        ("2", "each", "2 each"),
    ],
)
def test_quantities_are_counted_in_their_unit(number, unit, shown):
    assert counted(Decimal(number), unit) == shown


def test_the_cap_the_copy_the_refill_and_the_first_fill_are_told():
    assert text(Part.QUANTITY, easy_open=True) == "60 tablets, easy-open cap"
    assert "copy 2" in text(Part.RX, copy_no=2)
    assert "copy" not in text(Part.RX)
    assert "Refill 1 Nov 22, 2026" in text(Part.RX, fill_no=1)
    assert "First filled Oct 1, 2026" in text(Part.RX, fill_no=1, first_filled_on=date(2026, 10, 1))


def test_a_training_label_says_so():
    assert "TRAINING" in text(Part.TRAINING, training=True)
    assert text(Part.TRAINING) == ""


def test_a_purpose_is_part_of_the_directions():
    assert text(Part.PURPOSE) == "For diabetes."
    assert text(Part.PURPOSE, purpose="blood pressure.") == "For blood pressure."
