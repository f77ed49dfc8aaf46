"""The short way to PostgreSQL: it prepares once, ends transactions as asked, notices what was lost, and lets other threads go on."""

import gc
import os
import signal
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path

import psycopg
import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.utils import ProgrammingError

from officina.base import statement
from officina.base.command import _transient
from officina.base.models import Counter, Site
from officina.base.postgresql import base, line
from officina.base.rows import append, note

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def there_is_a_line():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is in the same process: no line leads to it")
    connection.ensure_connection()


def of_this_thread():
    return connections["default"].line


@pytest.mark.parametrize(
    ("sql", "values", "row"),
    [
        ("SELECT 'x%%sy', %s", ["a"], ("x%sy", "a")),
        ("SELECT '100%%', '%%%%'", [], ("100%", "%%")),
        ("SELECT %s::text || '%%s', %s::text", ["a", "%s"], ("a%s", "%s")),
    ],
)
def test_percent_signs_are_those_of_a_cursor(sql, values, row):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None) if values else cursor.execute(sql.replace("%%", "%"))
        assert cursor.fetchone() == row
    assert statement.rows(sql, values) == [row]


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3]])
def test_a_wrong_number_of_values_is_a_bug_of_ours_and_no_lost_connection(values):
    with pytest.raises(ProgrammingError, match=f"2 placeholders, {len(values)} values"):
        statement.rows("SELECT %s::int, %s::int", values)
    assert statement.rows("SELECT %s::int, %s::int", [1, 2]) == [(1, 2)]


def test_no_rows_stay_in_memory_once_they_were_read():
    for number in range(4):
        assert (
            len(statement.rows(f"SELECT {number}, repeat('x', 1000) FROM generate_series(1, %s)", [20_000])) == 20_000
        )
    kept = resident()
    for number in range(4, 8):
        statement.rows(f"SELECT {number}, repeat('x', 1000) FROM generate_series(1, %s)", [20_000])
    assert resident() - kept < 40_000_000, "a result of twenty megabytes is kept for each statement"


def resident():
    """Bytes of memory that this process holds; libpq's are not Python's."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_statement_is_prepared_once_whatever_the_size_of_a_number():
    before = len(of_this_thread().known)
    for number in (1, 2**20, 2**40, -1):
        assert statement.rows("SELECT %s::bigint * 2, '100%%'", [number]) == [(number * 2, "100%")]
    assert len(of_this_thread().known) == before + 1


def test_the_server_keeps_so_many_statements_and_no_more(monkeypatch):
    monkeypatch.setattr(line, "MOST", 5)
    for number in range(12):
        assert statement.rows(f"SELECT {number} + %s::bigint", [1]) == [(number + 1,)]
    assert len(of_this_thread().known) <= 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'officina%%'")
        assert cursor.fetchone()[0] <= 5


def test_what_is_rolled_back_is_gone_and_what_is_committed_stands():
    with pytest.raises(RuntimeError), transaction.atomic():
        append(Site(name="Gone"))
        raise RuntimeError
    with transaction.atomic():
        append(Site(name="Stands"))
    connection.close()
    assert {
        name for (name,) in statement.rows("SELECT name FROM base_site WHERE name IN (%s, %s)", ["Gone", "Stands"])
    } == {"Stands"}


def test_a_savepoint_takes_back_its_own_part_and_statements_stay_prepared():
    with transaction.atomic():
        site = append(Site(name="Outer"))
        append(Counter(site=site, series="rx"))
        with pytest.raises(IntegrityError), transaction.atomic():
            append(Counter(site=site, series="rx"))
        append(Counter(site=site, series="bag"))
    known = len(of_this_thread().known)
    assert statement.changed("UPDATE base_counter SET value = 5 WHERE site_id = %s", [site.pk]) == 2
    assert len(of_this_thread().known) == known + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'officina%%'")
        assert cursor.fetchone()[0] == known + 1


def test_a_commit_after_a_fault_that_was_swallowed_is_not_told_as_done():
    with pytest.raises(InternalError, match="nothing was committed"), transaction.atomic():
        Site.objects.create(name="Swallowed")
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such")
    assert not Site.objects.filter(name="Swallowed").exists()


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE_READ"])
def test_a_transaction_begins_as_the_connection_is_set(level):
    connection.connection.isolation_level = psycopg.IsolationLevel[level]
    with transaction.atomic():
        assert statement.row("SHOW transaction_isolation", []) == (level.replace("_", " ").lower(),)
    connection.connection.isolation_level = None
    with transaction.atomic():
        assert statement.row("SHOW transaction_isolation", []) == ("read committed",)


def cut(backend):
    """The server ends a connection."""
    with psycopg.connect(connection.connection.info.dsn, password=connection.connection.info.password or None) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])


def test_a_line_that_was_cut_is_an_operational_error_and_the_next_page_has_a_new_one():
    statement.rows("SELECT 1", [])
    (mine,) = statement.row("SELECT pg_backend_pid()", [])
    cut(mine)
    with pytest.raises(OperationalError):
        statement.rows("SELECT 1", [])
    connection.close_if_unusable_or_obsolete()
    assert statement.row("SELECT pg_backend_pid()", []) != (mine,)


def test_after_a_pause_and_in_the_middle_of_something_a_connection_is_not_believed(monkeypatch):
    statement.rows("SELECT 1", [])
    asked = []
    monkeypatch.setattr(base.base.DatabaseWrapper, "is_usable", lambda _: asked.append(True) or True)
    of_this_thread().heard -= base.BELIEVED_SECONDS
    assert connection.is_usable()
    assert asked
    connection.connection.pgconn.exec_(b"BEGIN")
    assert not connection.is_usable()
    connection.connection.pgconn.exec_(b"ROLLBACK")


def test_before_a_page_a_server_that_went_away_is_noticed_without_a_question(monkeypatch):
    (mine,) = statement.row("SELECT pg_backend_pid()", [])
    with monkeypatch.context() as silent:
        silent.setattr(base.base.DatabaseWrapper, "is_usable", lambda _: pytest.fail("the server was asked"))
        assert connection.is_usable()
    cut(mine)
    until = time.monotonic() + 10
    while connection.is_usable() and time.monotonic() < until:
        time.sleep(0.01)
    assert not connection.is_usable()
    connection.close()


def test_a_commit_on_a_line_that_was_cut_is_not_taken_for_done():
    with pytest.raises(OperationalError), transaction.atomic():
        append(Site(name="Cut"))
        connection.connection.close()
        with pytest.raises(psycopg.OperationalError, match="closed"):
            of_this_thread().end("COMMIT")
    connection.close()
    assert not Site.objects.filter(name="Cut").exists()


def test_a_table_that_got_another_shape_is_read_anew():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE shapes (one integer)")
    try:
        assert statement.rows("SELECT * FROM shapes WHERE one = %s", [1]) == []
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE shapes ADD COLUMN two integer")
        with pytest.raises(Exception, match="cached plan"):
            statement.rows("SELECT * FROM shapes WHERE one = %s", [1])
        statement.changed("INSERT INTO shapes VALUES (%s, %s)", [1, 2])
        assert statement.rows("SELECT * FROM shapes WHERE one = %s", [1]) == [(1, 2)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE shapes")


def test_statements_that_somebody_took_away_are_prepared_anew_once_the_transaction_ended():
    statement.rows("SELECT 7 + %s::bigint", [1])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(ProgrammingError, match="does not exist") as gone, transaction.atomic():
        statement.rows("SELECT 7 + %s::bigint", [1])
    assert _transient(gone.value)
    assert statement.rows("SELECT 7 + %s::bigint", [1]) == [(8,)]


def test_a_stale_statement_inside_a_broken_transaction_waits_for_its_end():
    statement.rows("SELECT 8 + %s::bigint", [1])
    of_this_thread().is_stale = True
    connection.connection.pgconn.exec_(b"BEGIN")
    connection.connection.pgconn.exec_(b"SELECT no_such")
    with pytest.raises(DatabaseError, match="aborted"):
        statement.rows("SELECT 8 + %s::bigint", [1])
    assert of_this_thread().is_stale
    connection.connection.pgconn.exec_(b"ROLLBACK")
    assert statement.rows("SELECT 8 + %s::bigint", [1]) == [(9,)]
    assert not of_this_thread().is_stale


def test_what_the_server_does_not_understand_is_named_and_nothing_is_kept_of_it():
    before = len(of_this_thread().known)
    with pytest.raises(ProgrammingError, match="no_such"):
        statement.rows("SELECT * FROM no_such WHERE id = %s", [1])
    assert len(of_this_thread().known) == before


@pytest.mark.parametrize("how", [nullcontext, transaction.atomic], ids=["alone", "together with BEGIN"])
def test_while_one_waits_for_the_server_others_go_on(how):
    went_on = []
    done = threading.Event()

    def other():
        while not done.is_set():
            went_on.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=other)
    thread.start()
    with how():
        statement.rows("SELECT pg_sleep(0.3)", [])
    done.set()
    thread.join()
    assert len(went_on) > 5


class TestSaid:
    """What nobody waits for goes with what comes next."""

    def test_it_goes_with_the_next_statement_and_stands_before_it(self):
        with transaction.atomic():
            site = append(Site(name="Said"))
            note(Counter, site_id=site.pk, series="rx")
            assert len(of_this_thread().unsent) == 1
            assert statement.rows("SELECT series FROM base_counter WHERE site_id = %s", [site.pk]) == [("rx",)]
            assert not of_this_thread().unsent

    def test_it_goes_with_the_commit_alone_too(self):
        with transaction.atomic():
            note(Site, name="Alone")
            assert connection.connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        connection.close()
        assert Site.objects.filter(name="Alone").exists()

    def test_outside_of_a_transaction_it_goes_at_once(self):
        note(Site, name="At once")
        assert not of_this_thread().unsent
        connection.close()
        assert Site.objects.filter(name="At once").exists()

    def test_whoever_speaks_past_the_line_comes_after_it(self):
        with transaction.atomic():
            note(Site, name="Before")
            assert Site.objects.filter(name="Before").exists()
            note(Site, name="Before")
            with connection.cursor() as cursor:
                note(Site, name="Before")
                cursor.execute("SELECT count(*) FROM base_site WHERE name = 'Before'")
                assert cursor.fetchone() == (3,)
                note(Site, name="Before")
                with cursor.copy("COPY (SELECT 1 FROM base_site WHERE name = 'Before') TO STDOUT") as rows:
                    assert len(list(rows.rows())) == 4

    def test_a_rollback_forgets_it(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            note(Site, name="Never sent")
            raise RuntimeError
        with pytest.raises(RuntimeError), transaction.atomic():
            Site.objects.create(name="Sent")
            note(Site, name="Never sent")
            raise RuntimeError
        with transaction.atomic():
            assert statement.rows("SELECT 1 FROM base_site WHERE name IN ('Sent', 'Never sent')", []) == []

    def test_a_savepoint_taken_back_forgets_its_own_part_only(self):
        with transaction.atomic():
            note(Site, name="Outer")
            with pytest.raises(RuntimeError), transaction.atomic():
                note(Site, name="Inner")
                raise RuntimeError
            note(Site, name="After")
        assert {s.name for s in Site.objects.filter(name__in=["Outer", "Inner", "After"])} == {"Outer", "After"}

    @pytest.mark.parametrize("then", ["ask", "commit", "cursor", "say"])
    def test_what_is_wrong_with_it_is_raised_by_what_comes_next_and_nothing_stands(self, then):
        with pytest.raises(IntegrityError, match="site_id"), transaction.atomic():
            append(Site(name="Half"))
            note(Counter, site_id=987654321, series="rx")
            # References are looked at when a transaction ends; this one now.
            statement.say("SET CONSTRAINTS ALL IMMEDIATE", [])
            if then == "ask":
                append(Site(name="Half"))
            elif then == "cursor":
                Site.objects.create(name="Half")
            elif then == "say":
                note(Site, name="Half")
        assert not Site.objects.filter(name="Half").exists()
        assert statement.rows("SELECT %s::text", ["on it goes"]) == [("on it goes",)]

    def test_what_fails_takes_what_comes_after_it_along(self):
        with pytest.raises(DataError), transaction.atomic():
            note(Site, name="x" * 10_000)
            note(Site, name="After a fault")
        with pytest.raises(InternalError, match="nothing was committed"), transaction.atomic():
            note(Site, name="x" * 10_000)
            with suppress(DataError):
                statement.rows("SELECT 1", [])
            # As if nobody had heard of the fault.
            connection.needs_rollback = False
        assert not Site.objects.filter(name="After a fault").exists()

    def test_on_a_line_that_was_cut_it_is_not_taken_for_done(self):
        (mine,) = statement.row("SELECT pg_backend_pid()", [])
        with pytest.raises(OperationalError), transaction.atomic():
            note(Site, name="Cut off")
            cut(mine)
        connection.close()
        assert not Site.objects.filter(name="Cut off").exists()

    def test_more_than_fits_between_us_and_the_server_passes_both_ways(self):
        much = "x" * 30_000_000
        with transaction.atomic():
            statement.say("SELECT %s::text", [much])
            statement.say("SELECT length(%s::text)", [much])
            assert statement.row("SELECT %s::text", [much]) == (much,)

    @pytest.mark.parametrize("during", ["statement", "commit"])
    def test_who_is_broken_off_while_waiting_hears_that_and_leaves_no_answer_for_the_next(self, during):
        def ring(*_):
            raise InterruptedError("somebody rang")

        before = signal.signal(signal.SIGALRM, ring)
        try:
            # At the commit nobody knows whether it was kept: the server has it already.
            with pytest.raises(InterruptedError), transaction.atomic():
                note(Site, name=f"Broken off in a {during}")
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                statement.say("SELECT pg_sleep(1)", [])
                if during == "statement":
                    statement.rows("SELECT 1", [])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        with transaction.atomic():
            assert statement.rows("SELECT %s::text", ["mine"]) == [("mine",)]
            assert not Site.objects.filter(name="Broken off in a statement").exists()

    def test_what_was_left_unsent_is_never_another_pages(self):
        of_this_thread().unsent.append((b"SELECT 1", None, None))
        assert not connection.is_usable()
        connection.close()

    def test_the_server_keeps_what_is_still_to_be_sent(self, monkeypatch):
        monkeypatch.setattr(line, "MOST", 3)
        with transaction.atomic():
            for number in range(9):
                statement.say(f"SELECT {number} + %s::bigint", [1])
            assert statement.row("SELECT 9 + %s::bigint", [1]) == (10,)
