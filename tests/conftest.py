"""What every test can ask for: reference data, an empty house, threads that start together, tables that can be emptied."""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

import emptying
from houses import empty_house, forget_kept_houses, keep, officina

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "house_env"}

# Deadlines measure the machine, not the code; on CI the examples are the same each time, so that red means changed.
settings.register_profile(
    "house",
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="leave out the tests that touch no database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # The longest begin first: one that begins last would keep every other worker waiting.
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if not config.getoption("--database-only"):
        return
    kept = [item for item in items if _touches_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _touches_database(item: pytest.Item) -> bool:
    return (
        item.get_closest_marker("django_db") is not None
        or item.get_closest_marker("threads") is not None
        or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real public files (directories, sample messages), which is no part of the project."""
    given = os.environ.get("OFFICINA_REFERENCE_DATA", "")
    if not given:
        pytest.skip("no reference data: OFFICINA_REFERENCE_DATA is not set")
    if not Path(given).is_dir():
        pytest.skip("no reference data: OFFICINA_REFERENCE_DATA names no folder")
    return Path(given)


@pytest.fixture(autouse=True)
def no_test_finds_what_another_one_left() -> Iterator[None]:
    """What a search keeps in memory belongs to rows that are taken back after the test, and their numbers are given anew."""
    yield
    for name in (
        "officina.drugs.search",
        "officina.dispensing.medicines",
        "officina.drugs.freshness",
        "officina.inventory.queries",
    ):
        if name in sys.modules:
            sys.modules[name].forget()


@pytest.fixture
def house_env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment for a process that runs the program in an empty house: `subprocess.run([*OFFICINA, …], env=house_env)`."""
    with empty_house(tmp_path / "house") as env:
        yield env


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """Run calls at the same instant, one thread each; gives their results, an exception standing where one was raised."""

    def run(*calls: Callable[[], Any], seconds: float = 120) -> list[Any]:
        barrier = Barrier(len(calls))

        def one(call: Callable[[], Any]) -> Any:
            try:
                barrier.wait(30)
                return call()
            except Exception as problem:  # noqa: BLE001  whatever happened is the result that the test looks at
                return problem
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls, timeout=seconds))

    return run


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        forget_kept_houses()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The embedded database is laid in place before Django looks for it, and goes with the folder of the run."""
    return connection.vendor == "sqlite"


def plan_as_in_a_large_house(name: str) -> None:
    """Let SQLite choose its indexes as in a house with a million fills, as `bench.fill` makes it and `ANALYZE` counts it."""
    rows = json.loads((Path(__file__).parent / "statistics_of_a_large_house.json").read_text())
    with closing(sqlite3.connect(name)) as database:
        database.execute("ANALYZE")
        database.execute("DELETE FROM sqlite_stat1")
        database.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", rows)
        database.commit()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_keepdb: bool) -> None:
    """The tests' own database starts as a copy of an empty house: the migrations run once in a run, not once in each process."""
    kept = keep("empty", lambda env: officina(env, "check"), os.environ.get("OFFICINA_DATABASE_URL", ""))
    test = connection.settings_dict["TEST"]
    if django_db_keepdb:
        shutil.copy(kept.home / "officina.sqlite3", test["NAME"])
        plan_as_in_a_large_house(test["NAME"])
    else:
        test["TEMPLATE"] = kept.database


# Between tests that really commit, Django would empty every table; the append-only ones would refuse.
_protected: dict[str, emptying.Standing] = {}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        for alias in connections:
            _protected[alias] = emptying.standing_triggers(connections[alias])


@pytest.fixture
def swept(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For a test that writes a hundred thousand rows: asked for before the database, it sweeps them out after they were taken back."""
    yield
    with django_db_blocker.unblock():
        for alias in connections:
            emptying.sweep(connections[alias])


def _empty_protected_tables_too(_case: TransactionTestCase) -> None:
    for alias, ought in _protected.items():
        emptying.empty(connections[alias], ought)


TransactionTestCase._fixture_teardown = _empty_protected_tables_too  # type: ignore[method-assign]
