"""What a vial that nobody picked up becomes: a lot of its own, with its own last day."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from officina.kernel import packs
from officina.kernel.clock import add_months


@dataclass(frozen=True, slots=True, kw_only=True)
class WillCall:
    """Limits of waiting."""

    days_in_bin: int
    vial_months: int
    promise_minutes: int
    """When a prescription that just came is promised, unless somebody says otherwise."""
    call_days: tuple[int, ...]
    """After so many days in the bin the patient is called: the first time, the second time."""


@functools.cache
def will_call() -> WillCall:
    """The limits in force."""
    return packs.load(Path(__file__).parent.parent / "packs" / "will_call.toml", WillCall).rows[0]


def vial_expires_on(lot_expiries: Iterable[date], *, filled_on: date) -> date:
    """The earliest expiry of the lots inside, and never later than the vial's own months from the fill (USP <7>)."""
    return min([*lot_expiries, add_months(filled_on, will_call().vial_months)])


def due(in_bin_since: date, *, on: date) -> bool:
    """Whether a fill has waited so long that it goes back to stock."""
    return (on - in_bin_since).days >= will_call().days_in_bin
