"""`officina law`: what the law says to one question, in plain words, with its source and its dates."""

import sys
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from officina.cli import house
from officina.kernel import clock
from officina.kernel.errors import ParseError
from officina.kernel.quantity import D, written
from officina.law import emergency, parts, prescribers, pseudoephedrine, refills, too_soon, transfers
from officina.law import rems as programs
from officina.law.ruling import Ruling, in_words
from officina.law.too_soon import Supply

_SCHEDULES = {"none": 0, "CII": 2, "CIII": 3, "CIV": 4, "CV": 5}
_DAY = click.DateTime(["%Y-%m-%d"])
_MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])
_state = click.option("--state", default="", help="Two letters; US: federal law alone; else what most states ask.")
_schedule = click.option("--schedule", type=click.Choice(list(_SCHEDULES)), required=True, help="none: not controlled.")
_on = click.option("--on", "on", type=_DAY, help="The day in question; today where not given.")
_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: the ruling.")


@click.group(short_help="What the law says, with its source.")
def law() -> None:
    """What the law says to one question: yes or no, the rule in plain words, its
    source, until when, and when it would pass.

    Exit status 1 where the answer is no. Facts marked for review were written
    from memory: look at the source.
    """


def _told(ruling: Ruling, *, as_json: bool, more: dict[str, Any] | None = None) -> None:
    """Print a ruling; exit 1 where it says no."""
    if as_json:
        names = (
            "allowed",
            "rule",
            "source",
            "jurisdiction",
            "for_whom",
            "passes_on",
            "until",
            "missing",
            "notes",
            "needs_review",
        )
        told = {name: getattr(ruling, name) for name in names}
        dates = {name: told[name].isoformat() if told[name] else None for name in ("passes_on", "until")}
        house.answer({**told, **dates, **(more or {})})
    else:
        click.echo(("Yes. " if ruling.allowed else "No. ") + ruling.rule)
        lines = [f"missing: {one}" for one in ruling.missing] + [f"note: {one}" for one in ruling.notes]
        lines += [f"would pass on: {in_words(ruling.passes_on)}"] if ruling.passes_on else []
        lines += [f"until: {in_words(ruling.until)}"] if ruling.until else []
        lines += [f"{name.replace('_', ' ')}: {value}" for name, value in (more or {}).items()]
        lines += [f"source: {ruling.source} [{ruling.jurisdiction}]"]
        lines += ["needs review: written from memory, look at the source"] if ruling.needs_review else []
        click.echo("\n".join(f"  {line}" for line in lines))
    sys.exit(0 if ruling.allowed else 1)


def _day(given: datetime | None) -> date:
    return given.date() if given else clock.now().astimezone().date()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"'{name}' is no time zone, such as America/Chicago.") from None


def _local(given: datetime | None, zone: ZoneInfo) -> datetime | None:
    return given.replace(tzinfo=zone) if given else None


def _amount(text: str) -> Decimal:
    try:
        amount = D(text)
    except ParseError:
        raise click.UsageError(f"'{text}' is no amount.") from None
    if amount <= 0:
        raise click.UsageError(f"'{text}' is no amount.")
    return amount


@law.command("refills", short_help="Refills and last day of a prescription.")
@_schedule
@click.option("--written", "written_on", type=_DAY, required=True, help="The day on which it was written.")
@click.option(
    "--refills", "asked", type=click.IntRange(0, 99), default=0, help="Refills that the prescriber authorised."
)
@click.option("--fill", "number", type=click.IntRange(0, 99), help="Which fill is asked about; 0 is the first.")
@_on
@_state
@_json
def refills_(
    schedule: str, written_on: datetime, asked: int, number: int | None, on: datetime | None, state: str, as_json: bool
) -> None:
    """How many refills a schedule allows, and until when; with --fill, whether that
    fill may be dispensed on a day.
    """
    code, day = _SCHEDULES[schedule], written_on.date()
    if number is None:
        _told(refills.authorised(code, day, asked, state=state.upper()), as_json=as_json)
    _told(
        refills.fill(code, day, number or 0, authorised_refills=asked, on=_day(on), state=state.upper()),
        as_json=as_json,
    )


@law.command("partial", short_help="A part of a controlled prescription.")
@_schedule
@click.option("--case", type=click.Choice([c.value for c in parts.Case]), required=True, help="Why it is a part.")
@click.option(
    "--written", "written_on", type=_DAY, help="The day on which it was written; else that of the first part."
)
@click.option("--first", type=_MOMENT, help="When the first part was dispensed: '2026-11-20 14:30'.")
@click.option("--ordered", type=_MOMENT, help="When an emergency order was given by telephone.")
@click.option(
    "--at", "now", type=_MOMENT, help="The moment in question; that of the first part where not given, else now."
)
@click.option("--zone", default="America/Chicago", show_default=True, help="Time zone of the pharmacy.")
@_state
@_json
def partial_(
    schedule: str, case: str, written_on: datetime | None, first: datetime | None, ordered: datetime | None,
    now: datetime | None, zone: str, state: str, as_json: bool,
) -> None:  # fmt: skip
    """Until when the rest of a partly filled prescription may follow."""
    here = _zone(zone)
    at = _local(now, here) or _local(first, here) or clock.now().astimezone(here)
    facts = parts.Portion(
        schedule=_SCHEDULES[schedule],
        case=parts.Case(case),
        written_on=(written_on or first or ordered or at).date(),
        at=at,
        quantity=Decimal(1),
        prescribed=Decimal(2),
        first_at=_local(first, here),
        ordered_at=_local(ordered, here),
    )
    end, _ = parts.deadline(facts)
    owed = parts.owed(facts, state=state.upper())
    more = {
        "rest_until": (end.isoformat() if as_json else in_words(end)) if end else None,
        "remind_at": (owed.alarm_at.isoformat() if as_json else in_words(owed.alarm_at)) if owed.alarm_at else None,
    }
    _told(parts.may_dispense(facts, state=state.upper()), as_json=as_json, more=more)


@law.command("transfer", short_help="May a prescription be transferred.")
@_schedule
@click.option("--written", "written_on", type=_DAY, required=True, help="The day on which it was written.")
@click.option("--electronic", is_flag=True, help="It came electronically, and stays so.")
@click.option("--filled", is_flag=True, help="It was filled before.")
@click.option("--owed", is_flag=True, help="A rest is still owed.")
@click.option("--left", type=click.IntRange(0, 99), default=0, help="Refills left.")
@click.option("--before", type=click.IntRange(0, 99), default=0, help="How often it was transferred before.")
@click.option("--shared", is_flag=True, help="Both pharmacies share one real-time database.")
@click.option("--way", type=click.Choice(["out", "in"]), default="out", help="It goes, or it comes.")
@_on
@_state
@_json
def transfer(
    schedule: str, written_on: datetime, electronic: bool, filled: bool, owed: bool, left: int, before: int,
    shared: bool, way: str, on: datetime | None, state: str, as_json: bool,
) -> None:  # fmt: skip
    """Whether a prescription may be transferred, and what must be written down."""
    code = _SCHEDULES[schedule]
    facts = transfers.Facts(
        schedule=code, is_electronic=electronic, was_dispensed=filled, has_owed=owed, refills_left=left, times_transferred=before,
        expires_on=refills.last_day(code, written_on.date(), state=state.upper()), shares_database=shared,
    )  # fmt: skip
    ruling = transfers.ruling(facts, on=_day(on))
    words = [one.removesuffix(" is needed.") for one in transfers.missing({}, way=way, schedule=code).values()]
    more = {"record": words if as_json else "; ".join(words)} if ruling.allowed else None
    _told(ruling, as_json=as_json, more=more)


@law.command("emergency", short_help="Schedule II by telephone.")
@click.option("--ordered", type=_DAY, required=True, help="The day of the order.")
@click.option("--yes", "answered", multiple=True, help="Name of a point of the checklist that was answered with yes.")
@click.option("--known", is_flag=True, help="The pharmacist knows the prescriber.")
@_state
@_json
def emergency_(ordered: datetime, answered: tuple[str, ...], known: bool, state: str, as_json: bool) -> None:
    """The checklist of an emergency order, and the day for the signed
    prescription.
    """
    day = ordered.date()
    names = ", ".join(row.name for row in emergency.checks(on=day, state=state.upper(), knows_prescriber=known))
    due = emergency.due_on(day, state=state.upper())
    more = {"checklist": names, "signed_prescription_due": due.isoformat() if as_json else in_words(due)}
    ruling = emergency.may_dispense({*answered}, on=day, state=state.upper(), knows_prescriber=known)
    _told(ruling, as_json=as_json, more=more)


@law.command("prescriber", short_help="Who may prescribe which schedule.")
@click.argument("role")
@_schedule
@click.option("--dea", default="", help="DEA number on the prescription.")
@_on
@_state
@_json
def prescriber(role: str, schedule: str, dea: str, on: datetime | None, state: str, as_json: bool) -> None:
    """Whether a ROLE (MD, DO, NP, PA, DDS, DVM, OD, PHARMD …) may prescribe a
    schedule, with this DEA number.
    """
    ruling = prescribers.may_prescribe(role, _SCHEDULES[schedule], on=_day(on), dea=dea, state=state.upper())
    _told(ruling, as_json=as_json)


@law.command("too-soon", short_help="The first day for a refill.")
@click.option("--last", type=_DAY, required=True, help="The day of the last hand-over.")
@click.option("--days", type=click.IntRange(1, 366), required=True, help="Days that it lasts.")
@click.option("--controlled", is_flag=True, help="A controlled substance.")
@click.option("--override", default="", help="A reason that payers accept: 3 or vacation, 4 or lost …")
@_on
@_json
def too_soon_(last: datetime, days: int, controlled: bool, override: str, on: datetime | None, as_json: bool) -> None:
    """Whether it may be refilled on a day, as far as the last supply goes."""
    supply = Supply(last.date(), days)
    _told(too_soon.may_refill(supply, controlled=controlled, on=_day(on), override=override), as_json=as_json)


@law.command("rems", short_help="What a REMS program asks.")
@click.argument("ingredient")
@click.option("--number", default="", help="The number that the program gave.")
@click.option("--days", type=click.IntRange(1, 366), help="Days' supply.")
@click.option("--refills", "asked", type=click.IntRange(0, 99), default=0, help="Refills on the prescription.")
@click.option("--authorised", type=_DAY, help="The day of the authorisation.")
@click.option("--not-after", type=_DAY, help="The program's 'do not dispense after' day.")
@_on
@_json
def rems(
    ingredient: str, number: str, days: int | None, asked: int, authorised: datetime | None, not_after: datetime | None,
    on: datetime | None, as_json: bool,
) -> None:  # fmt: skip
    """Whether an INGREDIENT may be dispensed under its REMS program, and what is
    missing.
    """
    day = _day(on)
    found = programs.programs((ingredient,), on=day)
    if not found:
        rule = f"No program of {ingredient} is known here: look at REMS@FDA."
        _told(Ruling(allowed=True, rule=rule, source="REMS@FDA", needs_review=True), as_json=as_json)
    fill = programs.Dispensing(
        on=day, number=number, days_supply=days, refills=asked, authorised_on=authorised.date() if authorised else None,
        not_after=not_after.date() if not_after else None,
    )  # fmt: skip
    _told(programs.may_dispense(found[0], fill), as_json=as_json, more={"program": found[0].code})


def _purchases(given: tuple[str, ...], zone: ZoneInfo) -> list[pseudoephedrine.Sale]:
    sales = []
    for text in given:
        when, _, base = text.rpartition("=")
        try:
            at = datetime.fromisoformat(when).replace(tzinfo=zone)
            sales.append(pseudoephedrine.Sale(at, D(base)))
        except (ValueError, ParseError):
            raise click.UsageError(f"'{text}' is no purchase: expected '2026-11-20 14:30=2359' (mg of base).") from None
    return sales


@law.command("pseudoephedrine", short_help="How much may be sold now.")
@click.option("--salt", type=click.Choice(["hcl", "sulfate", "base"]), required=True, help="Of the product.")
@click.option("--mg", required=True, help="Milligrams of the salt in one unit.")
@click.option("--units", type=click.IntRange(1, 9999), default=1, help="Tablets (or doses) asked for.")
@click.option("--bought", multiple=True, help="Earlier purchase: '2026-11-20 14:30=2359', in mg of base.")
@click.option("--at", "now", type=_MOMENT, help="The moment in question; now where not given.")
@click.option("--mail", is_flag=True, help="By mail or from a mobile stand.")
@click.option("--zone", default="America/Chicago", show_default=True, help="Time zone of the pharmacy.")
@_state
@_json
def pseudoephedrine_(
    salt: str,
    mg: str,
    units: int,
    bought: tuple[str, ...],
    now: datetime | None,
    mail: bool,
    zone: str,
    state: str,
    as_json: bool,
) -> None:
    """How many units of pseudoephedrine one person may buy now, and when the rest
    would pass.
    """
    here = _zone(zone)
    at = now.replace(tzinfo=here) if now else clock.now().astimezone(here)
    wish = pseudoephedrine.Wish(salt=salt, unit_mg=_amount(mg), units=units, at=at, is_by_mail=mail)
    history = _purchases(bought, here)
    base = pseudoephedrine.base_mg(salt, wish.unit_mg)
    more = {
        "units_now": pseudoephedrine.units_now(wish, history, state=state.upper()),
        "base_mg_of_a_unit": written(base),
    }
    _told(pseudoephedrine.may_sell(wish, history, state=state.upper()), as_json=as_json, more=more)
