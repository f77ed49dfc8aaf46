"""How a thing is measured: warmed up, each call timed apart, told with its tail and with the SQL statements it took."""

import os
import platform
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
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
    """SQL statements of one call, transaction control not counted; 0 where they were not counted here."""
    cpu_p50: float = 0
    """Milliseconds of this process's processor time, which other work on the machine disturbs less; 0 where they were not taken."""
    cpu_p95: float = 0
    times_the_peer: float = 0
    """How many times as many a second as an open peer in the turn before; 0 where none was measured."""


def measure(what: str, call: Callable[[], object], *, times: int, warm_up: int = 3) -> Figure:
    """Call `warm_up` times unmeasured, count the statements of one call, then time `times` calls one by one."""
    for _ in range(warm_up):
        call()
    statements = _statements(call)
    took, worked = [], []
    began = time.perf_counter()
    for _ in range(times):
        busy, start = time.process_time(), time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    found = figure(what, took, seconds=time.perf_counter() - began, statements=statements)
    return replace(found, cpu_p50=round(_at(sorted(worked), 50), 2), cpu_p95=round(_at(sorted(worked), 95), 2))


def figure(what: str, took: list[float], *, seconds: float, statements: int) -> Figure:
    """The line of calls that took so many milliseconds each and so many seconds together."""
    ordered = sorted(took)
    p50, p95, p99, worst = (round(_at(ordered, share), 2) for share in (50, 95, 99, 100))
    rate = round(len(took) / seconds, 1)
    return Figure(what, connection.vendor, len(took), rate, p50, p95, p99, worst, statements)


def once(what: str, call: Callable[[], object]) -> Figure:
    """Time a call that can be made only once, counting its statements meanwhile."""
    busy, start = time.process_time(), time.perf_counter()
    statements = _statements(call)
    took = time.perf_counter() - start
    ms, cpu = round(took * 1000, 2), round((time.process_time() - busy) * 1000, 2)
    return Figure(what, connection.vendor, 1, round(1 / took, 3), ms, ms, ms, ms, statements, cpu, cpu)


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
    """The machine and the versions, in one line, with a yardstick: a shared machine is not the same every day."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next(
            (ln.split(":")[1].strip() for ln in info.read_text().splitlines() if ln.startswith("model name")), model
        )
    began = time.perf_counter()
    for _ in range(10_000_000):
        pass
    yardstick = time.perf_counter() - began
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Django {version('Django')}, SQLite {sqlite3.sqlite_version}; "
        f"yardstick: ten million turns of an empty loop took {yardstick:.2f} s"
    )
