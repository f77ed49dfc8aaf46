"""What the smaller lists say of a product: RxNorm, looks, patents and exclusivity, and what the FDA keeps apart."""

from datetime import UTC, date, datetime

import pytest

from officina.base import services as house
from officina.base.services import NewSite
from officina.drugs import equivalents, particulars, search, services
from officina.drugs.models import Exclusivity, Look, Patent
from officina.drugs.particulars import Protection
from officina.drugs.sources.files import open_bundle
from officina.drugs.sources.registry import source_of
from officina.drugs.sources.rxnorm import LookRow
from officina.drugs.sources.shape import Faults
from officina.kernel.errors import Refused
from small_directory import as_zip, package, product
from small_lists import unlisted

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ON = date(2026, 11, 20)
CONSO = """70|ENG||||||A7||||RXNORM|IN|70|metoprolol||N|4096|
80|ENG||||||A8||||RXNORM|SCD|80|24 HR metoprolol succinate 25 MG Extended Release Oral Tablet||N|4096|
80|ENG||||||B8||||RXNORM|PSN|80|metoprolol succinate ER 25 MG 24 HR Extended Release Oral Tablet||N|4096|
90|ENG||||||A9||||RXNORM|SBD|90|24 HR metoprolol succinate 25 MG Extended Release Oral Tablet [Toprol]||N|4096|
"""
REL = """80||CUI|RN|90||CUI|tradename_of|||RXNORM||||||
70||CUI|RO|80||CUI|has_ingredient|||RXNORM||||||
"""


def label(entry: str, **told: str) -> str:
    """The rows of a label's entry as RXNSAT holds them, its package last."""
    return "".join(f"80|||{entry}|AUI|x|||{name}|MTHSPL|{value}|N|4096|\n" for name, value in told.items())


LINK = "80|||A8|AUI|80|||NDC|RXNORM|11111022233|N|4096|\n"
BLUE = {"COLORTEXT": "BLUE", "SHAPETEXT": "barrel shaped", "SIZE": "11 mm", "IMPRINT_CODE": "M;AA8"}


@pytest.fixture
def boss(db):
    return house.open_site(NewSite(name="House", training=True), at=AT)


@pytest.fixture
def rxnorm(tmp_path):
    def write(*labels: str):
        folder = tmp_path / "rrf"
        folder.mkdir(exist_ok=True)
        for name, text in (("CONSO", CONSO), ("REL", REL), ("SAT", LINK + "".join(labels))):
            (folder / f"RXN{name}.RRF").write_text(text)
        return folder

    return write


def looks(folder) -> list[LookRow]:
    bundle = open_bundle(folder)
    return [row for row in source_of(bundle).rows(bundle, Faults()) if isinstance(row, LookRow)]


class TestLooks:
    def test_imprint_color_shape_and_size_are_read_of_the_label(self, rxnorm):
        [row] = looks(rxnorm(label("L1", **BLUE, NDC="0378-4517-93")))
        assert (row.ndc12, row.imprint, row.color, row.shape, row.size) == (
            "000378451793", "M;AA8", "BLUE", "barrel shaped", "11 mm",
        )  # fmt: skip

    def test_a_package_of_two_things_that_look_different_has_none(self, rxnorm):
        other = BLUE | {"IMPRINT_CODE": "P;N", "COLORTEXT": "WHITE"}
        pack = label("L1", **BLUE, NDC="0378-4517-93") + label("L2", **other, NDC="0378-4517-93")
        assert looks(rxnorm(pack)) == []

    def test_a_label_without_a_package_or_without_looks_tells_nothing(self, rxnorm):
        assert (
            looks(rxnorm(label("L1", **BLUE), label("L2", NDC="0378-4517-93"), label("L3", **BLUE, NDC="no code")))
            == []
        )

    def test_packages_that_look_different_are_not_told_to_look_at_all(self, boss):
        for n, color in (("1", "BLUE"), ("2", "WHITE;RED")):
            Look.objects.create(key=n, ndc12=n, imprint="M;AA8", color=color, shape="OVAL", size="11 mm")
        assert particulars.looks_of(["2"]) == "white and red, oval, 11 mm, imprint M and AA8"
        assert particulars.looks_of(["1", "2"]) == particulars.looks_of(["3"]) == ""

    def test_it_comes_in_changes_and_ends_with_its_list(self, boss, rxnorm, tmp_path):
        many = [label(f"L{n}", **BLUE, NDC=f"11111-{n:03}-33") for n in range(1, 13)]
        [done] = services.import_files(boss, paths=[rxnorm(*many)], at=AT)
        assert {c.name: c.added for c in done.changes}["look"] == 12
        [done] = services.import_files(boss, paths=[rxnorm(*many[1:])], at=AT)
        assert {c.name: (c.changed, c.ended) for c in done.changes}["look"] == (0, 1)
        assert particulars.looks_of(["011111000133"]) == ""


class TestRxNorm:
    def test_a_package_is_told_by_its_concept_and_the_name_for_prescribing(self, boss, rxnorm):
        services.import_files(boss, paths=[rxnorm()], at=AT)
        found = particulars.particulars(["011111022233"], on=ON)
        assert (found.rxcui, found.rxnorm_name) == (
            "80",
            "metoprolol succinate ER 25 MG 24 HR Extended Release Oral Tablet",
        )

    def test_what_is_not_linked_is_not_named(self, boss, rxnorm):
        services.import_files(boss, paths=[rxnorm()], at=AT)
        assert particulars.particulars(["011111022299"], on=ON) == particulars.Particulars()

    @pytest.mark.parametrize(("code", "understood"), [("80", "80"), ("90", "90"), ("70", "metoprolol")])
    def test_a_code_of_a_generic_a_brand_or_an_ingredient_finds_the_drug(
        self, boss, rxnorm, tmp_path, code, understood
    ):
        directory = as_zip(tmp_path / "d.zip", [product()], [package()])
        services.import_files(boss, paths=[rxnorm(), directory], at=AT)
        found = search.search(f"rxcui {code}")
        assert [str(hit) for hit in found.hits] == ["metoprolol succinate 25 mg tablet, extended release"]
        assert found.understood[0].meaning == understood

    def test_a_code_that_nobody_gave_finds_nothing(self, boss, rxnorm, tmp_path):
        services.import_files(boss, paths=[rxnorm(), as_zip(tmp_path / "d.zip", [product()], [package()])], at=AT)
        assert search.search("rxcui 4711").shown == []


class TestProtections:
    def test_what_has_run_out_is_not_told_and_the_last_to_end_comes_first(self, boss):
        of = {"application": "NDA012345", "product_number": "001"}
        flags = {"is_substance": True, "is_product": False}
        for number, until in (
            ("7000001", date(2026, 11, 19)),
            ("7000002", date(2026, 11, 20)),
            ("7000003", date(2031, 1, 1)),
        ):
            Patent.objects.create(key=number, patent=number, expires_on=until, **of, **flags)
        Patent.objects.create(key="again", patent="7000003", expires_on=date(2031, 1, 1), use_code="U-2", **of, **flags)
        Exclusivity.objects.create(key="e", code="NCE", ends_on=date(2028, 1, 1), **of)
        Exclusivity.objects.create(key="f", code="ODE", ends_on=date(2029, 1, 1), **(of | {"product_number": "002"}))
        assert particulars.protections_of("NDA012345", "001", on=ON) == [
            Protection("patent", "7000003", date(2031, 1, 1)),
            Protection("exclusivity", "NCE", date(2028, 1, 1)),
            Protection("patent", "7000002", date(2026, 11, 20)),
        ]


class TestKeptApart:
    @pytest.mark.parametrize(
        ("name", "says"), [("unfinished.txt", "unfinished drugs"), ("packages_excluded.txt", "took its listing out")]
    )
    def test_a_code_of_no_package_says_that_the_fda_keeps_it_apart(self, boss, tmp_path, name, says):
        (tmp_path / name).write_text(unlisted())
        services.import_files(boss, paths=[tmp_path / name], at=AT)
        found = search.search("11111-007-33")
        assert found.shown == []
        assert says in found.note
        with pytest.raises(Refused, match=says):
            equivalents.product_by_code("11111-007-33")
        with pytest.raises(Refused, match=r"11111-007-44\.$"):
            equivalents.product_by_code("11111-007-44")

    def test_one_that_is_in_the_drug_file_all_the_same_is_marked(self, boss, tmp_path):
        (tmp_path / "packages_excluded.txt").write_text(unlisted())
        services.import_files(
            boss,
            paths=[as_zip(tmp_path / "d.zip", [product(7)], [package(7)]), tmp_path / "packages_excluded.txt"],
            at=AT,
        )
        assert "took its listing out" in particulars.particulars(["011111000733"], on=ON).apart
        assert search.search("11111-007-33").note == ""
