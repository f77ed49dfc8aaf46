"""The embedded database knows how many rows it has, so that a question takes the right index."""

import pytest
from django.db import connection

from cast import assemble
from officina.base.upkeep import count_rows
from officina.patients.models import Patient


@pytest.fixture
def planned_as_before(django_db_setup, django_db_blocker):
    """Asked for before the database: what was counted is taken back with the test's rows, and the connection must hear of it."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("ANALYZE sqlite_master")


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " | ".join(row[-1] for row in cursor.fetchall())


def test_patients_of_a_birthday_are_found_by_the_birthday_once_rows_were_counted(planned_as_before, db):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has to be asked for it")
    site = assemble().tess.site_id
    Patient.objects.bulk_create(
        [
            Patient(
                site_id=site, number=f"P{n:07}", name_key=f"quist{n}|lena", born_on=f"19{n % 90 + 10}-03-01", sex="F"
            )
            for n in range(3_000)
        ]
    )
    count_rows()
    rows = Patient.objects.filter(site_id=site, merged_into=None, born_on="1950-03-01").order_by("name_key")[:20]
    sql = str(rows.query).replace("1950-03-01", "'1950-03-01'")
    assert "patient_by_birth" in plan(sql)
