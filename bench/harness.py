"""How a thing is measured: warmed up, each call timed apart, told with its tail and with the SQL statements it took."""

import os
import platform
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from django.db import connection


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    database: str
    times: int
    a_second: float
    p50: float
    """Milliseconds, as are the next three."""
    p95: float
    p99: float
    worst: float
    statements: int
    """SQL statements of one call, transaction control not counted."""


def measure(what: str, call: Callable[[], object], *, times: int, warm_up: int = 3) -> Figure:
    """Call `warm_up` times unmeasured, count the statements of one call, then time `times` calls one by one."""
    for _ in range(warm_up):
        call()
    statements = _statements(call)
    took = []
    began = time.perf_counter()
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
    whole = time.perf_counter() - began
    took.sort()
    p50, p95, p99, worst = (round(_at(took, share), 2) for share in (50, 95, 99, 100))
    return Figure(what, connection.vendor, times, round(times / whole, 1), p50, p95, p99, worst, statements)


def once(what: str, call: Callable[[], object]) -> Figure:
    """Time a call that can be made only once, counting its statements meanwhile."""
    start = time.perf_counter()
    statements = _statements(call)
    took = time.perf_counter() - start
    ms = round(took * 1000, 2)
    return Figure(what, connection.vendor, 1, round(1 / took, 3), ms, ms, ms, ms, statements)


def _at(ordered: list[float], percent: int) -> float:
    """The value that this share of the calls did not exceed (nearest rank)."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _statements(call: Callable[[], object]) -> int:
    seen: list[str] = []

    def count(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        call()
    return sum(not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")) for sql in seen)


def machine() -> str:
    """The machine and the versions, in one line."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next(
            (ln.split(":")[1].strip() for ln in info.read_text().splitlines() if ln.startswith("model name")), model
        )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Django {version('Django')}, SQLite {sqlite3.sqlite_version}"
    )
