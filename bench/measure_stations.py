"""People at stations, over HTTP, in a house with years of history: two server processes as `officina serve` starts them.

A pair is "receive a prescription, then dispense it": a SCRIPT message uploaded at the intake desk, and a container scanned at the filling
desk, each answered with the part of the page that the person looks at next. OFFICINA_BENCH_FILLS says how many past fills there are.
"""

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

from bench import history
from bench.floor import Floor, floor
from bench.harness import Figure, figure
from bench.stations import Station, Turns, at_once, in_pairs, seated
from houses import serving
from officina.dispensing.queries import Fill
from officina.patients.models import Patient
from web.statements import listed

FILLS = int(os.environ.get("OFFICINA_BENCH_FILLS", "10000"))
PAIRS, PAGES, SECONDS, WARM_UP = 120, 40, 15, 6
MESSAGE = Path(__file__).resolve().parent.parent / "tests" / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"
QUEUES = ("/", "/intake/", "/entry/", "/review/", "/filling/", "/checking/", "/pickup/")
_numbers = itertools.count(1)
RUN = f"{time.time_ns():x}"
"""A house that was measured before knows the messages of that time."""


@contextmanager
def opened(*, fills: int) -> Iterator[tuple[str, Floor]]:
    """A house that is served, and its floor with stock for so many fills. Both server processes have worked for a while, as at a counter."""
    if Fill.objects.count() < FILLS:
        history.played().fill_up(FILLS, tick=lambda *_: None)
    here = floor(fills=fills + PAIRS * 2)
    with tempfile.TemporaryDirectory() as folder, serving(dict(os.environ), Path(folder) / "log") as url:
        list(pairs(url, here, WARM_UP))
        yield url, here


def figures() -> Iterator[Figure]:
    """Pairs by one and by four, pages one after the other, and eight people at work."""
    with opened(fills=PAIRS * 10) as (url, here):
        yield from pairs(url, here, 1)
        yield from pairs(url, here, 4)
        yield from _pages(url, here)
        yield from _eight(url, here)


def _named(what: str) -> str:
    return f"{what}, {FILLS:,} past fills"


def _receive(station: Station, number: str) -> None:
    raw = MESSAGE.read_bytes().replace(b"sample-newrx-3", f"bench-{RUN}-{number}".encode())
    station.upload("/intake/", part="desk", name="messages", data=raw, do="upload", key=f"{RUN}-{number}")


def _scan(station: Station, here: Floor, fill: Fill, number: str) -> None:
    answer = station.post(
        f"/filling/{fill.code}/",
        part="work",
        do="scan",
        scan=here.package.ndc,
        lot=here.lot,
        quantity="60",
        key=f"s{RUN}-{number}",
    )
    assert "complete" in answer, answer


def _pair_work(url: str, session: str, here: Floor, fills: list[Fill], turns: Turns, number: int) -> list[float]:
    station = Station(url, session)
    station.get("/filling/")
    station.took.clear()
    for n in turns:
        _receive(station, f"{number}-{n}")
        _scan(station, here, fills[n], f"{number}-{n}")
    return station.took


def pairs(url: str, here: Floor, people: int) -> Iterator[Figure]:
    """So many people receive and scan, each as fast as they are answered: both together, then each apart."""
    fills = here.to_bench(PAIRS * 2)
    actors = (here.theo, here.tess)
    on_bench = [[f for f in fills if f.filled_by_id == actor.user_id] for actor in actors]
    turns = [Turns(PAIRS) for _ in actors]
    works: list[Callable[[], list[float]]] = [
        partial(_pair_work, url, seated(actors[k % 2]), here, on_bench[k % 2], turns[k % 2], next(_numbers))
        for k in range(people)
    ]
    seconds, took = at_once(works)
    by = "1 station" if people == 1 else f"{people} stations"
    yield figure(_named(f"receive and scan, {by}"), in_pairs(took), seconds=seconds, statements=0)
    for what, start, name in (("receive", 0, "intake:desk upload"), ("scan", 1, "filling:work scan")):
        times = [t for person in took for t in person[start::2]]
        yield figure(_named(f"{what}, {by}"), times, seconds=seconds, statements=listed()[name])


def _pages(url: str, here: Floor) -> Iterator[Figure]:
    patient = Patient.objects.filter(site_id=here.ada.site_id).order_by("pk")[0]
    for path in (*QUEUES, f"/patients/{patient.code}/"):
        name = "page of a patient" if "patients" in path else f"page {path}"
        seconds, (took,) = at_once([partial(_page_work, url, seated(here.ada), path)])
        yield figure(_named(name), took, seconds=seconds, statements=0)


def _page_work(url: str, session: str, path: str) -> list[float]:
    station = Station(url, session)
    for _ in range(PAGES + 3):
        station.get(path)
    return station.took[3:]


def _eight(url: str, here: Floor) -> Iterator[Figure]:
    """Four scan containers and look at their list, two take in messages, two pharmacists turn pages; each thinks for a moment."""
    fills = here.to_bench(PAIRS * 2)
    works: list[Callable[[], list[float]]] = []
    for k in range(4):
        actor = here.tess if k % 2 else here.theo
        mine = [f for f in fills if f.filled_by_id == actor.user_id][k // 2 :: 2]
        works.append(partial(_scans, url, seated(actor), here, mine, next(_numbers)))
    works += [partial(_takes_in, url, seated(here.tess), next(_numbers)) for _ in range(2)]
    works += [partial(_turns_pages, url, seated(here.ada), n) for n in range(2)]
    seconds, took = at_once(works)
    yield figure(
        _named("scan, eight at work"), list(chain(*took[:4])), seconds=seconds, statements=listed()["filling:work scan"]
    )
    yield figure(
        _named("receive, eight at work"),
        list(chain(*took[4:6])),
        seconds=seconds,
        statements=listed()["intake:desk upload"],
    )
    yield figure(_named("queue page, eight at work"), list(chain(*took[6:])), seconds=seconds, statements=0)


def _scans(url: str, session: str, here: Floor, fills: list[Fill], number: int) -> list[float]:
    station, until, scans = Station(url, session), time.monotonic() + SECONDS, []
    for n, fill in enumerate(fills):
        if time.monotonic() > until:
            break
        _scan(station, here, fill, f"{number}-{n}")
        scans.append(station.took[-1])
        time.sleep(0.5)
    return scans


def _takes_in(url: str, session: str, number: int) -> list[float]:
    station, until = Station(url, session), time.monotonic() + SECONDS
    for n in itertools.count():
        if time.monotonic() > until:
            break
        _receive(station, f"{number}-{n}")
        time.sleep(1)
    return station.took


def _turns_pages(url: str, session: str, first: int) -> list[float]:
    station, until = Station(url, session), time.monotonic() + SECONDS
    for path in itertools.islice(itertools.cycle(QUEUES), first, None):
        if time.monotonic() > until:
            break
        station.get(path)
        time.sleep(0.5)
    return station.took
