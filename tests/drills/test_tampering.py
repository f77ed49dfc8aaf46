"""Somebody with the database in hand changes history behind the program's back: `officina check` says so, and where.

Each drill does in raw SQL what an insider with the database's password could do: takes the triggers off, changes what happened, and
puts them back, so that nothing but the history itself tells of it.
"""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection

from cast import assemble
from officina.base import audit, services, triggers
from officina.base.models import AuditEntry, AuditSeal
from officina.cli.check import check
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.services import entry, review
from officina.exchange import intake
from officina.inventory.models import Balance, Move
from officina.prescriptions.models import Message, Received

ENTRIES, SEALS = "base_auditentry", "base_auditseal"
TABLES = (ENTRIES, SEALS, "inventory_move", "dispensing_fillstep", "prescriptions_received")


@pytest.fixture
def day(db):
    """A bit of a day with three seals, and some work after the last."""
    cast = assemble()
    site = cast.setup
    services.seal_audit(site, at=cast.at())
    fill = cast.bagged()
    services.seal_audit(site, at=cast.at())
    intake.receive(cast.wire, b"no message", name="bad", at=cast.at())
    entered = cast.entered(patient=cast.omar)
    services.seal_audit(site, at=cast.at())
    entry.approve_entry(cast.ada, fill=entered, at=cast.at())
    cast.extra["fill"] = fill
    cast.extra["seals"] = list(AuditSeal.objects.filter(site_id=site.site_id).order_by("id"))
    assert problems() == []
    return cast


@pytest.fixture
def spans(day):
    """The seals, in order: which entries each closes."""
    return day.extra["seals"]


def problems(*arguments):
    """What `officina check` says; its exit status fits."""
    answer = CliRunner().invoke(check, ["--json", *arguments])
    told = json.loads(answer.output)
    assert answer.exit_code == (1 if told["problems"] else 0)
    assert told["ok"] is not bool(told["problems"])
    return told["problems"]


@contextmanager
def unwatched():
    """While nothing watches. What is there is as before afterwards, but for what was done meanwhile."""
    for table in TABLES:
        triggers.remove(connection, table)
    with connection.cursor() as cursor:
        yield cursor
    for table in TABLES:
        triggers.install(connection, table)


def inside(seal):
    """An entry in the middle of a span."""
    ids = list(_entries(seal).values_list("id", flat=True))
    return ids[len(ids) // 2]


def _entries(seal):
    return AuditEntry.objects.filter(site_id=seal.site_id, id__gt=seal.after_id, id__lte=seal.last_id).order_by("id")


def names(found, seal, before=None):
    """Whether a sentence names the span by its entries and by its time."""
    start = f"audit entries {seal.after_id + 1} to {seal.last_id}: "
    when = f"{seal.at:%b %d, %Y %H:%M:%S} UTC"
    since = f"between {before.at:%b %d, %Y %H:%M:%S} UTC and {when}" if before else f"before {when}"
    return any(p.startswith(start) and since in p for p in found)


CHANGES = {
    "its reason": "why = 'Nothing of note'",
    "its actor": "name = 'Somebody Else', user_id = 999",
    "its licence": "licence = ''",
    "its time": "at = '2026-01-01 00:00:00+00:00'",
    "its verb": "verb = 'user.signed_in'",
    "what it was about": "on_code = ''",
    "what was before": 'before = \'{"state": "x"}\'',
    "its pharmacy": "site_id = (SELECT max(id) FROM base_site)",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_changed_entry_is_found_with_its_span(spans, which, change):
    with unwatched() as cursor:
        cursor.execute(f"UPDATE {ENTRIES} SET {change} WHERE id = %s", [inside(spans[which])])
    found = problems()
    assert names(found, spans[which], spans[which - 1] if which else None), found
    assert not any(names(found, s) for s in spans if s is not spans[which])


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("place", ["first", "middle", "last", "all"])
def test_a_removed_entry_is_found_with_its_span(spans, which, place):
    ids = list(_entries(spans[which]).values_list("id", flat=True))
    gone = {"first": ids[:1], "middle": [inside(spans[which])], "last": ids[-1:], "all": ids}[place]
    with unwatched() as cursor:
        cursor.executemany(f"DELETE FROM {ENTRIES} WHERE id = %s", [(i,) for i in gone])
    found = problems()
    assert names(found, spans[which], spans[which - 1] if which else None)
    assert any(f"sealed as {spans[which].entries}, found {spans[which].entries - len(gone)}" in p for p in found)


def test_two_entries_that_changed_places_are_found(spans):
    first, second = list(_entries(spans[1]).values_list("id", flat=True))[1:3]
    with unwatched() as cursor:
        for old, new in ((first, 10**9), (second, first), (10**9, second)):
            cursor.execute(f"UPDATE {ENTRIES} SET id = %s WHERE id = %s", [new, old])
    assert names(problems(), spans[1], spans[0])


@pytest.mark.parametrize("where", ["before all", "in place of one that was removed"])
def test_a_forged_entry_is_found(spans, where):
    with unwatched() as cursor:
        number, which = (-5, 0) if where == "before all" else (inside(spans[1]), 1)
        copied = inside(spans[2])
        columns = ", ".join(f.column for f in AuditEntry._meta.concrete_fields if not f.primary_key)
        cursor.execute(f"DELETE FROM {ENTRIES} WHERE id = %s", [number])
        cursor.execute(
            f"INSERT INTO {ENTRIES} (id, {columns}) SELECT %s, {columns} FROM {ENTRIES} WHERE id = %s", [number, copied]
        )
    assert names(problems(), spans[which], spans[which - 1] if which else None)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_changed_seal_is_found(spans, which):
    with unwatched() as cursor:
        cursor.execute(f"UPDATE {SEALS} SET digest = %s WHERE id = %s", ["0" * 64, spans[which].pk])
    found = problems()
    assert names(found, spans[which], spans[which - 1] if which else None)
    assert which == 2 or any(f"audit seal {spans[which + 1].pk}: the chain is broken" in p for p in found)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize(
    "change", ["entries = entries + 1", "last_id = last_id - 1", "after_id = after_id + 1", "previous = 'x'"]
)
def test_a_seal_that_says_it_closes_something_else_is_found(spans, which, change):
    with unwatched() as cursor:
        cursor.execute(f"UPDATE {SEALS} SET {change} WHERE id = %s", [spans[which].pk])
    found = problems()
    seal = spans[which]
    starts = (
        f"audit entries {seal.after_id + 1} to ", f"audit entries {seal.after_id + 2} to ", f"audit seal {seal.pk}: the chain is broken before entry ",
    )  # fmt: skip
    assert any(p.startswith(starts) for p in found), found


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_removed_seal_is_found_the_last_one_too(spans, which):
    with unwatched() as cursor:
        cursor.execute(f"DELETE FROM {SEALS} WHERE id = %s", [spans[which].pk])
    found = problems()
    assert any(p.startswith("audit seals: 3 were made, 2 stand") for p in found)
    gone = spans[which]
    named = (
        f"entries {gone.after_id + 1} to {gone.last_id} have no seal"
        if which < 2
        else f"closes entry {gone.after_id}, of "
    )
    assert any(named in p for p in found), found


def test_all_seals_removed_is_found(spans):
    with unwatched() as cursor:
        cursor.execute(f"DELETE FROM {SEALS} WHERE site_id = %s", [spans[0].site_id])
    assert "audit seals: 3 were made, 0 stand; none stands" in problems()


def test_the_end_of_the_trail_cut_off_after_the_last_seal_leaves_steps_that_nobody_tells(day, spans):
    with unwatched() as cursor:
        cursor.execute(f"DELETE FROM {ENTRIES} WHERE id > %s", [spans[-1].last_id])
    (problem,) = problems()
    assert "its step approve_entry of" in problem
    assert problem.endswith("is not in the audit trail; entries were changed or removed")


def test_a_trail_cut_off_and_sealed_anew_is_whole_by_itself_and_betrayed_by_a_hash_kept_elsewhere(day, spans):
    kept = [s.digest for s in spans]
    assert problems(*[f"--seal={digest}" for digest in kept]) == []
    with unwatched() as cursor:
        cursor.execute(f"UPDATE {ENTRIES} SET why = 'Nothing of note' WHERE id = %s", [inside(spans[1])])
        cursor.execute(f"DELETE FROM {SEALS} WHERE id >= %s", [spans[1].pk])
        cursor.execute(
            "UPDATE base_counter SET value = 1 WHERE series = %s AND site_id = %s", [audit.SEALS, spans[0].site_id]
        )
    services.seal_audit(day.setup, at=day.at())
    assert problems() == []
    found = problems(*[f"--seal={digest}" for digest in kept])
    assert [p.split(":")[0] for p in found] == [f"audit seal {digest}" for digest in kept[1:]]


@pytest.mark.parametrize("table", [*TABLES, "dispensing_fillscan", "prescriptions_attachment"])
def test_a_table_without_its_triggers_is_named(day, table):
    triggers.remove(connection, table)
    found = problems()
    assert found
    assert all(p.startswith(f"table {table}: its trigger append_only_") and "is missing" in p for p in found)
    triggers.install(connection, table)
    assert problems() == []


def test_a_trigger_that_does_nothing_any_more_is_named(day):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {ENTRIES} DISABLE TRIGGER append_only_row")
        else:
            cursor.execute(f"DROP TRIGGER append_only_update_{ENTRIES}")
            cursor.execute(
                f"CREATE TRIGGER append_only_update_{ENTRIES} BEFORE UPDATE ON {ENTRIES} BEGIN SELECT 1; END"
            )
    (problem,) = problems()
    assert problem.startswith(f"table {ENTRIES}: its trigger append_only_")
    assert "was changed or switched off" in problem


@pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="only PostgreSQL keeps what a trigger does in a function"
)
def test_a_function_that_lets_everything_pass_is_found(day):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION officina_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
    assert len(problems()) == 2 * len(triggers.protected(connection))


class TestTheRestOfHistory:
    def test_a_changed_or_removed_move_of_stock_is_found(self, day):
        move = Move.objects.filter(lot=day.lot).order_by("id").last()
        for sql in (
            "UPDATE inventory_move SET quantity = quantity + 1 WHERE id = %s",
            "DELETE FROM inventory_move WHERE id = %s",
        ):
            with unwatched() as cursor:
                cursor.execute(sql, [move.pk])
            assert any(p.startswith(f"ledger: lot {day.lot.pk} at place") for p in problems())

    def test_a_changed_balance_is_found(self, day):
        Balance.objects.filter(lot=day.lot, on_hand__gt=0).update(on_hand=1)
        assert any(p.startswith(f"ledger: lot {day.lot.pk} at place") for p in problems())

    def test_a_fill_moved_on_without_a_step_is_found(self, day):
        fill = day.extra["fill"]
        Fill.objects.filter(pk=fill.pk).update(state="sold")
        assert f"fill {fill.number} says sold, its steps say bin" in problems()

    @pytest.mark.parametrize("name", ["verify", "clear_review"])
    def test_a_removed_step_of_a_check_is_found_once_it_is_sold(self, day, name):
        fill = day.extra["fill"]
        with unwatched() as cursor:
            cursor.execute("DELETE FROM dispensing_fillstep WHERE fill_id = %s AND move = %s", [fill.pk, name])
        Fill.objects.filter(pk=fill.pk).update(state="sold")
        assert any(p.startswith(f"fill {fill.number} was sold and has no step of") for p in problems())

    def test_a_forged_step_is_found(self, day):
        waiting = day.received()
        review.hold(day.ada, fill=waiting, why="Wait", at=day.at())
        step = FillStep(
            fill=waiting, at=day.at(), move="cancel", from_state="held", to_state="cancelled", user_id=day.pia.user_id,
            user_name="Pia Moreau", user_role="Pharmacist",
        )  # fmt: skip
        step.save()
        Fill.objects.filter(pk=waiting.pk).update(state="cancelled")
        assert any(p.startswith(f"fill {waiting.number}: its step cancel of") for p in problems())

    def test_a_message_whose_bytes_were_changed_is_found(self, day):
        message = Message.objects.get()
        with unwatched() as cursor:
            cursor.execute(
                "UPDATE prescriptions_received SET raw = %s WHERE id = %s", [b"another", message.received_id]
            )
        (problem,) = problems()
        assert problem.startswith(f"message {message.code}, received Nov 20, 2026")
        assert problem.endswith("its bytes or their hash were changed")

    def test_a_message_changed_together_with_its_hash_is_found_by_the_trail(self, day):
        other = intake.receive(day.wire, b"another", name="other", at=day.at() + timedelta(minutes=1))
        theirs = Message.objects.get(code=other.code).received
        message = Message.objects.exclude(code=other.code).get()
        with unwatched() as cursor:
            cursor.execute(
                "UPDATE prescriptions_received SET raw = %s, sha256 = %s WHERE id = %s",
                [b"another", theirs.sha256, message.received_id],
            )
        assert len(problems()) == 1

    def test_a_removed_message_is_found(self, day):
        message = Message.objects.get()
        with unwatched() as cursor:
            cursor.execute("DELETE FROM prescriptions_message WHERE id = %s", [message.pk])
            cursor.execute("DELETE FROM prescriptions_received WHERE id = %s", [message.received_id])
        assert not Received.objects.exists()
        assert problems() == [f"message {message.code}: the audit trail tells that it was kept, and it is not here"]
