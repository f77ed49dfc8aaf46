"""Every record of the house as a line of JSON and back: which tables there are, in which order, and how each column is written.

A line is the same on both databases: columns by name in the order of the alphabet, exact numbers as decimal text, instants in UTC with
microseconds, bytes as base64. So two databases hold the same if their lines are the same.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.apps import apps
from django.db import connection, models

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
    rows = model._default_manager.order_by("pk").values_list(*(f.attname for f in fields))
    for row in rows.iterator(chunk_size=CHUNK):
        yield msgspec.json.encode(dict(zip(names, map(_written, row), strict=True)), order="sorted") + b"\n"


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return str(value) if isinstance(value, UUID) else value.isoformat() if isinstance(value, date) else value


def reader(model: type[models.Model], where: str) -> Callable[[bytes, int], list[Any]]:
    """Turns a line (and its number) into the values of a row as the driver takes them, in the order of `columns`."""
    fields = columns(model)
    names = {f.column for f in fields}
    read = [(f.column, f, _kind(f)) for f in fields]

    def values(line: bytes, number: int) -> list[Any]:
        place = f"{where}, line {number}"
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError as problem:
            raise ParseError("record", where=place, expected="a line of JSON", got=line[:60]) from problem
        if not isinstance(row, dict) or set(row) != names:
            raise ParseError("record", where=place, expected=f"the columns {', '.join(sorted(names))}", got=line[:60])
        try:
            return [field.get_db_prep_save(_read(kind, row[name]), connection) for name, field, kind in read]
        except (ValueError, TypeError, ArithmeticError) as problem:
            raise ParseError(
                "record", where=place, expected=f"values of {model._meta.db_table}", got=line[:60]
            ) from problem

    return values


def _kind(field: "models.Field[Any, Any]") -> str:
    if hasattr(field, "places"):
        return "decimal"
    if isinstance(field, models.DateTimeField):
        return "instant"
    if isinstance(field, models.DateField):
        return "day"
    return "bytes" if isinstance(field, models.BinaryField) else "plain"


def _read(kind: str, value: Any) -> Any:
    if value is None or kind == "plain":
        return value
    if kind == "decimal":
        return Decimal(value)
    if kind == "instant":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind == "day" else base64.b64decode(value, validate=True)


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
