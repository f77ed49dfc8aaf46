"""What the law and the house ask of an order before it may be filled; judgements over facts, with limits from the law's packs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.kernel.findings import Finding, Severity
from officina.law import daw as selection
from officina.law import prescribers, refills
from officina.law.ruling import schedule_name


def expires_on(schedule: int, written_on: date, *, state: str = "") -> date | None:
    """The last day on which an order of this schedule may be filled, as the stricter of federal and state law has it; None: no end.

    `state` is two letters; empty where it is not known, then what most states ask.
    """
    return refills.last_day(schedule, written_on, state=state)


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
    prescriber_role: str = ""
    daw: str = "0"
    daw_words: str = ""
    fill_from: date | None = None
    read_back: bool = False
    emergency: bool = False
    """It came by telephone in an emergency, with the checklist of 21 CFR 1306.11(d)."""
    state: str = ""
    """Two letters: whose law holds beside the federal one; empty where it is not known."""
    knows_home: bool = False
    """The patient's street and city are on record."""
    knows_office: bool = False
    """The prescriber's street and city are on record."""


def refusals(order: OrderFacts, *, on: date) -> list[tuple[str, Finding]]:
    """What stops this order at entry: pairs of form field and finding, each naming the rule's source."""
    found: list[tuple[str, Finding]] = []

    def stop(field: str, code: str, sentence: str, source: str = "house rule") -> None:
        found.append((field, Finding(code, sentence, Severity.CONTRAINDICATED, where=field, source=source)))

    if order.quantity <= 0:
        stop("quantity", "quantity_not_positive", "The quantity must be more than zero.")
    if not order.directions.strip():
        stop("directions", "directions_missing", "Directions are needed: a label without them is no label.")
    if order.days_supply is not None and not 1 <= order.days_supply <= 366:
        stop("days_supply", "days_supply_out_of_range", "Days' supply must be between 1 and 366.")
    asked = refills.authorised(order.schedule, order.written_on, order.refills, state=order.state)
    if not asked.allowed:
        stop("refills", "too_many_refills", asked.rule, asked.source)
    if order.written_on > on:
        stop(
            "written_on",
            "written_later",
            f"Written on {order.written_on:%b %d, %Y}, which is in the future: a prescription may not be post-dated.",
        )
    last, ending = refills.shortest(order.schedule, order.written_on, state=order.state)
    if last is not None and ending is not None and last < on:
        stop("written_on", "order_expired", f"This prescription expired on {last:%b %d, %Y}.", ending.source)
    if prescribers.needs_dea(order.schedule) and not order.prescriber_dea:
        stop(
            "prescriber",
            "dea_missing",
            "A controlled substance needs the prescriber's DEA number.",
            prescribers.DEA_SOURCE,
        )
    found += _addresses(order)
    if order.schedule == 1:
        stop("drug", "schedule_i", "No prescription may be filled for a Schedule I substance.", "21 USC 812(b)(1), 829")
    if order.schedule != 0 and order.origin == "3" and not order.signed:
        stop(
            "drug",
            "epcs_unsigned",
            f"{schedule_name(order.schedule)} by wire without a digital signature is not a valid prescription.",
            "21 CFR 1306.21(a), 1311" if order.schedule > 2 else "21 CFR 1311",
        )
    if order.schedule == 2 and order.origin == "2" and not order.emergency:
        stop(
            "drug",
            "oral_schedule_ii",
            "Schedule II by telephone is for emergencies only: a pharmacist takes it at intake, with the checklist.",
            "21 CFR 1306.11(d)",
        )
    if order.origin == "2" and not order.read_back:
        stop("read_back", "not_read_back", "A telephone order must be read back to the caller.")
    found += _prescriber(order, on=on)
    found += _selection(order, on=on)
    found += _first_day(order, last)
    return found


def _finding(field: str, code: str, sentence: str, source: str = "house rule") -> tuple[str, Finding]:
    return field, Finding(code, sentence, Severity.CONTRAINDICATED, where=field, source=source)


def _addresses(order: OrderFacts) -> list[tuple[str, Finding]]:
    """Of a controlled substance both addresses are kept; where each is added is told, for the pharmacy may add it."""
    if not prescribers.needs_addresses(order.schedule):
        return []
    found = []
    if not order.knows_home:
        words = "A controlled substance needs the patient's street and city. Ask, and add them on the patient's page."
        found.append(_finding("patient", "patient_address_missing", words, prescribers.DEA_SOURCE))
    if not order.knows_office:
        words = "A controlled substance needs the prescriber's street and city. Add them below the entry, under “Address of”."
        found.append(_finding("prescriber", "prescriber_address_missing", words, prescribers.DEA_SOURCE))
    return found


def _prescriber(order: OrderFacts, *, on: date) -> list[tuple[str, Finding]]:
    """Whether this prescriber may prescribe this schedule; a missing DEA number is told by itself."""
    if prescribers.needs_dea(order.schedule) and not order.prescriber_dea:
        return []
    dea, state = order.prescriber_dea, order.state
    if order.prescriber_role:
        ruling = prescribers.may_prescribe(order.prescriber_role, order.schedule, on=on, dea=dea, state=state)
    else:
        ruling = prescribers.may_prescribe_unknown(order.schedule, dea=dea)
    return [] if ruling.allowed else [_finding("prescriber", "may_not_prescribe", ruling.sentence, ruling.source)]


def _selection(order: OrderFacts, *, on: date) -> list[tuple[str, Finding]]:
    """A code of product selection rests on words: whose, and which."""
    ruling = selection.may_substitute(order.daw, captured=order.daw_words, on=on)
    if ruling.missing:
        return [_finding("daw_words", "daw_words_missing", ruling.sentence, ruling.source)]
    known = {row.code for row in selection.codes(on=on)}
    return [] if order.daw in known else [_finding("daw", "daw_unknown", ruling.sentence, ruling.source)]


def _first_day(order: OrderFacts, last: date | None) -> list[tuple[str, Finding]]:
    if order.fill_from is None:
        return []
    if order.fill_from < order.written_on:
        return [_finding("fill_from", "first_day_wrong", "The first day lies before the day on which it was written.")]
    if last is not None and order.fill_from > last:
        words = f"The first day lies after the last, {last:%b %d, %Y}: it could never be filled."
        return [_finding("fill_from", "first_day_wrong", words)]
    return []


def may_substitute(daw: str, words: str, *, on: date) -> bool:
    """Whether another product than the one that is named may be dispensed under this code."""
    return selection.may_substitute(daw, captured=words, on=on).allowed
