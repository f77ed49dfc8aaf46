"""Measure on SQLite and on PostgreSQL, each in a fresh house, and print one table.

make bench
.venv/bin/python -m bench [path] [stations] [writers] [peer] [...] [--json]
"""

import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

import bench
from bench.harness import Figure, machine

HANDED_ON = ("OFFICINA_REFERENCE_DATA", "OFFICINA_BENCH_FILLS", "OFFICINA_BENCH_PATIENTS")
ON_REQUEST = {"peer"}
"""Measured only by its name."""
ROOT = Path(__file__).resolve().parent.parent
INSIDE = [sys.executable, "-m", "bench.inside"]
# Durable: figures of a database that may forget are figures of something else.
WITH_POSTGRES = [sys.executable, str(ROOT / "tools" / "with_postgres.py"), "--durable", "--"]


def _figures(command: list[str]) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="officina-bench-") as home:
        env = {key: value for key, value in os.environ.items() if not key.startswith("OFFICINA_")}
        env |= {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        env |= {
            "OFFICINA_HOME": home,
            "DJANGO_SETTINGS_MODULE": "officina.project.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]),
        }
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command[1:])} ended with {done.returncode}")
    return [msgspec.json.decode(line, type=Figure) for line in done.stdout.splitlines() if line.startswith(b"{")]


def _table(figures: list[Figure]) -> Table:
    table = Table(title=machine(), title_justify="left")
    for head in ("what", "database"):
        table.add_column(head)
    for head in (
        "times",
        "a second",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "worst ms",
        "statements",
        "cpu p50",
        "cpu p95",
        "× peer",
    ):
        table.add_column(head, justify="right")
    for f in figures:
        cells = (f.what, f.database, f.times, f.a_second, f.p50, f.p95, f.p99, f.worst, f.statements)
        table.add_row(*map(str, cells), *(str(some or "") for some in (f.cpu_p50, f.cpu_p95, f.times_the_peer)))
    return table


def main() -> None:
    """Measure and print."""
    found = {m.name.removeprefix("measure_") for m in pkgutil.iter_modules(bench.__path__) if "measure_" in m.name}
    every = sorted(found - ON_REQUEST)
    figures = []
    for name in [name for name in sys.argv[1:] if not name.startswith("-")] or every:
        # Each in a house of its own: one measurement's work would be another one's history.
        figures += _figures([*INSIDE, name]) + _figures([*WITH_POSTGRES, *INSIDE, name])
    figures.sort(key=lambda figure: figure.what)
    if "--json" in sys.argv:
        print(msgspec.json.encode({"machine": machine(), "figures": figures}).decode())
        return
    Console(width=160).print(_table(figures))


if __name__ == "__main__":
    main()
