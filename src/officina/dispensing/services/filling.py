"""Taking a fill, scanning every container, and sending the count to the final check."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import keep, note
from officina.dispensing import acts
from officina.dispensing.models import Fill, FillScan
from officina.dispensing.rules import containers
from officina.dispensing.rules.containers import Came, Stop, Wanted
from officina.dispensing.rules.machine import IN_HOUSE, State
from officina.dispensing.services import amounts, completion, counting
from officina.dispensing.services.steps import advance, ask, lock, touch
from officina.drugs import queries as drugs
from officina.drugs.models import Package
from officina.inventory import queries as stock
from officina.inventory import rules as lots
from officina.inventory.models import Balance, Lot
from officina.kernel.errors import Refused
from officina.kernel.quantity import written
from officina.law import partial as law
from officina.prescriptions import rules
from officina.prescriptions.services import orders

PRINTED = audit.verb("fill.label_printed", "printed the label")
SCANNED = audit.verb("fill.scanned", "scanned a container")
STOPPED = audit.verb("fill.scan_stopped", "was stopped at a scan")
CHANGED_PRODUCT = audit.verb("fill.product_changed", "changed the product")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What was read from a container: the package by its barcode or a returned vial, and the lot where the code says it."""

    raw: str
    package_id: int | None = None
    lot_number: str = ""
    expires_on: date | None = None
    vial_number: str = ""
    manual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAnswer:
    """How a scan went: a stop with both sides, or what is in the vial now and what is still missing."""

    ok: bool
    code: str
    sentence: str
    expected: str = ""
    came: str = ""
    counted: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    lot_needed: bool = False
    """The code told no lot: the person picks one of those on the shelf."""
    earlier_lot: str = ""
    """A lot that expires earlier stands on the shelf: look."""


@command
def take(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Take a fill to the bench; the label is printed for it."""
    return advance(actor, fill, "take", at=at, filled_by_id=actor.user_id, filled_by=actor.name)


@command
def label_printed(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Count a print of the label; a reprint shows as one."""
    actor.must(acts.FILL, at=at, site_id=fill.site_id)
    if fill.state not in {State.FILLING, State.FINAL_CHECK, *IN_HOUSE}:
        # A label of an order that nobody has reviewed, or that was cancelled, must not lie on the bench.
        raise Refused("not_filling", "A label is printed at the bench: take this fill first.")
    fill.labels_printed += 1
    keep(fill, "labels_printed")
    audit.record(actor, PRINTED, at=at, on=fill, after={"copy": fill.labels_printed})
    return fill


@command
def scan(actor: Actor, *, fill: Fill, scanned: Scanned, quantity: Decimal | None, at: datetime) -> ScanAnswer:
    """Hold a container under the scanner: a wrong one stops, a right one goes into the vial. Every scan is kept.

    Without `quantity` as much goes in as is missing and on hand of that lot, which a whole container of exact size gives.
    """
    actor.must(acts.FILL, at=at, site_id=fill.site_id)
    if fill.state != State.FILLING:
        raise Refused("not_filling", "Take this fill to the bench first.")
    wanted = wanted_of(fill)
    on_shelf = stock.on_shelf_of(fill.site_id, wanted.package_id)
    lot, came = _came(fill, scanned, wanted, on_shelf)
    if came.drug_id not in {None, wanted.drug_id}:
        # Whether it is another strength or another medicine shows in the ingredients; of the same drug they need not be read.
        wanted = replace(wanted, ingredients=_ingredients(wanted.drug_id))
    stop = containers.judge(wanted, came, on=actor.day(at))
    if stop is not None:
        return _stopped(actor, fill, scanned, stop, wanted, at=at)
    if lot is None:
        return ScanAnswer(
            ok=True,
            code="lot_needed",
            sentence="Right product. Which lot?",
            lot_needed=True,
            remaining=wanted.remaining,
        )
    shelf = next((b for b in on_shelf if b.lot_id == lot.pk), None)
    there = shelf.on_hand if shelf else Decimal(0)
    quantity = min(wanted.remaining, there) if quantity is None else quantity
    stop = containers.judge_quantity(wanted, quantity, on_shelf=there)
    if stop is not None:
        return _stopped(actor, fill, scanned, stop, wanted, at=at)
    earlier = _earlier(on_shelf, lot, on=actor.day(at))
    if shelf is None:
        raise Refused("none_on_shelf", "The ledger has none of this lot on the shelf. Count the shelf first.")
    # Before any stock is touched: whoever is second, be it with what they counted in the same vial, is told so.
    touch(fill)
    counting.put_in(actor, fill, lot, quantity, shelf=shelf.place, at=at)
    _keep(actor, fill, scanned, at=at, outcome="ok", lot=lot, quantity=quantity)
    audit.record(
        actor, SCANNED, at=at, on=fill, after={"lot": str(lot), "quantity": str(quantity), "manual": scanned.manual}
    )
    left = wanted.remaining - quantity
    sentence = f"{written(quantity)} of lot {lot}." + (f" {written(left)} missing." if left else " Complete.")
    return ScanAnswer(
        ok=True, code="ok", sentence=sentence, counted=fill_quantity(fill) - left, remaining=left, earlier_lot=earlier
    )


def fill_quantity(fill: Fill) -> Decimal:
    """The quantity on the label."""
    assert fill.quantity is not None
    return fill.quantity


def wanted_of(fill: Fill) -> Wanted:
    """What the label asks for and what is still missing. One statement."""
    assert fill.package is not None
    drug = fill.package.product.drug
    return Wanted(
        package_id=fill.package.pk,
        drug_id=drug.pk,
        ndc=fill.package.ndc,
        drug=str(drug),
        strength=drug.strength,
        form=drug.form,
        unit=drug.unit,
        remaining=fill_quantity(fill) - counting.counted(fill),
    )


def _came(fill: Fill, scanned: Scanned, wanted: Wanted, on_shelf: list[Balance]) -> tuple[Lot | None, Came]:
    """What the scan means here: the lot in our stock where it is known, and the facts to judge."""
    site_id = fill.site_id
    vial = stock.vial(site_id, scanned.vial_number)
    if vial is not None:
        return vial, _facts(wanted, vial.package, vial, str(vial), vial.expires_on)
    if scanned.package_id is None:
        return None, Came(package_id=None)
    same = fill.package if scanned.package_id == fill.package_id else None
    package = same or drugs.package(scanned.package_id)
    lot = _lot(site_id, package.pk, scanned, on_shelf) if scanned.lot_number else None
    return lot, _facts(
        wanted, package, lot, scanned.lot_number, scanned.expires_on or (lot.expires_on if lot else None)
    )


def _ingredients(drug_id: int) -> frozenset[str]:
    return frozenset(i.key for i in drugs.ingredients_of(drug_id))


def _facts(wanted: Wanted, package: Package, lot: Lot | None, lot_number: str, expires_on: date | None) -> Came:
    drug = package.product.drug
    same = drug.pk == wanted.drug_id
    return Came(
        package_id=package.pk,
        drug_id=drug.pk,
        ndc=package.ndc,
        drug=str(drug),
        strength=drug.strength,
        form=drug.form,
        ingredients=wanted.ingredients if same else _ingredients(drug.pk),
        lot_number=lot_number,
        lot_known=lot is not None,
        expires_on=expires_on,
        quarantined=lot is not None and lot.state == Lot.State.QUARANTINED,
    )


def _lot(site_id: int, package_id: int, scanned: Scanned, on_shelf: list[Balance]) -> Lot | None:
    """The maker's lot that was scanned: nearly always one that is on the shelf, which was read already."""
    for b in on_shelf:
        same = (b.lot.package_id, b.lot.number, b.lot.vial_number) == (package_id, scanned.lot_number, "")
        if same and scanned.expires_on in {None, b.lot.expires_on}:
            return b.lot
    return stock.find_lot(site_id, package_id, scanned.lot_number, scanned.expires_on)


def _earlier(on_shelf: list[Balance], lot: Lot, *, on: date) -> str:
    """First expired first: the lot that should have been taken, where another one was."""
    best = lots.usable(stock.lot_facts(on_shelf), on=on)
    return best[0].number if best and best[0].expires_on < lot.expires_on and best[0].lot_id != lot.pk else ""


def _stopped(actor: Actor, fill: Fill, scanned: Scanned, stop: Stop, wanted: Wanted, *, at: datetime) -> ScanAnswer:
    _keep(actor, fill, scanned, at=at, outcome=stop.code, expected=stop.expected, came=stop.came)
    audit.record(actor, STOPPED, at=at, on=fill, why=stop.sentence, after={"code": stop.code, "came": stop.came})
    return ScanAnswer(
        ok=False,
        code=stop.code,
        sentence=stop.sentence,
        expected=stop.expected,
        came=stop.came,
        remaining=wanted.remaining,
        counted=fill_quantity(fill) - wanted.remaining,
    )


def _keep(
    actor: Actor,
    fill: Fill,
    scanned: Scanned,
    *,
    at: datetime,
    outcome: str,
    expected: str = "",
    came: str = "",
    lot: Lot | None = None,
    quantity: Decimal | None = None,
) -> None:
    note(
        FillScan,
        fill_id=fill.pk,
        at=at,
        raw=scanned.raw[:120],
        manual=scanned.manual,
        outcome=outcome,
        expected=expected[:200],
        came=came[:200],
        lot_id=lot.pk if lot else None,
        quantity=quantity,
        user_id=actor.user_id,
        user_name=actor.name,
    )


@command
def change_product(actor: Actor, *, fill: Fill, package: Package, at: datetime) -> Fill:
    """Dispense the same drug from another package: before anything is in the vial, and with a new label."""
    actor.must(acts.FILL, at=at, site_id=fill.site_id)
    if fill.package is None or fill.state not in {State.READY_TO_FILL, State.FILLING}:
        raise Refused("not_filling", "Take this fill to the bench first.")
    if package.product.drug_id != fill.package.product.drug_id:
        raise Refused(
            "package_of_other_drug",
            f"{package.ndc} is another medicine or strength: the order must be changed by a pharmacist.",
        )
    if counting.counted(fill):
        raise Refused("vial_not_empty", "Put back what is in the vial first.")
    rx = fill.prescription
    if package.product_id != fill.package.product_id and not rules.may_substitute(
        rx.daw, rx.daw_words, on=actor.day(at)
    ):
        words = f": {rx.daw_words}" if rx.daw_words else ""
        raise Refused("dispense_as_written", f"Product selection code {rx.daw} allows no other product{words}.")
    amounts.refuse_cut(package, fill_quantity(fill))
    before, price = fill.package.ndc, fill.price
    fill.package = package
    # What was agreed was the price of the other package.
    now = price if price is None or _is_split(fill) else amounts.agreed(actor, fill, at=at)
    touch(fill, package=package, price=now, labels_printed=0)
    audit.record(
        actor,
        CHANGED_PRODUCT,
        at=at,
        on=fill,
        before={"ndc": before, "price": _told(price)},
        after={"ndc": package.ndc, "price": _told(fill.price)},
    )
    return fill


def _is_split(fill: Fill) -> bool:
    """Whether it is a part or the owed rest of an order, whose two prices add up to the one that was agreed."""
    return fill.kind == Fill.Kind.COMPLETION or bool(fill.owed)


def _told(price: Decimal | None) -> str | None:
    return None if price is None else str(price)


@command
def submit_fill(actor: Actor, *, fill: Fill, at: datetime, second_count: Decimal | None = None) -> Fill:
    """The vial is complete: send it to the final check. Schedule II is counted twice, and both counts must agree."""
    ask(actor, fill, "submit_fill", at=at, why="")
    have, ought = counting.counted(fill), fill_quantity(fill)
    if have != ought:
        code = "short_count" if have < ought else "over_count"
        raise Refused(
            code,
            f"The label says {written(ought)}, scanned and counted are {written(have)}.",
            expected=written(ought),
            came=written(have),
        )
    if fill.prescription.schedule == 2 and second_count != ought:
        shown = "nothing" if second_count is None else written(second_count)
        raise Refused(
            "second_count",
            f"Schedule II is counted twice: the second count must be {written(ought)}, it was {shown}.",
            expected=written(ought),
            came=shown,
        )
    if not fill.labels_printed:
        raise Refused("no_label", "Print the label first.")
    return advance(actor, fill, "submit_fill", at=at, filled_by_id=actor.user_id, filled_by=actor.name, filled_at=at)


@command
def put_back(actor: Actor, *, fill: Fill, why: str, at: datetime) -> Fill:
    """Give up filling for now: what was counted goes back to its lots."""
    ask(actor, fill, "put_back", at=at, why=why)
    lock(fill)
    counting.undo(actor, fill, at=at, why=why)
    return advance(actor, fill, "put_back", at=at, why=why, filled_by_id=None, filled_by="")


def _case(fill: Fill, case: str) -> str:
    """Less of an emergency supply is a case of its own, whichever was chosen: its rest has hours, not the thirty days of a signed order."""
    has_days = case not in {"unable", "emergency_asked"}
    return (
        "emergency_asked" if has_days and orders.is_emergency(fill.prescription, fill.prescription.schedule) else case
    )


@command
def partial(actor: Actor, *, fill: Fill, why: str, at: datetime, case: str = "unable") -> Fill:
    """Dispense what is in the vial and owe the rest: a completion of the same fill waits, with the law's deadline. Its price is the difference.

    `case` is one of `law.partial.cases`: Schedule II has deadlines of its own (21 CFR 1306.13).
    """
    actor.must(acts.FILL, at=at, site_id=fill.site_id)
    if fill.state != State.FILLING:
        raise Refused("not_filling", "Take this fill to the bench first.")
    lock(fill)
    have, ought = counting.counted(fill), fill_quantity(fill)
    if not 0 < have < ought:
        raise Refused("not_partial", "A partial fill needs something in the vial, and less than the label says.")
    chosen = law.case_of(_case(fill, case), fill.prescription.schedule)
    if not why.strip():
        raise Refused("why_needed", "Say why it is filled in part.", {"why": "Needed"})
    return completion.split(actor, fill, have=have, case=chosen, at=at, why=why)
