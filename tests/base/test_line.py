"""The short way to PostgreSQL: it prepares once, ends transactions as asked, notices what was lost, and lets other threads go on."""

import threading
import time

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.utils import ProgrammingError

from officina.base import statement
from officina.base.models import Counter, Site
from officina.base.postgresql import line
from officina.base.rows import append

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def there_is_a_line():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is in the same process: no line leads to it")
    connection.ensure_connection()


def of_this_thread():
    return connections["default"].line


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
    assert statement.changed("UPDATE base_counter SET value = 5 WHERE site_id = %s", [site.pk]) == 2


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE_READ"])
def test_a_transaction_begins_as_the_connection_is_set(level):
    connection.connection.isolation_level = psycopg.IsolationLevel[level]
    with transaction.atomic():
        assert statement.row("SHOW transaction_isolation", []) == (level.replace("_", " ").lower(),)
    connection.connection.isolation_level = None
    with transaction.atomic():
        assert statement.row("SHOW transaction_isolation", []) == ("read committed",)


def test_a_line_that_was_cut_is_an_operational_error_and_the_next_page_has_a_new_one():
    statement.rows("SELECT 1", [])
    (mine,) = statement.row("SELECT pg_backend_pid()", [])
    with psycopg.connect(connection.connection.info.dsn, password=connection.connection.info.password or None) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [mine])
    with pytest.raises(OperationalError):
        statement.rows("SELECT 1", [])
    connection.close_if_unusable_or_obsolete()
    assert statement.row("SELECT pg_backend_pid()", []) != (mine,)


def test_before_a_page_a_server_that_went_away_is_noticed_without_a_question():
    (mine,) = statement.row("SELECT pg_backend_pid()", [])
    assert connection.is_usable()
    with psycopg.connect(connection.connection.info.dsn, password=connection.connection.info.password or None) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [mine])
    until = time.monotonic() + 10
    while connection.is_usable() and time.monotonic() < until:
        time.sleep(0.01)
    assert not connection.is_usable()
    connection.close()


def test_a_commit_on_a_line_that_was_cut_is_not_taken_for_done():
    with pytest.raises(OperationalError), transaction.atomic():
        append(Site(name="Cut"))
        connection.connection.close()
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
