"""What every test can ask for: reference data, an empty house, threads that start together, tables that can be emptied."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from houses import empty_house
from officina.base import triggers

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


# Between tests that really commit, Django empties every table; the append-only ones would refuse. So their triggers are
# lifted for that moment and put back from the list of what stood after the migrations, whatever the test did to them.
_protected: dict[str, list[str]] = {}
_empty_tables = TransactionTestCase._fixture_teardown


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        for alias in connections:
            _protected[alias] = triggers.protected(connections[alias])


def _empty_protected_tables_too(case: TransactionTestCase) -> None:
    for alias, tables in _protected.items():
        for table in tables:
            triggers.remove(connections[alias], table)
    try:
        _empty_tables(case)
    finally:
        for alias, tables in _protected.items():
            for table in tables:
                triggers.install(connections[alias], table)


TransactionTestCase._fixture_teardown = _empty_protected_tables_too  # type: ignore[method-assign]
