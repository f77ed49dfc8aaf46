"""One clinical drug, one row: what the house has and the directory lists comes together where it is certain, and nowhere else."""

from pathlib import Path

import pytest

from cast import Cast, assemble
from officina.base.models import AuditEntry
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.services import filling
from officina.drugs import queries, search, services
from officina.drugs.models import Drug, DrugSubstance, Ingredient, Package, Product
from officina.drugs.rules.sameness import Words, says_the_same
from officina.kernel.errors import Refused
from officina.prescriptions.models import Prescription
from small_directory import as_zip, listing

pytestmark = pytest.mark.django_db

OTHERS = listing(7, "METFORMIN HYDROCHLORIDE", "500")
OURS = listing(111, "METFORMIN HYDROCHLORIDE", "500", PRODUCTID="11111-1111_a", PRODUCTNDC="11111-1111")


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


def bring(cast, path: Path, *listings):
    [done] = services.import_files(
        cast.setup, paths=[as_zip(path, [p for p, _ in listings], [k for _, k in listings])], at=cast.at()
    )
    return done


def drug_of(number: str) -> Drug:
    return Product.objects.select_related("drug").get(product_ndc=number).drug


def file() -> list:
    models = (Package, Product, Drug, DrugSubstance, Drug.ingredients.through)
    return [list(m.objects.order_by("pk").values()) for m in models]


@pytest.mark.parametrize("rows", [(OTHERS, OURS), (OURS, OTHERS)], ids=["the other's first", "ours first"])
def test_whoever_is_read_first_the_house_keeps_one_row_with_all_products(cast, tmp_path, rows):
    ours, before = cast.metformin.product.drug, Drug.objects.count()
    assert bring(cast, tmp_path / "d.zip", *rows).joined == 0  # nothing stood twice before
    assert Drug.objects.count() == before
    assert drug_of("11111-007") == drug_of("11111-1111") == ours
    kept = drug_of("11111-007")
    assert (kept.is_house, str(kept), kept.route) == (True, "metformin 500 mg tablet", "by mouth")
    assert {p.ndc for p in queries.packages_of(ours.pk)} == {"11111-1111-1", "11111-007-33"}
    assert [i.key for i in queries.ingredients_of(ours.pk)] == ["metformin"]
    was = file()
    again = bring(cast, tmp_path / "e.zip", *rows[::-1])
    assert [(c.added, c.changed, c.ended) for c in again.changes] == [(0, 0, 0)] * 2
    assert file() == was


def test_rows_that_stood_apart_are_one_after_a_later_edition_and_an_order_at_work_goes_on(cast, tmp_path):
    """The house's product was not in the directory yet: an order was entered for the other labeler's, and screened."""
    bring(cast, tmp_path / "d.zip", OTHERS)
    gone = drug_of("11111-007")
    theirs = Package.objects.get(ndc="11111-007-33")
    fill = filling.take(cast.tess, fill=cast.ready(package=theirs, drug=gone), at=cast.at())
    written = Prescription.objects.get(pk=fill.prescription_id)
    steps, entries = list(FillStep.objects.values()), list(AuditEntry.objects.order_by("pk").values())
    assert search.search("metformin 500").hits
    done = bring(cast, tmp_path / "e.zip", OTHERS, OURS)

    assert done.joined == 1
    ours = cast.metformin.product.drug
    assert not Drug.objects.filter(pk=gone.pk).exists()
    now = Prescription.objects.get(pk=written.pk)
    assert now.drug == ours
    kept = {k: v for k, v in vars(written).items() if k not in {"_state", "drug_id"}}
    assert {k: v for k, v in vars(now).items() if k in kept} == kept
    assert list(FillStep.objects.values()) == steps
    trail = list(AuditEntry.objects.order_by("pk").values())
    assert trail[: len(entries)] == entries
    [told] = AuditEntry.objects.filter(verb="drugs.joined")
    assert (told.on_type, told.on_code, told.before) == ("drug", str(ours.pk), {"medicine": str(gone)})
    assert told.after == {"medicine": str(ours), "products": 1, "prescriptions.prescription": [written.pk]}
    wanted = filling.wanted_of(Fill.objects.get(pk=fill.pk))
    assert (wanted.drug_id, wanted.package_id) == (ours.pk, theirs.pk)
    assert {hit.drug_id for hit in search.search("metformin 500").hits} == {ours.pk}
    with pytest.raises(Refused, match="no such medicine"):
        queries.drug(gone.pk)


def test_a_house_that_has_two_rows_since_long_is_mended_by_the_next_edition(cast, tmp_path):
    bring(cast, tmp_path / "d.zip", OTHERS, OURS)
    ours = cast.metformin.product.drug
    key = Drug.objects.get(pk=ours.pk).key
    Drug.objects.filter(pk=ours.pk).update(key=None)
    words = {"generic_name": "metformin hydrochloride", "strength": "500 mg", "form": "tablet", "unit": "tablet"}
    beside = Drug.objects.create(key=key, is_house=False, route="oral", **words)
    Product.objects.filter(product_ndc="11111-007").update(drug=beside)
    twice = Product.objects.create(drug=beside, labeler="Test Labs")
    Package.objects.create(product=twice, ndc12="099999999901", ndc="99999-9999-1", size=30, unit="tablet")
    Product.objects.create(drug=ours, labeler="Test Labs")
    more = listing(8, "METFORMIN HYDROCHLORIDE", "500")
    done = bring(cast, tmp_path / "e.zip", OTHERS, OURS, more)
    assert done.joined == 1
    assert drug_of("11111-007") == drug_of("11111-008") == ours
    # The house had this labeler without a listing under both rows: one product, and the package is with it.
    assert not Product.objects.filter(pk=twice.pk).exists()
    assert Package.objects.get(ndc="99999-9999-1").product.drug == ours
    assert not DrugSubstance.objects.filter(drug=beside.pk).exists()
    was = file()
    assert bring(cast, tmp_path / "f.zip", more, OURS, OTHERS).joined == 0
    assert file() == was


def test_the_key_of_a_row_that_went_is_never_given_to_another_medicine(cast, tmp_path):
    """A page may be open that names it: what is sent from it must be refused, not be another drug."""
    bring(cast, tmp_path / "d.zip", OTHERS)
    gone = drug_of("11111-007").pk
    assert gone == max(Drug.objects.values_list("pk", flat=True))
    bring(cast, tmp_path / "e.zip", OTHERS, OURS)
    bring(cast, tmp_path / "f.zip", OTHERS, OURS, listing(9, "UNHEARDOF", "5"))
    assert drug_of("11111-009").pk > gone
    assert not Drug.objects.filter(pk=gone).exists()


@pytest.mark.parametrize(
    "reused",
    [
        {"ACTIVE_NUMERATOR_STRENGTH": "850"},
        {"SUBSTANCENAME": "METHADONE HYDROCHLORIDE"},
        {"SUBSTANCENAME": "GLIPIZIDE; METFORMIN HYDROCHLORIDE", "ACTIVE_NUMERATOR_STRENGTH": "500; 500"},
        {"DOSAGEFORMNAME": "TABLET, EXTENDED RELEASE"},
        {"SUBSTANCENAME": "", "ACTIVE_NUMERATOR_STRENGTH": "", "DOSAGEFORMNAME": "KIT"},
    ],
    ids=["strength", "substance", "combination", "release", "kit"],
)
def test_a_number_that_a_labeler_uses_again_for_another_medicine_brings_no_two_medicines_together(
    cast, tmp_path, reused
):
    if ";" in reused.get("SUBSTANCENAME", ""):
        reused = reused | {"ACTIVE_INGRED_UNIT": "mg/1; mg/1"}
    other, ours = ((one | reused, pack) for one, pack in (OTHERS, OURS))
    bring(cast, tmp_path / "d.zip", other, ours)
    assert drug_of("11111-007") != cast.metformin.product.drug
    assert Drug.objects.get(pk=cast.metformin.product.drug_id).key is None
    assert {p.ndc for p in queries.packages_of(cast.metformin.product.drug_id)} == {"11111-1111-1"}


def test_what_two_drugs_of_the_house_claim_is_neither_of_them(cast, tmp_path):
    """The directory's words are coarser there than the counter's: SR and XL, a pen and a vial."""
    narrower = Drug.objects.create(generic_name="metformin XR", strength="500 mg", form="tablet", unit="tablet")
    narrower.ingredients.add(Ingredient.objects.get(key="metformin"))
    product = Product.objects.create(drug=narrower, labeler="Test Labs")
    Package.objects.create(product=product, ndc12="011111555501", ndc="11111-5555-1", size=100, unit="tablet")
    also = listing(555, "METFORMIN HYDROCHLORIDE", "500", PRODUCTID="11111-5555_a", PRODUCTNDC="11111-5555")
    bring(cast, tmp_path / "d.zip", OTHERS, OURS, also)
    assert len({drug_of(n).pk for n in ("11111-007", "11111-1111", "11111-5555")}) == 3
    assert Drug.objects.filter(is_house=True).exclude(key=None).count() == 0


def one(name, strength, form, *ingredients):
    return Words(name, strength, form, frozenset(ingredients or (name,)))


@pytest.mark.parametrize(
    ("house", "parts", "form", "route", "same"),
    [
        (one("digoxin", "125 mcg", "tablet"), [("DIGOXIN", ".125", "mg/1")], "tablet", "oral", True),
        (one("digoxin", "125 mcg", "tablet"), [("DIGOXIN", "125", "mg/1")], "tablet", "oral", False),
        (one("mupirocin", "2%", "ointment"), [("MUPIROCIN", "20", "mg/g")], "ointment", "topical", True),
        (one("mupirocin", "2%", "ointment"), [("MUPIROCIN", "2", "mg/g")], "ointment", "topical", False),
        (one("nystatin", "100,000 units/g", "cream"), [("NYSTATIN", "100000", "[USP'U]/g")], "cream", "topical", True),
        (one("ofloxacin", "0.3%", "eye drops"), [("OFLOXACIN", "3", "mg/mL")], "solution", "ophthalmic", True),
        (one("ofloxacin", "0.3%", "eye drops"), [("OFLOXACIN", "3", "mg/mL")], "solution", "auricular (otic)", False),
        (
            one("amoxicillin-clavulanate", "400 mg-57 mg/5 mL", "oral suspension", "amoxicillin", "clavulanate"),
            [("AMOXICILLIN", "400", "mg/5mL"), ("CLAVULANATE POTASSIUM", "57", "mg/5mL")],
            "powder, for suspension", "oral", True,
        ),
        (
            one("hydrocodone-acetaminophen", "5 mg-325 mg", "tablet", "hydrocodone", "acetaminophen"),
            [("ACETAMINOPHEN", "325", "mg/1"), ("OXYCODONE HYDROCHLORIDE", "5", "mg/1")],
            "tablet", "oral", False,
        ),
        (one("amoxicillin", "500 mg", "capsule"), [("AMOXICILLIN", "500", "mg/1")], "tablet", "oral", False),
        (one("insulin lispro", "100 units/mL", "pen", "insulin-lispro"), [("INSULIN LISPRO", "100", "[iU]/mL")],
         "injection, solution", "subcutaneous", False),
        (one("bupropion SR", "150 mg", "extended-release tablet", "bupropion"), [("BUPROPION HYDROCHLORIDE", "150", "mg/1")],
         "tablet, extended release", "oral", False),
        (one("terbinafine", "250 mg", "tablet"), [("TERBINAFINE HYDROCHLORIDE", "250", "1")], "tablet", "oral", False),
        (one("of the house", "", "", "x"), [("X", "1", "mg/1")], "tablet", "oral", False),
        (one("mupirocin", "2%", "ointment"), [("MUPIROCIN", "20", "mg/0g")], "ointment", "topical", False),
    ],
)  # fmt: skip
def test_what_is_the_same_for_certain_and_what_is_not(house, parts, form, route, same):
    assert says_the_same(house, parts, form=form, route=route) is same
