"""What an opioid counts as in oral morphine: by the newest guideline, of what is swallowed only unless the list names another way."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from officina.base import services as house
from officina.base.services import NewSite
from officina.drugs import opioids, services
from officina.drugs.models import Drug, Ingredient, Product
from small_directory import as_zip, listing

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIST = """opioid,unit,factor_2016_guideline,factor_2022_guideline
codeine,mg/day,0.15,0.15
fentanyl transdermal,mcg/hr,2.4,2.4
methadone,mg/day,1-20: 4; 21-40: 8,4.7
tramadol,mg/day,0.1,0.2
levorphanol,mg/day,1-20: 11,
"""


@pytest.fixture
def boss():
    return house.open_site(NewSite(name="House", training=True), at=AT)


@pytest.fixture
def factors(boss, tmp_path):
    (tmp_path / "mme.csv").write_text(LIST)
    services.import_files(boss, paths=[tmp_path / "mme.csv"], at=AT, dated=date(2026, 11, 2))


def drug(*ingredients, route="oral"):
    made = Drug.objects.create(generic_name="-".join(ingredients), strength="1", form="x", route=route, unit="each")
    made.ingredients.set([Ingredient.objects.create(key=key, name=key) for key in ingredients])
    return made


@pytest.mark.usefixtures("factors")
@pytest.mark.parametrize(
    ("ingredients", "route", "told"),
    [
        (("tramadol",), "oral", ["tramadol, mg/day × 0.2"]),
        (("acetaminophen", "codeine"), "oral", ["codeine, mg/day × 0.15"]),
        (("acetaminophen", "codeine"), "by mouth", ["codeine, mg/day × 0.15"]),
        (("methadone",), "oral", ["methadone, mg/day × 4.7"]),
        (("methadone",), "intramuscular; oral", []),
        (("levorphanol",), "oral", ["levorphanol, mg/day by steps 1-20: 11"]),
        (("fentanyl",), "transdermal", ["fentanyl transdermal, mcg/hr × 2.4"]),
        (("fentanyl",), "nasal", []),
        (("fentanyl",), "oral", []),
        (("dihydrocodeine",), "oral", []),
        (("metformin",), "oral", []),
    ],
)
def test_which_factor_a_medicine_has(ingredients, route, told):
    assert [str(f) for f in opioids.factors_of(drug(*ingredients, route=route))] == told


@pytest.mark.usefixtures("factors")
def test_a_factor_says_whose_it_is():
    [found] = opioids.factors_of(drug("tramadol"))
    assert (found.factor, found.guideline, found.edition) == (Decimal("0.2"), "2022", date(2026, 11, 2))
    assert found.source == "CDC morphine milligram equivalents"


@pytest.mark.usefixtures("factors")
def test_a_medicine_of_the_directory_is_known_by_its_substance(boss, tmp_path):
    rows = listing(1, "TRAMADOL HYDROCHLORIDE", "50")
    services.import_files(boss, paths=[as_zip(tmp_path / "d.zip", [rows[0]], [rows[1]])], at=AT)
    assert [f.opioid for f in opioids.factors_of(Product.objects.get().drug)] == ["tramadol"]


def test_without_the_list_nothing_is_said(boss, django_assert_num_queries):
    found = drug("tramadol")
    with django_assert_num_queries(1):
        assert opioids.factors_of(found) == []
