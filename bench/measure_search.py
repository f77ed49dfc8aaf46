"""Searching the drug file by the published list of misspelt and abbreviated queries, the whole FDA directory of 2019 imported."""

import gc
import itertools
import os
import resource
import sys
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from bench.harness import Figure, measure, once
from misspelt import Asked, asked, place_of
from officina.base import services as house
from officina.base.access import Actor
from officina.base.services import NewSite
from officina.dispensing import medicines
from officina.drugs import search, services

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def figures() -> Iterator[Figure]:
    """Building the index, each query of the list once, and one medicine letter by letter as it is typed."""
    boss = house.open_site(NewSite(name="Bench of the search", training=True), at=AT)
    services.load_starter(boss, at=AT)
    path = Path(os.environ.get("OFFICINA_REFERENCE_DATA", "")) / "fda_ndc_2019" / "ndctext.zip"
    what = "starter list"
    if path.is_file():
        services.import_files(boss, paths=[path], at=AT)
        what = "whole directory"
    yield once(f"search, {what}: building the index", search.index)
    gc.collect()
    queries = asked()
    yield _each(f"search, {what}: {len(queries)} queries of the list", boss, [q.text for q in queries])
    typed = list(itertools.accumulate("metoprolol succ 25 er"))
    yield _each(f"search, {what}: letter by letter", boss, typed * 20)
    _tell_hits(queries)
    _tell_memory()


def _tell_hits(queries: list[Asked]) -> None:
    """How often the wanted drug is the first of what is shown, and among five: of all queries, and rule by rule."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for query in queries:
        places[query.rule].append(place_of(search.search(query.text), query.wanted))
    every = [place for of_rule in places.values() for place in of_rule]
    for rule, found in (("all", every), *places.items()):
        first, five = (sum(place < most for place in found) / len(found) for most in (1, 5))
        print(
            f"bench: {connection.vendor}, {rule}: of {len(found)} queries {first:.1%} first, {five:.1%} among five",
            file=sys.stderr,
        )


def _each(what: str, boss: Actor, texts: list[str]) -> Figure:
    """Each text once, after each was searched once unmeasured."""
    turn = itertools.cycle(texts)
    return measure(
        what, lambda: medicines.search(boss, next(turn)), times=len(texts), warm_up=len(texts) - 1
    )  # and one for the count of statements


def _tell_memory() -> None:
    """How much the index keeps: built once more with every allocation counted, which is no measure of time."""
    search.forget()
    gc.collect()
    tracemalloc.start()
    search.index()
    gc.collect()
    kept, peak = (number // 2**20 for number in tracemalloc.get_traced_memory())
    tracemalloc.stop()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"bench: the index keeps {kept} MiB, {peak} MiB while it is built; at most {most} MiB", file=sys.stderr)
