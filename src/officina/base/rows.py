"""Statements that every step of the day repeats, worded once: append a row, change one if it is as it was read, ask a question.

The ORM words a statement anew at every call, which takes longer than the database needs to carry it out. What the words are is still
its business: each is made by it, once a shape, and kept.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.expressions import Expression
from django.db.models.fields import NOT_PROVIDED
from django.db.models.query import ModelIterable, get_related_populators  # type: ignore[attr-defined]  # the stubs do not know it

from officina.base import statement
from officina.base.fields import ScaledField

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")
LARGEST = 2**63 - 1


Prepare = Callable[[Any], Any]
"""Makes of a value what the driver takes; None stands for taking it as it is."""
_AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.AutoField)


def _prepare(field: "models.Field[Any, Any]", vendor: str) -> Prepare | None:
    """How the values of a column are made ready for the driver, told once."""
    plain = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(plain, ScaledField):
        return plain.get_prep_value
    own = type(plain).get_prep_value is not _builtin(type(plain)).get_prep_value
    if isinstance(plain, _AS_IT_IS) and not own:
        return None
    special = {} if own else (_SQLITE if vendor == "sqlite" else _POSTGRESQL)
    if type(plain) in special:
        return special[type(plain)]
    return lambda value: None if value is None else field.get_db_prep_save(value, statement.database())


def _instant(value: datetime | None) -> datetime | None:
    """An instant without a zone is another one in each zone: refused."""
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return value


def _instant_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _day(value: date | None) -> date | None:
    """An instant is another day in each zone: refused."""
    if isinstance(value, datetime):
        raise TypeError(f"{value} is an instant, not a day")
    return value


def _day_text(value: date | None) -> str | None:
    day = _day(value)
    return None if day is None else day.isoformat()


def _code_text(value: UUID | str | None) -> str | None:
    return None if value is None else (value if isinstance(value, UUID) else UUID(value)).hex


_SQLITE: dict[type, Prepare | None] = {
    models.DateTimeField: _instant_text,
    models.DateField: _day_text,
    models.UUIDField: _code_text,
}
_POSTGRESQL: dict[type, Prepare | None] = {
    models.DateTimeField: _instant,
    models.DateField: _day,
    models.UUIDField: None,
}
"""What each kind of database is given for these kinds of column; others are made ready by the field itself."""


def _builtin(kind: type) -> Any:
    """The nearest field of Django's own that a field is made of."""
    return next(k for k in kind.__mro__ if k.__module__.startswith("django.db.models"))


@cache
def _insert(
    model: type[models.Model], vendor: str, *, gives_key: bool
) -> tuple[str, tuple[tuple[str, Prepare | None], ...]]:
    name = statement.database().ops.quote_name
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    columns = ", ".join(name(f.column) for f in fields)
    key = model._meta.pk
    assert key is not None
    holes = ", ".join(["%s"] * len(fields))
    table = name(model._meta.db_table)
    answer = f" RETURNING {name(key.column)}" if gives_key else ""
    # Only names of our own models are in it; every value goes through a placeholder.
    sql = f"INSERT INTO {table} ({columns}) VALUES ({holes}){answer}"  # noqa: S608
    return sql, tuple((f.attname, _prepare(f, vendor)) for f in fields)


@cache
def _filled_in(model: type[models.Model]) -> tuple["models.Field[Any, Any]", ...]:
    """The columns that write down by themselves when a row is written."""
    return tuple(
        f for f in model._meta.concrete_fields if getattr(f, "auto_now_add", False) or getattr(f, "auto_now", False)
    )


def append(row: M) -> M:
    """Write a new row, in the running transaction, and give it its key. One statement; no signals, no related rows."""
    key = statement.row(*_inserted(row, gives_key=True))
    assert key is not None
    row.pk = key[0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def _inserted(row: models.Model, *, gives_key: bool) -> tuple[str, list[Any]]:
    """The statement that writes a new row, and its values."""
    sql, columns = _insert(type(row), statement.database().vendor, gives_key=gives_key)
    for field in _filled_in(type(row)):
        field.pre_save(row, add=True)
    given = row.__dict__
    return sql, [given[name] if ready is None else ready(given[name]) for name, ready in columns]


@cache
def _blank(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """What a new row holds where nothing is said: the same for every row, and what is made anew for each."""
    fields = model._meta.concrete_fields
    made = {f.attname: f.default for f in fields if callable(f.default) and f.default is not NOT_PROVIDED}
    same = {f.attname: f.get_default() for f in fields if f.attname not in made}
    return same, tuple(made.items())


def write(model: type[M], **values: Any) -> M:
    """Write a new row of these columns, related rows by their key (`fill_id`), without what Django does for a form. One statement."""
    return append(_new(model, values))


def note(model: type[models.Model], **values: Any) -> None:
    """Write a new row as `write` does, of which nobody asks the key: it is on its way before the next statement is answered.

    What is wrong with it is raised by a later statement of the transaction, or by its commit.
    """
    statement.say(*_inserted(_new(model, values), gives_key=False))


def _new(model: type[M], values: dict[str, Any]) -> M:
    same, made = _blank(model)
    row = model.__new__(model)
    given = row.__dict__
    given.update(same)
    for name, make in made:
        given[name] = values[name] if name in values else make()
    given.update(values)
    if len(given) != len(same) + len(made):
        raise TypeError(f"{model.__name__} has no column {', '.join(values.keys() - same.keys() - dict(made).keys())}")
    row._state = models.base.ModelState()
    return row


@cache
def _update(
    model: type[models.Model], where: tuple[str, ...], changes: tuple[str, ...], vendor: str
) -> tuple[str, tuple[Prepare | None, ...]]:
    name = statement.database().ops.quote_name
    changed = [_field(model, each) for each in changes]
    asked = [_field(model, each) for each in where]
    version = [f"{name('version')} = {name('version')} + 1"] if "version" in where else []
    sets = ", ".join([*version, *(f"{name(f.column)} = %s" for f in changed)])
    conditions = " AND ".join(f"{name(f.column)} = %s" for f in asked)
    sql = f"UPDATE {name(model._meta.db_table)} SET {sets} WHERE {conditions}"  # noqa: S608  names of our own models
    return sql, tuple(_prepare(field, vendor) for field in (*changed, *asked))


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    if name == "pk":
        assert model._meta.pk is not None
        return model._meta.pk
    found = model._meta.get_field(name)
    assert isinstance(found, models.Field)
    return found


def change(model: type[models.Model], where: dict[str, Any], changes: dict[str, Any]) -> bool:
    """Compare and set: change columns of the row that is still as `where` says; whether one was. One statement.

    Where `where` names a version, it is counted up.
    """
    return bool(statement.changed(*_updated(model, where, changes)))


def keep(row: models.Model, *names: str) -> None:
    """Write these columns of a row that is there already. One statement, of which nobody waits for the answer (see `note`)."""
    statement.say(*_updated(type(row), {"pk": row.pk}, {name: getattr(row, name) for name in names}))


def _updated(model: type[models.Model], where: dict[str, Any], changes: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement that changes a row, and its values."""
    sql, prepared = _update(model, tuple(where), tuple(changes), statement.database().vendor)
    given = [*changes.values(), *where.values()]
    plain = [value.pk if isinstance(value, models.Model) else value for value in given]
    return sql, [v if ready is None else ready(v) for ready, v in zip(prepared, plain, strict=True)]


class _Hole(Expression):
    """Stands in a question where a value will be."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def ready(self, vendor: str) -> Prepare | None:
        """How a value is made ready to stand here; a row stands for its key."""
        return _prepare(self.output_field, vendor)


def _with_constants(sql: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """The question with its words and whole numbers written out; gives what is left to be sent with it.

    SQLite takes a small index ("open fills only") where it sees that the condition holds; a list of values that come later hides it,
    and every fill that ever was is read instead.
    """
    sent, left = iter(values), []

    def constant(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        value = next(sent)
        if isinstance(value, str):
            return "'" + str.__str__(value).replace("'", "''").replace("%", "%%") + "'"
        if isinstance(value, int) and not isinstance(value, bool):
            return str(int(value))
        left.append(value)
        return "%s"

    return re.sub("%%|%s", constant, sql), left


class _Worded:
    """A question as one kind of database is asked it, and how its rows become instances; columns alone come as tuples."""

    def __init__(self, rows: "models.QuerySet[Any, Any]") -> None:
        database = statement.database()
        compiler = rows.query.get_compiler(connection=database)
        self.sql, holes = _with_constants(*compiler.as_sql())
        # A name and how its value is made ready, or what stands there always.
        self.holes = [(h.name, h.ready(database.vendor)) if isinstance(h, _Hole) else ("", h) for h in holes]
        select = compiler.select
        found = compiler.get_converters([s[0] for s in select]).items()
        self.converters = [(place, _converter(*each)) for place, each in found]
        whole = issubclass(rows._iterable_class, ModelIterable)
        self.make: Callable[[list[Any]], Any] = self._instance if whole else tuple
        if not whole:
            return
        info = compiler.klass_info
        assert info is not None
        columns = info["select_fields"]
        self.own = slice(columns[0], columns[-1] + 1)
        self.names = [column[0].target.attname for column in select[self.own]]
        self.model: type[models.Model] = info["model"]
        self.related = get_related_populators(info, select, database.alias)
        self.extra = list((compiler.annotation_col_map or {}).items())

    def ask(self, given: dict[str, Any]) -> list[Any]:
        values = [
            ready if not name else given[name] if ready is None else ready(given[name]) for name, ready in self.holes
        ]
        if any(isinstance(value, int) and abs(value) > LARGEST for value in values):
            return []  # no row has such a key, and the database would break off instead of saying so
        found = statement.rows(self.sql, values)
        if not self.converters:
            return [self.make(list(row)) for row in found]
        return [self.make(self._read(list(row))) for row in found]

    def _read(self, row: list[Any]) -> list[Any]:
        for place, convert in self.converters:
            row[place] = convert(row[place])
        return row

    def _instance(self, row: list[Any]) -> models.Model:
        made = _made(self.model, self.names, row[self.own])
        for populator in self.related:
            _bring_along(populator, row, made)
        for name, place in self.extra:
            setattr(made, name, row[place])
        return made


def _converter(steps: list[Any], expression: Any) -> Callable[[Any], Any]:
    """What makes of a column's raw value what the row holds."""
    known = _READERS.get(getattr(steps[0], "__name__", "")) if len(steps) == 1 else None
    if known is not None:
        return known

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, statement.database())
        return value

    return convert


def as_instant(found: datetime | str | None) -> datetime | None:
    """The instant that a statement of ours gave back."""
    # A column comes as an instant without its zone, what was computed of one as text.
    if not found:
        return None
    return (datetime.fromisoformat(found) if isinstance(found, str) else found).replace(tzinfo=UTC)


def _read_code(found: UUID | str | None) -> UUID | None:
    return UUID(found) if isinstance(found, str) else found


_READERS: dict[str, Callable[[Any], Any]] = {
    "convert_datetimefield_value": as_instant,
    "convert_uuidfield_value": _read_code,
}
"""By the name of the method of Django's connection that does the same: the method would hold the connection of the thread that asked first."""


def _made(model: type[models.Model], names: list[str], values: Iterable[Any]) -> models.Model:
    """An instance as the ORM makes it of a row (`from_db`), without the signals that nobody hears; columns not read stay deferred."""
    made = model.__new__(model)
    made.__dict__.update(zip(names, values, strict=True))
    made._state = state = models.base.ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return made


def _bring_along(populator: Any, row: list[Any], onto: models.Model) -> None:
    """The related instance that a join read, as the ORM's own populator sets it; None where the join found none."""
    read = populator.reorder_for_init
    values = read(row) if read else row[populator.cols_start : populator.cols_end]
    made = None
    if values[populator.pk_idx] is not None:
        made = _made(populator.model_cls, populator.init_list, values)
        for further in populator.related_populators:
            _bring_along(further, row, made)
    populator.local_setter(onto, made)
    if made is not None:
        populator.remote_setter(made, onto)


class Question(Generic[R]):
    """A queryset worded once for each kind of database: called with its values it gives the rows that the queryset would.

    `build` gets an expression for each name in `holes` and gives the queryset; its rows may bring related rows along
    (select_related), not prefetched ones; a question for columns (values_list) gives tuples.

    >>> of_lot = Question(lambda lot: Move.objects.filter(lot=lot), lot=models.BigIntegerField())  # doctest: +SKIP
    >>> of_lot(lot=7)  # doctest: +SKIP
    [<Move: Move object (1)>]
    """

    def __init__(self, build: "Callable[..., models.QuerySet[Any, R]]", **holes: "models.Field[Any, Any]") -> None:
        self._build = build
        self._holes = holes
        self._worded: dict[str, _Worded] = {}

    def __call__(self, **values: Any) -> list[R]:
        """The rows. One statement."""
        vendor = statement.database().vendor
        worded = self._worded.get(vendor)
        if worded is None:
            rows = self._build(**{name: _Hole(name, field) for name, field in self._holes.items()})
            worded = self._worded[vendor] = _Worded(rows)
        return worded.ask(values)

    def first(self, **values: Any) -> R | None:
        """The first row; None where there is none. The queryset says that it gives one only."""
        found = self(**values)
        return found[0] if found else None
