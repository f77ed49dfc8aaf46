"""The FDA's NDC directory: product.txt and package.txt of ndctext.zip (FDA, NDC Product and Package File Definitions)."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import ClassVar

from officina.drugs.sources.files import Bundle
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import Layout, is_table, lines, packed_day
from officina.kernel.errors import ParseError

KEY: str = "fda-ndc"
TITLE: str = "FDA NDC directory"

PRODUCTS = Layout(
    (
        "PRODUCTID",
        "PRODUCTNDC",
        "PRODUCTTYPENAME",
        "PROPRIETARYNAME",
        "PROPRIETARYNAMESUFFIX",
        "NONPROPRIETARYNAME",
        "DOSAGEFORMNAME",
        "ROUTENAME",
        "STARTMARKETINGDATE",
        "ENDMARKETINGDATE",
        "MARKETINGCATEGORYNAME",
        "APPLICATIONNUMBER",
        "LABELERNAME",
        "SUBSTANCENAME",
        "ACTIVE_NUMERATOR_STRENGTH",
        "ACTIVE_INGRED_UNIT",
        "PHARM_CLASSES",
        "DEASCHEDULE",
        "NDC_EXCLUDE_FLAG",
        "LISTING_RECORD_CERTIFIED_THROUGH",
    ),
    "\t",
)
PACKAGES = Layout(
    (
        "PRODUCTID",
        "PRODUCTNDC",
        "NDCPACKAGECODE",
        "PACKAGEDESCRIPTION",
        "STARTMARKETINGDATE",
        "ENDMARKETINGDATE",
        "NDC_EXCLUDE_FLAG",
        "SAMPLE_PACKAGE",
    ),
    "\t",
)
_BETWEEN = re.compile(r"; (?![^()]*\))")
"""Between two substances, not inside the brackets of one: "HYDROLYZED SOY PROTEIN (ENZYMATIC; 2000 MW)"."""
SCHEDULES = {"": 0, "CI": 1, "CII": 2, "CIII": 3, "CIV": 4, "CV": 5}


@dataclass(frozen=True, slots=True)
class Strength:
    """One active substance of a product: so much, as labelled, in a unit such as mg/1 or mg/5mL."""

    substance: str
    number: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """One listed product."""

    HISTORY: ClassVar[bool] = False

    listing: str
    """PRODUCTID: the product's NDC and the version of its label. Product NDCs alone repeat."""
    product_ndc: str
    kind: str
    brand_name: str
    generic_name: str
    form: str
    routes: str
    starts_on: date | None
    ends_on: date | None
    category: str
    application: str
    labeler: str
    strengths: tuple[Strength, ...]
    classes: tuple[str, ...]
    schedule: int
    excluded: bool
    """The labeler did not certify the listing: kept, marked, not found by a plain search."""
    certified_through: date | None
    fingerprint: int

    @property
    def key(self) -> str:
        """The listing."""
        return self.listing


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """One package of a listed product."""

    HISTORY: ClassVar[bool] = False

    listing: str
    ndc: str
    description: str
    starts_on: date | None
    ends_on: date | None
    excluded: bool
    sample: bool
    """A sample is never sold and never billed."""
    fingerprint: int

    @property
    def key(self) -> str:
        """The NDC as printed."""
        return self.ndc


def tells(bundle: Bundle) -> bool:
    """Known by the headers of its two files."""
    return is_table(bundle.named("product.txt"), PRODUCTS) and is_table(bundle.named("package.txt"), PACKAGES)


def edition(bundle: Bundle) -> date | None:
    """The day on which the FDA packed the zip; the files themselves tell none."""
    member = bundle.named("product.txt")
    return member.dated if member else None


def rows(bundle: Bundle, faults: Faults) -> Iterator[ProductRow | PackageRow]:
    """All products, then all packages; a product listed twice or a package without its product is no directory."""
    product, package = bundle.named("product.txt"), bundle.named("package.txt")
    assert product is not None
    assert package is not None
    listed: set[str] = set()
    for number, fields in lines(product, PRODUCTS, faults):
        try:
            row = product_of(fields)
        except ParseError as problem:
            faults.add(number, str(problem), fields[0])
            continue
        if row.listing in listed:
            raise ParseError(
                "directory", where=f"product.txt line {number}", expected="every product once", got=row.listing
            )
        listed.add(row.listing)
        yield row
    before = ""
    for number, fields in lines(package, PACKAGES, faults):
        whole = "\t".join(fields)
        if whole == before:
            raise ParseError(
                "directory", where=f"package.txt line {number}", expected="every package once", got=fields[2]
            )
        before = whole
        if fields[0] not in listed:
            faults.add(number, "a package without its product", fields[2])
            continue
        try:
            yield package_of(fields)
        except ParseError as problem:
            faults.add(number, str(problem), fields[2])


def product_of(fields: list[str]) -> ProductRow:
    """A product from its twenty columns."""
    f = [field.strip() for field in fields]
    if not f[0] or f[17] not in SCHEDULES:
        raise ParseError("product", expected="a listing, and a schedule of CI to CV or none", got=f"{f[0]} {f[17]}")
    return ProductRow(
        listing=f[0],
        product_ndc=f[1],
        kind=f[2],
        brand_name=f"{f[3]} {f[4]}".strip(),
        generic_name=f[5],
        form=f[6],
        routes=f[7],
        starts_on=packed_day(f[8]),
        ends_on=packed_day(f[9]),
        category=f[10],
        application=f[11],
        labeler=f[12],
        strengths=_strengths(f[13], f[14], f[15]),
        classes=_classes(f[16]),
        schedule=SCHEDULES[f[17]],
        excluded=f[18] == "E",
        certified_through=packed_day(f[19]),
        fingerprint=fingerprint(f[1:]),
    )


def package_of(fields: list[str]) -> PackageRow:
    """A package from its eight columns."""
    f = [field.strip() for field in fields]
    return PackageRow(
        listing=f[0],
        ndc=f[2],
        description=f[3],
        starts_on=packed_day(f[4]),
        ends_on=packed_day(f[5]),
        excluded=f[6] == "E",
        sample=f[7] == "Y",
        fingerprint=fingerprint(f),
    )


def fingerprint(fields: list[str]) -> int:
    """Sixty-four bits by which a changed row is told from one that is as before."""
    return int.from_bytes(blake2b("\x1f".join(fields).encode(), digest_size=8).digest(), "big", signed=True)


def _strengths(substances: str, numbers: str, units: str) -> tuple[Strength, ...]:
    """The three columns run side by side, joined with "; "; kits have none."""
    if not substances:
        return ()
    names, amounts, measures = _BETWEEN.split(substances), numbers.split("; "), units.split("; ")
    if not len(names) == len(amounts) == len(measures):
        # Which number belongs to which substance is not told: none is given to any.
        amounts = measures = [""] * len(names)
    return tuple(Strength(*one) for one in zip(names, amounts, measures, strict=True))


@functools.lru_cache(10_000)
def _classes(text: str) -> tuple[str, ...]:
    """Split after each bracket: the names themselves contain commas. The newer files leave the space out."""
    return tuple(part.strip(" ,") + "]" for part in text.split("]") if part.strip(" ,"))
