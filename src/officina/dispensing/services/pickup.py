"""Hand-over: two identifiers, every bag scanned, an offer to counsel with its outcome, a signature, sold."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import BigIntegerField, CharField

from officina.base import audit, statement
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question, append, change, keep
from officina.dispensing import acts
from officina.dispensing.models import Bag, Fill, PickUp
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.payments import Tender
from officina.dispensing.services import checking, counting, payments
from officina.dispensing.services.steps import advance, lock
from officina.inventory.models import Place
from officina.kernel.errors import Refused
from officina.patients import person
from officina.patients import queries as patients
from officina.patients.models import Patient
from officina.prescriptions.services import orders as prescriptions
from officina.screening import queries as screening

IDENTIFIED = audit.verb("pickup.identified", "identified the patient by two identifiers")
BAG_SCANNED = audit.verb("pickup.bag_scanned", "scanned a bag")
COUNSELLED = audit.verb("pickup.counselled", "recorded the offer to counsel")
DONE = audit.verb("pickup.done", "handed everything over")
LEFT = audit.verb("pickup.left", "ended a pick-up without handing over")

_BAG = Question(
    lambda site, number: Bag.objects.filter(site=site, number=number).select_related("patient"),
    site=BigIntegerField(),
    number=CharField(),
)
_IN_HAND = Question(
    lambda pick_up: (
        Fill.objects.filter(
            bag__in=PickUp.bags.through.objects.filter(pickup=pick_up).values("bag_id"), state=State.BIN
        )
        .select_related("prescription__drug", "package__product__drug", "patient")
        .order_by("id")
    ),
    pick_up=BigIntegerField(),
)
_INTO_HAND = "INSERT INTO dispensing_pickup_bags (pickup_id, bag_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_NOW = Question(lambda pk: PickUp.objects.select_for_update(no_key=True).filter(pk=pk), pk=BigIntegerField())


BY_DRIVER = "delivery"
"""Who identified whom the bag was given to: the driver, at the door."""


@command
def identify(actor: Actor, *, last_name: str, first_name: str, born_on: date, at: datetime) -> PickUp:
    """Who is at the counter, by name and date of birth as the person gives them: the screen never reads them out first."""
    actor.must(acts.HAND_OVER, at=at)
    found = patients.by_two_identifiers(actor, last_name=last_name, first_name=first_name, born_on=born_on)
    if len(found) != 1:
        how = "No patient fits" if not found else "More than one patient fits"
        raise Refused(
            "not_identified", f"{how} this name and date of birth. Ask for spelling, or for another identifier."
        )
    pick_up = append(
        PickUp(site_id=actor.site_id, patient=found[0], started_at=at, identified_by="name and date of birth")
    )
    audit.record(actor, IDENTIFIED, at=at, on=pick_up)
    return pick_up


@command
def scan_bag(actor: Actor, *, pick_up: PickUp, bag_number: str, at: datetime) -> Bag:
    """Scan a bag before it is given away: a bag of another patient stops."""
    _open(actor, pick_up, at=at)
    bag = _BAG.first(site=actor.site_id, number=bag_number)
    if bag is None:
        raise Refused("unknown_bag", "There is no bag of this number here.")
    if bag.patient.person_id != _person(pick_up):
        raise Refused(
            "wrong_patient",
            "This bag belongs to another patient. Put it back in its bin.",
            expected="a bag of this patient",
            came=bag.number,
        )
    if bag.state == Bag.State.OUT:
        raise Refused(
            "bag_out", "This bag is out with a driver. It is handed over at the door, or here once it came back."
        )
    if bag.state != Bag.State.WAITING:
        raise Refused("bag_gone", "This bag was handed over or emptied already.")
    statement.say(_INTO_HAND, [pick_up.pk, bag.pk])
    audit.record(actor, BAG_SCANNED, at=at, on=pick_up, after={"bag": bag.number})
    return bag


def _person(pick_up: PickUp) -> int:
    """The person at the counter as the records stand now: a merge since is followed, one taken back, too."""
    return person.hold(pick_up.patient)[0].person_id


def _open(actor: Actor, pick_up: PickUp, *, at: datetime) -> None:
    actor.must(acts.HAND_OVER, at=at, site_id=pick_up.site_id)
    _refuse_ended(pick_up)


def _refuse_ended(pick_up: PickUp, *also: str) -> None:
    """Read the pick-up as it is now and keep others off it; Refused where somebody ended it, or a driver has its bag."""
    (now,) = _NOW(pk=pick_up.pk)
    pick_up.state, pick_up.counsel, pick_up.counselled_by = now.state, now.counsel, now.counselled_by
    if pick_up.state not in {PickUp.State.OPEN, *also}:
        raise Refused("pick_up_ended", "This pick-up ended. Start again with the identifiers.")


def fills_of(pick_up: PickUp) -> list[Fill]:
    """The fills in the scanned bags. One statement."""
    return _IN_HAND(pick_up=pick_up.pk)


WANTED = "The patient wants counselling: a pharmacist or an intern counsels first and writes it down."


@command
def counsel(actor: Actor, *, pick_up: PickUp, outcome: str, at: datetime) -> PickUp:
    """Record the offer to counsel: declined or wanted by anybody who may offer; accepted only by who counselled, a pharmacist or intern.

    Once it is wanted, only who may counsel writes down how that ended.
    """
    if outcome not in PickUp.Counsel.values:
        raise Refused("outcome_unknown", "Say how the offer to counsel ended.", {"outcome": "Choose one"})
    accepted = outcome == PickUp.Counsel.ACCEPTED
    allowed = actor.must(acts.COUNSEL if accepted else acts.OFFER_COUNSEL, at=at, site_id=pick_up.site_id)
    # While a driver has the bag the offer is made by telephone.
    _refuse_ended(pick_up, PickUp.State.OUT)
    if pick_up.counsel == PickUp.Counsel.WANTED and not actor.may(acts.COUNSEL, at=at, site_id=pick_up.site_id):
        raise Refused("counsel_wanted", WANTED)
    _refuse_no_offer(outcome, fills_of(pick_up))
    pick_up.counsel, pick_up.counselled_by = outcome, actor.name if accepted else ""
    keep(pick_up, "counsel", "counselled_by")
    audit.record(actor, COUNSELLED, at=at, on=pick_up, after={"outcome": outcome}, under=allowed.under)
    return pick_up


def _refuse_no_offer(outcome: str, fills: list[Fill]) -> None:
    """Refused where no offer was made and something new is in the bags; asked again at the end, for bags scanned later."""
    if outcome == PickUp.Counsel.NOT_REQUIRED and any(f.kind == Fill.Kind.FIRST for f in fills):
        raise Refused("counsel_required", "There is a new prescription in the bag: counselling must be offered.")


@command
def hand_over(
    actor: Actor,
    *,
    pick_up: PickUp,
    signed_by: str,
    relation: str,
    at: datetime,
    signature: str = "",
    paid_by: str = "cash",
    tenders: Sequence[Tender] = (),
) -> PickUp:
    """Hand the scanned bags over: each fill is sold, its stock goes to the patient, and how the money due is paid is written down.

    `tenders` say how it is paid where it is more than one kind or the change is told; without them all of it is `paid_by`.
    """
    _open(actor, pick_up, at=at)
    bags = checking.waiting(pick_up)
    held = {bag.pk for bag in bags}
    fills = [f for f in fills_of(pick_up) if f.bag_id in held]
    if not fills:
        raise Refused("no_bag", "Scan every bag before it is handed over.")
    if not pick_up.counsel:
        raise Refused("counsel_missing", "Record how the offer to counsel ended.")
    if pick_up.counsel == PickUp.Counsel.WANTED:
        raise Refused("counsel_wanted", WANTED)
    _refuse_no_offer(pick_up.counsel, fills)
    refuse_unsafe(pick_up.patient, fills)
    if not signed_by.strip():
        raise Refused("signature_missing", "A signature or the name of who signs is needed.", {"signed_by": "Needed"})
    if pick_up.identified_by != BY_DRIVER:
        # What a driver has was asked when it left: what was taken at the door must be written down.
        checking.refuse_stricter(actor, fills, at=at)
    for fill in fills:
        _sell(actor, fill, at=at)
    for bag in bags:
        change(Bag, {"pk": bag.pk}, {"state": Bag.State.HANDED_OVER, "since": at})
    pick_up.amount = sum((f.price or Decimal(0) for f in fills), Decimal(0))
    made = payments.pay(actor, pick_up, due=pick_up.amount, tenders=tenders or (Tender(kind=paid_by),), at=at)
    pick_up.state, pick_up.done_at, pick_up.paid_by = PickUp.State.DONE, at, payments.in_words(made) or paid_by
    pick_up.signed_by, pick_up.relation, pick_up.signature = signed_by.strip()[:120], relation[:40], signature
    keep(pick_up, "amount", "state", "done_at", "paid_by", "signed_by", "relation", "signature")
    audit.record(
        actor, DONE, at=at, on=pick_up, after={"fills": [f.number for f in fills], "amount": str(pick_up.amount)}
    )
    return pick_up


def refuse_unsafe(patient: Patient, fills: list[Fill]) -> None:
    """Refused where what goes out is not this person's any more, or found dangerous since: records were merged, or parted again."""
    whose = [f.patient for f in fills if f.patient is not None]
    if len({p.person_id for p in person.hold(patient, *whose)}) != 1:
        raise Refused(
            "wrong_patient",
            "A bag in hand is another patient's: their records were parted. Start again with the identifiers.",
        )
    if alarmed := screening.alarmed([f.prescription_id for f in fills]):
        number = next(f.number for f in fills if f.prescription_id in alarmed)
        raise Refused(
            "alerts_open",
            f"A serious alert of {number} was found since it was checked: a pharmacist must resolve it first, at the review desk.",
        )


def _sell(actor: Actor, fill: Fill, *, at: datetime) -> None:
    lock(fill)
    parts = checking.refuse_unsound(actor, fill, at=at)
    counting.carry(actor, fill, parts, from_kind=Place.Kind.WILL_CALL, to_kind=Place.Kind.PATIENT, cause="sold", at=at)
    advance(actor, fill, "hand_over", at=at)
    if fill.kind == Fill.Kind.COMPLETION:
        return  # The first part told how long the whole lasts
    today = actor.day(at)
    until = today + timedelta(days=max((fill.days_supply or 0) - 1, 0))
    if fill.lasts_until is not None and fill.lasts_until >= today:
        # Fetched a day early or late, it still ends on the day on which all the others end.
        until = fill.lasts_until
    prescriptions.note_supply(fill.prescription, since=today, until=until)


@command
def leave(actor: Actor, *, pick_up: PickUp, at: datetime) -> PickUp:
    """The person left without the bags; they stay in their bins."""
    _open(actor, pick_up, at=at)
    pick_up.state = PickUp.State.LEFT
    pick_up.save(update_fields=["state"])
    audit.record(actor, LEFT, at=at, on=pick_up)
    return pick_up
