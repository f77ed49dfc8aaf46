"""Between tests: what a test committed is gone, what it took off stands again, and no later test reads past dead rows.

Django's own way empties every table of the house and makes its permissions anew, which on PostgreSQL costs more than most tests.
Here only the tables that hold rows are emptied. What the migrations themselves wrote stays.
"""

from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from officina.base import triggers

OF_THE_MIGRATIONS = {"django_content_type", "auth_permission", "django_migrations"}
Standing = dict[tuple[str, str], Any]


def standing_triggers(connection: BaseDatabaseWrapper) -> Standing:
    """Every trigger as it stands now."""
    return triggers._standing(connection)


def empty(connection: BaseDatabaseWrapper, ought: Standing) -> None:
    """Take every row out, protected or not, and put the protection back as it ought to be, whatever a test did to it."""
    full = tables_with_rows(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        lifted = _lift(connection, [table for table in full if table in {table for table, _ in ought}])
        for table in full:
            cursor.execute(f'DELETE FROM "{table}"')
        for table in lifted:
            triggers.install(connection, table)
    now = standing_triggers(connection)
    for table in sorted({key[0] for key in ought.keys() | now.keys() if ought.get(key) != now.get(key)}):
        triggers.remove(connection, table)
        triggers.install(connection, table)


def sweep(connection: BaseDatabaseWrapper) -> None:
    """Give back the room of rows that are gone. SQLite has none to give: what was taken back never stood in its file."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def tables_with_rows(connection: BaseDatabaseWrapper) -> list[str]:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    asked = (
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in sorted(tables - OF_THE_MIGRATIONS)
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [row[0] for row in cursor.fetchall()]


def _lift(connection: BaseDatabaseWrapper, tables: list[str]) -> list[str]:
    """Let the protected tables be emptied in this transaction; gives those that must be protected anew at its end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        return []
    for table in tables:
        triggers.remove(connection, table)
    return tables
