"""The regimens: drug, directions, quantity and days that belong together."""

import re
from collections import defaultdict
from decimal import Decimal

import pytest

from officina.demo import regimens
from officina.dosing import wording
from officina.drugs import starter
from officina.labels import lint

DRUGS = defaultdict(list)
for package in starter.packages():
    DRUGS[package.generic_name, package.strength, package.form].append(package)
REGIMENS = regimens.load()
PER_DAY = {
    "once a day": 1, "at bedtime": 1, "in the morning": 1, "before breakfast": 1, "2 times a day": 2, "3 times a day": 3,
    "4 times a day": 4, "every 8 hours": 3, "every 6 hours": 4, "every 72 hours": Decimal(1) / 3, "once a week": Decimal(1) / 7,
    "2 times a week": Decimal(2) / 7,
}  # fmt: skip
NAMES = [f"{r.generic_name} {r.strength} {r.form} {r.days_supply}" for r in REGIMENS]


def test_there_are_enough_for_a_day_that_does_not_repeat_itself():
    assert len(REGIMENS) >= 600
    assert len({r.generic_name for r in REGIMENS}) >= 200
    assert len({(r.generic_name, r.strength, r.form, r.quantity, r.days_supply, r.sigs) for r in REGIMENS}) == len(
        REGIMENS
    )


@pytest.mark.parametrize("r", REGIMENS, ids=NAMES)
def test_a_regimen_belongs_to_a_drug_of_the_list_and_to_its_law(r):
    packages = DRUGS[r.generic_name, r.strength, r.form]
    assert packages
    assert r.unit == packages[0].package_unit
    schedule = packages[0].schedule
    assert r.refills == 0 or schedule != 2
    assert r.refills <= 5 or schedule not in {3, 4, 5}
    assert schedule != 2 or r.days_supply <= 30
    fits = [p for p in packages if not p.unit_of_use or r.quantity % p.package_size == 0]
    assert fits, "it cannot be dispensed in whole packages"
    assert r.weight >= 1
    assert 0 <= r.youngest < r.oldest <= 120


@pytest.mark.parametrize("r", REGIMENS, ids=NAMES)
def test_the_diagnosis_is_shaped_like_a_code_and_the_purpose_is_plain(r):
    assert re.fullmatch(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", r.diagnosis)
    assert r.purpose
    assert not r.purpose.startswith("for ")
    assert lint.lint_text(r.purpose, what="purpose") == ()


def taken_in_a_day(sig):
    """How many units directions use up in a day; None where they do not say or leave it to the patient."""
    dose = re.match(r"(?:Take|Chew|Dissolve|Inhale|Inject|Apply|Place) ([\d.]+) (tablet|capsule|mL|patch)s?\b", sig)
    times = [n for words, n in PER_DAY.items() if re.search(rf"\b{words}\b", sig)]
    one_step = ", then" not in sig and " or " not in sig
    return Decimal(dose[1]) * max(times) if dose and times and one_step else None


@pytest.mark.parametrize("r", REGIMENS, ids=NAMES)
def test_quantity_is_what_the_directions_take_in_that_time(r):
    for_days = re.search(r"for (\d+) days", r.sigs[0])
    if for_days and r.unit in {"tablet", "capsule", "mL"} and "," not in r.sigs[0]:
        assert int(for_days[1]) == r.days_supply
    per_day = taken_in_a_day(r.sigs[0])
    if per_day is not None and r.unit in {"tablet", "capsule", "patch"} | (
        {"mL"} if "mL by mouth" in r.sigs[0] else set()
    ):
        assert abs(r.quantity - per_day * r.days_supply) < per_day + 1, (r.quantity, per_day)
        if per_day >= 1:
            assert r.quantity == per_day * r.days_supply


def test_most_quantities_can_be_computed_so_that_the_check_means_something():
    assert sum(taken_in_a_day(r.sigs[0]) is not None for r in REGIMENS) >= 500


def test_insulin_lasts_as_long_as_the_units_say():
    for r in REGIMENS:
        dose = re.search(r"Inject (\d+) units .*?(3 times a day|once a day|at bedtime)", r.sigs[0])
        if dose:
            units = r.quantity * Decimal(r.strength.split()[0])
            a_day = int(dose[1]) * (3 if dose[2].startswith("3") else 1)
            full = int(units / a_day)
            opened = 28 if r.form == "vial" else full  # an opened vial is thrown away after 28 days
            assert r.days_supply in {full, min(full, opened)} or r.days_supply <= full, (r, full)


def test_every_way_of_writing_becomes_label_text_that_the_linter_lets_pass():
    for r in REGIMENS:
        for sig in r.sigs:
            got = wording.of(sig)
            assert got.understood, (sig, got.place)
            assert lint.lint_text(got.text, what="directions") == (), got.text


def test_all_ways_of_writing_a_regimen_take_the_same():
    for r in REGIMENS:
        texts = [wording.of(sig).text for sig in r.sigs]
        said = [t.replace("in the morning and 1 tablet in the evening", "2 times a day") for t in texts]
        said = [t.replace("in the morning and 1 capsule in the evening", "2 times a day") for t in said]
        takes = {taken_in_a_day(t) for t in said if "in the morning and" not in t} - {None}
        assert len(takes) <= 1 or r.form in {"nasal spray", "pen"}, (r.sigs, takes)


def test_methotrexate_is_taken_once_a_week_and_never_daily():
    found = [r for r in REGIMENS if r.generic_name == "methotrexate"]
    assert found
    assert all("once a week" in sig for r in found for sig in r.sigs)


def test_the_first_regimen_of_a_name_is_the_one_that_is_swallowed_where_there_is_one():
    first, swallowed = {}, set()
    for r in REGIMENS:
        first.setdefault(r.generic_name, r.form)
        if r.form.endswith(("tablet", "capsule")):
            swallowed.add(r.generic_name)
    assert [n for n in swallowed if not first[n].endswith(("tablet", "capsule"))] == []
