"""Calls about bags that wait, and the sweep of what nobody came for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append
from officina.dispensing import acts
from officina.dispensing.models import Bag, BagCall, Fill
from officina.dispensing.services import checking
from officina.kernel.errors import Refused

CALLED = audit.verb("bag.called", "called about a bag that waits")


@command
def call(actor: Actor, *, bag: Bag, outcome: str, at: datetime, note: str = "") -> BagCall:
    """Write down a call about a bag in its bin, and how it ended."""
    actor.must(acts.CALL, at=at, site_id=bag.site_id)
    if outcome not in BagCall.Outcome.values:
        raise Refused("outcome_unknown", "Say how the call ended.", {"outcome": "Choose one"})
    if bag.state != Bag.State.WAITING:
        raise Refused("bag_gone", "This bag is not in its bin any more: nobody need call.")
    made = BagCall(
        bag=bag, at=at, outcome=outcome, note=note.strip()[:200], user_id=actor.user_id, user_name=actor.name
    )
    append(made)
    audit.record(actor, CALLED, at=at, on=bag, after={"bag": bag.number, "outcome": outcome})
    return made


@dataclass(frozen=True, slots=True)
class Swept:
    """How the return of one fill went."""

    fill: Fill
    refused: str
    """Empty where it is back in stock."""


def sweep(actor: Actor, *, fills: Sequence[Fill], why: str, at: datetime) -> list[Swept]:
    """Return many fills to stock, each by a command of its own: one that is refused does not hold up the others."""
    return [_swept(actor, fill, why=why, at=at) for fill in fills]


def _swept(actor: Actor, fill: Fill, *, why: str, at: datetime) -> Swept:
    # Sent twice, each fill is still returned once: the key of the page serves each under a name of its own.
    own = actor.for_part(fill.pk)
    try:
        return Swept(checking.return_to_stock(own, fill=fill, why=why, at=at), "")
    except Refused as no:
        return Swept(fill, no.sentence)
