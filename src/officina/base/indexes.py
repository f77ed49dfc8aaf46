"""Indexes that a migration takes away without writing the table anew."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def without_site_index(app: str, *names: str) -> migrations.SeparateDatabaseAndState:
    """The operation that takes away the index by pharmacy alone, for these models of an app.

    Every row of a house has one of a few pharmacies: such an index costs something at each new row, and a planner that takes it reads
    the whole history. The tables themselves stay as they are, with the triggers that protect them.
    """

    def drop(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for name in names:
            _drop(apps.get_model(app, name), editor)

    def make(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for name in names:
            model = apps.get_model(app, name)
            table, quote = model._meta.db_table, editor.quote_name
            editor.execute(f"CREATE INDEX {quote(f'{table}_site_id')} ON {quote(table)} ({quote('site_id')})")

    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunPython(drop, make)],
        state_operations=[
            migrations.AlterField(
                name,
                "site",
                models.ForeignKey("base.site", on_delete=models.PROTECT, related_name="+", db_index=False),
            )
            for name in names
        ],
    )


def _drop(model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name, facts in found.items():
        if facts["columns"] == ["site_id"] and facts["index"] and not facts["unique"]:
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")
