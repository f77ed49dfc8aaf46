"""A medicine's own page: what it is, what may stand for it, price and notices, shelves; and no name of a patient."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from officina.drugs import services
from officina.drugs.models import (
    Approval,
    Drug,
    Exclusivity,
    Look,
    MorphineFactor,
    Package,
    Patent,
    Price,
    Product,
    Recall,
    RecallNdc,
    RxName,
    RxNdc,
    Shortage,
    Unlisted,
)
from officina.drugs.notices import Dated
from officina.web.drug import chart
from web.seen import NASTY, Busy, is_escaped, text

URL = "/drugs/11111111101/"


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


def twin(cast, number, code="AB"):
    """The same drug of another labeler, with its code as the house entered it."""
    product = Product.objects.create(drug=cast.metformin.product.drug, labeler=f"Labs {number}", te_code=code)
    ndc12 = f"0222220{number:03}01"
    return Package.objects.create(
        product=product, ndc12=ndc12, ndc=f"22222-0{number:03}-01", size=Decimal(100), unit="tablet"
    )


def price(day, cents):
    Price.objects.create(
        key=f"p{day}", ndc12="011111111101", starts_on=day, per_unit=Decimal(cents), unit="EA", is_otc=False
    )


def test_it_tells_what_it_is_and_where_it_stands(tess):
    page = text(tess.get(URL))
    assert "<b>metFORMIN</b> 500 mg tablet" in page
    assert all(word in page for word in ("GOOD1", "FIRST1", "100 tablets", "What was written."))
    assert text(tess.get("/drugs/11111-1111-1/")).count("GOOD1") == page.count("GOOD1") == 1


def test_the_stockroom_leads_to_it(tess):
    assert f'<a href="{URL}">' in text(tess.get("/stock/"))


def test_a_prescription_leads_to_it(tess, cast):
    fill = cast.bagged()
    assert '<a href="/drugs/' in text(tess.get(f"/rx/{fill.prescription.code}/"))


def test_a_size_that_is_not_known_is_said_so(tess, cast):
    Package.objects.filter(pk=cast.metformin.pk).update(size=None, unsized="no number: BOTTLE")
    assert 'size not known</span> <span class="dim">no number: BOTTLE' in text(tess.get(URL))


def test_what_may_stand_for_it_and_what_not_with_the_reason(tess, cast):
    Product.objects.filter(pk=cast.metformin.product_id).update(te_code="AB")
    twin(cast, 1)
    twin(cast, 2, "BX")
    page = text(tess.get(URL))
    allowed, _, excluded = page.partition("1 may not be dispensed for it")
    assert "Equivalent: both carry AB." in allowed
    assert "Labs 2" in excluded
    assert "It carries BX" in excluded
    asked = text(tess.get(f"{URL}?daw=1"))
    assert "dispense as written was asked (DAW 1)" in asked.partition("2 may not be dispensed for it")[2]


@pytest.mark.parametrize("daw", ["10", "x", "", "٣", "-1"])
def test_a_selection_code_that_is_none_is_refused(tess, daw):
    assert tess.get(URL, {"daw": daw}).status_code in {404, 422}


@pytest.mark.parametrize("ndc", ["99999999999", "qqq", "1234567890", "%00"])
def test_an_ndc_that_is_not_there_is_refused_in_words(tess, ndc):
    answer = tess.get(f"/drugs/{ndc}/")
    assert answer.status_code in {404, 422}


def test_the_price_is_drawn_and_told(tess):
    price(date(2026, 1, 7), "0.02")
    price(date(2026, 6, 3), "0.0312")
    price(date(2099, 1, 1), "9")
    page = text(tess.get(URL))
    assert "From $0.02 on Jan 7, 2026 to $0.0312 since Jun 3, 2026; lowest $0.02, highest $0.0312." in page
    assert 'role="img" aria-labelledby="price-said"' in page
    assert "$0.0312 each" in page
    assert "$9" not in page


def test_a_price_holds_until_the_next():
    prices = [Dated(date(2026, 1, 1), Decimal("0.02"), "EA"), Dated(date(2026, 1, 6), Decimal("0.04"), "EA")]
    drawn = chart.of(prices, until=date(2026, 1, 11))
    assert drawn.path == "M0 96H320V0H640"
    assert chart.of(prices[:1], until=date(2026, 1, 11)) is None
    flat = chart.of([prices[0], prices[0]], until=date(2026, 1, 1))
    assert flat.path == "M0 48H0V48H640"


def test_shortage_and_recall_link_to_their_source_and_to_nothing_else(tess):
    common = {"ndc12": "011111111101", "generic_name": "metformin", "company": NASTY, "status": "Current"}
    Shortage.objects.create(key="s1", link="javascript:alert(1)", presentation=NASTY, **common)
    Recall.objects.create(
        key="r1",
        number="D-0123-2026",
        firm="Firm",
        recall_class="Class II",
        status="Ongoing",
        reason="Glass",
        lots="L9",
    )
    RecallNdc.objects.create(key="n1", number="D-0123-2026", ndc12="011111111101")
    page = text(tess.get(URL))
    is_escaped(page)
    assert "javascript:" not in page
    assert "Recall, Class II: Glass" in page
    assert "recall_number:%22D-0123-2026%22" in page


def test_looks_concept_patents_and_what_the_fda_keeps_apart(tess, cast):
    one = {"ndc12": "011111111101"}
    Look.objects.create(key="l", imprint=NASTY, color="WHITE", shape="OVAL", **one)
    RxNdc.objects.create(key="x", rxcui="861007", **one)
    RxName.objects.create(key="n", rxcui="861007", tty="SCD", name=NASTY)
    Unlisted.objects.create(key="u", ndc="1111-1111-01", why="excluded", **one)
    row = {"application": "NDA012345", "product_number": "001"}
    Approval.objects.create(
        key="a", ingredient="METFORMIN", form="TABLET", route="ORAL", trade_name="ANY", applicant="F", strength="500MG",
        is_reference=True, is_standard=True, market="RX", te_code="AB", **row,
    )  # fmt: skip
    Patent.objects.create(
        key="p", patent="7000001", expires_on=date(2031, 7, 13), is_substance=True, is_product=True, **row
    )
    Exclusivity.objects.create(key="e", code="NCE", ends_on=date(2030, 7, 13), **row)
    Product.objects.filter(pk=cast.metformin.product_id).update(
        application="NDA012345", image="javascript:alert(1)", is_house=False, listing="x"
    )
    page = text(tess.get(URL))
    is_escaped(page)
    assert "white, oval, imprint" in page
    assert "861007" in page
    assert "javascript:" not in page
    assert "The FDA took its listing out of the directory" in page


def test_the_strictest_schedule_stands_there(tess, cast):
    Product.objects.filter(pk=cast.metformin.product_id).update(schedule=2, listing="x", is_house=False)
    Drug.objects.filter(pk=cast.metformin.product.drug_id).update(schedule=5)
    assert "C-II<" in text(tess.get(URL))


def test_the_last_fills_stand_there_without_a_name(tess, cast):
    fill = cast.bagged()
    page = text(tess.get(f"/drugs/{fill.package.ndc}/"))
    assert fill.number in page
    assert fill.patient.last_name not in page


def test_the_fills_of_another_house_stay_there(seat, cast):
    fill = cast.bagged()
    assert fill.number not in text(seat(cast.max).get(f"/drugs/{fill.package.ndc}/"))


def test_the_statements_do_not_grow_with_the_products(tess, cast):
    def cost():
        with CaptureQueriesContext(connection) as seen:
            tess.get(URL)
        return len(seen)

    twin(cast, 1)
    cost()
    few = cost()
    for number in range(2, 30):
        twin(cast, number)
    assert cost() == few
    assert Approval.objects.count() == 0


def test_an_opioid_shows_its_factor_with_the_guideline_and_the_list(seat, cast, tmp_path):
    tess = Busy(seat, cast, cast.tess)
    assert "Morphine equivalents" not in text(tess.get("/drugs/11111444401/"))
    (tmp_path / "mme.csv").write_text(
        "opioid,unit,factor_2016_guideline,factor_2022_guideline\noxycodone,mg/day,1.4,1.5\nmetformin,mcg/hr,7,7\n"
    )
    services.import_files(cast.setup, paths=[tmp_path / "mme.csv"], at=cast.at(), dated=date(2026, 11, 2))
    page = text(tess.get("/drugs/11111444401/"))
    assert "Morphine equivalents a day: oxycodone, mg/day × 1.5" in page
    assert "(CDC guideline of 2022; CDC morphine milligram equivalents, list of Nov 2, 2026)" in page
    assert "1.4" not in page
    assert "Morphine equivalents" not in text(tess.get("/drugs/11111333301/"))
    MorphineFactor.objects.filter(opioid="oxycodone", guideline="2022").update(factor=None, steps=NASTY)
    is_escaped(text(tess.get("/drugs/11111444401/")))
