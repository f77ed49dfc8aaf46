"""What the law and the house ask of an order before it may be filled; judgements over facts, with limits from the pack."""

import functools
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from officina.kernel import packs
from officina.kernel.clock import add_months
from officina.kernel.findings import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLimit:
    """Limits of one controlled substance schedule (0: not controlled)."""

    schedule: int
    refills_most: int
    months_valid: int | None = None
    days_valid: int | None = None
    dea_needed: bool = False
    caution: bool = False
    source: str


@functools.cache
def limits() -> packs.Pack[ScheduleLimit]:
    """The pack of schedule limits, loaded and validated once."""
    return packs.load(Path(__file__).parent / "packs" / "schedules.toml", ScheduleLimit)


def limit(schedule: int) -> ScheduleLimit:
    """The limits of a schedule; for one that nobody knows, those of Schedule II, the strictest that can be dispensed."""
    rows = {row.schedule: row for row in limits().rows}
    return rows.get(schedule, rows[2])


def expires_on(schedule: int, written_on: date) -> date:
    """The last day on which an order of this schedule may be filled (21 CFR 1306.22 for III–IV; state practice else)."""
    rule = limit(schedule)
    if rule.months_valid is not None:
        return add_months(written_on, rule.months_valid)
    return written_on + timedelta(days=rule.days_valid or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order as entered, as far as the rules ask."""

    schedule: int
    quantity: Decimal
    days_supply: int | None
    refills: int
    written_on: date
    prescriber_dea: str
    directions: str
    signed: bool
    origin: str
    read_back: bool = False
    emergency: bool = False


def refusals(order: OrderFacts, *, on: date) -> list[tuple[str, Finding]]:
    """What stops this order at entry: pairs of form field and finding, each naming the rule's source."""
    rule = limit(order.schedule)
    found: list[tuple[str, Finding]] = []

    def stop(field: str, code: str, sentence: str, source: str = "house rule") -> None:
        found.append((field, Finding(code, sentence, Severity.CONTRAINDICATED, where=field, source=source)))

    if order.quantity <= 0:
        stop("quantity", "quantity_not_positive", "The quantity must be more than zero.")
    if not order.directions.strip():
        stop("directions", "directions_missing", "Directions are needed: a label without them is no label.")
    if order.days_supply is not None and not 1 <= order.days_supply <= 366:
        stop("days_supply", "days_supply_out_of_range", "Days' supply must be between 1 and 366.")
    if order.refills > rule.refills_most:
        most = "no refills" if rule.refills_most == 0 else f"at most {rule.refills_most} refills"
        stop("refills", "too_many_refills", f"Schedule {_roman(order.schedule)}: {most}.", rule.source)
    if order.written_on > on:
        stop(
            "written_on",
            "written_later",
            f"Written on {order.written_on:%b %d, %Y}, which is in the future: a prescription may not be post-dated.",
        )
    last = expires_on(order.schedule, order.written_on)
    if last < on:
        stop("written_on", "order_expired", f"This prescription expired on {last:%b %d, %Y}.", rule.source)
    if rule.dea_needed and not order.prescriber_dea:
        stop(
            "prescriber",
            "dea_missing",
            "A controlled substance needs the prescriber's DEA number.",
            "21 CFR 1306.05(a)",
        )
    if order.schedule == 2 and order.origin == "3" and not order.signed:
        stop(
            "drug",
            "epcs_unsigned",
            "Schedule II by wire without a digital signature is not a valid prescription.",
            "21 CFR 1311",
        )
    if order.schedule == 2 and order.origin == "2":
        stop(
            "drug",
            "oral_schedule_ii",
            "Schedule II by telephone is for emergencies only, under rules this edition does not hold yet.",
            "21 CFR 1306.11(d)",
        )
    if order.origin == "2" and not order.read_back:
        stop("read_back", "not_read_back", "A telephone order must be read back to the caller.")
    return found


def _roman(schedule: int) -> str:
    return {0: "none", 2: "II", 3: "III", 4: "IV", 5: "V"}.get(schedule, str(schedule))
