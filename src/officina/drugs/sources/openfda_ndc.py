"""The NDC directory as openFDA publishes it in JSON (open.fda.gov, drug/ndc): the same rows as the FDA's text files."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from officina.drugs.sources import fda_ndc, json_results
from officina.drugs.sources.fda_ndc import PackageRow, ProductRow
from officina.drugs.sources.files import Bundle
from officina.drugs.sources.shape import Faults
from officina.drugs.sources.tables import believable
from officina.kernel.errors import ParseError

KEY: str = "fda-ndc"
TITLE: str = "FDA NDC directory (openFDA)"

_STRENGTH = re.compile(r"([0-9.,]+) ?(.*)")


def tells(bundle: Bundle) -> bool:
    """Known by the fields of its records."""
    return len(bundle.members) == 1 and json_results.has_results(
        bundle.members[0], "product_id", "product_ndc", "packaging"
    )


def edition(bundle: Bundle) -> date | None:
    """The day in its heading."""
    return json_results.last_updated(bundle.members[0])


def rows(bundle: Bundle, faults: Faults) -> Iterator[ProductRow | PackageRow]:
    """Each product followed by its packages. Unfinished drugs are left to their own list."""
    listed: set[str] = set()
    number = 0
    for number, record in json_results.results(bundle.members[0]):
        if record.get("finished") is False:
            continue
        try:
            product = fda_ndc.product_of(_product(record))
            packages = [fda_ndc.package_of(_package(record, p)) for p in record.get("packaging") or ()]
        except (ParseError, TypeError, AttributeError, KeyError) as problem:
            faults.add(number, str(problem), str(record.get("product_id")))
            continue
        if product.listing in listed:
            faults.add(number, "listed twice", product.listing)
            continue
        listed.add(product.listing)
        yield product
        yield from packages
    believable(bundle.members[0].name, number, faults)


def _product(record: dict[str, Any]) -> list[str]:
    """A record in the twenty columns of product.txt."""
    parts = [(i["name"], *_strength(i.get("strength", ""))) for i in record.get("active_ingredients") or ()]
    names, numbers, units = ("; ".join(column) for column in zip(*parts, strict=True)) if parts else ("", "", "")
    text = {key: str(value) for key, value in record.items() if isinstance(value, str)}
    return [
        text["product_id"],
        text["product_ndc"],
        text.get("product_type", ""),
        text.get("brand_name_base", text.get("brand_name", "")),
        text.get("brand_name_suffix", ""),
        text.get("generic_name", ""),
        text.get("dosage_form", ""),
        "; ".join(record.get("route") or ()),
        text.get("marketing_start_date", ""),
        text.get("marketing_end_date", ""),
        text.get("marketing_category", ""),
        text.get("application_number", ""),
        text.get("labeler_name", ""),
        names,
        numbers,
        units,
        ", ".join(record.get("pharm_class") or ()),
        text.get("dea_schedule", ""),
        "N",
        text.get("listing_expiration_date", ""),
    ]


def _package(record: dict[str, Any], package: dict[str, Any]) -> list[str]:
    """A package in the eight columns of package.txt."""
    return [
        record["product_id"],
        record["product_ndc"],
        package["package_ndc"],
        package.get("description", ""),
        package.get("marketing_start_date", ""),
        package.get("marketing_end_date", ""),
        "N",
        "Y" if package.get("sample") else "N",
    ]


def _strength(text: str) -> tuple[str, str]:
    """Number and unit of a text such as 10 mg/1."""
    found = _STRENGTH.fullmatch(text.strip())
    return (found[1], found[2]) if found else ("", text.strip())
