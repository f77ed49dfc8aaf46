"""Append-only tables: rows may be added, never changed or removed, held by triggers in the database itself.

A model's delete() can be walked past by a queryset, and a queryset by SQL; a trigger holds against all three. On both databases
the names begin with `append_only_`, so that what is protected can be listed.
"""

from collections.abc import Iterator
from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

_BODY = "BEGIN RAISE EXCEPTION 'append-only: rows of % are never changed or removed', TG_TABLE_NAME; END"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION officina_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
{_BODY} $$
"""
_BEFORE_CHANGE_OF_ROW, _BEFORE_TRUNCATE = 1 + 2 + 8 + 16, 2 + 32
"""What pg_trigger.tgtype says of our two: row (1), before (2), delete (8), update (16), truncate (32)."""
_made: set[str] = set()
"""The tables that migrations make append-only."""


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Forbid UPDATE, DELETE and (where there is one) TRUNCATE on a table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
            cursor.execute(
                f'CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION officina_append_only()'
            )
            cursor.execute(
                f'CREATE TRIGGER append_only_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION officina_append_only()'
            )
            return
        for worded in _on_sqlite(table).values():
            cursor.execute(worded)


def _on_sqlite(table: str) -> dict[str, str]:
    return {
        f"append_only_{verb.lower()}_{table}": f'CREATE TRIGGER "append_only_{verb.lower()}_{table}" BEFORE {verb} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, 'append-only: rows of {table} are never changed or removed'); END"
        for verb in ("UPDATE", "DELETE")
    }


def remove(connection: BaseDatabaseWrapper, table: str) -> None:
    """Take the protection off; used by migrations backwards and by tests that must empty the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f'DROP TRIGGER IF EXISTS append_only_row ON "{table}"')
            cursor.execute(f'DROP TRIGGER IF EXISTS append_only_all ON "{table}"')
            return
        for verb in ("update", "delete"):
            cursor.execute(f'DROP TRIGGER IF EXISTS "append_only_{verb}_{table}"')


def protected(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables that are append-only in this database now."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'append_only_row' ORDER BY 1"
            )
        else:
            cursor.execute(
                "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'append\\_only\\_delete\\_%' ESCAPE '\\' ORDER BY 1"
            )
        return [row[0] for row in cursor.fetchall()]


def lifted(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """A sentence for each trigger that does not stand as the migrations made it: whoever took it off could change history unseen."""
    MigrationLoader(connection)  # reads every migration, and so learns which tables they protect
    stands = _standing(connection)
    for table in sorted(_made):
        for name, ought in _ought(connection, table).items():
            found = stands.get((table, name))
            if found != ought:
                how = "is missing" if found is None else "was changed or switched off"
                yield f"table {table}: its trigger {name} {how}; since then rows could be changed or removed"


def _ought(connection: BaseDatabaseWrapper, table: str) -> dict[str, Any]:
    if connection.vendor != "postgresql":
        return dict(_on_sqlite(table))
    kinds = {"append_only_row": _BEFORE_CHANGE_OF_ROW, "append_only_all": _BEFORE_TRUNCATE}
    return {name: (kind, "O", True, _BODY) for name, kind in kinds.items()}


def _standing(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], Any]:
    """Every trigger by table and name: on SQLite its words, on PostgreSQL its kind, whether it is on, without condition, and what it does."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname, t.tgname, t.tgtype, t.tgenabled::text, t.tgqual IS NULL AND t.tgattr::text = '', btrim(p.prosrc, E' \\n') "
                "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
                "JOIN pg_proc p ON p.oid = t.tgfoid WHERE n.nspname = current_schema() AND NOT t.tgisinternal"
            )
        else:
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {(row[0], row[1]): row[2] if len(row) == 3 else tuple(row[2:]) for row in cursor.fetchall()}


def append_only(*tables: str) -> migrations.RunPython:
    """A migration step that makes tables append-only."""
    _made.update(tables)

    def forwards(_apps: Any, editor: Any) -> None:
        for table in tables:
            install(editor.connection, table)

    def backwards(_apps: Any, editor: Any) -> None:
        for table in tables:
            remove(editor.connection, table)

    return migrations.RunPython(forwards, backwards)
