"""The final check, the bag, and the way back to stock."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import BigIntegerField

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append
from officina.dispensing.models import Bag, Fill, FillPart, PickUp
from officina.dispensing.rems import holding
from officina.dispensing.rules import returns
from officina.dispensing.rules.machine import State
from officina.dispensing.services import auto_refill, completion, counting, rems, review
from officina.dispensing.services.filling import fill_quantity
from officina.dispensing.services.steps import advance, ask, lock
from officina.drugs.rules.schedules import strictest
from officina.drugs.schedules import lists_in_force
from officina.inventory import queries as stock
from officina.inventory import services as ledger
from officina.inventory.models import Lot, Place
from officina.inventory.services import Transfer
from officina.kernel.errors import Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.quantity import written
from officina.law.ruling import schedule_name
from officina.patients import person
from officina.patients.models import Patient
from officina.prescriptions.services.orders import schedule_of

VIAL = audit.verb("stock.vial_returned", "made the returned vial a lot of its own")

_WAITING = Question(
    lambda bag: Bag.objects.select_for_update(no_key=True).filter(pk=bag, state=Bag.State.WAITING),
    bag=BigIntegerField(),
)
_WAITING_OF = Question(
    lambda pick_up: (
        Bag.objects.select_for_update(no_key=True)
        .filter(pk__in=PickUp.bags.through.objects.filter(pickup=pick_up).values("bag_id"), state=Bag.State.WAITING)
        .order_by("pk")
    ),
    pick_up=BigIntegerField(),
)


@command
def verify(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Pass the final check: the fill may be bagged."""
    ask(actor, fill, "verify", at=at, why="")
    lock(fill)
    if actor.user_id in counting.counted_by(fill):
        raise Refused("same_person", "Who counted into the vial may not also pass the final check: somebody else must.")
    review.refuse_unreviewed(actor, fill, at=at)
    refuse_unsound(actor, fill, at=at)
    refuse_stricter(actor, [fill], at=at)
    return advance(
        actor,
        fill,
        "verify",
        at=at,
        verified_by_id=actor.user_id,
        verified_by=actor.name,
        verified_initials=actor.initials,
    )


def refuse_unsound(actor: Actor, fill: Fill, *, at: datetime) -> list[FillPart]:
    """Refused where the vial is not what the label says, or a lot in it went bad since it was counted; what is in it otherwise."""
    today = actor.day(at)
    rems.refuse_ungated(actor, fill, holding(fill, on=today), at=at)
    parts = counting.parts_of(fill)
    have = sum((part.quantity for part in parts), Decimal(0))
    if have != fill_quantity(fill):
        raise Refused(
            "count_differs",
            f"The label says {written(fill_quantity(fill))}, the lots in the vial add up to {written(have)}.",
        )
    for part in parts:
        if part.lot.state == Lot.State.QUARANTINED:
            raise Refused(
                "quarantined_lot", f"Lot {part.lot} was quarantined after it was counted. Send the fill back."
            )
        if part.lot.expires_on < today:
            raise Refused(
                "expired_lot", f"Lot {part.lot} expired on {part.lot.expires_on:%b %d, %Y}. Send the fill back."
            )
    return parts


def refuse_stricter(actor: Actor, fills: Sequence[Fill], *, at: datetime) -> None:
    """Refused where a list controls a medicine more strictly than its order says: label, count and refills are of the old schedule.

    Asked last where somebody vouches for a fill, and where it leaves; not at a scan, where each statement costs.
    """
    today = actor.day(at)
    held = lists_in_force(on=today, state=actor.state)
    for fill in fills:
        assert fill.package is not None
        drug, entered = fill.package.product.drug, fill.prescription.schedule
        now = strictest(entered, schedule_of(drug, on=today, state=actor.state, held=held))
        if now != entered:
            raise Refused(
                "stricter_by_now",
                f"{drug} is {schedule_name(now)} by now, and Rx {fill.prescription.number} was entered as {schedule_name(entered)}. {_anew(fill)}",
            )


def _anew(fill: Fill) -> str:
    """What is done with a fill that the old schedule no longer covers: where it can still be changed, it is."""
    if fill.kind == Fill.Kind.COMPLETION and fill.state != State.BIN:
        return "Cancel this rest; what is filled after it goes by the new schedule."
    if fill.state == State.BIN:
        return "Return this fill to stock; what is filled after it goes by the new schedule."
    return "Change the order on its page: it is entered, checked and counted anew."


@command
def reject(actor: Actor, *, fill: Fill, why: str, at: datetime) -> Fill:
    """The final check found something: back to filling, with the count undone."""
    fill = advance(actor, fill, "reject", at=at, why=why, labels_printed=0)
    counting.undo(actor, fill, at=at, why=why)
    return fill


@command
def bag(actor: Actor, *, fill: Fill, bin_name: str, at: datetime, into: Bag | None = None) -> Fill:
    """Put a checked fill in a bag of its patient, and the bag in a bin. A bag holds one patient's fills only."""
    ask(actor, fill, "bag", at=at, why="")
    assert fill.patient is not None
    if into is not None and len({p.person_id for p in person.hold(into.patient, fill.patient)}) != 1:
        raise Refused("wrong_patient", "This bag is another patient's. Take a new bag.")
    if into is not None and not in_bin(into.pk):
        raise Refused("bag_gone", "This bag is not in the house any more. Take a new bag.")
    if not bin_name.strip() and into is None:
        raise Refused("bin_missing", "Scan or type the bin.", {"bin_name": "Needed"})
    lock(fill)
    bag = into or _new_bag(actor, fill.patient, bin_name, at=at)
    parts = counting.parts_of(fill)
    counting.carry(actor, fill, parts, from_kind=Place.Kind.BENCH, to_kind=Place.Kind.WILL_CALL, cause="bagged", at=at)
    return advance(actor, fill, "bag", at=at, told={"bag": bag.number, "bin": bag.bin}, bag=bag)


def in_bin(bag_id: int) -> list[Bag]:
    """The bag, where it is in the house: kept from being given away or filled by others until the transaction ends."""
    return _WAITING(bag=bag_id)


def waiting(pick_up: PickUp) -> list[Bag]:
    """Those of a pick-up's bags that are in the house, kept from others until the transaction ends."""
    return _WAITING_OF(pick_up=pick_up.pk)


def _new_bag(actor: Actor, patient: Patient, bin_name: str, *, at: datetime) -> Bag:
    number = HouseNumber.issue("B", numbering.take(actor.site_id, "bag")).text
    bag = Bag(site_id=actor.site_id, number=number, patient=patient, bin=bin_name.strip().upper()[:12], since=at)
    return append(bag)


@command
def return_to_stock(actor: Actor, *, fill: Fill, why: str, at: datetime) -> Fill:
    """Nobody came: the vial becomes a lot of its own on the shelf, with its own number and last day; it never goes back into a stock bottle.

    A vial that holds some of a quarantined lot goes to quarantine with it: a recall must not come back under another number.
    """
    ask(actor, fill, "return_to_stock", at=at, why=why)
    assert fill.package is not None
    if fill.bag_id and not in_bin(fill.bag_id):
        raise Refused("bag_out", "Its bag is not in its bin: a driver has it, or it was handed over.")
    lock(fill)
    held = Lot.objects.select_for_update(no_key=True).filter(pk__in=FillPart.objects.filter(fill=fill).values("lot"))
    parts = list(held.order_by("pk"))
    place = Place.Kind.WILL_CALL if fill.state == State.BIN else Place.Kind.BENCH
    counting.carry(
        actor, fill, counting.parts_of(fill), from_kind=place, to_kind=Place.Kind.RELABELLED, cause="returned", at=at
    )
    filled_on = actor.day(fill.filled_at or at)
    is_bad = any(lot.state == Lot.State.QUARANTINED for lot in parts)
    vial = ledger.vial_lot(
        actor,
        package=fill.package,
        number=parts[0].number if len(parts) == 1 else "MIXED",
        expires_on=returns.vial_expires_on([lot.expires_on for lot in parts], filled_on=filled_on),
        made_from=f"{fill.number} " + " ".join(map(str, parts)),
        state=Lot.State.QUARANTINED if is_bad else Lot.State.GOOD,
    )
    places = stock.places(fill.site_id)
    good = Place.Kind.SAFE if fill.prescription.schedule == 2 else Place.Kind.SHELF
    to = places[Place.Kind.QUARANTINE if is_bad else good]
    back = Transfer(vial.pk, places[Place.Kind.RELABELLED], to, fill_quantity(fill))
    ledger.post(actor, [back], at=at, cause="relabelled", about=fill.number, why=why)
    audit.record(actor, VIAL, at=at, on=vial, after={"vial": vial.vial_number, "from": fill.number})
    bag = fill.bag
    fill = advance(actor, fill, "return_to_stock", at=at, why=why, bag=None)
    completion.drop(actor, fill, at=at, why=why)
    if fill.kind == Fill.Kind.COMPLETION:
        completion.shorten(fill)
    completion.close_screening(fill)
    auto_refill.end_returned(actor, fill, at=at)
    if bag is not None and not bag.fills.exists():
        Bag.objects.filter(pk=bag.pk).update(state=Bag.State.EMPTIED, since=at)
    return fill
