"""Bringing the directory and the lists in: in one go, what changed only, nothing deleted, the starter list left whole."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from officina.base import queries as base
from officina.base import services as house
from officina.base.models import AuditEntry
from officina.base.services import NewSite
from officina.drugs import queries, services
from officina.drugs.models import (
    Drug,
    DrugSubstance,
    Edition,
    Ingredient,
    LookAlike,
    Package,
    Price,
    Product,
    Recall,
    Shortage,
    Substance,
    Unlisted,
)
from officina.kernel.errors import Refused
from officina.kernel.quantity import D
from small_directory import as_zip, package, product
from small_lists import openfda, recall_record, shortage_record

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 20, 12, tzinfo=UTC)


@pytest.fixture
def boss():
    return house.open_site(NewSite(name="House", training=True), at=AT)


def bring(boss, path: Path, *, at: datetime = AT, **kwargs):
    [done] = services.import_files(boss, paths=[path], at=at, **kwargs)
    return done


def counts(done) -> dict[str, tuple[int, int, int]]:
    return {c.name: (c.added, c.changed, c.ended) for c in done.changes}


def everything() -> list:
    models = (Package, Product, Drug, DrugSubstance, Substance, Edition)
    return [list(m.objects.order_by("pk").values()) for m in models]


def test_a_directory_becomes_drugs_products_and_packages(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product()], [package(), package(size="34", SAMPLE_PACKAGE="Y")]))
    found = Package.objects.select_related("product__drug").get(ndc12="011111022233")
    assert (found.size, found.unit, found.ndc, found.gtin) == (D(100), "tablet", "11111-222-33", "00311111222336")
    assert (found.product.brand_name, found.product.labeler, found.product.application) == (
        "Toprolol",
        "Example Labs",
        "ANDA012345",
    )
    assert str(found.product.drug) == "metoprolol succinate 25 mg tablet, extended release"
    assert list(DrugSubstance.objects.values_list("substance__name", "number", "unit")) == [
        ("METOPROLOL SUCCINATE", "25", "mg/1")
    ]
    assert found.edition is not None
    assert (found.edition.source, found.edition.rows) == ("fda-ndc", 3)


def test_the_same_bytes_are_not_read_again_and_the_same_rows_change_nothing(boss, tmp_path):
    rows = [product(1), product(2)], [package(1), package(2)]
    bring(boss, as_zip(tmp_path / "d.zip", *rows))
    before = everything()
    assert bring(boss, tmp_path / "d.zip", at=LATER).is_same
    assert everything() == before
    again = bring(boss, as_zip(tmp_path / "e.zip", rows[0][::-1], rows[1][::-1]), at=LATER)
    assert counts(again) == {"product": (0, 0, 0), "package": (0, 0, 0)}
    assert everything()[:-1] == before[:-1]


def test_only_what_changed_is_written(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product(1), product(2)], [package(1), package(2)]))
    changed = package(2, PACKAGEDESCRIPTION="30 TABLET, FILM COATED, EXTENDED RELEASE in 1 BOTTLE")
    done = bring(boss, as_zip(tmp_path / "e.zip", [product(1), product(2)], [package(1), changed]), at=LATER)
    assert counts(done) == {"product": (0, 0, 0), "package": (0, 1, 0)}
    assert Package.objects.get(ndc12="011111000233").size == D(30)


def test_a_package_that_vanished_is_ended_and_comes_back(boss, tmp_path):
    many = range(1, 21)
    full = [product(n) for n in many], [package(n) for n in many]
    bring(boss, as_zip(tmp_path / "d.zip", *full), dated=date(2026, 11, 1))
    done = bring(boss, as_zip(tmp_path / "e.zip", full[0][1:], full[1][1:]), dated=date(2026, 11, 8), at=LATER)
    assert counts(done) == {"product": (0, 0, 1), "package": (0, 0, 1)}
    gone = Package.objects.select_related("product__drug").get(ndc12="011111000133")
    assert gone.ended_on == gone.product.ended_on == date(2026, 11, 8)
    assert gone not in queries.packages_of(gone.product.drug_id)
    back = bring(boss, as_zip(tmp_path / "f.zip", *full), dated=date(2026, 11, 15), at=LATER)
    assert counts(back) == {"product": (0, 1, 0), "package": (0, 1, 0)}
    assert Package.objects.get(ndc12="011111000133").ended_on is None


def test_a_list_that_shrinks_by_more_than_a_tenth_is_refused_unless_accepted(boss, tmp_path):
    many = range(1, 11)
    bring(boss, as_zip(tmp_path / "d.zip", [product(n) for n in many], [package(n) for n in many]))
    before = everything()
    small = as_zip(tmp_path / "e.zip", [product(n) for n in many[2:]], [package(n) for n in many[2:]])
    with pytest.raises(Refused, match="would end"):
        bring(boss, small, at=LATER)
    assert everything() == before
    assert counts(bring(boss, small, at=LATER, accept_shrink=True))["package"] == (0, 0, 2)


def test_a_new_version_of_a_label_is_the_same_product(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product(1)], [package(1)]))
    was = Product.objects.get(listing="11111-001_a").pk
    done = bring(boss, as_zip(tmp_path / "e.zip", [product(1, "b")], [package(1, "b")]), at=LATER)
    assert counts(done) == {"product": (0, 1, 0), "package": (0, 1, 0)}
    assert Product.objects.get(listing="11111-001_b").pk == was
    again = bring(boss, as_zip(tmp_path / "f.zip", [product(1, "b")], [package(1, "b", STARTMARKETINGDATE="20020202")]))
    assert counts(again) == {"product": (0, 0, 0), "package": (0, 1, 0)}


def test_two_listings_of_one_product_ndc_stand_side_by_side(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product(1)], [package(1)]))
    both = [product(1, "b"), product(1, "a")], [package(1, "b"), package(1, "a", "44")]
    bring(boss, as_zip(tmp_path / "e.zip", *both), at=LATER)
    assert set(Product.objects.exclude(listing=None).values_list("listing", flat=True)) == {
        "11111-001_a",
        "11111-001_b",
    }
    assert Package.objects.get(ndc12="011111000144").product.listing == "11111-001_a"


def test_what_the_starter_list_entered_keeps_its_words_and_gains_the_facts(boss, tmp_path):
    services.load_starter(boss, at=AT)
    ours = Package.objects.select_related("product__drug").get(ndc="0093-0150-01")
    rows = product(
        150, PRODUCTID="0093-0150_x", PRODUCTNDC="0093-0150", LABELERNAME="TEVA", DEASCHEDULE="CIII",
        SUBSTANCENAME="ACETAMINOPHEN; CODEINE PHOSPHATE", ACTIVE_NUMERATOR_STRENGTH="300; 30", ACTIVE_INGRED_UNIT="mg/1; mg/1",
        DOSAGEFORMNAME="TABLET",
    )  # fmt: skip
    packages = [
        package(
            PRODUCTID="0093-0150_x", NDCPACKAGECODE=f"0093-0150-{size}", PACKAGEDESCRIPTION=f"{n} TABLET in 1 BOTTLE"
        )
        for size, n in (("01", "999"), ("10", "1000"))
    ]
    other = product(
        7,
        **{k: rows[k] for k in ("SUBSTANCENAME", "ACTIVE_NUMERATOR_STRENGTH", "ACTIVE_INGRED_UNIT", "DOSAGEFORMNAME")},
    )
    bring(boss, as_zip(tmp_path / "d.zip", [rows, other], [*packages, package(7)]))
    kept = Package.objects.select_related("product__drug").get(pk=ours.pk)
    assert (kept.size, kept.unit, kept.gtin, kept.unit_cost) == (ours.size, ours.unit, ours.gtin, ours.unit_cost)
    assert (kept.product.labeler, kept.product.drug) == (ours.product.labeler, ours.product.drug)
    assert (kept.product.listing, kept.product.schedule, kept.description) == (
        "0093-0150_x",
        3,
        "999 TABLET in 1 BOTTLE",
    )
    assert Package.objects.get(ndc="0093-0150-10").product_id == kept.product_id
    assert Product.objects.get(listing="11111-007_a").drug == ours.product.drug
    assert services.load_starter(boss, at=LATER) > 500
    assert Package.objects.get(pk=ours.pk).product_id == kept.product_id


def test_a_drug_with_a_substance_that_is_not_known_has_no_ingredients_at_all(boss, tmp_path):
    Ingredient.objects.create(key="metoprolol", name="metoprolol")
    two = product(
        2,
        SUBSTANCENAME="METOPROLOL SUCCINATE; UNHEARDOF",
        ACTIVE_NUMERATOR_STRENGTH="25; 1",
        ACTIVE_INGRED_UNIT="mg/1; mg/1",
    )
    bring(boss, as_zip(tmp_path / "d.zip", [product(1), two], [package(1), package(2)]))
    known, unknown = (Product.objects.get(product_ndc=f"11111-00{n}").drug_id for n in (1, 2))
    assert [i.key for i in queries.ingredients_of(known)] == ["metoprolol"]
    assert queries.ingredients_of(unknown) == []


def test_no_size_is_given_where_none_is_certain(boss, tmp_path):
    rows = [
        package(1, PACKAGEDESCRIPTION="30 [hp_C] in 1 TUBE"),
        package(1, size="44", PACKAGEDESCRIPTION="1 g in 1 BOTTLE"),
        package(1, size="55"),
        package(1, size="55", PACKAGEDESCRIPTION="7 TABLET, FILM COATED, EXTENDED RELEASE in 1 BOTTLE"),
    ]
    bring(boss, as_zip(tmp_path / "d.zip", [product(1)], rows))
    assert list(Package.objects.order_by("ndc").values_list("size", "unit")) == [(None, "")] * 3
    assert all(Package.objects.values_list("unsized", flat=True))
    with pytest.raises(Refused, match="is not known"):
        _ = Package.objects.first().holds


def test_a_barcode_that_may_be_two_packages_finds_neither(boss, tmp_path):
    rows = [
        package(1, PRODUCTID="11111-001_a", NDCPACKAGECODE="29500-9077-7"),
        package(1, PRODUCTID="11111-001_a", NDCPACKAGECODE="29500-907-77"),
    ]
    bring(boss, as_zip(tmp_path / "d.zip", [product(1)], rows))
    assert list(Package.objects.values_list("gtin", flat=True)) == [None, None]


def test_all_files_come_in_or_none(boss, tmp_path):
    good = as_zip(tmp_path / "d.zip", [product()], [package()])
    bad = tmp_path / "bad.csv"
    bad.write_text("name,confused_with,basis\nbuPROPion\n")
    with pytest.raises(Refused, match="Nothing was changed"):
        services.import_files(boss, paths=[good, bad], at=AT)
    assert not Package.objects.exists()
    assert not Edition.objects.exists()


def test_a_code_that_is_too_long_is_refused_and_not_cut(boss, tmp_path):
    (tmp_path / "e.txt").write_text(
        "Appl_Type~Appl_No~Product_No~Exclusivity_Code~Exclusivity_Date\n" + f"N~012345~001~{'X' * 40}~Jul 13, 2026\n"
    )
    with pytest.raises(Refused, match="at most 16 characters"):
        bring(boss, tmp_path / "e.txt")
    assert not Edition.objects.exists()


def test_prices_add_up_over_weeks_and_names_that_left_their_list_are_ended(boss, tmp_path):
    head = "NDC,NADAC Per Unit,Effective Date,Pricing Unit,As of Date\n"
    for n, (price, day) in enumerate((("0.28683", "12/18/2024"), ("0.30000", "01/15/2025"))):
        (tmp_path / f"{n}.csv").write_text(f"{head}11111022233,{price},{day},EA,01/22/2025\n")
        bring(boss, tmp_path / f"{n}.csv")
    assert list(Price.objects.order_by("starts_on").values_list("per_unit", "ended_on")) == [
        (D("0.28683"), None),
        (D("0.3"), None),
    ]
    names = [f"name{n},,\n" for n in range(20)]
    for n, lines in enumerate((names, names[1:])):
        (tmp_path / f"t{n}.csv").write_text("name,confused_with,basis\n" + "".join(lines))
        bring(boss, tmp_path / f"t{n}.csv", at=LATER)
    assert list(LookAlike.objects.exclude(ended_on=None).values_list("tall_man", flat=True)) == ["name0"]


def test_an_import_is_in_the_audit_trail_with_its_checksum(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product()], [package()]))
    entry = AuditEntry.objects.get(verb="drugs.imported")
    assert entry.after["sha256"] == Edition.objects.get().sha256
    assert entry.after["package"] == {"added": 1, "changed": 0, "ended": 0}


def test_who_may_not_manage_the_house_imports_nothing(boss, tmp_path):
    stranger = base.interface_actor(boss.site_id, station="interface")
    with pytest.raises(Refused):
        bring(stranger, as_zip(tmp_path / "d.zip", [product()], [package()]))
    assert not Edition.objects.exists()


def test_a_source_is_stale_after_its_days_and_missing_before_its_first(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product()], [package()]), dated=date(2026, 11, 1))
    fresh = {s.key: s for s in queries.sources(on=date(2026, 12, 1))}
    assert (fresh["fda-ndc"].age, fresh["fda-ndc"].is_stale, fresh["fda-ndc"].rows) == (30, False, 2)
    assert {s.key: s for s in queries.sources(on=date(2026, 12, 2))}["fda-ndc"].is_stale
    assert (fresh["nadac"].loaded_on, fresh["nadac"].is_stale) == (None, False)


def test_prices_are_as_old_as_the_newest_day_they_speak_of_unless_that_lies_ahead(boss, tmp_path):
    head = "NDC,NADAC Per Unit,Effective Date,Pricing Unit,As of Date\n"
    for n, (day, dated) in enumerate((("10/01/2026", date(2026, 10, 1)), ("10/01/2062", None), ("soon", None))):
        (tmp_path / f"{n}.csv").write_text(
            f"{head}11111022233,1,12/18/2024,EA,09/24/2025\n11111022244,1,12/18/2024,EA,{day}\n".replace(
                "09/24/2025", "09/24/2025" if dated else ""
            )
        )
        assert bring(boss, tmp_path / f"{n}.csv").dated == dated


def test_the_two_lists_beside_the_directory_end_nothing_of_each_other(boss, tmp_path):
    head = "PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION\n"
    for name, code in (("unfinished", "11111-222-33"), ("packages_excluded", "11111-333-33")):
        (tmp_path / f"{name}.txt").write_text(f"{head}a\t{code[:9]}\t{code}\t25 kg in 1 DRUM\n")
        assert counts(bring(boss, tmp_path / f"{name}.txt")) == {"unlisted": (1, 0, 0)}
    assert dict(Unlisted.objects.filter(ended_on=None).values_list("ndc", "why")) == {
        "11111-222-33": "unfinished",
        "11111-333-33": "excluded",
    }


def test_what_cannot_be_joined_is_counted(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product()], [package()]))
    (tmp_path / "n.csv").write_text(
        "NDC,NADAC Per Unit,Effective Date,Pricing Unit,As of Date\n99999022233,1,12/18/2024,EA,01/22/2025\n"
    )
    bring(boss, tmp_path / "n.csv")
    told = queries.joins()
    assert told["packages without a price"] == 1
    assert told["prices of packages that are not in the drug file"] == 1


def test_shortages_and_recalls_that_meet_no_package_are_counted_and_not_dropped(boss, tmp_path):
    bring(boss, as_zip(tmp_path / "d.zip", [product(1)], [package(1)]))
    known, unknown, unnamed = [shortage_record(n) for n in (1, 2, 3)]
    unnamed["package_ndc"] = ""
    (tmp_path / "s.json").write_text(openfda([known, unknown, unnamed]))
    nameless = recall_record(3) | {"product_description": "Any tablets"}
    (tmp_path / "r.json").write_text(openfda([recall_record(1), recall_record(2), nameless]))
    bring(boss, tmp_path / "s.json")
    bring(boss, tmp_path / "r.json")
    told = queries.joins()
    assert told["shortage notices of packages that are not in the drug file"] == 1
    assert told["shortage notices that name no package"] == 1
    assert told["recalled packages that are not in the drug file"] == 1
    assert told["recalls that name no package"] == 1


def test_the_real_prices_shortages_and_recalls_come_in_and_what_meets_nothing_is_counted(boss, reference_data):
    """Beside the starter list only: most of what they speak of is not in the drug file, and none of it is lost."""
    services.load_starter(boss, at=AT)
    lists = {
        "fda-shortages": reference_data / "fda_drug_shortages_2026" / "Drugshortages.csv",
        "fda-recalls": reference_data / "fda_recalls_2026" / "enforcement_drug_recalls.csv.gz",
        "nadac": reference_data / "nadac_2013_2026" / "nadac_latest_derived.csv.gz",
    }
    done = services.import_files(boss, paths=list(lists.values()), at=AT)
    unread = {"fda-recalls": 1}  # One line of it has no recall number.
    assert [(one.source, one.unread) for one in done] == [(key, unread.get(key, 0)) for key in lists]
    kept = {"price": Price.objects.count(), "shortage": Shortage.objects.count(), "recall": Recall.objects.count()}
    assert kept == {"price": 51_176, "shortage": 1_685, "recall": 17_682}
    told = queries.joins()
    here = Package.objects.filter(ndc12__in=Price.objects.values("ndc12")).count()
    assert told["prices of packages that are not in the drug file"] == kept["price"] - here
    assert told["packages without a price"] == Package.objects.count() - here
    assert 0 < told["shortage notices of packages that are not in the drug file"] < kept["shortage"]
    assert 0 < told["recalls that name no package"] < kept["recall"]
    again = services.import_files(boss, paths=list(lists.values()), at=LATER)
    assert all(one.is_same for one in again)


def test_the_words_of_an_order_mean_the_medicine_that_the_house_keeps(boss):
    """The directory may have a row of the very same words: stock and screening hang on the house's own."""
    row = {"generic_name": "lisinopril", "strength": "10 mg", "form": "tablet", "route": "oral", "unit": "tablet"}
    Drug.objects.create(key="of the directory", is_house=False, **row)
    ours = Drug.objects.create(**row)
    assert queries.exactly("lisinopril", "10 mg", "tablet") == ours
