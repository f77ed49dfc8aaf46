"""A directory of a few products, written in the FDA's layout."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from officina.drugs.sources import fda_ndc

PRODUCT = list(fda_ndc.PRODUCTS.header)
PACKAGE = list(fda_ndc.PACKAGES.header)


def product(number: int = 222, version: str = "a", **changed: str) -> dict[str, str]:
    """One product: metoprolol succinate 25 mg, unless told otherwise."""
    ndc = f"11111-{number:03}"
    return {
        "PRODUCTID": f"{ndc}_{version}",
        "PRODUCTNDC": ndc,
        "PRODUCTTYPENAME": "HUMAN PRESCRIPTION DRUG",
        "PROPRIETARYNAME": "Toprolol",
        "NONPROPRIETARYNAME": "Metoprolol Succinate",
        "DOSAGEFORMNAME": "TABLET, FILM COATED, EXTENDED RELEASE",
        "ROUTENAME": "ORAL",
        "STARTMARKETINGDATE": "20010203",
        "MARKETINGCATEGORYNAME": "ANDA",
        "APPLICATIONNUMBER": "ANDA012345",
        "LABELERNAME": "Example Labs",
        "SUBSTANCENAME": "METOPROLOL SUCCINATE",
        "ACTIVE_NUMERATOR_STRENGTH": "25",
        "ACTIVE_INGRED_UNIT": "mg/1",
        "PHARM_CLASSES": "Adrenergic beta-Antagonists, Selective [MoA], beta-Adrenergic Blocker [EPC]",
        "NDC_EXCLUDE_FLAG": "N",
        "LISTING_RECORD_CERTIFIED_THROUGH": "20271231",
    } | changed


def package(number: int = 222, version: str = "a", size: str = "33", **changed: str) -> dict[str, str]:
    """One package of it: a bottle of a hundred."""
    ndc = f"11111-{number:03}"
    return {
        "PRODUCTID": f"{ndc}_{version}",
        "PRODUCTNDC": ndc,
        "NDCPACKAGECODE": f"{ndc}-{size}",
        "PACKAGEDESCRIPTION": f"100 TABLET, FILM COATED, EXTENDED RELEASE in 1 BOTTLE ({ndc}-{size})",
        "STARTMARKETINGDATE": "20010203",
        "NDC_EXCLUDE_FLAG": "N",
        "SAMPLE_PACKAGE": "N",
    } | changed


def as_text(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    """The file of such rows."""
    lines = ["\t".join(columns), *("\t".join(row.get(c, "") for c in columns) for row in rows), ""]
    return "\r\n".join(lines)


def as_zip(
    path: Path,
    products: Sequence[dict[str, str]],
    packages: Sequence[dict[str, str]],
    *,
    encoding: str = "cp1252",
    columns: Sequence[str] = PRODUCT,
) -> Path:
    """The zip of both."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("product.txt", as_text(columns, products).encode(encoding))
        bundle.writestr("package.txt", as_text(PACKAGE, packages).encode(encoding))
    return path


def listing(number: int, substance: str, strength: str, **changed: str) -> tuple[dict[str, str], dict[str, str]]:
    """A product of one substance in plain tablets by the thousand, and its package."""
    one = product(
        number,
        **{
            "PROPRIETARYNAME": substance.title(),
            "NONPROPRIETARYNAME": substance.title(),
            "DOSAGEFORMNAME": "TABLET",
            "SUBSTANCENAME": substance,
            "ACTIVE_NUMERATOR_STRENGTH": strength,
            "LABELERNAME": f"Labs {number}",
        }
        | changed,
    )
    told = {name: one[name] for name in ("PRODUCTID", "PRODUCTNDC")}
    code = f"{one['PRODUCTNDC']}-{'1' if len(one['PRODUCTNDC']) == 10 else '33'}"
    return one, package(number, **told, NDCPACKAGECODE=code, PACKAGEDESCRIPTION="1000 TABLET in 1 BOTTLE")
