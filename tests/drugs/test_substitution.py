"""What may be dispensed for what was written, and why not: real cases, and the edges between them."""

from dataclasses import replace

import pytest

from drugs.equivalents import CASES, PRODUCTS, Case, approved, matched, sold
from officina.drugs.rules import substitution
from officina.drugs.rules.approvals import Approved, Fit, Listed, Part, Unmatched, match, strength_fit
from officina.drugs.rules.substitution import Reason, judge
from officina.kernel.errors import ParseError


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_real_case_is_answered_as_the_rows_say(case: Case):
    verdict = judge(sold(case.written), sold(case.offered), daw=case.daw)
    assert verdict.reason == case.answer, verdict.sentence
    assert verdict.may == (verdict.reason in {Reason.AS_WRITTEN, Reason.SAME_CODE, Reason.SAME_PRODUCT})


def test_the_table_holds_the_cases_that_were_asked_for():
    names = " ".join(PRODUCTS[c.written]["name"].lower() for c in CASES)
    assert len({(c.written, c.offered, c.daw) for c in CASES}) == len(CASES) >= 40
    assert all(word in names for word in ("estradiol", "synthroid", "coumadin", "ventolin", "metformin", "aviane"))
    assert {c.daw for c in CASES} == {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize("ndc", PRODUCTS)
def test_each_product_finds_the_row_that_stands_beside_it(ndc):
    row = PRODUCTS[ndc]["row"]
    assert matched(ndc, [approved(p["row"]) for p in PRODUCTS.values() if p["row"]]) == (
        approved(row) if row else Unmatched.NOT_IN_BOOK
    )


@pytest.mark.parametrize("case", [c for c in CASES if not c.daw], ids=str)
def test_equivalence_goes_both_ways(case: Case):
    there, back = (judge(sold(a), sold(b)).may for a, b in ((case.written, case.offered), (case.offered, case.written)))
    assert there == back


def estradiol(**changed: object) -> Approved:
    row = approved("ESTRADIOL~TABLET;ORAL~EXAMPLE~EXAMPLE LABS~1MG~A~111111~001~AB1~RX")
    return replace(row, **changed)  # type: ignore[arg-type]


def pair(ours: Approved | Unmatched, theirs: Approved | Unmatched, **changed: object):
    one = replace(sold("0078-0344"), key=1, approved=ours)
    return one, replace(one, key=2, application="ANDA222222", approved=theirs, **changed)


def test_a_product_of_two_groups_is_equivalent_to_each_and_does_not_join_them():
    first, both, second = (
        estradiol(application=f"ANDA00000{n}", te_codes=frozenset(codes.split(",")))
        for n, codes in enumerate(("AB1", "AB1,AB2", "AB2"))
    )
    assert judge(*pair(first, both)).may
    assert judge(*pair(both, second)).may
    assert judge(*pair(first, second)).reason is Reason.OTHER_CODE


@pytest.mark.parametrize("code", ["AA", "AN", "AO", "AP", "AT", "AT1"])
def test_another_family_of_a_is_another_code(code):
    other = estradiol(application="ANDA222222", te_codes=frozenset([code]))
    assert judge(*pair(estradiol(te_codes=frozenset([code])), other)).may
    assert judge(*pair(estradiol(te_codes=frozenset(["AB"])), other)).reason is Reason.OTHER_CODE


@pytest.mark.parametrize("code", ["BC", "BD", "BE", "BN", "BP", "BR", "BS", "BT", "BX", "B*"])
def test_no_code_of_class_b_is_ever_equivalent_even_to_itself(code):
    row = estradiol(te_codes=frozenset([code]))
    verdict = judge(*pair(row, replace(row, application="ANDA222222")))
    assert (verdict.may, verdict.reason) == (False, Reason.CODE_B)


def test_a_code_that_is_not_yet_decided_is_none():
    row = estradiol(te_codes=frozenset(["TBD"]))
    assert judge(*pair(row, replace(row, application="ANDA222222"))).reason is Reason.NO_CODE


def test_what_is_not_known_is_said_and_never_taken_for_equivalent():
    for unmatched, words in (
        (Unmatched.NOT_IN_BOOK, "is not in the Orange Book that was loaded"),
        (Unmatched.NO_ROW, "has the strength and form"),
        (Unmatched.SEVERAL, "they differ"),
        (Unmatched.NO_APPLICATION, "without an application"),
    ):
        verdict = judge(*pair(estradiol(), unmatched))
        assert (verdict.may, verdict.reason) == (False, Reason.UNKNOWN)
        assert words in verdict.sentence


def test_one_application_and_one_strength_is_one_product_unless_several_rows_fit():
    one = replace(sold("0078-0344"), approved=Unmatched.NOT_IN_BOOK)
    other = replace(one, key=99, labeler="Repackers")
    assert judge(one, other).reason is Reason.SAME_PRODUCT
    assert judge(one, replace(other, strength="1 mg")).reason is Reason.STRENGTH
    assert judge(one, replace(other, approved=Unmatched.SEVERAL)).reason is Reason.UNKNOWN
    assert judge(replace(one, substances=()), replace(other, substances=())).reason is Reason.UNKNOWN


def test_the_house_s_own_list_is_never_held_against_the_book():
    house = estradiol(application="", product_number="", is_house=True)
    assert judge(*pair(house, house)).reason is Reason.SAME_CODE
    assert judge(*pair(house, estradiol())).reason is Reason.UNKNOWN


def test_what_was_written_is_given_as_written_and_not_where_the_brand_is_asked_for():
    coumadin, teva = sold("0056-0172"), sold("0093-1721")
    assert [judge(coumadin, coumadin, daw=daw).may for daw in range(10)] == [True] * 10
    assert [daw for daw in range(10) if not judge(teva, teva, daw=daw).may] == [2, 9]


@pytest.mark.parametrize("daw", [-1, 10])
def test_a_code_that_there_is_not_is_an_error(daw):
    with pytest.raises(ParseError, match="0 to 9"):
        judge(sold("0056-0172"), sold("0093-1721"), daw=daw)


def test_a_narrow_dose_is_a_caution_where_the_labeler_changes_and_never_a_refusal():
    [said] = judge(sold("0056-0172"), sold("0093-1721")).cautions
    assert said.startswith("Narrow therapeutic index")
    assert judge(sold("0056-0172"), sold("0056-0172")).cautions == ()
    assert judge(sold("0087-6063"), sold("0093-7267")).cautions == ()
    assert substitution.is_narrow(sold("62559-280"))


def test_another_schedule_is_a_caution():
    concerta = replace(sold("50458-586"), schedule=2)
    assert "another schedule" in judge(concerta, sold("10147-0686")).cautions[0]


def test_the_list_of_narrow_doses_says_where_it_comes_from_and_who_read_it():
    head = substitution.narrow_pack().header
    assert head.source
    assert head.review


def fit(number: str, unit: str, strength: str, substance: str = "ESTRADIOL") -> Fit:
    return strength_fit([Part(substance, number, unit)], estradiol(strength=strength))


@pytest.mark.parametrize(
    ("number", "unit", "strength", "expected"),
    [
        (".05", "mg/d", "0.05MG/24HR", Fit.SAME),
        ("25", "ug/h", "25MCG/HR", Fit.SAME),
        ("50", "ug/1", "0.05MG **See current Annual Edition", Fit.SAME),
        ("1000", "mg/1", "1GM", Fit.SAME),
        ("10", "mg/5mL", "10MG/5ML", Fit.SAME),
        ("2", "mg/mL", "10MG/5ML", Fit.SAME),
        (".5", "mg/g", "0.05%", Fit.SAME),
        ("100", "[iU]/mL", "100 UNITS/ML", Fit.SAME),
        ("100000", "[USP'U]/g", "100,000 UNITS/GM", Fit.SAME),
        ("10", "meq/1", "10MEQ", Fit.SAME),
        ("20", "mg/1", "EQ 20MG BASE", Fit.SAME),
        ("108", "ug/1", "EQ 0.09MG BASE/INH", Fit.UNCLEAR),
        ("20", "mg/1", "N/A", Fit.UNCLEAR),
        ("20", "mg/1", "20MG,40MG", Fit.UNCLEAR),
        ("500", "mg/10mL", "500MG/VIAL", Fit.UNCLEAR),
        ("20", "", "20MG", Fit.UNCLEAR),
        ("3 [hp_X]", "mg/1", "20MG", Fit.UNCLEAR),
        ("25", "mg/1", "20MG", Fit.OTHER),
        ("5", "mg/mL", "10MG/5ML", Fit.OTHER),
    ],
)
def test_a_strength_is_held_against_the_book_s_way_of_writing_it(number, unit, strength, expected):
    assert fit(number, unit, strength) is expected


def test_the_strengths_of_a_combination_belong_to_their_substances():
    row = estradiol(ingredient="AMLODIPINE BESYLATE; BENAZEPRIL HYDROCHLORIDE", strength="EQ 5MG BASE;10MG")
    amlodipine, benazepril = Part("AMLODIPINE BESYLATE", "5", "mg/1"), Part("BENAZEPRIL HYDROCHLORIDE", "10", "mg/1")
    assert strength_fit([benazepril, amlodipine], row) is Fit.SAME
    turned = [replace(benazepril, number="5"), replace(amlodipine, number="10")]
    assert strength_fit(turned, row) is Fit.OTHER


def listing(**changed: object) -> Listed:
    usual = {"parts": (Part("ESTRADIOL", "1", "mg/1"),), "form": "TABLET, FILM COATED", "brand_name": "Estradiol"}
    return Listed(**{**usual, **changed})  # type: ignore[arg-type]


def test_a_tablet_is_no_capsule_of_its_application():
    assert match(listing(), [estradiol(form="CAPSULE")]) is Unmatched.NO_ROW


def test_of_two_rows_that_fit_neither_is_guessed():
    rows = [estradiol(), estradiol(product_number="002", te_codes=frozenset(["AB2"]))]
    assert match(listing(), rows) is Unmatched.SEVERAL
    assert match(listing(brand_name="Example"), [rows[0], replace(rows[1], trade_name="OTHER")]) == rows[0]
    assert match(listing(), [rows[0], replace(rows[1], is_discontinued=True)]) == rows[0]


def test_two_rows_that_say_the_same_are_as_good_as_one_and_yet_no_product():
    found = match(listing(), [estradiol(), estradiol(product_number="002")])
    assert isinstance(found, Approved)
    assert (found.te_codes, found.product_number) == (frozenset(["AB1"]), "")


def test_codes_on_several_rows_of_one_product_are_put_together():
    found = match(listing(), [estradiol(), estradiol(te_codes=frozenset(["AB2"]))])
    assert isinstance(found, Approved)
    assert found.te_codes == {"AB1", "AB2"}


def test_where_no_strength_agrees_neither_name_nor_market_chooses_one():
    unclear = listing(parts=(Part("ESTRADIOL", "1", "mg/1"),), brand_name="Example")
    rows = [
        estradiol(strength="EQ 0.8MG BASE"),
        estradiol(product_number="002", strength="EQ 1.6MG BASE", is_discontinued=True, trade_name="OTHER"),
    ]
    assert match(unclear, rows) is Unmatched.SEVERAL
    assert match(unclear, rows[:1]) == rows[0]
    same = replace(rows[1], strength=rows[0].strength, form="TABLET", route="VAGINAL")
    assert match(unclear, [rows[0], same]) == rows[0]


def test_a_pack_of_pills_is_known_by_its_approval_and_no_other_kit_is():
    kit = listing(parts=(), form="KIT", brand_name="Example")
    pills = estradiol(ingredient="ETHINYL ESTRADIOL; LEVONORGESTREL", route="ORAL-28", strength="0.02MG;0.1MG")
    old = replace(pills, product_number="002", route="ORAL-21", is_discontinued=True)
    assert match(kit, [pills, old]) == pills
    cream = estradiol(ingredient="LIDOCAINE; PRILOCAINE", form="CREAM", route="TOPICAL", strength="2.5%;2.5%")
    assert match(kit, [cream]) is Unmatched.KIT
    assert match(kit, [estradiol()]) is Unmatched.KIT
    gabapentin = replace(sold("0056-0172"), approved=Unmatched.KIT)
    assert "is a kit" in judge(replace(gabapentin, key=1), replace(gabapentin, key=2, application="ANDA1")).sentence
