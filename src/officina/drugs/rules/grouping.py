"""Which rows of the drug file are one clinical drug to a person who searches: the same ingredients, strength, form and route.

>>> shape_of("amoxicillin-clavulanate", "400 mg-57 mg/5 mL", "oral suspension", "oral", is_house=True) == shape_of(
...     "amoxicillin; clavulanate potassium", "400 mg/5 mL; 57 mg/5 mL", "suspension", "oral", is_house=False)
True

Lists write one drug in many ways: with its salt and without, in micrograms and in milligrams. Two salts of one base are never put
together, since they may be two drugs (metoprolol succinate and tartrate).
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from officina.drugs.rules import shorthand
from officina.drugs.rules.clinical import base_keys

_HYDRATES = frozenset(["anhydrous", "monohydrate", "dihydrate", "trihydrate", "hemihydrate"])
_NOT_A_SHAPE = frozenset(["release", "oral", "film", "coated", "pellets"])
_PART = re.compile(r"([\d.,]+)\s*([A-Za-z%\[\]_]*)(?:/([\d.]*)\s*([A-Za-z]+)?)?", re.ASCII)
_MASS = {"mg": Decimal(1), "mcg": Decimal("0.001"), "ug": Decimal("0.001"), "g": Decimal(1000), "%": Decimal(10)}
_PER = {"d": "day", "h": "hour", "g": "ml", "actuation": "", "spray": "", "dose": "", "inhalation": ""}

Shape = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]


def ingredients(name: str, *, is_house: bool) -> list[str]:
    """The ingredients of a name, with their salts: the directory puts "; " between them, the house a hyphen.

    What a house puts behind a name stays with it: bupropion SR and XL are not interchanged.
    """
    parts = name.lower().split("; ") if ";" in name or not is_house else name.lower().split("-")
    return [part for part in parts if part.strip()]


def full_name(name: str, *, is_house: bool) -> tuple[str, ...]:
    """The ingredients as named, water left out: what tells one salt from another."""
    return tuple(sorted(_dry(part) for part in ingredients(name, is_house=is_house)))


@lru_cache(8_000)
def base_of(ingredient: str) -> str:
    """The key of an ingredient without its salts."""
    return base_keys(ingredient)[-1]


def shape_of(name: str, strength: str, form: str, route: str, *, is_house: bool) -> Shape:
    """Bases, amounts, form and route, written in one way."""
    bases = tuple(sorted(base_of(part) for part in ingredients(name, is_house=is_house)))
    return bases, amounts(strength), _shape(form), route


@lru_cache(1_000)
def _shape(form: str) -> tuple[str, ...]:
    return tuple(sorted({w for w in shorthand.words(form) if w not in _NOT_A_SHAPE}))


@lru_cache(20_000)
def amounts(strength: str) -> tuple[str, ...]:
    """The amounts of a strength in one unit, sorted: '50 mcg' and '0.05 mg' are one."""
    parts = re.split(r"; |(?<=[a-zA-Z%])-(?=[\d.])", strength)
    per = strength.rpartition("/")[2] if "; " not in strength and "/" in strength else ""
    return tuple(sorted(_amount(part if "/" in part or not per else f"{part}/{per}") for part in parts))


def grouped(names: Iterable[tuple[str, ...]]) -> bool:
    """Whether drugs of one shape may be shown as one: no more than one of their names holds a salt."""
    return len({name for name in names if name != tuple(sorted(base_of(part).replace("-", " ") for part in name))}) <= 1


@lru_cache(8_000)
def _dry(ingredient: str) -> str:
    return " ".join(w for w in ingredient.replace(",", " ").split() if w not in _HYDRATES) or ingredient


@lru_cache(8_000)
def _amount(text: str) -> str:
    found = _PART.fullmatch(text.strip())
    if found is None or not re.fullmatch(r"\d+(\.\d+)?", found[1].replace(",", "")):
        return text
    number, unit = Decimal(found[1].replace(",", "")), found[2].lower()
    if unit in _MASS:
        number, unit = number * _MASS[unit], "mg%" if unit == "%" else "mg"
    per = (found[4] or "").lower()
    per = _PER.get(per, per)
    if unit == "mg%":
        unit, per = "mg", "ml"
    if found[3] and re.fullmatch(r"\d+(\.\d+)?", found[3]) and Decimal(found[3]):
        number /= Decimal(found[3])
    return f"{number.quantize(Decimal('0.000001')).normalize():f} {unit}/{per}"
