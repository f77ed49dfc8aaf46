"""The regimens: drug, directions, quantity and days that belong together."""

import pytest

from officina.demo import regimens
from officina.drugs import starter
from officina.labels import directions, lint

DRUGS = {(p.generic_name, p.strength, p.form): p for p in starter.packages()}
REGIMENS = regimens.load()
PER_DAY = (
    ("every 8 hours", 3),
    ("every 6 hours", 4),
    ("2 times a day", 2),
    ("3 times a day", 3),
    ("4 times a day", 4),
    ("once a day", 1),
    ("daily", 1),
    ("in the morning", 1),
)


def test_there_are_enough_for_a_day_that_does_not_repeat_itself():
    assert len(REGIMENS) >= 200
    assert len({r.generic_name for r in REGIMENS}) >= 100


@pytest.mark.parametrize("r", REGIMENS, ids=lambda r: f"{r.generic_name} {r.strength} {r.form} {r.days_supply}")
def test_a_regimen_belongs_to_a_drug_of_the_list_and_to_its_law(r):
    package = DRUGS[r.generic_name, r.strength, r.form]
    assert r.unit == package.package_unit
    assert r.refills == 0 or package.schedule != 2
    assert package.schedule == 0 or r.refills <= 5
    if package.unit_of_use:
        assert any(
            r.quantity % p.package_size == 0
            for p in starter.packages()
            if (p.generic_name, p.strength, p.form) == (r.generic_name, r.strength, r.form)
        )


@pytest.mark.parametrize(
    "r",
    [r for r in REGIMENS if r.unit in {"tablet", "capsule"}],
    ids=lambda r: f"{r.generic_name} {r.strength} {r.days_supply}",
)
def test_quantity_is_what_the_directions_take_in_that_time(r):
    sig = r.sigs[0]
    if not sig.startswith("Take 1 ") or "once a week" in sig or "by mouth as needed" in sig:
        return
    per_day = next(n for words, n in PER_DAY if words in sig)
    assert r.quantity == per_day * r.days_supply


def test_every_way_of_writing_becomes_label_text_that_the_linter_lets_pass():
    for r in REGIMENS:
        for sig in r.sigs:
            got = directions.to_label_text(sig)
            # Directions in two steps stay as the prescriber wrote them: a later edition reads them.
            assert got.understood or ", then" in sig, (sig, got.place)
            assert lint.lint_text(got.text, what="directions") == (), got.text
