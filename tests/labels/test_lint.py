from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from labels.facts import METFORMIN
from officina.kernel.findings import Severity
from officina.labels.content import compose
from officina.labels.lint import banned, lint, lint_text, required

BAD = {
    "trailing_zero": ["Take 1.0 mg", "Take 2.50 mg"],
    "naked_decimal": ["Take .5 mg"],
    "thousands": ["Take 1000 mg", "inject 10000 units"],
    "space_before_unit": ["Take 5mg", "10units", "5mL"],
    "unit_u": ["10 U", "10U", "4 u daily", "100 [iU]/mL", "500 IU", "5 I.U."],
    "qd": ["Take QD", "q.d.", "q d", "q1d"],
    "qod": ["QOD", "q.o.d"],
    "hs": ["at HS", "qhs", "h.s"],
    "sc": ["inject SC", "SQ", "sub q", "subq"],
    "ears": ["2 drops AU", "2 drops AS", "2 drops AD"],
    "eyes": ["1 drop OD", "os", "O.U"],
    "nose": ["1 spray IN daily"],
    "cc": ["5 cc"],
    "microgram": ["50 µg", "50 μg", "50 ug"],
    "dc": ["D/C after 3 days", "DC"],
    "half_ss": ["ss tablet"],
    "per_os": ["1 tablet per os"],
    "times_a_week": ["TIW", "biw"],
    "ud": ["use UD"],
    "bt": ["at BT"],
    "qn": ["qn", "qpm"],
    "injection_ij": ["IJ"],
    "morphine_magnesium": ["MSO4", "MgSO4", "MS 5 mg"],
    "zinc": ["ZnSO4"],
    "hydrochlorothiazide": ["HCTZ 25 mg", "HCT"],
    "methotrexate": ["MTX 2.5 mg"],
    "zidovudine": ["AZT"],
    "triamcinolone": ["TAC 0.1 %"],
    "propylthiouracil": ["PTU"],
    "acetaminophen": ["APAP"],
    "aspirin": ["ASA 81 mg"],
    "hydrochloride": ["tramadol HCl"],
    "at_sign": ["1 tablet @ 9"],
    "more_less": ["if pulse < 60", "> 100"],
    "ampersand": ["morning & evening"],
    "plus": ["1 tablet + 1 tablet"],
    "degree": ["every 4°"],
    "roman": ["take ii tablets"],
    "kitchen_spoon": ["take 1 teaspoonful", "1 tsp", "2 tablespoons"],
    "shorthand": ["1 tablet PO", "bid", "t.i.d", "q4h", "prn", "1 tab daily", "a.c. is odd, ac is not"],
    "number_in_words": ["Take one tablet", "twice a day"],
}
GOOD = [
    "Take 1 tablet by mouth in the morning and 1 tablet in the evening.",
    "Take 0.5 tablet. Take 10 tablets. Take 10.05 mL.",
    "Take 1,000 mg 2 times a day.",
    "Inject 20 units under the skin at bedtime.",
    "Take as needed. Put 1 drop in each eye. Use as directed.",
    "Stop on Nov 22, 2027. Call 217-555-0100.",
    "Take once a week on Monday.",
    "Take 1 1/2 tablets or 1/2 tablet.",
    "Us, it, cup, dose and season are words.",
    "insulin glargine 100 units/mL U-100 pen",
]


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in BAD.items() for text in texts])
def test_an_error_prone_writing_is_found(code, text):
    assert code in {f.code for f in lint_text(text, what="directions")}


@pytest.mark.parametrize("text", GOOD)
def test_plain_writing_is_left_alone(text):
    assert lint_text(text, what="directions") == ()


def test_every_row_of_the_list_has_a_test():
    assert {row.code for _, row in banned()} == set(BAD)


def test_a_finding_says_what_came_what_to_write_and_who_says_so():
    (found,) = lint_text("Take 1.0 mg", what="directions")
    assert found.came == "1.0"
    assert "1 mg, not 1.0 mg" in found.expected
    assert found.source
    assert found.severity is Severity.MAJOR


def test_a_text_of_another_name_is_held_to_the_strictest_rows():
    assert [f.code for f in lint_text("1 drop OD", what="note")] == ["eyes"]


def test_a_sound_label_has_no_findings():
    assert lint(compose(METFORMIN)) == ()


def codes(**changes):
    return [f.code for f in lint(compose(replace(METFORMIN, **changes)))]


@pytest.mark.parametrize(
    "changes",
    [
        {"patient_name": " "}, {"drug_name": ""}, {"strength": ""}, {"directions": ""}, {"rx_number": ""}, {"prescriber_name": ""},
        {"pharmacy_name": ""}, {"pharmacy_street": ""}, {"pharmacy_city_line": ""}, {"labeler": ""}, {"pharmacist_initials": ""},
    ],
)  # fmt: skip
def test_a_mandated_block_that_is_missing_is_found(changes):
    purpose = {"purpose": ""} if "directions" in changes else {}
    assert "label_missing" in codes(**changes, **purpose)


def test_a_label_without_initials_may_be_printed_at_the_filling_desk():
    (found,) = lint(compose(replace(METFORMIN, pharmacist_initials="")))
    assert not found.severity.is_serious


def test_a_label_whose_caution_was_lost_is_found():
    content = compose(replace(METFORMIN, schedule=4))
    without = replace(content, blocks=tuple(b for b in content.blocks if b.part != "caution"))
    assert [f.where for f in lint(without)] == ["caution"]


def test_every_required_row_has_a_source():
    assert all(row.source and row.title for row in required())


def test_methotrexate_by_mouth_without_a_week_is_asked_about():
    facts = {"drug_name": "methotrexate", "strength": "2.5 mg", "ingredients": ("methotrexate",), "classes": ()}
    assert codes(**facts, directions="Take 1 tablet daily.") == ["label_must_say"]
    assert codes(**facts, directions="Take 6 tablets once a week.") == []
    assert codes(**facts, directions="Take 6 tablets once a week.", route="ORAL") == []
    assert codes(**facts, directions="Inject 0.4 mL daily.", route="subcutaneous") == []


def test_refills_of_schedule_two_an_expired_lot_and_no_quantity_are_found():
    assert codes(schedule=2, refills_left=1) == ["label_refills"]
    assert codes(lot_expires_on=date(2026, 11, 22)) == ["label_expired"]
    assert codes(quantity=Decimal(0)) == ["label_quantity"]


def test_a_controlled_refill_without_its_first_fill_date_is_found():
    assert codes(schedule=4, fill_no=1) == ["label_first_filled"]
    assert codes(schedule=4, fill_no=1, first_filled_on=date(2026, 10, 1)) == []


def test_what_does_not_fit_and_what_cannot_be_printed_are_found():
    assert codes(directions="Take 1 tablet by mouth. " * 40) == ["label_overflow"]
    assert codes(patient_name="李小龙") == ["label_letter"]
    assert codes(fill_number="F 1") == ["label_number"]


def test_the_most_serious_finding_comes_first():
    severities = [
        f.severity for f in lint(compose(replace(METFORMIN, pharmacist_initials="", directions="Take 1 tablet QD")))
    ]
    assert severities == sorted(severities)
    assert len(severities) == 2


def test_names_of_people_are_nobodys_to_correct():
    assert codes(patient_name="Hs Od", prescriber_name="Q. D. Ou, MS") == []
