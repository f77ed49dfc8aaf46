"""May this prescription be filled again today? Judged from what was authorised, what was dispensed, and when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.kernel.errors import Refused
from officina.kernel.quantity import written
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
    whole: Decimal
    """What one fill was ordered to hold."""
    taken: Decimal
    """Of refills: what was dispensed, is under way or is still owed. A smaller fill takes its own quantity and no more."""
    first_is_due: bool
    """No first fill was dispensed nor is under way: it was cancelled or went back to stock."""
    under_way: str
    """The number of the fill that is under way, or empty."""
    expires_on: date | None
    last_on: date | None
    """When it was last handed over."""
    last_days: int | None
    """How many days that should last."""
    runs_out_on: date | None = None
    """The first day on which the patient has none left, what was carried over counted in."""
    package: Decimal | None = None
    """What one package holds of a medicine that is dispensed in whole packages only."""

    @property
    def authorised(self) -> Decimal:
        """How much may still be dispensed as refills."""
        return max(self.whole * self.refills - self.taken, Decimal(0))

    @property
    def left(self) -> int:
        """Whole refills that may still be dispensed."""
        return left_of(self.whole, self.refills, self.taken)

    @property
    def over(self) -> Decimal:
        """What may be dispensed beside whole refills, after fills that were smaller."""
        return self.authorised - self.left * self.whole

    @property
    def most(self) -> Decimal:
        """The most that the next fill may hold."""
        return self.whole if self.first_is_due else min(self.whole, self.authorised)


def left_of(whole: Decimal, refills: int, taken: Decimal) -> int:
    """Whole refills in what was authorised less what was taken of it."""
    return max(int((whole * refills - taken) // whole), 0) if whole > 0 else 0


def refuse_quantity(standing: Standing, quantity: Decimal) -> None:
    """Refused where a fill of this quantity would be none, more than one fill may hold, or a package cut in two."""
    if not 0 < quantity <= standing.most:
        most = written(standing.most)
        why = "what was ordered" if standing.most == standing.whole else f"the {most} that are left of what was ordered"
        raise Refused("quantity", f"A refill is at most {why}.", {"quantity": f"More than 0, at most {most}"})
    if standing.package and quantity % standing.package:
        holds = written(standing.package)
        raise Refused(
            "not_whole_packages",
            f"It is dispensed in whole packages of {holds}.",
            {"quantity": f"A multiple of {holds}"},
        )


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
    if not standing.first_is_due and standing.authorised == 0:
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
