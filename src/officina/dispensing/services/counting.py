"""What is in the vial: put there from lots, and taken out again to the same lots."""

from datetime import datetime
from decimal import Decimal

from django.db.models import F, Sum

from officina.base.access import Actor
from officina.base.fields import amount
from officina.dispensing.models import Fill, FillPart
from officina.inventory import queries as stock
from officina.inventory import services as ledger
from officina.inventory.models import Lot, Move, Place
from officina.inventory.services import Transfer
from officina.kernel.errors import Refused


def counted(fill: Fill) -> Decimal:
    """How much is in the vial now."""
    return FillPart.objects.filter(fill=fill).aggregate(total=Sum("quantity"))["total"] or Decimal(0)


def put_in(actor: Actor, fill: Fill, lot: Lot, quantity: Decimal, *, at: datetime) -> None:
    """Move so much of a lot from its shelf to the bench, into this fill's vial."""
    shelf = stock.place_of(lot.pk)
    if shelf is None:
        raise Refused("none_on_shelf", "The ledger has none of this lot on the shelf. Count the shelf first.")
    bench = stock.places(fill.site_id)[Place.Kind.BENCH]
    ledger.post(actor, [Transfer(lot.pk, shelf, bench, quantity)], at=at, cause="filled", about=fill.number)
    part, made = FillPart.objects.get_or_create(fill=fill, lot=lot, defaults={"quantity": quantity})
    if not made:
        FillPart.objects.filter(pk=part.pk).update(quantity=F("quantity") + amount(quantity))


def _moves_in(fill: Fill) -> list[Move]:
    """The moves into the vial that were not undone. One statement."""
    moves = stock.moves_about(fill.site_id, fill.number)
    return [m for m in moves if m.cause == "filled" and not hasattr(m, "reversed_by")]


def counted_by(fill: Fill) -> set[int]:
    """Who put something into the vial that is in it now."""
    return {m.user_id for m in _moves_in(fill)}


def undo(actor: Actor, fill: Fill, *, at: datetime, why: str) -> None:
    """Empty the vial: every move into it that was not undone yet is reversed, back to the very place it came from."""
    moves = _moves_in(fill)
    if moves:
        ledger.reverse(actor, moves, at=at, cause="unfilled", about=fill.number, why=why)
    FillPart.objects.filter(fill=fill).delete()


def carry(actor: Actor, fill: Fill, *, from_kind: str, to_kind: str, cause: str, at: datetime) -> None:
    """Carry all that is in the vial from one place to another."""
    places = stock.places(fill.site_id)
    parts = FillPart.objects.filter(fill=fill)
    ledger.post(
        actor,
        [Transfer(p.lot_id, places[from_kind], places[to_kind], p.quantity) for p in parts],
        at=at,
        cause=cause,
        about=fill.number,
    )
