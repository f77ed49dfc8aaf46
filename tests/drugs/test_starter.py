"""The starter list: real packages, each row as the FDA directory has it."""

import csv
import io
import re
import zipfile
from collections import defaultdict
from decimal import Decimal

import pytest

from officina.codecs.ncpdp_script import codes
from officina.drugs import starter
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from officina.labels import lint

PACKAGES = starter.packages()
INGREDIENTS = {i.key: i for i in starter.ingredients()}
CLASSES = {c.key for c in starter.classes()}
DRUGS = defaultdict(list)
for package in PACKAGES:
    DRUGS[package.generic_name, package.strength, package.form].append(package)
SCHEDULES = {"": 0, "CII": 2, "CIII": 3, "CIV": 4, "CV": 5}

# The directory counts the puffs of a metered inhaler or spray; ours are dispensed by weight or volume, as labels state it.
BY_WEIGHT = {
    "0093-3174-31": (200, "8.5"), "59310-579-22": (200, "8.5"), "0173-0682-20": (200, "18"), "0173-0718-20": (120, "10.6"),
    "0173-0719-20": (120, "12"), "0186-0372-20": (120, "10.2"), "0186-0370-20": (120, "10.2"), "60505-0829-1": (120, "16"),
    "0054-3270-99": (120, "16"), "0781-6355-87": (120, "17"), "0054-0293-99": (200, "30"),
}  # fmt: skip
# Devices counted by the piece: two sprays, two injectors, one ring.
BY_PIECE = {"69547-353-02": 2, "49502-500-02": 2, "49502-501-02": 2, "49502-102-02": 2, "0052-0273-01": 1}
# What a strength says in other words than the directory.
SAID_OTHERWISE = {
    ("ergocalciferol", "50,000 units"): {"1.25 mg"},
    ("nitrofurantoin monohydrate-macrocrystals", "100 mg"): {"25 mg", "75 mg"},
    ("potassium chloride", "10 mEq"): {"750 mg", "10 mEq"},
    ("potassium chloride", "20 mEq"): {"1500 mg", "20 mEq"},
}


def test_it_is_large_enough_to_start_a_pharmacy():
    assert len(PACKAGES) >= 500
    assert len(DRUGS) >= 400
    assert len({p.generic_name for p in PACKAGES}) >= 200


def test_numbers_are_unique_and_belong_together():
    assert len({p.ndc for p in PACKAGES}) == len({p.gtin for p in PACKAGES}) == len(PACKAGES)
    assert len({Ndc.parse(p.ndc).digits12 for p in PACKAGES}) == len(PACKAGES)
    for p in PACKAGES:
        assert Gtin.for_ndc(Ndc.parse(p.ndc)).digits == p.gtin


def test_every_ingredient_and_every_class_is_known_and_named_once():
    assert {i for p in PACKAGES for i in p.ingredients} <= set(INGREDIENTS)
    assert len(INGREDIENTS) == len(starter.ingredients())
    assert {c for i in INGREDIENTS.values() for c in i.classes} == CLASSES
    assert len(CLASSES) == len(starter.classes())
    assert all(len(set(p.ingredients)) == len(p.ingredients) for p in PACKAGES)


@pytest.mark.parametrize("field", ["generic_name", "brand_name", "strength", "form"])
def test_no_name_or_strength_has_a_writing_that_the_label_linter_refuses(field):
    for p in PACKAGES:
        assert lint.lint_text(getattr(p, field), what="drug") == (), p


def test_strengths_have_a_space_before_the_unit_and_commas_in_thousands():
    shape = re.compile(
        r"[\d.,]+ (mg|mcg|g|mEq|units)(-[\d.,]+ (mg|mcg|g))*(/([\d.]+ )?(mL|g|actuation|dose|spray|hour|day))?|[\d.]+%(-[\d.]+%)?"
    )
    for p in PACKAGES:
        assert shape.fullmatch(p.strength), p
        assert not re.search(r"\d\.\d*0\b|(?<!\d)\.\d|(?<![\d,.])\d{4,}", p.strength), p


def test_all_packages_of_a_drug_agree_on_what_belongs_to_the_drug():
    for same in DRUGS.values():
        assert len({(p.route, p.schedule, p.package_unit, p.ingredients, p.rxcui) for p in same}) == 1, same
    coded = defaultdict(set)
    for drug, same in DRUGS.items():
        if same[0].rxcui:
            coded[same[0].rxcui].add(drug)
    assert {code: drugs for code, drugs in coded.items() if len(drugs) > 1} == {}


def test_every_unit_is_one_that_an_electronic_prescription_can_count_in():
    assert [p for p in PACKAGES if not codes.code_of("quantity_units", p.package_unit)] == []


def test_what_cannot_be_counted_out_is_dispensed_whole():
    whole = (
        "inhaler",
        "spray",
        "drops",
        "pen",
        "vial",
        "auto-injector",
        "ring",
        "patch",
        "cream",
        "ointment",
        "pack",
        "suspension",
    )
    for p in PACKAGES:
        if p.form.endswith(whole):
            assert p.unit_of_use, p


def test_several_strengths_makers_sizes_and_brands_so_that_a_wrong_one_can_be_scanned():
    strengths, makers, brands = defaultdict(set), defaultdict(set), 0
    for (name, strength, form), same in DRUGS.items():
        strengths[name, form].add(strength)
        makers[name, strength, form] = {p.labeler for p in same}
        brands += any(p.brand_name for p in same) and any(not p.brand_name for p in same)
    assert sum(len(s) >= 3 for s in strengths.values()) >= 40
    assert sum(len(m) >= 2 for m in makers.values()) >= 60
    assert brands >= 15
    assert sum(len({p.package_size for p in same}) >= 2 for same in DRUGS.values()) >= 25


def test_every_schedule_is_there_and_the_well_known_ones_are_right():
    assert {p.schedule for p in PACKAGES} == {0, 2, 3, 4, 5}
    wanted = {
        "oxycodone": 2, "hydrocodone-acetaminophen": 2, "methylphenidate": 2, "fentanyl": 2, "acetaminophen-codeine": 3,
        "buprenorphine-naloxone": 3, "testosterone": 3, "alprazolam": 4, "zolpidem": 4, "tramadol": 4, "pregabalin": 5, "lacosamide": 5,
    }  # fmt: skip
    for p in PACKAGES:
        assert p.schedule == wanted.get(p.generic_name, p.schedule), p
        if p.schedule == 2:
            assert {"opioid", "stimulant"} & {c for i in p.ingredients for c in INGREDIENTS[i].classes}, p


def test_a_price_has_a_date_and_is_more_than_nothing():
    for p in PACKAGES:
        assert (p.unit_cost is None) == (p.cost_as_of is None), p
        assert p.unit_cost is None or p.unit_cost > 0, p


@pytest.fixture(scope="module")
def directory(reference_data):
    """The FDA directory of 2019 by package code, inner packages too; and the schedules that a substance is listed under."""
    folder = zipfile.ZipFile(reference_data / "fda_ndc_2019" / "ndctext.zip")

    def rows(name):
        text = io.TextIOWrapper(folder.open(name), "cp1252")
        return csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)

    wanted = {p.ndc for p in PACKAGES}
    packages = {}
    for r in rows("package.txt"):
        for code in {r["NDCPACKAGECODE"], *re.findall(r"\(([\d-]+)\)", r["PACKAGEDESCRIPTION"])} & wanted:
            if packages.get(code, {}).get("NDCPACKAGECODE") != code:
                packages[code] = r
    needed = {r["PRODUCTID"] for r in packages.values()}
    products, sisters = {}, defaultdict(set)
    for r in rows("product.txt"):
        sisters[r["SUBSTANCENAME"], r["DOSAGEFORMNAME"]].add(SCHEDULES.get(r["DEASCHEDULE"], 0))
        if r["PRODUCTID"] in needed:
            products[r["PRODUCTID"]] = r
    return {code: (products[r["PRODUCTID"]], r) for code, r in packages.items()}, sisters


@pytest.mark.parametrize("row", PACKAGES, ids=lambda p: p.ndc)
def test_each_row_stands_in_the_directory(directory, row):
    listed, sisters = directory
    product, package = listed[row.ndc]
    assert " ".join(product["LABELERNAME"].split()) == row.labeler
    assert package["SAMPLE_PACKAGE"] != "Y"
    # The directory leaves the schedule of some controlled packages blank; ours must then be the one of its sisters.
    if product["DEASCHEDULE"]:
        assert row.schedule == SCHEDULES[product["DEASCHEDULE"]]
    else:
        assert row.schedule in sisters[product["SUBSTANCENAME"], product["DOSAGEFORMNAME"]]
    assert row.route in product["ROUTENAME"].lower().split("; ") or product["DOSAGEFORMNAME"] == "KIT"
    if row.brand_name:
        assert row.brand_name.lower().startswith(product["PROPRIETARYNAME"].strip().lower())
    check_size(row, package["PACKAGEDESCRIPTION"])
    if product["DOSAGEFORMNAME"] != "KIT":  # the directory lists no substance of a kit
        check_strength(row, product)
        substances = product["SUBSTANCENAME"].lower()
        for key in row.ingredients:
            stem = {"clavulanate": "clavulan", "valproate": "divalproex"}.get(key, key.split("-")[0])
            assert stem in substances or key.replace("-", " ") in substances, (key, substances)
        assert len({s.split(",")[0].split()[0] for s in substances.split("; ")}) == len(row.ingredients)


def check_size(row, description):
    if row.ndc in BY_WEIGHT:
        puffs, amount = BY_WEIGHT[row.ndc]
        assert (holds(description), row.package_size) == (puffs, Decimal(amount))
    elif row.ndc in BY_PIECE:
        assert row.package_size == BY_PIECE[row.ndc]
        assert re.search(rf"\b{row.package_size:f} (VIAL|CONTAINER)", description) or row.package_size == 1
    elif row.form == "28-day pack":
        assert row.package_size == 28
        assert row.ndc in description
    else:
        assert holds(description) == row.package_size


def check_strength(row, product):
    written = [
        as_written(n, u)
        for n, u in zip(
            product["ACTIVE_NUMERATOR_STRENGTH"].split("; "), product["ACTIVE_INGRED_UNIT"].split("; "), strict=True
        )
    ]
    said = SAID_OTHERWISE.get((row.generic_name, row.strength))
    if said:
        assert {f"{n.normalize():f} {u}" for n, u, *_ in written} <= said
    elif row.strength.endswith("%"):
        ours = sorted(Decimal(x) * 10 for x in re.findall(r"([\d.]+)%", row.strength))
        assert ours == sorted(n / per for n, _, per, _ in written)
    else:
        front, _, per = row.strength.partition("/")
        ours = sorted(milligrams(part) for part in front.split("-"))
        volume = Decimal(1) if per in {"mL", "g"} else Decimal(per.removesuffix(" mL")) if per.endswith(" mL") else None
        if volume is None:
            assert ours == sorted(n for n, *_ in written)
        else:
            assert all(base in {"mL", "g"} for *_, base in written)
            assert sorted(n / volume for n in ours) == pytest.approx(sorted(n / p for n, _, p, _ in written))


IN_MG = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001"), "mcg": Decimal("0.001")}


def as_written(number, unit):
    """The directory's '.05' 'mg/.25g' as amount in mg (other units as they are), unit, and what it is in."""
    top, _, below = unit.partition("/")
    amount, base = re.fullmatch(r"([\d.]*)(.*)", below).groups()
    return (
        Decimal(number) * IN_MG.get(top, 1),
        {"ug": "mg", "g": "mg", "meq": "mEq"}.get(top, top),
        Decimal(amount or 1),
        base,
    )


def milligrams(text):
    number, unit = text.split(" ")
    return Decimal(number.replace(",", "")) * IN_MG.get(unit, 1)


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
