"""Writing the stock ledger: one function posts moves and keeps the balances, and everything else goes through it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from officina.base import acts as house
from officina.base import audit, numbering, statement
from officina.base.access import Actor
from officina.base.command import command
from officina.base.fields import QuantityField
from officina.base.rows import note
from officina.drugs.models import Package
from officina.inventory import acts, queries
from officina.inventory.models import Lot, Move, Place
from officina.kernel.errors import Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.quantity import written

RECEIVED = audit.verb("stock.received", "received stock")
COUNTED = audit.verb("stock.counted", "counted stock")
QUARANTINED = audit.verb("stock.quarantined", "quarantined a lot")
FURNISHED = audit.verb("stock.places_opened", "opened the stock places")
LONGEST_LOT = 20
"""GS1 General Specifications, AI (10)."""
_NUMBER: QuantityField[Decimal, Decimal] = QuantityField()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A move to be posted."""

    lot_id: int
    from_place: Place
    to_place: Place
    quantity: Decimal
    reverses_id: int | None = None


def post(
    actor: Actor, transfers: Iterable[Transfer], *, at: datetime, cause: str, about: str = "", why: str = ""
) -> None:
    """Post moves and keep the balances, in the running transaction. Refused where a place would fall below zero.

    Balances are changed in key order, out and in alike, so that two who move the same lots, be it there and back, wait for
    each other and never lock each other out.
    """
    rows = sorted(transfers, key=lambda t: (t.lot_id, t.from_place.pk, t.to_place.pk))
    for (lot_id, _), (place, change) in sorted(_changes(rows).items()):
        if change < 0:
            _take(lot_id, place, -change)
        elif change > 0:
            _put(actor.site_id, lot_id, place, change)
    for t in rows:
        note(
            Move,
            site_id=actor.site_id,
            lot_id=t.lot_id,
            from_place_id=t.from_place.pk,
            to_place_id=t.to_place.pk,
            quantity=t.quantity,
            at=at,
            cause=cause,
            about=about,
            why=why[:200],
            user_id=actor.user_id,
            user_name=actor.name,
            reverses_id=t.reverses_id,
        )


def _changes(transfers: Iterable[Transfer]) -> dict[tuple[int, int], tuple[Place, Decimal]]:
    """By lot and place inside the house, by how much its balance changes."""
    found: dict[tuple[int, int], tuple[Place, Decimal]] = {}
    for t in transfers:
        for place, change in ((t.from_place, -t.quantity), (t.to_place, t.quantity)):
            if place.is_inside:
                _, before = found.get((t.lot_id, place.pk), (place, Decimal(0)))
                found[t.lot_id, place.pk] = (place, before + change)
    return found


def _take(lot_id: int, place: Place, quantity: Decimal) -> None:
    """Take from a balance only what is there: the update and the check are one statement, so no race can go below zero."""
    number = _NUMBER.get_prep_value(quantity)
    taken = statement.changed(
        "UPDATE inventory_balance SET on_hand = on_hand - %s WHERE lot_id = %s AND place_id = %s AND on_hand >= %s",
        [number, lot_id, place.pk, number],
    )
    if not taken:
        have = queries.on_hand(lot_id, place.pk)
        raise Refused(
            "not_enough",
            f"There is not enough of this lot on the {place.name.lower()}: {written(quantity)} wanted, {written(have)} there.",
            expected=written(quantity),
            came=written(have),
        )


def _put(site_id: int, lot_id: int, place: Place, quantity: Decimal) -> None:
    statement.say(
        "INSERT INTO inventory_balance (site_id, lot_id, place_id, on_hand) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (lot_id, place_id) DO UPDATE SET on_hand = inventory_balance.on_hand + excluded.on_hand",
        [site_id, lot_id, place.pk, _NUMBER.get_prep_value(quantity)],
    )


def _held(lot: Lot, place: Place) -> Decimal:
    """What is on hand, kept as it is until the transaction ends: of two who counted the same, the second finds nothing to correct."""
    found = statement.row(
        "INSERT INTO inventory_balance (site_id, lot_id, place_id, on_hand) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (lot_id, place_id) DO UPDATE SET on_hand = inventory_balance.on_hand RETURNING on_hand",
        [lot.site_id, lot.pk, place.pk, _NUMBER.get_prep_value(Decimal(0))],
    )
    assert found is not None
    return _NUMBER.from_db_value(found[0], None, None) or Decimal(0)


def reverse(actor: Actor, moves: Iterable[Move], *, at: datetime, cause: str, about: str = "", why: str = "") -> None:
    """Post the reverse of moves, each naming what it reverses; a move is reversed once only, held by the database."""
    back = [Transfer(m.lot_id, m.to_place, m.from_place, m.quantity, m.pk) for m in moves]
    post(actor, back, at=at, cause=cause, about=about, why=why)


@command
def furnish(actor: Actor, *, at: datetime) -> None:
    """Open the places that every pharmacy has."""
    actor.must(house.MANAGE_STAFF, at=at)
    Place.objects.bulk_create(Place(site_id=actor.site_id, kind=k, name=k.label) for k in Place.Kind)
    audit.record(actor, FURNISHED, at=at)


@command
def receive(
    actor: Actor,
    *,
    package: Package,
    lot_number: str,
    expires_on: date,
    quantity: Decimal,
    at: datetime,
    invoice: str = "",
) -> Lot:
    """Receive so many dispensing units of a lot: from the supplier to the shelf, or to the safe for Schedule II."""
    actor.must(acts.RECEIVE, at=at)
    lot_number = lot_number.strip().upper()
    if not lot_number:
        raise Refused("lot_missing", "Scan or type the lot number.", {"lot_number": "Needed"})
    if len(lot_number) > LONGEST_LOT:
        raise Refused("lot_too_long", "This is no lot number: it is too long.", {"lot_number": "At most 20 characters"})
    if quantity <= 0:
        raise Refused("quantity_not_positive", "The quantity must be more than zero.", {"quantity": "More than zero"})
    if expires_on < actor.day(at):
        raise Refused(
            "expired",
            f"This lot expired on {expires_on:%b %d, %Y}: do not put it on the shelf.",
            {"expires_on": "In the past"},
        )
    lot, _ = Lot.objects.get_or_create(
        site_id=actor.site_id, package=package, number=lot_number, expires_on=expires_on, vial_number=""
    )
    places = queries.places(actor.site_id)
    to = places[Place.Kind.SAFE if package.product.drug.schedule == 2 else Place.Kind.SHELF]
    post(
        actor,
        [Transfer(lot.pk, places[Place.Kind.SUPPLIER], to, quantity)],
        at=at,
        cause="received",
        about=invoice[:40],
    )
    audit.record(
        actor, RECEIVED, at=at, on=lot, after={"ndc": package.ndc, "lot": lot_number, "quantity": str(quantity)}
    )
    return lot


@command
def quarantine(actor: Actor, *, lot: Lot, why: str, at: datetime) -> Lot:
    """Take a lot out of use, and every returned vial that holds some of it: what is on the shelves goes to quarantine, and no scan passes from now on."""
    actor.must(acts.QUARANTINE, at=at, site_id=lot.site_id)
    if not why.strip():
        raise Refused("why_needed", "Say why the lot is quarantined.", {"why": "Needed"})
    # The lot first: a vial of it that is on its way back now waits for us, or is found by us.
    Lot.objects.filter(pk=lot.pk).update(state=Lot.State.QUARANTINED)
    lots = [lot, *queries.vials_made_from(lot)]
    Lot.objects.filter(pk__in=[each.pk for each in lots]).update(state=Lot.State.QUARANTINED)
    to = queries.places(actor.site_id)[Place.Kind.QUARANTINE]
    # Held while they are read: who counts tablets out at this moment must not make a recall fail, nor leave some behind.
    shelves = (
        queries.on_shelf(actor.site_id).filter(lot__in=lots).select_related("place").order_by("lot_id", "place_id")
    )
    held = [b for b in shelves.select_for_update(of=("self",), no_key=True) if b.on_hand > 0]
    post(actor, [Transfer(b.lot_id, b.place, to, b.on_hand) for b in held], at=at, cause="quarantined", why=why)
    for each in lots:
        audit.record(actor, QUARANTINED, at=at, on=each, why=why)
    lot.state = Lot.State.QUARANTINED
    return lot


@command
def count(actor: Actor, *, lot: Lot, place: Place, counted: Decimal, why: str, at: datetime) -> Decimal:
    """Say what was counted of a lot at a place; a difference becomes a move with its reason. Gives the difference."""
    actor.must(acts.COUNT, at=at, site_id=lot.site_id)
    if place.site_id != lot.site_id or not place.is_inside:
        raise Refused(
            "no_such_place", "Stock is counted at a place of this house.", {"place": "Choose one of the places"}
        )
    if counted < 0:
        raise Refused("count_negative", "A count cannot be less than zero.", {"counted": "Zero or more"})
    have = _held(lot, place)
    difference = counted - have
    if difference != 0 and not why.strip():
        raise Refused(
            "why_needed",
            f"The ledger says {written(have)}, the count says {written(counted)}: say why.",
            {"why": "Needed"},
        )
    away = queries.places(actor.site_id)[Place.Kind.COUNTED]
    if difference:
        ends = (away, place) if difference > 0 else (place, away)
        post(actor, [Transfer(lot.pk, *ends, abs(difference))], at=at, cause="counted", why=why)
    audit.record(actor, COUNTED, at=at, on=lot, why=why, before={"on_hand": str(have)}, after={"counted": str(counted)})
    return difference


def vial_lot(
    actor: Actor, *, package: Package, number: str, expires_on: date, made_from: str, state: str = Lot.State.GOOD
) -> Lot:
    """A returned vial as a lot of its own, with its own house number; in the running transaction."""
    vial = HouseNumber.issue("V", numbering.take(actor.site_id, "vial")).text
    return Lot.objects.create(
        site_id=actor.site_id,
        package=package,
        number=number,
        expires_on=expires_on,
        state=state,
        vial_number=vial,
        made_from=made_from[:60],
    )
