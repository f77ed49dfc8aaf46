"""Delivery: a bag is planned for a day, leaves with a driver, and is sold when it was taken at the door, or comes back into its bin."""

from collections.abc import Sequence
from datetime import date, datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append, keep
from officina.dispensing import acts
from officina.dispensing.models import Bag, DeliveryStep, PickUp
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.payments import Tender
from officina.dispensing.services import checking, pickup
from officina.dispensing.services.steps import ask
from officina.kernel.errors import Refused

PLANNED = audit.verb("delivery.planned", "planned a delivery")
SENT = audit.verb("delivery.sent", "sent a bag with a driver")
PROVED = audit.verb("delivery.proved", "recorded that a delivery was taken")
CAME_BACK = audit.verb("delivery.came_back", "took a delivery back into its bin")


@command
def plan(actor: Actor, *, bag: Bag, on: date | None, at: datetime) -> Bag:
    """Put a bag on the delivery list of a day, or take it off (None)."""
    actor.must(acts.DELIVER, at=at, site_id=bag.site_id)
    (bag,) = _in_bin(bag)
    if on is not None and on < actor.day(at):
        raise Refused("day_over", "That day is over.", {"on": "Today or later"})
    if on is not None and not (bag.patient.street and bag.patient.city):
        raise Refused("no_address", "This patient has no address on record. Enter it at the patients' desk first.")
    bag.deliver_on = on
    keep(bag, "deliver_on")
    audit.record(actor, PLANNED, at=at, on=bag, after={"bag": bag.number, "on": on.isoformat() if on else None})
    return bag


def _in_bin(bag: Bag) -> list[Bag]:
    found = checking.in_bin(bag.pk)
    if not found:
        raise Refused("bag_gone", "This bag is not in its bin: it was handed over, emptied, or is with a driver.")
    return found


@command
def send(actor: Actor, *, bag: Bag, driver: str, at: datetime) -> PickUp:
    """The bag leaves with a driver: nothing leaves the house that could not be handed over at the counter."""
    actor.must(acts.DELIVER, at=at, site_id=bag.site_id)
    if not driver.strip():
        raise Refused("driver_missing", "Say who takes it.", {"driver": "Needed"})
    (bag,) = _in_bin(bag)
    found = bag.fills.select_related("prescription__drug", "patient", "package__product__drug")
    fills = list(found.filter(state=State.BIN).order_by("id"))
    if not fills:
        raise Refused("bag_empty", "There is nothing in this bag.")
    # Asked before it leaves: at the door nobody can stop it any more, and afterwards it is only refused in the books.
    pickup.refuse_unsafe(bag.patient, fills)
    checking.refuse_stricter(actor, fills, at=at)
    for fill in fills:
        ask(actor, fill, "hand_over", at=at, why="")
        checking.refuse_unsound(actor, fill, at=at)
    bag.state = Bag.State.OUT
    keep(bag, "state")
    out = PickUp(
        site_id=actor.site_id, patient_id=bag.patient_id, state=PickUp.State.OUT, started_at=at, identified_by=pickup.BY_DRIVER
    )  # fmt: skip
    append(out)
    out.bags.add(bag)
    _step(actor, out, DeliveryStep.What.SENT, driver=driver, at=at)
    audit.record(actor, SENT, at=at, on=out, after={"bag": bag.number, "driver": driver.strip()})
    return out


def _step(
    actor: Actor,
    out: PickUp,
    what: str,
    *,
    driver: str,
    at: datetime,
    happened_at: datetime | None = None,
    taken_by: str = "",
    why: str = "",
) -> None:
    step = DeliveryStep(
        pick_up=out,
        at=at,
        what=what,
        happened_at=happened_at or at,
        driver=driver.strip()[:120],
        taken_by=taken_by.strip()[:120],
        why=why.strip()[:300],
        user_id=actor.user_id,
        user_name=actor.name,
    )
    append(step)


def _out(actor: Actor, out: PickUp, *, at: datetime) -> DeliveryStep:
    """The step by which it left, and nobody else ends it meanwhile; Refused where it is not with a driver."""
    actor.must(acts.DELIVER, at=at, site_id=out.site_id)
    now = PickUp.objects.select_for_update(no_key=True).get(pk=out.pk)
    if now.state != PickUp.State.OUT:
        raise Refused("not_out", "This bag is not with a driver any more.")
    out.state, out.counsel, out.counselled_by = now.state, now.counsel, now.counselled_by
    return DeliveryStep.objects.get(pick_up=out, what=DeliveryStep.What.SENT)


@command
def prove(
    actor: Actor,
    *,
    pick_up: PickUp,
    taken_by: str,
    relation: str,
    at: datetime,
    happened_at: datetime | None = None,
    paid_by: str = "cash",
    tenders: Sequence[Tender] = (),
) -> PickUp:
    """Somebody took the bag at the door: now it is sold, by the same checks as at the counter."""
    sent = _out(actor, pick_up, at=at)
    if happened_at is not None and not sent.at <= happened_at <= at:
        raise Refused("time_wrong", "It was taken after it left and before now.", {"taken_at": "Look at the time"})
    _back_in_bin(pick_up, PickUp.State.OPEN)
    done = pickup.hand_over(
        actor, pick_up=pick_up, signed_by=taken_by, relation=relation, at=at, paid_by=paid_by, tenders=tenders
    )
    _step(
        actor, done, DeliveryStep.What.DELIVERED, driver=sent.driver, at=at, happened_at=happened_at, taken_by=taken_by
    )  # fmt: skip
    audit.record(actor, PROVED, at=at, on=done, after={"taken_by": taken_by.strip(), "driver": sent.driver})
    return done


@command
def came_back(actor: Actor, *, pick_up: PickUp, why: str, at: datetime) -> PickUp:
    """Nobody took it: the bag lies in its bin again, as old as it was."""
    sent = _out(actor, pick_up, at=at)
    if not why.strip():
        raise Refused("why_needed", "Say why it came back.", {"why": "Needed"})
    _back_in_bin(pick_up, PickUp.State.LEFT)
    _step(actor, pick_up, DeliveryStep.What.CAME_BACK, driver=sent.driver, at=at, why=why)
    audit.record(actor, CAME_BACK, at=at, on=pick_up, why=why)
    return pick_up


def _back_in_bin(pick_up: PickUp, state: str) -> None:
    pick_up.bags.filter(state=Bag.State.OUT).update(state=Bag.State.WAITING)
    pick_up.state = state
    keep(pick_up, "state")
