"""The official files read row by row: told by their content, refused where they cannot be believed."""

import gzip
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from officina.drugs.sources import fda_ndc, json_results, openfda_ndc
from officina.drugs.sources.fda_ndc import PackageRow, ProductRow, Strength
from officina.drugs.sources.files import open_bundle
from officina.drugs.sources.registry import SOURCES, source_of
from officina.drugs.sources.shape import Faults
from officina.kernel.errors import ParseError
from officina.kernel.quantity import D
from small_directory import PACKAGE, PRODUCT, as_text, as_zip, package, product


def read(path: Path) -> tuple[list, Faults]:
    bundle, faults = open_bundle(path), Faults()
    return list(source_of(bundle).rows(bundle, faults)), faults


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_directory_is_read_as_its_products_and_packages(tmp_path):
    rows, faults = read(as_zip(tmp_path / "any name.zip", [product()], [package()]))
    assert [type(r) for r in rows] == [ProductRow, PackageRow]
    assert rows[0].strengths == (Strength("METOPROLOL SUCCINATE", "25", "mg/1"),)
    assert rows[0].classes == ("Adrenergic beta-Antagonists, Selective [MoA]", "beta-Adrenergic Blocker [EPC]")
    assert (rows[0].starts_on, rows[0].schedule, rows[0].excluded) == (date(2001, 2, 3), 0, False)
    assert (rows[1].ndc, rows[1].sample) == ("11111-222-33", False)
    assert faults.count == 0


def test_a_folder_of_the_two_files_is_a_directory_too(tmp_path):
    write(tmp_path / "product.txt", as_text(PRODUCT, [product()]))
    write(tmp_path / "package.txt", as_text(PACKAGE, [package()]))
    assert len(read(tmp_path)[0]) == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_letters_beyond_ascii_are_read_in_windows_1252_and_in_utf_8(tmp_path, encoding):
    path = as_zip(tmp_path / "d.zip", [product(LABELERNAME='Laboratoires "Été"')], [package()], encoding=encoding)
    assert read(path)[0][0].labeler == 'Laboratoires "Été"'


def test_a_semicolon_within_brackets_parts_no_substance(tmp_path):
    row = product(
        SUBSTANCENAME="GLYCERIN; SOY PROTEIN (ENZYMATIC; 2000 MW)",
        ACTIVE_NUMERATOR_STRENGTH=".3; 2",
        ACTIVE_INGRED_UNIT="g/100g; g/100g",
    )
    [found, _], _ = read(as_zip(tmp_path / "d.zip", [row], [package()]))
    assert [s.substance for s in found.strengths] == ["GLYCERIN", "SOY PROTEIN (ENZYMATIC; 2000 MW)"]


def test_strengths_that_match_no_substance_are_given_to_none(tmp_path):
    row = product(SUBSTANCENAME="A; B", ACTIVE_NUMERATOR_STRENGTH="1", ACTIVE_INGRED_UNIT="mg/1")
    [found, _], _ = read(as_zip(tmp_path / "d.zip", [row], [package()]))
    assert found.strengths == (Strength("A", "", ""), Strength("B", "", ""))


def test_openfda_gives_the_same_rows_as_the_text_files(tmp_path):
    record = {
        "product_id": "11111-222_a", "product_ndc": "11111-222", "product_type": "HUMAN PRESCRIPTION DRUG",
        "brand_name": "Toprolol", "brand_name_base": "Toprolol", "generic_name": "Metoprolol Succinate",
        "dosage_form": "TABLET, FILM COATED, EXTENDED RELEASE", "route": ["ORAL"], "marketing_start_date": "20010203",
        "marketing_category": "ANDA", "application_number": "ANDA012345", "labeler_name": "Example Labs",
        "active_ingredients": [{"name": "METOPROLOL SUCCINATE", "strength": "25 mg/1"}],
        "pharm_class": ["Adrenergic beta-Antagonists, Selective [MoA]", "beta-Adrenergic Blocker [EPC]"],
        "finished": True, "listing_expiration_date": "20271231",
        "packaging": [{"package_ndc": "11111-222-33", "description": package()["PACKAGEDESCRIPTION"],
                       "marketing_start_date": "20010203", "sample": False}],
    }  # fmt: skip
    text = json.dumps({"meta": {"last_updated": "2026-08-28", "results": {"total": 1}}, "results": [record]})
    path = write(tmp_path / "x.json", text)
    bundle = open_bundle(path)
    assert source_of(bundle) is openfda_ndc
    assert openfda_ndc.edition(bundle) == date(2026, 8, 28)
    assert read(path)[0] == read(as_zip(tmp_path / "d.zip", [product()], [package()]))[0]


def test_a_record_cut_by_a_chunk_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(json_results, "_CHUNK", 37)
    records = [{"n": n, "text": "é]},{" * 5} for n in range(40)]
    path = write(tmp_path / "x.json", json.dumps({"results": records}, ensure_ascii=False))
    assert [r for _, r in json_results.results(open_bundle(path).members[0])] == records


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        (
            "nadac",
            ("NDC Description,NDC,NADAC_Per_Unit,Effective_Date,Pricing_Unit,Pharmacy_Type_Indicator,OTC,As of Date\n"
            "ANY DRUG,11111022233,0.28683,12/18/2024,EA,C/I,Y,01/01/2025\n"),
            {"ndc12": "011111022233", "per_unit": D("0.28683"), "unit": "each", "starts_on": date(2024, 12, 18)},
        ),
        (
            "shortages",
            ("\nGeneric Name,Company Name, Contact Info, Presentation, Type of Update,Date of Update,"
            " Availability Information, Related Information, Resolved Note, Reason for Shortage, Therapeutic Category,"
            " Status, Change Date, Date Discontinued, Initial Posting Date\n"
            '"Any Tablet","Firm, Inc.","","Any, Tablet, 5 mg (NDC 11111-222-33)","New","11/03/2025","Gone "for now"","","",'
            '"Demand","X","Current","","","11/01/2025"\n'),
            {"ndc12": "011111022233", "status": "Current", "posted_on": date(2025, 11, 1), "reason": "Demand"},
        ),
        (
            "schedules",
            "SUBSTANCENAME,DEASCHEDULE\nZOLPIDEM TARTRATE,CIV\n",
            {"jurisdiction": "US", "substance": "ZOLPIDEM TARTRATE", "schedule": 4},
        ),
        ("tall man", "name,confused_with,basis\nbuPROPion,busPIRone,seen\n", {"tall_man": "buPROPion", "other": "busPIRone"}),
        (
            "mme",
            "opioid,unit,factor_2022_guideline\nOxycodone,mg/day,1.5\n",
            {"opioid": "oxycodone", "guideline": "2022", "factor": D("1.5")},
        ),
        (
            "exclusivity",
            "Appl_Type~Appl_No~Product_No~Exclusivity_Code~Exclusivity_Date\nN~012345~001~RTO~Jul 13, 2026\n",
            {"application": "NDA012345", "code": "RTO", "ends_on": date(2026, 7, 13)},
        ),
        (
            "unfinished",
            "PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION\na\t11111-222\t11111-222-33\t25 kg in 1 DRUM\n",
            {"ndc12": "011111022233", "why": "unfinished"},
        ),
    ],
)  # fmt: skip
def test_each_list_is_told_by_its_columns_and_read(tmp_path, name, text, row):
    [found], faults = read(write(tmp_path / "download", text))
    assert {key: getattr(found, key) for key in row} == row
    assert faults.count == 0


def test_rxnorm_relations_are_read_from_the_second_concept_to_the_first(tmp_path):
    write(tmp_path / "RXNCONSO.RRF", "7|ENG||||||A7||||RXNORM|IN|7|estradiol||N|4096|\n")
    write(tmp_path / "RXNREL.RRF", "7||CUI|RO|8||CUI|has_ingredient|||RXNORM||||||\n")
    write(tmp_path / "RXNSAT.RRF", "8|||A8|AUI|8|||NDC|RXNORM|11111022233|N|4096|\n")
    concept, relation, link = read(tmp_path)[0]
    assert (concept.rxcui, concept.tty, concept.name) == ("7", "IN", "estradiol")
    assert (relation.subject, relation.relation, relation.target) == ("8", "has_ingredient", "7")
    assert (link.ndc12, link.rxcui) == ("011111022233", "8")


def test_a_recall_names_its_packages(tmp_path):
    record = {
        "recall_number": "D-1-2026", "recalling_firm": "Firm", "reason_for_recall": "cGMP", "status": "Ongoing",
        "classification": "Class II", "product_description": "Any tablets, NDC 11111-222-33 and NDC 1111-2222-44.",
        "recall_initiation_date": "20260105", "code_info": "Lot A1", "openfda": {"package_ndc": ["11111-222-33"]},
    }  # fmt: skip
    recall, *packages = read(write(tmp_path / "x", json.dumps({"meta": {}, "results": [record]})))[0]
    assert (recall.number, recall.lots, recall.started_on) == ("D-1-2026", "Lot A1", date(2026, 1, 5))
    assert [p.ndc12 for p in packages] == ["011111022233", "001111222244"]


# ---- What cannot be believed -------------------------------------------------------------------------------------------------


def _reordered(tmp_path: Path) -> Path:
    columns = [PRODUCT[1], PRODUCT[0], *PRODUCT[2:]]
    return as_zip(tmp_path / "d.zip", [product()], [package()], columns=columns)


def _cut_zip(tmp_path: Path) -> Path:
    path = as_zip(tmp_path / "d.zip", [product(n) for n in range(50)], [package(n) for n in range(50)])
    path.write_bytes(path.read_bytes()[:-200])
    return path


def _cut_text(tmp_path: Path) -> Path:
    write(tmp_path / "product.txt", as_text(PRODUCT, [product(n) for n in range(50)]))
    write(tmp_path / "package.txt", as_text(PACKAGE, [package(n) for n in range(50)])[:-60])
    return tmp_path


def _bomb(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("product.txt", b"0" * 60_000_000)
    return tmp_path / "d.zip"


def _gzip_bomb(tmp_path: Path) -> Path:
    path = tmp_path / "nadac.csv.gz"
    header = b"NDC,NADAC Per Unit,Effective Date,Pricing Unit,As of Date\n"
    path.write_bytes(gzip.compress(header + b"\n" * 80_000_000))
    return path


def _climbing(name: str):
    def make(tmp_path: Path) -> Path:
        with zipfile.ZipFile(tmp_path / "d.zip", "w") as bundle:
            bundle.writestr(name, "x")
        return tmp_path / "d.zip"

    return make


def _endless_line(tmp_path: Path) -> Path:
    write(tmp_path / "package.txt", as_text(PACKAGE, [package()]))
    with (tmp_path / "product.txt").open("wb") as file:
        file.write(as_text(PRODUCT, []).encode())
        file.seek(1 << 30)  # a gigabyte without a line end; the hole takes no space
        file.write(b"x")
    return tmp_path


def _of(text: str | bytes):
    def make(tmp_path: Path) -> Path:
        (tmp_path / "given").write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / "given"

    return make


def _doubled(tmp_path: Path) -> Path:
    return as_zip(tmp_path / "d.zip", [product(), product()], [package()])


def _doubled_packages(tmp_path: Path) -> Path:
    return as_zip(tmp_path / "d.zip", [product()], [package(), package()])


def _two_encodings(tmp_path: Path) -> Path:
    lines = as_text(PRODUCT, [product(1, LABELERNAME="Été"), product(2, LABELERNAME="Été")]).split("\r\n")
    write(tmp_path / "package.txt", as_text(PACKAGE, [package(1)]))
    data = b"\r\n".join([lines[0].encode(), lines[1].encode("cp1252"), lines[2].encode("utf-8"), b""])
    (tmp_path / "product.txt").write_bytes(data)
    return tmp_path


def _utf_16(tmp_path: Path) -> Path:
    return as_zip(tmp_path / "d.zip", [product()], [package()], encoding="utf-16")


def _many_short_lines(tmp_path: Path) -> Path:
    return as_zip(tmp_path / "d.zip", [product(n) for n in range(60)], [{"PRODUCTID": "x"}] * 40 + [package(1)])


def _half_json(tmp_path: Path) -> Path:
    text = json.dumps({"results": [{"recall_number": "1", "recalling_firm": "F", "reason_for_recall": "R"}] * 5})
    return write(tmp_path / "x.json", text[:-20])


@pytest.mark.parametrize(
    "make",
    [
        _reordered,
        _cut_zip,
        _cut_text,
        _bomb,
        _gzip_bomb,
        _climbing("../product.txt"),
        _climbing("/etc/product.txt"),
        _climbing("C:\\product.txt"),
        _endless_line,
        _doubled,
        _doubled_packages,
        _two_encodings,
        _utf_16,
        _many_short_lines,
        _half_json,
        _of(""),
        _of("a text about nothing\n"),
        _of(b"PK\x03\x04 and no more"),
        _of(b"\x1f\x8b and no more"),
        _of('name,confused_with,basis\n"a,b,c\n'),
        _of("name,confused_with,basis\n"),
        _of("opioid,unit,factor_2022_guideline\nOxycodone,mg/day\n"),
        lambda folder: folder / "not there",
    ],
)
def test_a_file_that_cannot_be_believed_is_refused(tmp_path, make):
    with pytest.raises(ParseError):
        read(make(tmp_path))


def test_a_slip_here_and_there_is_a_fault_with_its_line(tmp_path):
    rows, faults = read(
        as_zip(
            tmp_path / "d.zip",
            [product(n) for n in range(9)] + [product(9, STARTMARKETINGDATE="20011341")],
            [package(1)],
        )
    )
    assert len(rows) == 10
    [fault] = faults.first
    assert fault.line == 11
    assert "YYYYMMDD" in fault.what


def test_a_byte_order_mark_on_a_line_of_its_own_is_no_header(tmp_path):
    text = "\ufeff\r\nopioid,unit,factor_2022_guideline\r\nOxycodone,mg/day,1.5\r\n"
    rows, faults = read(_of(text.encode())(tmp_path))
    assert [(r.opioid, r.factor) for r in rows] == [("oxycodone", Decimal("1.5"))]
    assert not faults.first


def test_factors_are_read_of_columns_that_name_a_year_and_of_no_other(tmp_path):
    columns = "opioid,unit,factor_2022_guideline,factor_202_opioid_guideline,factor"
    rows, faults = read(_of(f"{columns}\nOxycodone,mg/day,1.5,7,9\n")(tmp_path))
    assert [(r.guideline, r.factor) for r in rows] == [("2022", Decimal("1.5"))]
    assert not faults.first


def test_no_source_takes_the_file_of_another(tmp_path):
    path = as_zip(tmp_path / "d.zip", [product()], [package()])
    bundle = open_bundle(path)
    assert [s for s in SOURCES if s.tells(bundle)] == [fda_ndc]


def test_the_whole_directory_is_read_with_nothing_left_out(reference_data):
    bundle, faults = open_bundle(reference_data / "fda_ndc_2019" / "ndctext.zip"), Faults()
    kinds = [type(row) for row in fda_ndc.rows(bundle, faults)]
    assert (kinds.count(ProductRow), kinds.count(PackageRow), faults.count) == (128_241, 243_960, 0)
    assert fda_ndc.edition(bundle) == date(2019, 4, 29)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("nadac_2013_2026/nadac_latest_derived.csv.gz", 51_176),
        ("fda_drug_shortages_2026/Drugshortages.csv", 1_685),
        ("orange_book_2026/patent.txt", 21_112),
        ("orange_book_2026/products_derived_from_drugsatfda_2019.txt", 37_948),
        ("official_format_samples_2026/openfda_shortages.json", 4),
        ("official_format_samples_2026/openfda_enforcement.json", 6),
        ("safety_lists/fda_tall_man.csv", 45),
    ],
)
def test_the_real_files_are_read(reference_data, path, count):
    rows, faults = read(reference_data / path)
    assert (len(rows), faults.count) == (count, 0)
    assert len({(type(r), r.key) for r in rows}) == count
