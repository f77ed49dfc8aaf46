"""Keyset paging for lists that grow: by (at, id), with an opaque cursor and no count."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db import models
from django.db.models import Q, QuerySet

from officina.kernel.errors import ParseError

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """A slice of a long list, newest first; `next` is the cursor of the slice after it, empty at the end."""

    rows: list[R]
    next: str


def page(rows: QuerySet[M], *, cursor: str = "", size: int = 50, by: str = "at") -> Page[M]:
    """One slice of `rows`, newest first by (`by`, id). The cost is the same on the first slice and on the thousandth."""
    if cursor:
        at, pk = _read(cursor)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": pk}))
    return first(list(rows.order_by(f"-{by}", "-pk")[: size + 1]), size=size, by=by)


def first(found: list[M], *, size: int, by: str) -> Page[M]:
    """The slice of rows that are ordered as `page` orders them and one more than it, where there is one more."""
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], after(getattr(last, by), last.pk) if last is not None else "")


def after(at: datetime, pk: int) -> str:
    """The cursor of the slice that follows this row."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{pk}".encode()).decode()


def _read(cursor: str) -> tuple[datetime, int]:
    try:
        at, pk = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        read = datetime.fromisoformat(at)
        if read.tzinfo is None:
            raise ValueError("no zone")
        return read.astimezone(UTC), int(pk)
    except (ValueError, OverflowError, binascii.Error) as problem:
        raise ParseError("page cursor", expected="the link of a page that was shown", got=cursor) from problem
