"""Prescribers, product selection, what goes along, programs of risk (domain.md 1.3, 1.4, 1.10, 1.14, 1.15)."""

from datetime import date
from decimal import Decimal

import pytest

from officina.law import daw, handover, prescribers, rems
from officina.law.handover import Medicine
from officina.law.rems import Dispensing

ON = date(2026, 11, 23)
FULL, MID = "AB1234563", "MK3614511"


@pytest.mark.parametrize(
    ("role", "schedule", "dea", "state", "allowed"),
    [  # 21 CFR 1300.01(b), 1306.03, 1306.05(a)
        ("MD", 2, FULL, "", True),
        ("md", 4, FULL, "", True),
        ("MD", 2, "", "", False),
        ("MD", 2, "AB1234564", "", False),
        ("MD", 2, MID, "", False),
        ("MD", 0, "", "", True),
        ("NP", 2, MID, "", True),
        ("NP", 2, FULL, "", False),
        ("NP", 2, MID, "TX", False),
        ("NP", 3, MID, "TX", True),
        ("NP", 2, MID, "OK", False),
        ("PA", 2, MID, "GA", False),
        ("DVM", 3, FULL, "", True),
        ("OD", 2, MID, "", False),
        ("OD", 3, MID, "", True),
        ("OD", 2, MID, "US", True),
        ("PHARMD", 3, MID, "", False),
        ("PHARMD", 3, MID, "NM", True),
        ("DC", 0, "", "", False),
        ("JANITOR", 0, "", "", False),
    ],
)
def test_who_may_prescribe(role, schedule, dea, state, allowed):
    assert prescribers.may_prescribe(role, schedule, on=ON, dea=dea, state=state).allowed is allowed


def test_no_state_widens_what_federal_law_gives():
    states = {row.state for row in prescribers.facts.rows("prescribers", prescribers.Authority)} - {"US", "any"}
    for role in prescribers.roles(on=ON):
        dea = MID if role.is_mid_level else FULL
        for schedule in (0, 2, 3, 4, 5):
            federal = prescribers.may_prescribe(role.role, schedule, on=ON, dea=dea, state="US").allowed
            for state in ["", *states]:
                there = prescribers.may_prescribe(role.role, schedule, on=ON, dea=dea, state=state).allowed
                assert federal or not there


def test_a_controlled_substance_for_oneself_is_noted():
    ruling = prescribers.may_prescribe("MD", 4, on=ON, dea=FULL, is_for_self=True)
    assert ruling.allowed
    assert "themselves" in ruling.notes[0]


@pytest.mark.parametrize(
    ("code", "captured", "allowed"),
    [  # NCPDP 408-D8
        ("0", "", True), ("1", "", False), ("1", "Brand medically necessary", False), ("2", "patient", False), ("3", "", True),
        ("4", "", False), ("5", "", True), ("6", "", False), ("6", "as the payer says", True), ("7", "the act", False), ("8", "", False),
        ("9", "", False), ("10", "", False),
    ],
)  # fmt: skip
def test_product_selection_codes(code, captured, allowed):
    assert daw.may_substitute(code, captured=captured, on=ON).allowed is allowed


def test_the_words_of_the_prescriber_must_be_captured():
    assert daw.may_substitute("1", captured=" ", on=ON).missing
    assert not daw.may_substitute("1", captured="DAW", on=ON).missing
    assert [row.code for row in daw.codes(on=ON)] == list("0123456789")


@pytest.mark.parametrize(
    ("brand", "generic", "copay", "pays"),
    [(180, 30, 40, 180), (180, 150, 40, 70), (20, 30, 10, 10)],  # domain.md 1.10: 190, capped at the brand's 180
)
def test_the_penalty_for_a_brand(brand, generic, copay, pays):
    assert (
        daw.brand_penalty(brand_price=Decimal(brand), generic_price=Decimal(generic), brand_copay=Decimal(copay))
        == pays
    )


def medicine(*ingredients, **more):
    return Medicine(ingredients=ingredients, **more)


@pytest.mark.parametrize(
    ("what", "plain"),
    [  # 16 CFR 1700.14(a)(10)
        (medicine("nitroglycerin", form="sublingual tablet"), True),
        (medicine("nitroglycerin", form="capsule"), False),
        (medicine("isosorbide dinitrate", form="sublingual tablet", mg_of_unit=Decimal(10)), True),
        (medicine("isosorbide dinitrate", form="sublingual tablet", mg_of_unit=Decimal("10.1")), False),
        (medicine("isosorbide dinitrate", form="tablet", mg_of_unit=Decimal(5)), False),
        (medicine("prednisone", form="tablet", mg_of_package=Decimal(105)), True),
        (medicine("prednisone", form="tablet", mg_of_package=Decimal(106)), False),
        (medicine("prednisone", form="tablet"), False),
        (medicine("methylprednisolone", form="tablet", mg_of_package=Decimal(84)), True),
        (medicine("sodium fluoride", mg_of_package=Decimal(110)), True),
        (medicine("sodium fluoride", "ferrous sulfate", mg_of_package=Decimal(110)), False),
        (medicine("mebendazole", form="chewable tablet", mg_of_package=Decimal(600)), True),
        (medicine("betamethasone", form="tablet", mg_of_package=Decimal("12.6")), True),
        (medicine("norethindrone", "ethinyl estradiol", classes=("oral-contraceptive",)), True),
        (medicine("erythromycin ethylsuccinate", form="granules", mg_of_package=Decimal(8001)), False),
        (medicine("cholestyramine", form="powder"), True),
        (medicine("metformin", form="tablet"), False),
    ],
)
def test_which_package_a_child_may_open(what, plain):
    assert handover.may_be_plain(what, on=ON).allowed is plain


@pytest.mark.parametrize("who", ["patient", "prescriber"])
def test_patient_and_prescriber_may_ask_for_an_easy_package(who):
    assert handover.may_be_plain(medicine("metformin"), on=ON, is_asked_by=who).allowed
    assert not handover.may_be_plain(medicine("metformin"), on=ON, is_asked_by="clerk").allowed


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        (medicine("warfarin"), ["Medication Guide"]),
        (medicine("naproxen", classes=("nsaid",)), ["Medication Guide"]),
        (medicine("isotretinoin"), ["Medication Guide"]),
        (medicine("estradiol", classes=("estrogen",)), ["patient package insert"]),
        (medicine("norgestimate", "ethinyl estradiol"), ["patient package insert"]),
        (medicine("metformin"), []),
    ],
)
def test_which_leaflet_goes_along(what, kinds):
    assert [kind for kind, _ in handover.leaflets(what, on=ON)] == kinds


@pytest.mark.parametrize(("schedule", "warned"), [(0, False), (2, True), (3, True), (4, True), (5, False)])
def test_what_is_said_with_every_fill(schedule, warned):
    told = handover.duties(medicine("metformin", schedule=schedule), on=ON, is_new=True)
    sources = [ruling.source for ruling in told]
    assert ("21 CFR 290.5" in sources) is warned
    assert any(source.startswith("21 CFR 209") for source in sources)
    assert any(source.startswith("42 CFR 456.705") for source in sources)


def program(ingredient, on=ON):
    (found,) = rems.programs((ingredient,), on=on)
    return found


def ipledge(**changes):
    whole = {"on": ON, "number": "A1", "days_supply": 30, "not_after": ON}
    return rems.may_dispense(program("isotretinoin"), Dispensing(**{**whole, **changes}))


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [  # domain.md 1.15
        ({}, True),
        ({"number": " "}, False),
        ({"days_supply": 31}, False),
        ({"days_supply": None}, False),
        ({"refills": 1}, False),
        ({"not_after": None}, False),
        ({"not_after": date(2026, 11, 22)}, False),
    ],
)
def test_the_gates_of_isotretinoin(changes, allowed):
    assert ipledge(**changes).allowed is allowed


@pytest.mark.parametrize("name", ["thalidomide", "lenalidomide", "pomalidomide"])
def test_the_gates_of_the_thalidomides(name):
    whole = {"on": ON, "number": "C1", "days_supply": 28, "authorised_on": date(2026, 11, 16)}
    judge = lambda **changes: rems.may_dispense(program(name), Dispensing(**{**whole, **changes}))  # noqa: E731
    assert judge().allowed
    assert judge().until == ON
    assert not judge(on=date(2026, 11, 24)).allowed
    assert judge(on=date(2026, 11, 24), can_become_pregnant=False).allowed
    assert not judge(days_supply=29).allowed
    assert not judge(number="").allowed


def test_clozapine_has_no_gate_any_more():
    assert rems.may_dispense(program("clozapine"), Dispensing(on=ON)).allowed
    assert rems.programs(("metformin",), on=ON) == []
