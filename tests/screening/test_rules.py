"""Screening: each of the fifteen pairs both ways, allergies, duplicates, washouts, and what was not screened."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from officina.drugs import starter
from officina.kernel.findings import Severity
from officina.screening.rules import AllergyFact, Medicine, Subject, default_packs, screen

ON = date(2026, 11, 20)
CLASSES = {i.key: frozenset(i.classes) for i in starter.ingredients()}
PACKS = default_packs()


def medicine(*ingredients, name="", key="1", what="active", ended=None, route=""):
    classes = frozenset(c for i in ingredients for c in CLASSES[i])
    return Medicine(
        name=name or "-".join(ingredients),
        ingredients=ingredients,
        classes=classes,
        key=key,
        supply_ends_on=ended,
        what=what,
        route=route,
    )


def codes(new, *medicines, allergies=()):
    got = screen(new, Subject(allergies=tuple(allergies), medicines=medicines, on=ON), PACKS)
    return [f.code for f in got.findings]


PAIRS = [
    ("onc-01", "methylphenidate", "phenelzine"),
    ("onc-02", "atazanavir", "omeprazole"),
    ("onc-03", "febuxostat", "azathioprine"),
    ("onc-04", "sertraline", "tranylcypromine"),
    ("onc-05", "irinotecan", "clarithromycin"),
    ("onc-06", "tramadol", "linezolid"),
    ("onc-07", "amitriptyline", "phenelzine"),
    ("onc-08", "amiodarone", "clarithromycin"),
    ("onc-09", "ramelteon", "fluvoxamine"),
    ("onc-10", "atazanavir", "rifampin"),
    ("onc-11", "simvastatin", "clarithromycin"),
    ("onc-12", "ergotamine", "itraconazole"),
    ("onc-13", "tizanidine", "ciprofloxacin"),
    ("onc-14", "tranylcypromine", "procarbazine"),
    ("onc-15", "sumatriptan", "phenelzine"),
]


@pytest.mark.parametrize(("rule", "one", "other"), PAIRS)
def test_each_pair_is_found_whichever_comes_first(rule, one, other):
    for new, old in ((one, other), (other, one)):
        got = screen(medicine(new), Subject(allergies=(), medicines=(medicine(old, key="2"),), on=ON), PACKS)
        (found,) = [f for f in got.findings if f.code == f"interaction.{rule}"]
        assert found.severity.is_serious
        assert found.about == (old, new)


def test_all_fifteen_have_a_row_and_a_case():
    assert [r.rule for r in PACKS.interactions.rows] == [f"onc-{n:02d}" for n in range(1, 16)]
    assert {p[0] for p in PAIRS} == {r.rule for r in PACKS.interactions.rows}


def test_every_member_of_every_row_is_known():
    known = {c for classes in CLASSES.values() for c in classes}
    for row in PACKS.interactions.rows:
        for m in (*row.one, *row.other, *row.one_washout):
            assert (m[1:] in known) if m.startswith(":") else (m in CLASSES), (row.rule, m)
    for c in PACKS.allergies.rows:
        for m in (*c.allergens, *c.reaches):
            assert (m[1:] in known) if m.startswith(":") else (m in CLASSES), m
    assert {c for d in PACKS.duplications.rows for c in d.classes} <= known


@pytest.mark.parametrize(
    "drug_class",
    [
        "penicillin", "cephalosporin", "opioid-phenanthrene", "opioid-phenylpiperidine", "opioid-phenylpropylamine", "nsaid",
        "ace-inhibitor", "fluoroquinolone", "macrolide", "tetracycline", "sulfonamide-antibiotic",
    ],
)  # fmt: skip
def test_an_allergy_to_one_of_a_class_reaches_every_other_of_it(drug_class):
    members = [i for i, classes in CLASSES.items() if drug_class in classes]
    for one in members:
        for other in set(members) - {one}:
            got = codes(medicine(other), allergies=[allergy(one)])
            assert got == ["allergy.cross"], (one, other)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("rosuvastatin", "clarithromycin"),
        ("sertraline", "ibuprofen"),
        ("metformin", "lisinopril"),
        ("sumatriptan", "sertraline"),
        ("omeprazole", "febuxostat"),
        ("eletriptan", "phenelzine"),
        ("pravastatin", "itraconazole"),
        ("famotidine", "atazanavir"),
        ("baclofen", "ciprofloxacin"),
        ("azithromycin", "levothyroxine"),
    ],
)
def test_a_near_miss_is_no_interaction(new, old):
    assert not [c for c in codes(medicine(new), medicine(old, key="2")) if c.startswith("interaction")]


@pytest.mark.parametrize(("ingredient", "days"), [("phenelzine", 14), ("fluoxetine", 35)])
def test_what_stays_in_the_body_counts_after_its_last_day_and_not_longer(ingredient, days):
    new = medicine("sertraline") if ingredient == "phenelzine" else medicine("phenelzine")
    for after, counts in ((days, True), (days + 1, False)):
        old = medicine(ingredient, key="2", what="recent", ended=ON - timedelta(days=after))
        assert ("interaction.onc-04" in codes(new, old)) is counts


def allergy(ingredient="", drug_class="", severity="unknown", reaction=""):
    return AllergyFact(
        text=ingredient or drug_class or "mother's cough syrup",
        ingredient=ingredient,
        drug_class=drug_class,
        severity=severity,
        reaction=reaction,
    )


@pytest.mark.parametrize(
    ("noted", "new", "code", "severity"),
    [
        (allergy("lisinopril"), "lisinopril", "allergy.ingredient", Severity.MAJOR),
        (allergy("lisinopril", severity="anaphylaxis"), "lisinopril", "allergy.ingredient", Severity.CONTRAINDICATED),
        (allergy("lisinopril"), "benazepril", "allergy.cross", Severity.MAJOR),
        (allergy(drug_class="penicillin"), "amoxicillin", "allergy.class", Severity.MAJOR),
        (allergy(drug_class="penicillin", severity="severe"), "amoxicillin", "allergy.class", Severity.CONTRAINDICATED),
        (allergy(drug_class="penicillin"), "cephalexin", "allergy.cross", Severity.MAJOR),
        (allergy(drug_class="penicillin"), "cefdinir", "allergy.cross", Severity.MODERATE),
        (allergy("amoxicillin"), "penicillin-v", "allergy.cross", Severity.MAJOR),
        (allergy("codeine", severity="intolerance"), "hydrocodone", "allergy.cross", Severity.MINOR),
        (allergy(drug_class="sulfonamide-antibiotic"), "sulfamethoxazole", "allergy.class", Severity.MAJOR),
        (allergy("cephalexin", severity="severe"), "amoxicillin", "allergy.cross", Severity.CONTRAINDICATED),
        (allergy("cefdinir"), "amoxicillin", "allergy.cross", Severity.MINOR),
        (allergy(drug_class="penicillin", severity="anaphylaxis"), "cefdinir", "allergy.cross", Severity.MODERATE),
        (allergy(drug_class="penicillin"), "meropenem", "allergy.cross", Severity.MINOR),
        (allergy("ceftazidime"), "aztreonam", "allergy.cross", Severity.MAJOR),
        (allergy("lisinopril", reaction="Angioedema"), "benazepril", "allergy.cross", Severity.CONTRAINDICATED),
        (allergy("aspirin", reaction="wheezing"), "ibuprofen", "allergy.cross", Severity.CONTRAINDICATED),
        (allergy("aspirin", reaction="rash"), "ibuprofen", "allergy.cross", Severity.MAJOR),
        (allergy("lisinopril", reaction="tongue swelling"), "sacubitril", "allergy.cross", Severity.CONTRAINDICATED),
        (allergy("codeine", severity="intolerance", reaction="hives"), "codeine", "allergy.ingredient", Severity.MAJOR),
        (
            allergy("codeine", severity="intolerance", reaction="nausea"),
            "codeine",
            "allergy.ingredient",
            Severity.MINOR,
        ),
    ],
)
def test_an_allergy_reaches_what_the_pack_says(noted, new, code, severity):
    got = screen(medicine(new), Subject(allergies=(noted,), medicines=(), on=ON), PACKS)
    (found,) = got.findings
    assert (found.code, found.severity) == (code, severity)


@pytest.mark.parametrize("new", ["furosemide", "hydrochlorothiazide", "celecoxib", "glipizide"])
def test_an_antibiotic_sulfa_allergy_does_not_reach_other_sulfonamides(new):
    assert codes(medicine(new), allergies=[allergy(drug_class="sulfonamide-antibiotic")]) == []


def test_the_same_medicine_twice_is_serious_and_another_strength_asks_about_a_change():
    twice = screen(
        medicine("sertraline", name="sertraline 50 mg"),
        Subject(allergies=(), medicines=(medicine("sertraline", name="sertraline 50 mg", key="2"),), on=ON),
        PACKS,
    )
    assert [(f.code, f.severity) for f in twice.findings] == [("duplicate.ingredient", Severity.MAJOR)]
    change = screen(
        medicine("sertraline", name="sertraline 100 mg"),
        Subject(allergies=(), medicines=(medicine("sertraline", name="sertraline 50 mg", key="2"),), on=ON),
        PACKS,
    )
    assert [(f.code, f.severity) for f in change.findings] == [("duplicate.ingredient", Severity.MODERATE)]
    assert "change of therapy" in change.findings[0].sentence


def test_two_of_a_class_are_found_and_a_class_that_allows_two_is_not():
    assert "duplicate.class" in codes(medicine("sertraline"), medicine("escitalopram", key="2"))
    assert codes(medicine("tramadol"), medicine("oxycodone", key="2")) == []
    assert "duplicate.class" in codes(
        medicine("tramadol"), medicine("oxycodone", key="2"), medicine("hydrocodone", key="3")
    )


def test_what_ended_is_no_duplicate():
    assert (
        codes(medicine("sertraline"), medicine("escitalopram", key="2", what="recent", ended=ON - timedelta(days=60)))
        == []
    )


def test_what_ended_a_week_ago_may_still_be_taken_and_is_shown_beside_the_work():
    old = medicine("escitalopram", key="2", what="recent", ended=ON - timedelta(days=7))
    (found,) = screen(medicine("sertraline"), Subject(allergies=(), medicines=(old,), on=ON), PACKS).findings
    assert (found.code, found.severity) == ("duplicate.class", Severity.MODERATE)


@pytest.mark.parametrize(("left", "found"), [(-20, []), (5, []), (10, []), (11, ["duplicate.ingredient"])])
def test_the_same_medicine_at_the_end_of_its_supply_is_a_renewal(left, found):
    old = medicine("sertraline", key="2", ended=ON + timedelta(days=left), what="recent" if left < 0 else "active")
    assert codes(medicine("sertraline"), old) == found


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("benazepril", "losartan"),
        ("duloxetine", "sertraline"),
        ("apixaban", "warfarin"),
        ("semaglutide", "sitagliptin"),
    ],
)
def test_classes_of_one_row_count_together(new, old):
    got = screen(medicine(new), Subject(allergies=(), medicines=(medicine(old, key="2"),), on=ON), PACKS)
    assert [(f.code, f.severity.is_serious) for f in got.findings] == [("duplicate.class", True)]


def test_a_shared_ingredient_does_not_hide_a_duplicate_of_class():
    got = codes(medicine("lisinopril"), medicine("lisinopril", "hydrochlorothiazide", key="2"))
    assert got == ["duplicate.class", "duplicate.ingredient"]


def test_what_is_put_where_it_acts_neither_interacts_nor_counts_in_a_class_but_an_allergy_still_reaches_it():
    cream = medicine("ketoconazole", route="topical")
    assert codes(cream, medicine("simvastatin", key="2")) == []
    assert codes(medicine("simvastatin"), replace(cream, key="2")) == []
    assert codes(medicine("timolol", route="ophthalmic"), medicine("metoprolol", key="2")) == []
    assert codes(cream, allergies=[allergy("ketoconazole")]) == ["allergy.ingredient"]
    unknown = medicine("ketoconazole", route="topical; oral")
    assert codes(unknown, medicine("simvastatin", key="2")) == ["interaction.onc-11"]


def test_a_medicine_does_not_interact_with_itself():
    assert codes(medicine("azithromycin"), medicine("azithromycin", key="2")) == ["duplicate.ingredient"]


def test_the_order_of_the_profile_does_not_change_the_answer():
    others = [medicine("clarithromycin", key="2"), medicine("warfarin", key="3"), medicine("atorvastatin", key="4")]
    new, noted = medicine("simvastatin"), (allergy("codeine"), allergy(drug_class="penicillin"))
    one = screen(new, Subject(allergies=noted, medicines=tuple(others), on=ON), PACKS)
    two = screen(new, Subject(allergies=noted[::-1], medicines=tuple(others[::-1]), on=ON), PACKS)
    assert one.findings == two.findings


def test_the_most_serious_stands_first():
    got = screen(
        medicine("simvastatin"),
        Subject(
            allergies=(), medicines=(medicine("atorvastatin", key="2"), medicine("clarithromycin", key="3")), on=ON
        ),
        PACKS,
    )
    assert [f.severity for f in got.findings] == sorted(f.severity for f in got.findings)
    assert got.findings[0].code == "interaction.onc-11"


def test_not_screened_is_never_empty_and_says_why():
    got = screen(medicine("metformin"), Subject(allergies=(), medicines=(), on=ON), PACKS)
    assert got.findings == ()
    assert {n.check for n in got.not_screened} >= {"dose", "kidney function"}
    asked = screen(medicine("metformin"), Subject(allergies=None, medicines=(), on=ON), PACKS)
    assert any(n.check == "allergies" and "asked" in n.why for n in asked.not_screened)
    text = screen(medicine("metformin"), Subject(allergies=(allergy(),), medicines=(), on=ON), PACKS)
    assert any("cough syrup" in n.check for n in text.not_screened)
    odd = screen(medicine("metformin"), Subject(allergies=(allergy(drug_class="latex"),), medicines=(), on=ON), PACKS)
    assert any("latex" in n.check for n in odd.not_screened)
    uncoded = Subject(
        allergies=(), medicines=(replace(medicine("metformin", key="2"), name="herbal tea", ingredients=()),), on=ON
    )
    assert any("herbal tea" in n.check for n in screen(medicine("metformin"), uncoded, PACKS).not_screened)
    unknown = replace(medicine("metformin"), ingredients=())
    assert any(
        n.check == "everything" for n in screen(unknown, Subject(allergies=(), medicines=(), on=ON), PACKS).not_screened
    )
