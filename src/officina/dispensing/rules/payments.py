"""How an amount due is paid: in one kind or two, to the cent, with the change for cash."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from officina.kernel.errors import Refused
from officina.kernel.quantity import to_cents

KINDS = {"cash": "Cash", "card": "Card", "check": "Check", "account": "House account"}
MOST_KINDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """One way in which a part is paid, as the person at the counter says it."""

    kind: str
    amount: Decimal | None = None
    """In dollars; None is whatever the other tender leaves."""
    given: Decimal | None = None
    """Cash as laid down; None is the exact amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One payment as it will be written down."""

    kind: str
    amount: Decimal
    given: Decimal | None

    @property
    def change(self) -> Decimal:
        return Decimal(0) if self.given is None else self.given - self.amount


def settle(due: Decimal, tenders: Sequence[Tender]) -> tuple[Part, ...]:
    """The payments that make up `due` (dollars, rounded to the cent here); none where nothing is due.

    Refused: an unknown kind, one kind twice, a part that is nothing or finer than a cent, parts that are not the sum, too little cash.
    """
    due = to_cents(due)
    if due < 0:
        raise Refused("nothing_due", "Nothing is due.")
    kinds = [t.kind for t in tenders]
    if any(kind not in KINDS for kind in kinds):
        raise Refused("kind_unknown", "Say how it is paid.", {"paid_by": "Choose one"})
    if not due:
        return ()
    if not 1 <= len(kinds) <= MOST_KINDS or len(set(kinds)) != len(kinds):
        raise Refused("kinds", "It is paid in one way, or in two different ones.", {"second": "Choose another"})
    told = sum((t.amount for t in tenders if t.amount is not None), Decimal(0))
    if sum(t.amount is None for t in tenders) > 1:
        raise Refused("split_unknown", "Say how much is paid the second way.", {"second_amount": "Needed"})
    parts = tuple(_part(t, due - told if t.amount is None else t.amount) for t in tenders)
    if sum((p.amount for p in parts), Decimal(0)) != due:
        raise Refused("sum_differs", f"${due} is due.", {"second_amount": "Together it must be what is due"})
    return parts


def _part(tender: Tender, amount: Decimal) -> Part:
    if amount <= 0 or amount != to_cents(amount):
        raise Refused(
            "part_wrong",
            "Each part is at least a cent, and the second is less than what is due.",
            {"second_amount": "Less than what is due"},
        )
    if tender.given is None:
        return Part(kind=tender.kind, amount=amount, given=None)
    if tender.kind != "cash":
        raise Refused("given_not_cash", "Only cash is laid down and changed.", {"given": "Leave it empty"})
    if tender.given < amount or tender.given != to_cents(tender.given):
        raise Refused(
            "too_little",
            f"${amount:.2f} is to be paid in cash, ${tender.given:.2f} was given.",
            {"given": "Too little"},
        )
    return Part(kind="cash", amount=amount, given=tender.given)
