"""Many at the same moment: so many colleagues with the same page on their screens, what each was told, and whether the house is sound."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connections, transaction

from cast import Cast
from officina.base.access import Actor
from officina.base.command import write_lock
from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.inventory import queries as stock
from officina.inventory import services as inventory
from officina.inventory.models import Balance, Lot

MANY = 16
CONNECTION = type(connections["default"])
"""What every thread's connection is: a drill that lets commits fail changes how it commits."""


@contextmanager
def bare_transaction() -> Iterator[None]:
    """A transaction without the command's retries, in the queue that SQLite needs."""
    with write_lock(), transaction.atomic():
        yield


def people(actor: Actor, many: int = MANY) -> list[Actor]:
    """So many colleagues with the same role and licences."""
    return [replace(actor, user_id=1_000 + n, name=f"{actor.name} {n}", request_id=f"r{n}") for n in range(many)]


def is_done(answer: Any) -> bool:
    """Whether the act was done, neither refused nor stopped nor broken."""
    return not isinstance(answer, Exception) and getattr(answer, "ok", True) is not False


def told(answers: Sequence[Any]) -> Counter[str]:
    """What each was told: 'done', the code of the refusal, or the exception that should never be."""
    return Counter("done" if is_done(a) else repr(a) if not hasattr(a, "code") else a.code for a in answers)


def again(cast: Cast, fill: Fill) -> Fill:
    """The fill as it is now."""
    found = queries.fill(cast.ada, str(fill.code))
    assert found is not None
    return found


def pages(cast: Cast, fill: Fill, many: int = MANY) -> list[Fill]:
    """The fill as so many people have it on their screens."""
    return [again(cast, fill) for _ in range(many)]


def sound() -> None:
    """The ledger adds up, no fill breaks what must always hold, and no place is below zero."""
    assert not list(stock.differences())
    assert queries.unsound() == []
    assert not Balance.objects.filter(on_hand__lt=0).exists()


def delivered(cast: Cast, number: str, quantity: int) -> Lot:
    """So many tablets of a new lot of metformin."""
    return inventory.receive(
        cast.tess,
        package=cast.metformin,
        lot_number=number,
        expires_on=date(2027, 8, 31),
        quantity=Decimal(quantity),
        at=cast.at(),
    )
