"""A small whole file of every official list, in its publisher's own layout: what the tests spoil."""

import io
import json
import zipfile
from collections.abc import Sequence

from small_directory import PACKAGE, PRODUCT, as_text, package, product

COUNT = 24
ROWS = range(1, COUNT + 1)


def as_table(separator: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A text table with line ends as the agencies write them."""
    return "".join(separator.join(row) + "\r\n" for row in (header, *rows) if row)


def zipped(**files: str | bytes) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in files.items():
            bundle.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def ndc(n: int) -> str:
    return f"11111-{n:03}-33"


def openfda(results: Sequence[dict]) -> str:
    heading = {"disclaimer": "Do not rely on it.", "last_updated": "2026-11-01", "results": {"total": len(results)}}
    return json.dumps({"meta": heading, "results": results}, indent=1)


def ndc_record(n: int) -> dict:
    return {
        "product_id": f"11111-{n:03}_a", "product_ndc": f"11111-{n:03}", "generic_name": "Metoprolol Succinate",
        "product_type": "HUMAN PRESCRIPTION DRUG", "dosage_form": "TABLET", "labeler_name": "Example Labs", "finished": True,
        "active_ingredients": [{"name": "METOPROLOL SUCCINATE", "strength": "25 mg/1"}],
        "packaging": [{"package_ndc": ndc(n), "description": f"100 TABLET in 1 BOTTLE ({ndc(n)})", "sample": False}],
    }  # fmt: skip


def recall_record(n: int) -> dict:
    return {
        "recall_number": f"D-{n:04}-2026", "recalling_firm": "Firm", "reason_for_recall": "cGMP deviations",
        "classification": "Class II", "status": "Ongoing", "code_info": f"Lot A{n}", "recall_initiation_date": "20260105",
        "product_description": f"Any tablets, NDC {ndc(n)}", "openfda": {},
    }  # fmt: skip


def shortage_record(n: int) -> dict:
    return {
        "update_type": "New", "initial_posting_date": "11/01/2025", "generic_name": f"Any {n} Tablet", "company_name": "Firm",
        "package_ndc": ndc(n), "status": "Current", "update_date": "11/03/2025", "availability": "Unavailable",
    }  # fmt: skip


ORANGE = {
    "products.txt": as_table(
        "~",
        [
            "Ingredient",
            "DF;Route",
            "Trade_Name",
            "Applicant",
            "Strength",
            "Appl_Type",
            "Appl_No",
            "Product_No",
            "TE_Code",
            "Approval_Date",
            "RLD",
            "RS",
            "Type",
            "Applicant_Full_Name",
        ],
        [f"ANY~TABLET;ORAL~ANY~FIRM~{n}MG~A~{n:06}~001~AB1~Jul 13, 2026~No~No~RX~FIRM INC".split("~") for n in ROWS],
    ),
    "patent.txt": as_table(
        "~",
        [
            "Appl_Type",
            "Appl_No",
            "Product_No",
            "Patent_No",
            "Patent_Expire_Date_Text",
            "Drug_Substance_Flag",
            "Drug_Product_Flag",
            "Patent_Use_Code",
            "Delist_Flag",
            "Submission_Date",
        ],
        [f"N~{n:06}~001~70000{n:02}~Jul 13, 2030~Y~Y~U-{n}~~Jan 2, 2020".split("~") for n in ROWS],
    ),
    "exclusivity.txt": as_table(
        "~",
        ["Appl_Type", "Appl_No", "Product_No", "Exclusivity_Code", "Exclusivity_Date"],
        [f"N~{n:06}~001~NCE~Jul 13, 2030".split("~") for n in ROWS],
    ),
}
RXNORM = {
    "rrf/RXNCONSO.RRF": "".join(f"{n}|ENG||||||A{n}||||RXNORM|IN|{n}|substance {n}||N|4096|\n" for n in ROWS),
    "rrf/RXNREL.RRF": "".join(f"{n}||CUI|RO|{n + 500}||CUI|has_ingredient|||RXNORM||||||\n" for n in ROWS),
    "rrf/RXNSAT.RRF": "".join(
        f"{n + 500}|||A{n}|AUI|{n}|||NDC|RXNORM|11111{n:04}33|N|4096|\n"
        f"{n + 500}|||L{n}|AUI|{n}|||IMPRINT_CODE|MTHSPL|M;{n}|N|4096|\n"
        f"{n + 500}|||L{n}|AUI|{n}|||NDC|MTHSPL|{ndc(n)}|N|4096|\n"
        for n in ROWS
    ),
}
DIRECTORY = {
    "product.txt": as_text(PRODUCT, [product(n) for n in ROWS]),
    "package.txt": as_text(PACKAGE, [package(n) for n in ROWS]),
}
_UNLISTED = ["PRODUCTID", "PRODUCTNDC", "NDCPACKAGECODE", "PACKAGEDESCRIPTION"]


def unlisted() -> str:
    return as_table("\t", _UNLISTED, [[f"a{n}", ndc(n)[:9], ndc(n), "25 kg in 1 DRUM"] for n in ROWS])


TABLES = {
    "nadac": as_table(
        ",",
        ["NDC Description", "NDC", "NADAC Per Unit", "Effective Date", "Pricing Unit", "Pharmacy Type Indicator", "OTC", "Explanation Code", "As of Date"],
        [["ANY", f"11111{n:04}33", f"0.{n + 10}683", "11/18/2026", "EA", "C/I", "Y", '"1, 5"', "11/18/2026"] for n in ROWS],
    ),
    "fda-shortages": "\r\n"
    + as_table(
        ",",
        ["Generic Name", "Company Name", " Presentation", " Type of Update", "Date of Update", " Availability Information", " Reason for Shortage", " Status", " Initial Posting Date", "Generic Name Link"],
        [
            [f'"Any {n} Tablet"', '"Firm, Inc."', f'"Any, 5 mg (NDC {ndc(n)})"', '"New"', '"11/03/2025"', '"Gone"',
             '"Demand"', '"Current"', '"11/01/2025"', '"https://www.fda.gov"']
            for n in ROWS
        ],
    ),
    "dea-schedules": as_table(
        ",", ["SUBSTANCENAME", "DEASCHEDULE", "forms"], [[f"SUBSTANCE {n}", "CIV", "all forms"] for n in ROWS]
    ),
    "fda-tall-man": as_table(
        ",", ["name", "confused_with", "basis"], [[f"buPRO{n}", f"busPI{n}", "seen"] for n in ROWS]
    ),
    "cdc-mme": as_table(
        ",", ["opioid", "unit", "factor_2022_guideline"], [[f"opioid {n}", "mg/day", f"{n}.25"] for n in ROWS]
    ),
}  # fmt: skip

RESULTS = {
    "fda-ndc": [ndc_record(n) for n in ROWS],
    "fda-shortages": [shortage_record(n) for n in ROWS],
    "fda-recalls": [recall_record(n) for n in ROWS],
}
