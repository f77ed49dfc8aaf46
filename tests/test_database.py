"""The ground that the other tests stand on: one real database for all threads, emptied between tests, protection intact."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection
from django.test import TransactionTestCase

from officina.base import triggers
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
    from django.db import transaction

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
