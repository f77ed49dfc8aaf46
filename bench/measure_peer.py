"""Officina beside an open peer, on one PostgreSQL, in turns within the same minutes: prescriptions ordered and dispensed over HTTP.

The peer writes an order and takes it off its stock, and answers with a few numbers; Officina reads a SCRIPT message, scans a container
against its lot, and answers with the part of the page that comes next. OFFICINA_BENCH_FILLS past fills lie behind Officina, none behind the
peer. Not among what `make bench` measures unasked: the first time it installs the peer, which takes minutes.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.db import connection

from bench import measure_stations as ours
from bench.harness import Figure, figure
from bench.peer import gnu_health
from bench.stations import in_pairs

ROUNDS, STATIONS = 3, (1, 4)


def figures() -> Iterator[Figure]:
    """Each round of both; the ratio stands at ours."""
    if connection.vendor != "postgresql":
        return  # the peer knows no other
    gnu_health.install()
    wanted = ROUNDS * len(STATIONS) * ours.PAIRS * 2
    with gnu_health.opened() as clinic, ours.opened(fills=wanted) as (url, here):
        clinic.pairs(max(STATIONS))  # both of its processes have worked for a while, too
        for people in STATIONS:
            for _ in range(ROUNDS):
                seconds, took = clinic.pairs(people)
                what = f"GNU Health: order and dispense, {people} at work"
                theirs = figure(what, in_pairs(took), seconds=seconds, statements=0)
                mine = next(ours.pairs(url, here, people))
                yield theirs
                yield replace(mine, times_the_peer=round(mine.a_second / theirs.a_second, 1))
        clinic.check()
