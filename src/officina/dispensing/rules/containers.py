"""Is this the right container? Judged from what the label asks for and what the scan says."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.kernel.quantity import written


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the fill asks for."""

    package_id: int
    drug_id: int
    ndc: str
    drug: str
    strength: str
    form: str
    remaining: Decimal
    unit: str
    ingredients: frozenset[str] = frozenset()
    """Needed only to judge a container of another drug; where they were not read, it is called the wrong medicine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What was held under the scanner, as far as it is known here."""

    package_id: int | None
    drug_id: int | None = None
    ndc: str = ""
    drug: str = ""
    ingredients: frozenset[str] = frozenset()
    strength: str = ""
    form: str = ""
    lot_number: str = ""
    lot_known: bool = False
    """The lot stands in our stock."""
    expires_on: date | None = None
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """The work stops: what was expected and what came, side by side."""

    code: str
    sentence: str
    expected: str
    came: str


def judge(wanted: Wanted, came: Came, *, on: date) -> Stop | None:
    """None where the container may be used; the most dangerous difference first: drug, strength, form, package, lot, expiry."""
    mine, theirs = f"{wanted.drug} · NDC {wanted.ndc}", f"{came.drug or 'unknown product'} · NDC {came.ndc or '—'}"
    if came.package_id is None:
        return Stop(
            "unknown_product", "This barcode is not in the drug file. Put the container aside and ask.", mine, theirs
        )
    if came.ingredients != wanted.ingredients:
        return Stop("wrong_drug", "Wrong medicine. Put this container back.", mine, theirs)
    if came.strength != wanted.strength:
        return Stop("wrong_strength", "Right medicine, wrong strength. Put this container back.", mine, theirs)
    if came.form != wanted.form:
        return Stop("wrong_form", "Right medicine, other form. Put this container back.", mine, theirs)
    if came.package_id != wanted.package_id:
        return Stop(
            "wrong_package",
            "Same medicine from another package than the label says. Take the right one, or change the product first.",
            mine,
            theirs,
        )
    if came.quarantined:
        return Stop(
            "quarantined_lot", "This lot is in quarantine: do not use it.", mine, f"lot {came.lot_number}, quarantined"
        )
    if came.expires_on is not None and came.expires_on < on:
        return Stop(
            "expired_lot",
            "This lot is expired: take it off the shelf.",
            f"good on {_day(on)}",
            f"lot {came.lot_number} expired {_day(came.expires_on)}",
        )
    if came.lot_number and not came.lot_known:
        return Stop(
            "unknown_lot",
            "This lot was never received here. Receive it first.",
            "a lot that was received here",
            f"lot {came.lot_number}",
        )
    if wanted.remaining <= 0:
        return Stop(
            "vial_complete",
            "The vial is complete: nothing of this container went in. Send it to the check.",
            "nothing more",
            theirs,
        )
    return None


def judge_quantity(wanted: Wanted, quantity: Decimal, *, on_shelf: Decimal) -> Stop | None:
    """A count must be positive, there on the shelf, and no more than what is still missing in the vial."""
    missing = f"{written(wanted.remaining)} {wanted.unit}"
    came = f"{written(quantity)} {wanted.unit}"
    there = f"{written(on_shelf)} {wanted.unit} on the shelf"
    if on_shelf <= 0:
        return Stop(
            "not_enough", "The ledger has none of this lot on the shelf. Take another lot, or count it.", missing, there
        )
    if quantity <= 0:
        return Stop("quantity_not_positive", "The count must be more than zero.", missing, came)
    if quantity > wanted.remaining:
        return Stop("too_much", "That is more than the label says.", missing, came)
    if quantity > on_shelf:
        return Stop(
            "not_enough",
            "The ledger has less of this lot on the shelf. Take what is there and the rest from another lot, or count it.",
            came,
            there,
        )
    return None


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
