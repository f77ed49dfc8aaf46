"""Every record of the house as a line of JSON and back: which tables there are, in which order, and how each column is written.

A line is the same on both databases: columns by name in the order of the alphabet, exact numbers as decimal text, instants in UTC with
microseconds, bytes as base64. So two databases hold the same if their lines are the same.
"""

import base64
import hashlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from django.apps import apps
from django.db import connection, connections, models

from officina.kernel.errors import ParseError

LEFT_OUT = {"sessions", "contenttypes", "auth"}
"""Who is signed in where is nobody's record, and the framework's own lists are made by the migrations."""
NOT_KEPT = {"base_tries"}
"""How often somebody mistyped in the last minutes."""
CHUNK = 2000


def tables() -> list[type[models.Model]]:
    """The tables that hold records, each after those that it points to."""
    found: list[type[models.Model]] = []
    waiting = [
        m
        for m in apps.get_models(include_auto_created=True)
        if m._meta.managed and m._meta.app_label not in LEFT_OUT and m._meta.db_table not in NOT_KEPT
    ]
    while waiting:
        ready = [m for m in waiting if not _needs(m) & (set(waiting) - {m})]
        assert ready, "tables point at each other in a circle"
        found += ready
        waiting = [m for m in waiting if m not in ready]
    return found


def _needs(model: type[models.Model]) -> set[Any]:
    return {f.related_model for f in model._meta.concrete_fields if f.related_model is not None}


def columns(model: type[models.Model]) -> list["models.Field[Any, Any]"]:
    """The columns of a table, by name."""
    return sorted(model._meta.concrete_fields, key=lambda f: f.column)


def lines(model: type[models.Model]) -> Iterator[bytes]:
    """Every row of a table, by key, as a line of JSON. Rows are read in pieces, so that no table is too large."""
    fields = columns(model)
    names = [f.column for f in fields]
    # Most columns are numbers and words that JSON writes as they are: the others alone are touched, row by row by the million.
    changed = [(i, _WRITTEN[kind]) for i, f in enumerate(fields) if (kind := _kind(f)) in _WRITTEN]
    rows = model._default_manager.order_by("pk").values_list(*(f.attname for f in fields))
    for row in rows.iterator(chunk_size=CHUNK):
        values = list(row)
        for i, write in changed:
            if values[i] is not None:
                values[i] = write(values[i])
        yield msgspec.json.encode(dict(zip(names, values, strict=True)), order="sorted") + b"\n"


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _bytes(value: bytes | memoryview) -> str:
    return base64.b64encode(bytes(value)).decode()


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "decimal": "{:f}".format,
    "instant": _instant,
    "day": date.isoformat,
    "bytes": _bytes,
    "code": str,
}
"""How a column of this kind is written; every other kind is what JSON knows."""


def reader(model: type[models.Model], where: str) -> Callable[[bytes, int], list[Any]]:
    """Turns a line (and its number) into the values of a row as the driver takes them, in the order of `columns`."""
    fields = columns(model)
    names = {f.column for f in fields}
    read = [(f.column, _taken(f)) for f in fields]

    def values(line: bytes, number: int) -> list[Any]:
        place = f"{where}, line {number}"
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError as problem:
            raise ParseError("record", where=place, expected="a line of JSON", got=line[:60]) from problem
        if not isinstance(row, dict) or set(row) != names:
            raise ParseError("record", where=place, expected=f"the columns {', '.join(sorted(names))}", got=line[:60])
        try:
            return [take(row[name]) for name, take in read]
        except (ValueError, TypeError, ArithmeticError) as problem:
            raise ParseError(
                "record", where=place, expected=f"values of {model._meta.db_table}", got=line[:60]
            ) from problem

    return values


def _kind(field: "models.Field[Any, Any]") -> str:
    if isinstance(field, models.ForeignKey):
        return _kind(field.target_field)
    if hasattr(field, "places"):
        return "decimal"
    kinds = (
        (models.DateTimeField, "instant"), (models.DateField, "day"), (models.BinaryField, "bytes"), (models.UUIDField, "code"),
        (models.IntegerField, "whole"), (models.CharField | models.TextField, "text"),
    )  # fmt: skip
    return next((kind for of, kind in kinds if isinstance(field, of)), "plain")


def _taken(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """How a value of this column, as it stands in a line, is given to the driver."""
    kind = _kind(field)
    if kind == "text":
        return partial(_text, most=getattr(field, "max_length", None) or sys.maxsize)
    as_is = {"whole": int}.get(kind)
    read = _READ.get(kind)
    here = connections[
        connection.alias
    ]  # the connection itself: the way to it by its name is long, and asked for every value
    straight = {"instant": here.ops.adapt_datetimefield_value}.get(kind)

    def take(value: Any) -> Any:
        if value is None or type(value) is as_is:
            return value
        if read is not None:
            value = read(value)
            if straight is not None:
                return straight(value)
        return field.get_db_prep_save(value, here)

    return take


def _text(value: Any, *, most: int) -> str | None:
    """What the embedded database would take and the other would not is refused by both: else nobody could move to the other later."""
    if value is None:
        return None
    if type(value) is not str or len(value) > most or "\0" in value:
        raise ValueError("no text of this column")
    return value


def _when(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.utcoffset() is None:
        raise ValueError("an instant without its zone")
    return found


_READ: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "instant": _when,
    "day": date.fromisoformat,
    "bytes": partial(base64.b64decode, validate=True),
}


def digest(model: type[models.Model], tick: Callable[[int], None]) -> tuple[str, int]:
    """SHA-256 of a table's lines, and how many there are."""
    state, count = hashlib.sha256(), 0
    for line in lines(model):
        state.update(line)
        count += 1
        if not count % CHUNK:
            tick(CHUNK)
    tick(count % CHUNK)
    return state.hexdigest(), count
