"""PostgreSQL plans for what lies in memory, unless somebody told it otherwise."""

import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such setting")


def told(options=""):
    """What a new connection of ours is told, where the server was told this."""
    ours = connection.copy()
    ours.settings_dict["OPTIONS"] = ours.settings_dict["OPTIONS"] | {"options": options}
    try:
        with ours.cursor() as cursor:
            cursor.execute("SHOW random_page_cost")
            return cursor.fetchone()[0]
    finally:
        ours.close()


def test_an_index_is_worth_taking(db):
    assert told() == "1.1"


def test_who_said_something_else_is_heard(db):
    assert told("-c random_page_cost=2.5") == "2.5"
