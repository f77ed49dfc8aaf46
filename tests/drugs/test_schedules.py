"""The schedule of a drug: what its labelers say, what an edition changes, what a list of a state adds."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from officina.base import services as house
from officina.base.services import NewSite
from officina.drugs import schedules, search, services
from officina.drugs.models import Drug, Product, SubstanceSchedule
from officina.drugs.rules.schedules import is_of, of_listings, strictest
from small_directory import as_zip, package, product

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ON = date(2026, 11, 20)


@pytest.fixture
def boss(db):
    return house.open_site(NewSite(name="House", training=True), at=AT)


def bring(boss, tmp_path: Path, listed: list[str], **facts: str) -> Drug:
    """A directory in which one drug is listed by so many labelers, each under its schedule; an x stands for an excluded one."""
    rows = [
        product(n, DEASCHEDULE=said.strip("x"), NDC_EXCLUDE_FLAG="E" if "x" in said else "N", **facts)
        for n, said in enumerate(listed, 1)
    ]
    path = as_zip(
        tmp_path / f"{len(list(tmp_path.iterdir()))}.zip", rows, [package(n) for n in range(1, len(listed) + 1)]
    )
    services.import_files(boss, paths=[path], at=AT, accept_shrink=True)
    return Drug.objects.get(pk=Product.objects.get(product_ndc="11111-001").drug_id)


class TestListings:
    @pytest.mark.parametrize(
        ("listed", "schedule"),
        [
            (["", "CII", "CII", "CII"], 2),
            (["CII", "", ""], 2),
            (["CIII", "CII"], 2),
            (["", "CVx", "CIV"], 4),
            (["CVx", "x"], 5),
            (["", "CIIx"], 0),
            (["", ""], 0),
        ],
    )
    def test_which_product_is_read_first_makes_no_difference(self, boss, tmp_path, listed, schedule):
        assert bring(boss, tmp_path, listed).schedule == schedule

    def test_one_labeler_of_many_is_a_slip(self, boss, tmp_path):
        assert bring(boss, tmp_path, ["CIV", *[""] * 20]).schedule == 0
        assert of_listings({0: 9, 4: 1}) == 4

    def test_an_edition_reschedules(self, boss, tmp_path):
        assert bring(boss, tmp_path, ["CIII", "CIII"]).schedule == 3
        assert bring(boss, tmp_path, ["CII", "CII"]).schedule == 2
        assert bring(boss, tmp_path, ["", ""]).schedule == 0

    def test_what_the_house_entered_is_only_made_stricter(self, boss, tmp_path):
        drug = bring(boss, tmp_path, ["CIV", "CIV"])
        Drug.objects.filter(pk=drug.pk).update(is_house=True, schedule=2)
        assert (schedules.settle(), Drug.objects.get(pk=drug.pk).schedule) == (0, 2)
        Drug.objects.filter(pk=drug.pk).update(schedule=5)
        assert (schedules.settle(), Drug.objects.get(pk=drug.pk).schedule) == (1, 4)

    def test_a_search_shows_the_strictest_of_the_rows_of_one_drug(self, boss, tmp_path):
        drug = bring(boss, tmp_path, ["CIII", "CIII"])
        Drug.objects.create(
            generic_name="metoprolol succinate", strength="25 mg", form="extended-release tablet", route="oral",
            unit="tablet", schedule=2,
        )  # fmt: skip
        [hit] = search.search("metoprolol succinate 25").hits
        assert {drug.pk} < {row.drug_id for row in hit.listings}
        assert hit.schedule == 2


class TestLists:
    def listed(self, boss, tmp_path, *lines: str) -> None:
        path = tmp_path / f"list{len(list(tmp_path.iterdir()))}.csv"
        path.write_text("SUBSTANCENAME,DEASCHEDULE,jurisdiction,forms,starts_on\n" + "".join(f"{l}\n" for l in lines))
        services.import_files(boss, paths=[path], at=AT)

    def test_a_state_that_schedules_more_is_read_by_its_day(self, boss, tmp_path):
        drug = bring(boss, tmp_path, [""])
        self.listed(boss, tmp_path, "METOPROLOL,CV,US-KY,,2026-01-01", "METOPROLOL,CIV,KY,,2027-01-01")
        there = {on: schedules.of_lists(drug, on=on, state="KY") for on in (date(2025, 12, 31), ON, date(2027, 1, 1))}
        assert list(there.values()) == [0, 5, 4]
        assert schedules.of_lists(drug, on=ON, state="WI") == 0
        assert schedules.of_lists(drug, on=ON, state="") == 0

    def test_what_holds_in_all_states_holds_where_no_state_is_known(self, boss, tmp_path):
        drug = bring(boss, tmp_path, [""])
        self.listed(boss, tmp_path, "METOPROLOL SUCCINATE,CIII,,,")
        assert {schedules.of_lists(drug, on=ON, state=s) for s in ("", "KY")} == {3}

    def test_a_part_of_a_mixture_is_not_the_mixture_and_a_form_not_another(self):
        alone, mixed = frozenset({"codeine"}), frozenset({"codeine", "acetaminophen"})
        assert is_of("CODEINE PHOSPHATE", "", bases=alone, form="tablet")
        assert not is_of("CODEINE PHOSPHATE", "", bases=mixed, form="tablet")
        assert is_of("ACETAMINOPHEN; CODEINE PHOSPHATE", "SOLUTION; TABLET", bases=mixed, form="tablet, film coated")
        assert not is_of("ACETAMINOPHEN; CODEINE PHOSPHATE", "SOLUTION", bases=mixed, form="tablet")
        assert not is_of("", "", bases=alone, form="tablet")

    def test_a_jurisdiction_that_is_none_is_a_fault_and_no_law(self, boss, tmp_path):
        lines = [f"SUBSTANCE {n},CV,KY,," for n in range(40)]
        self.listed(boss, tmp_path, *lines, "METOPROLOL,CV,Kentucky,,")
        assert SubstanceSchedule.objects.count() == 40

    def test_the_strictest_is_the_smallest_number_but_none(self):
        assert (strictest(), strictest(0, 5), strictest(5, 2, 0)) == (0, 5, 2)
