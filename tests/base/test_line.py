"""The short way to PostgreSQL: it prepares once, ends transactions as asked, notices what was lost, and lets other threads go on."""

import gc
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.db import (
    DatabaseError,
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
from officina.base.rows import append

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


def test_while_one_waits_for_the_server_others_go_on():
    went_on = []
    done = threading.Event()

    def other():
        while not done.is_set():
            went_on.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=other)
    thread.start()
    statement.rows("SELECT pg_sleep(0.3)", [])
    done.set()
    thread.join()
    assert len(went_on) > 5
