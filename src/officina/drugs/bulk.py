"""Writing a whole directory at once: COPY on PostgreSQL, one prepared statement on SQLite. The object layer takes minutes for it."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection, models

from officina.base.fields import ScaledField
from officina.kernel.errors import ParseError

K = TypeVar("K", int, str)
BATCH = 5_000
_CODES = 20
"""Up to this length a field is a code or a unit; longer ones are words."""


class Table:
    """One table as a target: keys are given out here, so that rows may point to each other before they are written."""

    def __init__(self, model: type[models.Model], fields: Sequence[str]) -> None:
        self.model = model
        found = [model._meta.get_field(name) for name in fields]
        self._columns = [str(f.column) for f in found if isinstance(f, models.Field)]
        self._makers = [_maker(f) for f in found if isinstance(f, models.Field)]
        self._next = _last_given(model) + 1
        self._new: list[tuple[Any, ...]] = []
        self._changed: list[tuple[Any, ...]] = []
        self.inserted = self.updated = 0

    def insert(self, *values: Any) -> int:
        """Put a row down for writing; gives its key."""
        pk = self._next
        self._next += 1
        self._new.append((pk, *self._made(values)))
        self.inserted += 1
        if len(self._new) >= BATCH:
            self._write_new()
        return pk

    def update(self, pk: int, *values: Any) -> None:
        """Put a changed row down for writing."""
        self._changed.append((*self._made(values), pk))
        self.updated += 1
        if len(self._changed) >= BATCH:
            self.write_changed()

    def close(self) -> None:
        """Write what is still put down, and let the database count on from here."""
        self._write_new()
        self.write_changed()
        if connection.vendor == "postgresql" and self.inserted:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [self.model._meta.db_table, self._next - 1]
                )

    def _made(self, values: Sequence[Any]) -> list[Any]:
        return [value if make is None else make(value) for make, value in zip(self._makers, values, strict=True)]

    def _write_new(self) -> None:
        if not self._new:
            return
        table = connection.ops.quote_name(self.model._meta.db_table)
        columns = ", ".join(connection.ops.quote_name(c) for c in ("id", *self._columns))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in self._new:
                        copy.write_row(row)
            else:
                places = ", ".join(["%s"] * (len(self._columns) + 1))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", self._new)  # noqa: S608  # names of our own models
        self._new.clear()

    def write_changed(self) -> None:
        """Write the changed rows that are put down."""
        if not self._changed:
            return
        table = connection.ops.quote_name(self.model._meta.db_table)
        sets = ", ".join(f"{connection.ops.quote_name(c)} = %s" for c in self._columns)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE id = %s", self._changed)  # noqa: S608  # names of our own models
        self._changed.clear()


def _last_given(model: type[models.Model]) -> int:
    """The highest key that was ever given out: that of a row that went is not given again, an open page may still name it."""
    top = model._default_manager.aggregate(top=models.Max("pk"))["top"] or 0
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)", [table])
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        counted = cursor.fetchone()
    return max(top, counted[0] or 0) if counted else top


def count_anew(*tables: type[models.Model]) -> None:
    """Let PostgreSQL count tables that this transaction filled: it plans by what it counted before, and a join then takes it hours."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in tables:
                cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def in_chunks(keys: Iterable[K], size: int = 500) -> Iterable[list[K]]:
    """Keys a few hundred at a time, as many as a statement may name on every database."""
    chunk: list[K] = []
    for key in keys:
        chunk.append(key)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _maker(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """How a value of this field is handed to the database; None where it goes as it is."""
    if isinstance(field, ScaledField):
        return field.get_prep_value
    if isinstance(field, models.JSONField):
        return json.dumps
    if isinstance(field, models.DateField):
        return _iso
    if isinstance(field, models.CharField) and field.max_length:
        return _code(field.name, field.max_length) if field.max_length <= _CODES else _words(field.max_length)
    return None


def _code(name: str, most: int) -> Callable[[str | None], str | None]:
    """A code or unit is never cut: a part of it is another code."""

    def check(text: str | None) -> str | None:
        if text is not None and len(text) > most:
            raise ParseError(name.replace("_", " "), expected=f"at most {most} characters", got=text)
        return text

    return check


def _words(most: int) -> Callable[[str | None], str | None]:
    return lambda text: text if text is None or len(text) <= most else text[: most - 2] + " …"


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None
