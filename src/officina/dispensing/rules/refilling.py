"""May this prescription be filled again today? Judged from what was authorised, what was dispensed, and when."""

import functools
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from officina.kernel import packs
from officina.kernel.errors import Refused
from officina.prescriptions.rules import limit


@dataclass(frozen=True, slots=True)
class Threshold:
    """The percent of the last days' supply that must be used up."""

    controlled: bool
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a prescription has had so far."""

    number: str
    is_active: bool
    is_stopped: bool
    """Its prescriber takes it back, and no pharmacist has decided yet."""
    is_entered: bool
    schedule: int
    refills: int
    used: int
    """Refills dispensed or under way, completions apart."""
    first_is_due: bool
    """No first fill was dispensed nor is under way: it was cancelled or went back to stock."""
    under_way: str
    """The number of the fill that is under way, or empty."""
    expires_on: date | None
    last_on: date | None
    """When it was last handed over."""
    last_days: int | None
    """How many days that should last."""

    @property
    def left(self) -> int:
        return max(self.refills - self.used, 0)


@functools.cache
def thresholds() -> packs.Pack[Threshold]:
    """The pack of thresholds, loaded and validated once."""
    return packs.load(Path(__file__).parent.parent / "packs" / "refill_too_soon.toml", Threshold)


def earliest(standing: Standing) -> date | None:
    """The first day on which enough of the last supply is used up: last day + percent of its days, rounded up; None where nothing lasts."""
    if standing.last_on is None or not standing.last_days:
        return None
    percent = next(row.percent for row in thresholds().rows if row.controlled == (standing.schedule > 0))
    return standing.last_on + timedelta(days=-(-standing.last_days * percent // 100))


def refusal(standing: Standing, *, on: date) -> Refused | None:
    """Why it may not be filled again on this day; too soon comes last, since only that may a pharmacist pass."""
    if not standing.is_entered:
        return Refused("not_entered", f"Rx {standing.number} is not entered yet: there is nothing to refill.")
    if standing.under_way:
        return Refused("under_way", f"Rx {standing.number} is being filled already: {standing.under_way}.")
    if standing.is_stopped:
        return Refused("stopped", f"The prescriber takes Rx {standing.number} back: a pharmacist decides first.")
    if not standing.is_active:
        return Refused("ended", f"Rx {standing.number} was cancelled or transferred. A new prescription is needed.")
    if standing.expires_on is not None and on > standing.expires_on:
        rule = limit(standing.schedule)
        return Refused(
            "expired",
            f"Rx {standing.number} expired on {_day(standing.expires_on)}. A new prescription is needed. ({rule.source})",
        )
    if not standing.first_is_due and standing.left == 0:
        source = f" ({limit(standing.schedule).source})" if standing.schedule == 2 else ""
        return Refused(
            "no_refills", f"Rx {standing.number} has no refills left. Ask the prescriber for a renewal.{source}"
        )
    soon = earliest(standing)
    if soon is not None and on < soon:
        return Refused(
            "too_soon",
            f"Rx {standing.number} was handed over on {_day(standing.last_on)} for {standing.last_days} days: "
            f"too soon before {_day(soon)}. A pharmacist may pass this with a reason.",
        )
    return None


def days_of(part: Decimal, *, whole: Decimal, days: int | None) -> int | None:
    """The days' supply of a smaller quantity: rounded down, at least one."""
    return None if days is None else max(int(part * days / whole), 1)


def _day(day: date | None) -> str:
    return f"{day:%b} {day.day}, {day.year}" if day else ""
