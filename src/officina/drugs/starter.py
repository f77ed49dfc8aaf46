"""The starter drug list: real packages that a US community pharmacy dispenses most, compiled from public federal files.

Sources stand in starter_data/SOURCES.md. Every row is checked against the FDA directory by a test, where that file is at hand.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from officina.kernel.quantity import D

EDITION = "2026-11"
_FOLDER = Path(__file__).parent / "starter_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """One package. `unit_cost` is in dollars a dispensing unit (NADAC), None where the survey has none.

    `rxcui` is the code of the clinical drug, whoever makes it, and is the same on all its packages.
    """

    ndc: str
    gtin: str
    brand_name: str
    generic_name: str
    strength: str
    form: str
    route: str
    labeler: str
    schedule: int
    package_size: Decimal
    package_unit: str
    unit_of_use: bool
    ingredients: tuple[str, ...]
    te_code: str
    rxcui: str
    unit_cost: Decimal | None
    cost_as_of: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientRow:
    """One substance with the classes that screening speaks of."""

    key: str
    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the small vocabulary that screening and label rules speak, with its name in plain words."""

    key: str
    name: str


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def packages() -> tuple[PackageRow, ...]:
    """The packages, by medicine, form and strength; a wrong check digit or number is a ParseError."""
    return tuple(
        PackageRow(
            ndc=Ndc.parse(r["ndc"]).text,
            gtin=Gtin.parse(r["gtin"]).digits,
            brand_name=r["brand_name"],
            generic_name=r["generic_name"],
            strength=r["strength"],
            form=r["form"],
            route=r["route"],
            labeler=r["labeler"],
            schedule=int(r["schedule"]),
            package_size=D(r["package_size"]),
            package_unit=r["package_unit"],
            unit_of_use=r["unit_of_use"] == "yes",
            ingredients=tuple(r["ingredients"].split(";")),
            te_code=r["te_code"],
            rxcui=r["rxcui"],
            unit_cost=D(r["unit_cost"]).quantize(Decimal("0.0001")) if r["unit_cost"] else None,
            cost_as_of=date.fromisoformat(r["cost_as_of"]) if r["cost_as_of"] else None,
        )
        for r in _rows("packages.csv")
    )


def ingredients() -> tuple[IngredientRow, ...]:
    """The substances: those of the packages, and those that the interaction rules name."""
    return tuple(
        IngredientRow(key=r["key"], name=r["name"], classes=tuple(c for c in r["classes"].split(";") if c))
        for r in _rows("ingredients.csv")
    )


def classes() -> tuple[ClassRow, ...]:
    """The classes that ingredients may belong to, by key."""
    return tuple(ClassRow(r["key"], r["name"]) for r in _rows("classes.csv"))
