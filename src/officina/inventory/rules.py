"""Which lot first, and which lot never; plain judgements over facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFact:
    """A lot at a place as far as choosing goes."""

    lot_id: int
    number: str
    expires_on: date
    on_hand: Decimal
    quarantined: bool = False


def usable(lots: Iterable[LotFact], *, on: date) -> list[LotFact]:
    """Lots that may be dispensed on this day, first expired first; a lot is good through its last day."""
    good = [lot for lot in lots if not lot.quarantined and lot.expires_on >= on and lot.on_hand > 0]
    return sorted(good, key=lambda lot: (lot.expires_on, lot.lot_id))


def pick(lots: Iterable[LotFact], needed: Decimal, *, on: date) -> list[tuple[LotFact, Decimal]]:
    """From which lots to take how much, first expired first; takes less than needed where there is not enough."""
    plan: list[tuple[LotFact, Decimal]] = []
    for lot in usable(lots, on=on):
        if needed <= 0:
            break
        part = min(needed, lot.on_hand)
        plan.append((lot, part))
        needed -= part
    return plan
