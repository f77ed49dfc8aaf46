"""The starter list: real packages, each row as the FDA directory has it."""

import csv
import io
import re
import zipfile
from decimal import Decimal

import pytest

from officina.drugs import starter
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from officina.labels import lint

PACKAGES = starter.packages()
INGREDIENTS = {i.key: i for i in starter.ingredients()}
SCHEDULES = {"": 0, "CII": 2, "CIII": 3, "CIV": 4, "CV": 5}


def test_it_is_large_enough_to_start_a_pharmacy():
    assert len(PACKAGES) >= 300
    assert len({(p.generic_name, p.strength, p.form) for p in PACKAGES}) >= 200


def test_numbers_are_unique_and_belong_together():
    assert len({p.ndc for p in PACKAGES}) == len({p.gtin for p in PACKAGES}) == len(PACKAGES)
    for p in PACKAGES:
        assert Gtin.for_ndc(Ndc.parse(p.ndc)).digits == p.gtin


def test_every_ingredient_is_known_and_named_once():
    assert {i for p in PACKAGES for i in p.ingredients} <= set(INGREDIENTS)
    assert len(INGREDIENTS) == len(starter.ingredients())


@pytest.mark.parametrize("field", ["generic_name", "strength", "form"])
def test_no_name_or_strength_has_a_writing_that_the_label_linter_refuses(field):
    for p in PACKAGES:
        assert lint.lint_text(getattr(p, field), what=field) == (), p


def test_strengths_have_no_trailing_zero_no_naked_decimal_and_commas_in_thousands():
    for p in PACKAGES:
        assert not re.search(r"\d\.\d*0\b", p.strength), p
        assert not re.search(r"(?<![\d])\.\d", p.strength), p
        assert not re.search(r"(?<![\d,.])\d{4,}", p.strength), p


def test_several_strengths_and_makers_of_the_commonest_so_that_a_wrong_one_can_be_scanned():
    for name in ("metformin", "lisinopril", "amlodipine", "levothyroxine"):
        assert len({p.strength for p in PACKAGES if p.generic_name == name}) >= 3
        assert len({p.labeler for p in PACKAGES if p.generic_name == name}) >= 2


def test_both_sides_of_the_schedules_are_there():
    assert {p.schedule for p in PACKAGES} >= {0, 2, 3, 4, 5}


@pytest.fixture(scope="module")
def directory(reference_data):
    """The FDA directory of 2019 by package code."""
    folder = zipfile.ZipFile(reference_data / "fda_ndc_2019" / "ndctext.zip")

    def rows(name):
        text = io.TextIOWrapper(folder.open(name), "cp1252")
        return csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)

    wanted = {p.ndc for p in PACKAGES}
    packages = {r["NDCPACKAGECODE"]: r for r in rows("package.txt") if r["NDCPACKAGECODE"] in wanted}
    needed = {r["PRODUCTID"] for r in packages.values()}
    listed = list(rows("product.txt"))
    sisters: dict[tuple[str, str], set[int]] = {}
    for r in listed:
        sisters.setdefault((r["SUBSTANCENAME"], r["DOSAGEFORMNAME"]), set()).add(SCHEDULES.get(r["DEASCHEDULE"], 0))
    products = {
        r["PRODUCTID"]: {**r, "sisters": sisters[r["SUBSTANCENAME"], r["DOSAGEFORMNAME"]]}
        for r in listed
        if r["PRODUCTID"] in needed
    }
    return {code: (products[r["PRODUCTID"]], r) for code, r in packages.items()}


@pytest.mark.parametrize("row", PACKAGES, ids=lambda p: p.ndc)
def test_each_row_stands_in_the_directory(directory, row):
    product, package = directory[row.ndc]
    assert product["LABELERNAME"].strip() == row.labeler
    # The directory leaves the schedule of some controlled packages blank; ours must then be the one of its sisters.
    assert row.schedule == SCHEDULES[product["DEASCHEDULE"]] or (
        not product["DEASCHEDULE"] and row.schedule in product["sisters"]
    )
    assert row.route in product["ROUTENAME"].lower()
    if row.brand_name:
        assert product["PROPRIETARYNAME"].strip() == row.brand_name
    assert holds(package["PACKAGEDESCRIPTION"]) == row.package_size
    if not row.strength.endswith("%") and row.generic_name != "nitrofurantoin":
        numbers = sorted(Decimal(n) for n in re.findall(r"[\d.]+", row.strength.replace(",", "").split("/")[0]))
        written = sorted(Decimal(n.strip()) for n in product["ACTIVE_NUMERATOR_STRENGTH"].split(";"))
        assert numbers in (written, [n * 1000 for n in written]), (row.strength, written)
    if len(row.ingredients) == 1 and row.generic_name != "nitrofurantoin":
        key = row.ingredients[0].split("-")[0]
        assert key[:5] in product["SUBSTANCENAME"].lower().replace("acid ", ""), product["SUBSTANCENAME"]


def holds(description):
    """What a package holds in all: '5 SYRINGE in 1 CARTON (…) > 3 mL in 1 SYRINGE' is 15."""
    total = Decimal(1)
    for level in description.split(" > "):
        m = re.match(r"\s*([\d.]+) (.+?) in 1 ", level)
        assert m, description
        if m[2] in {"d", "h"}:
            break
        total *= Decimal(m[1])
    return total
