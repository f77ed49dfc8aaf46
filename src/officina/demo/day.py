"""A working day, worked through the same services that people use, with known mistakes planted in it."""

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from officina.base import services as base
from officina.demo import orders, regimens
from officina.demo.bench import Bench
from officina.demo.orders import Planned
from officina.demo.pharmacy import House, open_house
from officina.demo.tally import Tally
from officina.dispensing import queries
from officina.dispensing.services import intake as fills
from officina.exchange import intake
from officina.inventory import queries as inventory

Tick = Callable[[str, int, int], None]
"""Told of what is being done, how many are done, of how many."""
PLANTED = {
    "wrong_product": 4,
    "wrong_strength": 4,
    "expired_lot": 3,
    "short_count": 3,
    "duplicate_message": 3,
    "broken_message": 3,
    "allergy": 3,
    "interaction": 3,
    "technician_final_check": 3,
    "verifier_is_filler": 2,
    "wrong_patient_bag": 3,
}
LEFT_TO_DO = 0.12
"""Share of the day's last prescriptions that is left in the queues, to go on by hand."""
HOURS = 10


def play(*, prescriptions: int, seed: int, now: datetime, tick: Tick) -> Tally:
    """Open the pharmacy, work the ten hours before `now`, and count what was received, sold and stopped."""
    started = time.monotonic()
    rng = random.Random(seed)
    opens = now - timedelta(hours=HOURS)
    house = open_house(rng, at=opens - timedelta(hours=1), tick=lambda text: tick(text, 0, prescriptions))
    planted = {kind: min(n, max(prescriptions // 20, 1)) for kind, n in PLANTED.items()}
    planned = orders.plan(rng, house, regimens.load(), count=prescriptions, opens=opens, planted=planted)
    tally = Tally()
    _Day(rng, house, tally, planted, now=now).work(planned, tick)
    _close(house, tally, at=now)
    tally.seconds = round(time.monotonic() - started, 1)
    return tally


class _Day:
    """The state of the day: who works, what is still to be planted."""

    def __init__(
        self, rng: random.Random, house: House, tally: Tally, planted: dict[str, int], *, now: datetime
    ) -> None:
        self.rng, self.house, self.tally, self.planted, self.now = rng, house, tally, planted, now
        self.bench = Bench(rng, house, tally)

    def work(self, planned: list[Planned], tick: Tick) -> None:
        """Take in each order as it comes; all but the day's last are worked to the bin, and most are picked up."""
        last = len(planned) - int(len(planned) * LEFT_TO_DO)
        traps = self._traps(planned[:last])
        bins: deque[str] = deque()
        for n, p in enumerate(planned):
            tick("working the day", n, len(planned))
            code = self._receive(p)
            if n >= last:
                self.bench.begin(code, upto=(n - last) % 7, at=p.at)
                continue
            in_bin = self.bench.work(code, p, traps.get(n, []), at=p.at + timedelta(minutes=2))
            if in_bin:
                bins.append(in_bin)
            while len(bins) > 6:
                self.bench.hand_over(bins.popleft(), at=p.at + timedelta(minutes=40), trap=self._bag_trap(bins))
        while len(bins) > 12:
            self.bench.hand_over(bins.popleft(), at=self.now, trap=self._bag_trap(bins))
        tick("working the day", len(planned), len(planned))

    def _traps(self, planned: list[Planned]) -> dict[int, list[str]]:
        """At which orders which mistake is made."""
        plain = [n for n, p in enumerate(planned) if not p.planted]
        found: dict[int, list[str]] = {}
        for kind in (
            "wrong_product",
            "wrong_strength",
            "expired_lot",
            "short_count",
            "technician_final_check",
            "verifier_is_filler",
        ):
            for _ in range(self.planted[kind]):
                found.setdefault(self.rng.choice(plain), []).append(kind)
        return found

    def _bag_trap(self, bins: deque[str]) -> str:
        """Another patient's bag to offer by mistake, while some are still to be planted."""
        if self.tally.injected["wrong_patient_bag"] >= self.planted["wrong_patient_bag"] or not bins:
            return ""
        return bins[-1]

    def _receive(self, p: Planned) -> str:
        """Take an order in by its wire; some messages come twice and some come broken. Gives the fill's code."""
        self.tally.received += 1
        if p.wire in {"telephone", "paper"}:
            oral = p.wire == "telephone"
            actor = self.house.staff["ada" if oral else "tess"]
            fill = fills.receive(
                actor, order=replace(p.order, ndc="", rxcui=""), origin="2" if oral else "1", read_back=oral, at=p.at
            )
            return str(fill.code)
        raw = orders.message(p)
        if self.tally.injected["broken_message"] < self.planted["broken_message"]:
            got = intake.receive(self.house.wire, raw[: len(raw) * 2 // 3], name=f"{p.number}-cut", at=p.at)
            self.tally.planted("broken_message", got.status)
        got = intake.receive(self.house.wire, raw, name=p.number, at=p.at)
        if self.tally.injected["duplicate_message"] < self.planted["duplicate_message"]:
            again = intake.receive(self.house.wire, raw, name=p.number, at=p.at + timedelta(seconds=20))
            self.tally.planted("duplicate_message", again.status)
        found = queries.fill_by_number(self.house.wire, got.prescriptions[0])
        assert found is not None
        return str(found.code)


def _close(house: House, tally: Tally, *, at: datetime) -> None:
    """Seal the audit trail, and ask the ledger and the workflow whether they are sound."""
    base.seal_audit(house.setup, at=at)
    tally.ledger_differences = len(list(inventory.differences()))
    tally.problems = queries.unsound()
    tally.waiting = sum(w.count for w in queries.waiting(house.staff["ada"]).values())
