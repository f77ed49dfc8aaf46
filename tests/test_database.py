"""The ground that the other tests stand on: one real database for all threads, emptied between tests, protection intact."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

import cast as standing
import emptying
import same_again
from at_once import sound
from officina.base import audit, triggers
from officina.base.models import AuditEntry, Site

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def an_entry() -> AuditEntry:
    site = Site.objects.create(name="Linden Pharmacy")
    return AuditEntry.objects.create(
        site=site, at=AT, user_id=1, name="Ada", role="Pharmacist", request_id="r1", verb="site.opened"
    )


@pytest.mark.django_db
def test_an_audit_entry_can_be_neither_changed_nor_removed():
    entry = an_entry()
    for attempt in (
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(name="Somebody else"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), _savepoint():
            attempt()
    assert AuditEntry.objects.get().name == "Ada"


def _savepoint():
    return transaction.atomic()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_committed_is_gone_for_the_next_and_the_protection_is_back(turn):
    assert AuditEntry.objects.count() == 0
    assert "base_auditentry" in triggers.protected(connection)
    an_entry()
    if turn == 1:
        triggers.remove(connection, "base_auditentry")


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_threads_see_what_other_threads_committed(together):
    def add():
        return Site.objects.create(name="One more").pk

    keys = together(*[add] * 4)
    assert all(isinstance(key, int) for key in keys), keys
    assert Site.objects.count() == 4
    assert together(Site.objects.count, Site.objects.count) == [4, 4]


def test_the_emptying_of_protected_tables_stands_in_for_django_s_own():
    assert TransactionTestCase._fixture_teardown.__name__ == "_empty_protected_tables_too"


def everything() -> dict[str, list]:
    """Every row of the house as the database itself would write it."""
    with connection.cursor() as cursor:
        found = {}
        for table in emptying.tables_with_rows(connection):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            found[table] = cursor.fetchall()
        return found


@pytest.mark.django_db
def test_the_cast_laid_down_again_is_to_the_byte_what_the_services_wrote(monkeypatch):
    def rolled_back():
        with transaction.atomic():
            made = standing.assemble()
            rows = everything()
            transaction.set_rollback(True)
        return made, rows

    monkeypatch.setattr(same_again, "_kept", {})
    by_services, wrote = rolled_back()
    laid_down, lie = rolled_back()
    assert lie == wrote
    assert sum(len(rows) for rows in wrote.values()) > 100
    assert laid_down == by_services
    assert laid_down is not by_services


@pytest.mark.django_db
def test_on_the_cast_laid_down_again_work_goes_on_and_the_books_agree():
    with transaction.atomic():
        standing.assemble()
        transaction.set_rollback(True)
    cast = standing.assemble()
    assert cast.sold().state == "sold"
    sound()
    audit.seal(cast.setup.site_id, at=cast.at())
    assert list(audit.broken_seals(cast.setup.site_id)) == []
