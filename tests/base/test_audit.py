"""The audit trail: written with the act, never changed, and tampering shows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.utils import DatabaseError

import cast as standing
from officina.base import audit, entering, services, triggers
from officina.base.models import AuditEntry, AuditSeal
from officina.inventory.models import Move

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def cast(db):
    return standing.assemble()


def test_an_entry_tells_who_by_which_licence_at_which_station(cast):
    entering.sign_out(cast.ada, at=AT)
    entry = AuditEntry.objects.latest("id")
    assert (entry.name, entry.role, entry.station, entry.verb) == ("Ada Park", "Pharmacist", "test", "user.signed_out")
    assert "pharmacist US-WI PHA-1 to 2027-12-31" in entry.licence


def test_an_unregistered_verb_is_a_bug(cast):
    with pytest.raises(KeyError):
        audit.record(cast.ada, "fill.invented", at=AT)


@pytest.mark.parametrize("change", [lambda rows: rows.update(name="Somebody else"), lambda rows: rows.delete()])
@pytest.mark.parametrize("model", [AuditEntry, Move])
def test_the_database_refuses_to_change_or_remove_a_row(cast, model, change):
    from django.db import transaction

    rows = model.objects.all()
    if model is Move and "update" in change.__code__.co_names:
        change = lambda rows: rows.update(about="x")  # noqa: E731
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(rows)


def test_what_is_protected_is_what_should_be(cast):
    assert triggers.protected(connection) == [
        "base_auditentry",
        "base_auditseal",
        "dispensing_bagcall",
        "dispensing_commondate",
        "dispensing_deliverystep",
        "dispensing_drawercount",
        "dispensing_fillscan",
        "dispensing_fillstep",
        "dispensing_payment",
        "dispensing_pseudoephedrinesale",
        "dispensing_remsauthorisation",
        "inventory_move",
        "prescriptions_attachment",
        "prescriptions_received",
        "prescriptions_transfer",
    ]


def test_a_long_span_is_closed_in_parts_so_that_nobody_waits_long(cast, monkeypatch):
    monkeypatch.setattr(audit, "LONGEST", 3)
    for _ in range(5):
        entering.sign_out(cast.ada, at=AT)
    parts = list(iter(lambda: services.seal_audit(cast.setup, at=AT), None))
    assert len(parts) > 1
    assert [part.entries for part in parts[:-1]] == [3] * (len(parts) - 1)
    assert sum(part.entries for part in parts) == AuditEntry.objects.filter(site_id=cast.setup.site_id).count()
    assert list(audit.broken_seals(cast.setup.site_id)) == []


def test_a_seal_closes_all_entries_and_the_next_goes_on_from_it(cast):
    first = services.seal_audit(cast.setup, at=AT)
    entering.sign_out(cast.ada, at=AT)
    second = services.seal_audit(cast.setup, at=AT + timedelta(hours=1))
    assert second.after_id == first.last_id
    assert second.previous == first.digest
    assert second.entries == 1
    assert services.seal_audit(cast.setup, at=AT) is None
    assert list(audit.broken_seals(cast.setup.site_id)) == []


def tampered(sql, parameters):
    """Do what somebody with the database's own password could do."""
    triggers.remove(connection, "base_auditentry")
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    triggers.install(connection, "base_auditentry")


@pytest.mark.parametrize(
    "sql", ["UPDATE base_auditentry SET name = 'Nobody' WHERE id = %s", "DELETE FROM base_auditentry WHERE id = %s"]
)
def test_a_row_changed_or_removed_behind_the_programs_back_is_found_with_its_span(cast, sql):
    services.seal_audit(cast.setup, at=AT)
    entering.sign_out(cast.ada, at=AT)
    sealed = services.seal_audit(cast.setup, at=AT)
    tampered(sql, [sealed.last_id])
    (problem,) = audit.broken_seals(cast.setup.site_id)
    assert f"audit entries {sealed.after_id + 1} to {sealed.last_id}" in problem


def test_a_removed_seal_breaks_the_chain(cast):
    services.seal_audit(cast.setup, at=AT)
    entering.sign_out(cast.ada, at=AT)
    services.seal_audit(cast.setup, at=AT)
    triggers.remove(connection, "base_auditseal")
    AuditSeal.objects.order_by("id").first().delete()
    triggers.install(connection, "base_auditseal")
    assert any("chain is broken" in p for p in audit.broken_seals(cast.setup.site_id))


def test_every_registered_verb_has_a_sentence():
    assert all(text and not text.endswith(".") for text in audit.verbs().values())
