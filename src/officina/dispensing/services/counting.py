"""What is in the vial: put there from lots, and taken out again to the same lots."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import BigIntegerField

from officina.base import statement
from officina.base.access import Actor
from officina.base.fields import QuantityField
from officina.base.rows import Question
from officina.dispensing.models import Fill, FillPart
from officina.inventory import queries as stock
from officina.inventory import services as ledger
from officina.inventory.models import Lot, Move, Place
from officina.inventory.services import Transfer

_PARTS = Question(
    lambda fill: FillPart.objects.filter(fill=fill).select_related("lot").order_by("id"), fill=BigIntegerField()
)
_NUMBER: QuantityField[Decimal, Decimal] = QuantityField()


def counted(fill: Fill) -> Decimal:
    """How much is in the vial now."""
    return sum((part.quantity for part in parts_of(fill)), Decimal(0))


def put_in(actor: Actor, fill: Fill, lot: Lot, quantity: Decimal, *, shelf: Place, at: datetime) -> None:
    """Move so much of a lot from its shelf to the bench, into this fill's vial."""
    bench = stock.places(fill.site_id)[Place.Kind.BENCH]
    ledger.post(actor, [Transfer(lot.pk, shelf, bench, quantity)], at=at, cause="filled", about=fill.number)
    statement.say(
        "INSERT INTO dispensing_fillpart (fill_id, lot_id, quantity) VALUES (%s, %s, %s) "
        "ON CONFLICT (fill_id, lot_id) DO UPDATE SET quantity = dispensing_fillpart.quantity + excluded.quantity",
        [fill.pk, lot.pk, _NUMBER.get_prep_value(quantity)],
    )


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


def parts_of(fill: Fill) -> list[FillPart]:
    """What is in the vial, each with its lot. One statement."""
    return _PARTS(fill=fill.pk)


def carry(
    actor: Actor, fill: Fill, parts: Iterable[FillPart], *, from_kind: str, to_kind: str, cause: str, at: datetime
) -> None:
    """Carry all that is in the vial from one place to another."""
    places = stock.places(fill.site_id)
    ledger.post(
        actor,
        [Transfer(p.lot_id, places[from_kind], places[to_kind], p.quantity) for p in parts],
        at=at,
        cause=cause,
        about=fill.number,
    )
