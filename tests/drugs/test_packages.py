"""Sizes of packages: the sample done by hand, the whole directory, and what is no size."""

import csv
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from officina.drugs.rules.packages import Size, Unparsed, agrees, size_of
from officina.kernel.ids.ndc import Ndc
from officina.kernel.quantity import D

SAMPLE = Path(__file__).parent / "package_sizes.csv"


def _sample() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", _sample(), ids=lambda r: r["description"][:60])
def test_a_description_read_by_hand_is_read_the_same(row: dict[str, str]) -> None:
    found = size_of(row["description"])
    expected = Size(D(row["size"]), row["unit"]) if row["size"] else None
    assert (found if isinstance(found, Size) else None) == expected


def test_the_sample_holds_three_hundred_descriptions() -> None:
    assert len({r["description"] for r in _sample()}) >= 300


def test_every_package_of_the_directory_has_a_size_or_a_reason(reference_data: Path) -> None:
    with zipfile.ZipFile(reference_data / "fda_ndc_2019" / "ndctext.zip") as bundle:
        lines = bundle.read("package.txt").decode("cp1252").split("\r\n")[1:]
    found = [size_of(line.split("\t")[3]) for line in lines if line]
    unparsed = [f for f in found if isinstance(f, Unparsed)]
    assert len(found) == 243_960
    assert all(u.why for u in unparsed)
    assert len(unparsed) / len(found) < 0.02


@pytest.mark.parametrize(
    "description",
    [
        "",
        " ",
        "100 TABLET",
        "TABLET in 1 BOTTLE",
        "100 TABLET in 2 BOTTLE",
        "1e3 TABLET in 1 BOTTLE",
        "-3 TABLET in 1 BOTTLE",
        "٣ TABLET in 1 BOTTLE",
        "0 TABLET in 1 BOTTLE",
        "1.5 TABLET in 1 BOTTLE",
        "2 CARTON in 1 CASE  > 30 TABLET in 1 BOTTLE",
        "30 TABLET in 1 BOTTLE * 5 mL in 1 VIAL",
        " *  30 TABLET in 1 BOTTLE",
        "120 BOTTLE in 1 BOTTLE  > 90 TABLET in 1 BOTTLE",
        "99999999999999999 mL in 1 BOTTLE",
        ".00001 uL in 1 VIAL",
        "1 CARTON in 1 KIT  > 30 TABLET in 1 CARTON",
        "1800 TRAY in 1 CARTON > 150 POUCH in 1 TRAY > 8 STRIP in 1 POUCH",
    ],
)
def test_what_is_not_certain_has_no_size(description: str) -> None:
    assert isinstance(size_of(description), Unparsed)


def test_both_separators_say_the_same() -> None:
    old = "2 BLISTER PACK in 1 CARTON (0002-4462-34)  > 15 TABLET in 1 BLISTER PACK (0002-4462-79) "
    assert size_of(old) == size_of(old.replace(">", "/")) == Size(D(30), "tablet")


def test_tablets_by_weight_and_liquids_by_the_tablet_do_not_agree_with_their_form() -> None:
    assert not agrees(Size(D(1), "g"), "TABLET")
    assert not agrees(Size(D(30), "tablet"), "SOLUTION")
    assert agrees(Size(D(30), "tablet"), "TABLET, FILM COATED")
    assert agrees(Size(D(1), "kit"), "TABLET, FILM COATED")


def test_liquids_hold_what_the_payer_of_medicines_says(reference_data: Path) -> None:
    """CMS lists by hand, for what it pays, how many milliliters a package holds. It counts by single vials and bags where the
    directory describes the carton or the other way about, and powders by the vial; no other difference was found in reading them."""
    listed = _by_cms(reference_data / "asp_ndc_hcpcs_2026" / "january-2026-asp-ndc-hcpcs-crosswalk.csv")
    with zipfile.ZipFile(reference_data / "fda_ndc_2019" / "ndctext.zip") as bundle:
        forms = dict(_columns(bundle, "product.txt", 0, 6))
        agreed, whole_multiples, differ = 0, 0, []
        for listing, ndc, text in _columns(bundle, "package.txt", 0, 2, 3):
            found, told = size_of(text), listed.get(Ndc.parse(ndc).digits12)
            if told is None or not isinstance(found, Size) or found.unit != "mL" or "POWDER" in forms[listing]:
                continue
            if found.number == told:
                agreed += 1
            elif max(found.number, told) % min(found.number, told) == 0:
                whole_multiples += 1
            else:
                differ.append((text, told))
    assert agreed > 1_500
    assert whole_multiples < 0.1 * agreed
    assert len(differ) < 0.02 * agreed, differ


def _by_cms(path: Path) -> dict[str, Decimal]:
    with path.open(encoding="cp1252", newline="") as file:
        rows = [r for r in csv.reader(file) if len(r) > 9 and r[3].count("-") == 2]
    return {Ndc.parse(r[3]).digits12: D(r[6].replace(",", "")) * D(r[7].replace(",", "")) for r in rows}


def _columns(bundle: zipfile.ZipFile, name: str, *places: int) -> Iterator[tuple[str, ...]]:
    for line in bundle.read(name).decode("cp1252").split("\r\n")[1:]:
        fields = line.split("\t")
        if len(fields) > max(places):
            yield tuple(fields[place] for place in places)
