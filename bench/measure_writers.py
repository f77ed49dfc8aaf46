"""Eight who write as fast as they can, each in a process of its own: how long the unluckiest waits for one receipt to be written."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.harness import Figure, figure
from bench.stations import at_once
from officina.base import queries as house
from officina.base import services as base
from officina.base.access import Actor
from officina.base.services import NewSite
from officina.exchange import intake
from officina.inventory import services as inventory
from officina.kernel import clock

WRITERS, TIMES = 8, 60
MESSAGE = Path(__file__).resolve().parent.parent / "tests" / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"


def figures() -> Iterator[Figure]:
    """Messages taken in by eight at saturation; each is two transactions: kept, then read."""
    setup = base.open_site(NewSite(name="Writers' pharmacy", training=True), at=clock.now())
    inventory.furnish(setup, at=clock.now())
    wire = house.interface_actor(setup.site_id)
    seconds, took = at_once([partial(_write, wire, number) for number in range(WRITERS)])
    each = [ms for times in took for ms in times]
    yield figure(f"receive in process, {WRITERS} writers at saturation", each, seconds=seconds, statements=0)


def _write(wire: Actor, number: int) -> list[float]:
    raw = MESSAGE.read_bytes()
    took = []
    for n in range(TIMES + 3):
        mine = raw.replace(b"sample-newrx-3", f"writer-{number}-{n}".encode())
        began = time.perf_counter()
        assert intake.receive(wire, mine, name="order.xml", at=clock.now()).prescriptions
        took.append((time.perf_counter() - began) * 1000)
    return took[3:]
