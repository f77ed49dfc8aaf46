"""May this prescription be filled again today? Judged from what was authorised, what was dispensed, and when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.kernel.errors import Refused
from officina.law import refills, too_soon
from officina.law.ruling import in_words
from officina.law.too_soon import Supply


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
        source = _source_of_end(standing)
        return Refused(
            "expired",
            f"Rx {standing.number} expired on {in_words(standing.expires_on)}. A new prescription is needed.{source}",
        )
    if not standing.first_is_due and standing.left == 0:
        none = refills.refills_most(standing.schedule, on=on)
        source = f" ({none.source})" if none is not None and none.refills == 0 else ""
        return Refused(
            "no_refills", f"Rx {standing.number} has no refills left. Ask the prescriber for a renewal.{source}"
        )
    return _too_soon(standing, on=on)


def _too_soon(standing: Standing, *, on: date) -> Refused | None:
    if standing.last_on is None or not standing.last_days:
        return None
    last = Supply(standing.last_on, standing.last_days)
    ruling = too_soon.may_refill(last, controlled=standing.schedule > 0, on=on)
    if ruling.allowed:
        return None
    return Refused(
        "too_soon", f"Rx {standing.number}: {ruling.rule} A pharmacist may pass this with a reason. ({ruling.source})"
    )


def _source_of_end(standing: Standing) -> str:
    """The source of the limit that ended it, in brackets; a schedule's limits differ by their words, not by the day written."""
    ends = [row for row in refills.limits(standing.schedule, on=standing.expires_on or date.max) if row.ends]
    return f" ({ends[0].source})" if ends else ""


def days_of(part: Decimal, *, whole: Decimal, days: int | None) -> int | None:
    """The days' supply of a smaller quantity: rounded down, at least one."""
    return None if days is None else max(int(part * days / whole), 1)
