"""Which directions, quantity and days belong to which medicine: what makes a made-up prescription a believable one."""

import functools
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from officina.kernel import packs


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """One usual prescription; `sigs` are ways in which prescribers write the same directions, `weight` how often it is seen."""

    generic_name: str
    strength: str
    form: str
    sigs: tuple[str, ...]
    quantity: Decimal
    unit: str
    days_supply: int
    refills: int
    diagnosis: str
    purpose: str
    weight: int
    sex: Literal["", "F", "M"] = ""
    """Given where the medicine is usually for one sex only."""
    youngest: int = 18
    oldest: int = 99


@functools.cache
def load() -> tuple[Regimen, ...]:
    """The regimens, validated."""
    return packs.load(Path(__file__).parent / "regimens.toml", Regimen).rows
