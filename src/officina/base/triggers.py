"""Append-only tables: rows may be added, never changed or removed, held by triggers in the database itself.

A model's delete() can be walked past by a queryset, and a queryset by SQL; a trigger holds against all three. On both databases
the names begin with `append_only_`, so that what is protected can be listed.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper

_FUNCTION = """
CREATE OR REPLACE FUNCTION officina_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: rows of % are never changed or removed', TG_TABLE_NAME; END $$
"""


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
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(
                f'CREATE TRIGGER "append_only_{verb.lower()}_{table}" BEFORE {verb} ON "{table}" '
                f"BEGIN SELECT RAISE(ABORT, 'append-only: rows of {table} are never changed or removed'); END"
            )


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


def append_only(*tables: str) -> migrations.RunPython:
    """A migration step that makes tables append-only."""

    def forwards(_apps: Any, editor: Any) -> None:
        for table in tables:
            install(editor.connection, table)

    def backwards(_apps: Any, editor: Any) -> None:
        for table in tables:
            remove(editor.connection, table)

    return migrations.RunPython(forwards, backwards)
