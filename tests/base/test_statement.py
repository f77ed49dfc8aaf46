"""The shortest way to the driver gives what Django's own way gives: rows, counts, errors by their names, and word to who listens."""

import os
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from officina.base import statement
from officina.base.command import _queue
from officina.base.models import AuditEntry, Counter, DoneCommand, Site
from officina.base.rows import append, write

pytestmark = pytest.mark.django_db


def a_site() -> Site:
    return Site.objects.create(name="Statement's pharmacy")


def test_rows_counts_and_a_percent_sign_are_those_of_djangos_cursor():
    site = a_site()
    sql = "SELECT name, 100 %% 7 FROM base_site WHERE id = %s AND name LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [site.pk, "State%"])
        theirs = cursor.fetchall()
    assert [tuple(row) for row in statement.rows(sql, [site.pk, "State%"])] == [tuple(row) for row in theirs] != []
    assert statement.row("SELECT name FROM base_site WHERE id = %s", [-1]) is None
    assert statement.changed("UPDATE base_site SET city = %s WHERE id = %s", ["Madison", site.pk]) == 1
    assert statement.changed("UPDATE base_site SET city = %s WHERE id = %s", ["Madison", -1]) == 0


def test_what_the_database_refuses_is_named_as_django_names_it():
    site = a_site()
    Counter.objects.create(site=site, series="rx")
    with pytest.raises(IntegrityError), transaction.atomic():
        append(Counter(site=site, series="rx"))
    assert Counter.objects.get(site=site).value == 0


def test_after_a_fault_nothing_more_is_done_in_the_same_transaction():
    site = a_site()
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            statement.rows("SELECT id FROM base_site WHERE id = %s", [site.pk])


def test_who_listens_hears_every_statement():
    heard = []

    def listen(execute, sql, params, many, context):
        heard.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        statement.rows("SELECT id FROM base_site WHERE id = %s", [1])
        append(Site(name="Heard"))
    assert [sql.split()[0] for sql in heard] == ["SELECT", "INSERT"]


def test_a_row_written_by_its_columns_is_the_row_that_the_orm_would_write():
    site, at = a_site(), timezone.now()
    fields = {
        "site_id": site.pk,
        "at": at,
        "user_id": 7,
        "name": "Ada",
        "role": "Pharmacist",
        "request_id": "r",
        "verb": "x",
    }
    mine, theirs = (
        write(AuditEntry, **fields, after={"n": [1, "é"]}),
        AuditEntry.objects.create(**fields, after={"n": [1, "é"]}),
    )
    columns = [f.attname for f in AuditEntry._meta.concrete_fields if not f.primary_key]
    first, second = AuditEntry.objects.filter(pk__in=[mine.pk, theirs.pk]).order_by("pk")
    assert [getattr(first, c) for c in columns] == [getattr(second, c) for c in columns]
    assert [getattr(mine, c) for c in columns] == [getattr(first, c) for c in columns]


def test_what_a_row_makes_by_itself_is_made_anew_for_each():
    one, two = write(Site, name="One"), write(Site, name="Two")
    assert one.code != two.code
    done = write(DoneCommand, site_id=one.pk, key="k", service="s", content="c", answer=None)
    assert DoneCommand.objects.get(pk=done.pk).at == done.at


def test_a_column_that_is_none_is_a_bug_and_nothing_is_written():
    with pytest.raises(TypeError, match="colour"):
        write(Site, name="One", colour="red")
    assert not Site.objects.filter(name="One").exists()


def test_an_instant_without_its_zone_is_refused_before_it_is_another_instant():
    site = a_site()
    with pytest.raises(ValueError, match="no zone"):
        write(
            AuditEntry, site_id=site.pk, at=datetime(2026, 3, 8, 2, 30), user_id=1, name="", role="", request_id="", verb=""
        )  # fmt: skip


def test_a_forked_process_stands_in_the_queue_with_a_lock_file_of_its_own(tmp_path):
    name = str(tmp_path / "house.sqlite3.lock")
    mine = _queue.at(name)
    assert _queue.at(name) == mine
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"own" if _queue.at(name) != mine and os.fstat(_queue.at(name)) else b"shared")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 10) == b"own"
    os.close(reading)
    os.close(writing)
