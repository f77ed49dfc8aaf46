"""Transfers: which prescriptions may go to another pharmacy or come from one, and what both must write down."""

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from officina.kernel import packs
from officina.law.ruling import Ruling

INITIAL = "21 CFR 1306.08(e); 88 FR 48365"
REFILLS = "21 CFR 1306.25"
STATE = "state rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A prescription as far as a transfer asks."""

    schedule: int
    is_electronic: bool
    was_dispensed: bool
    """At least a part of it went out."""
    has_owed: bool
    """A part of a fill is still owed."""
    refills_left: int
    times_transferred: int
    """How often it moved before."""
    expires_on: date | None
    shares_database: bool = False
    """Both pharmacies keep one real-time, online database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that must be written down."""

    field: str
    title: str
    ways: tuple[str, ...]
    controlled_only: bool


@functools.cache
def record() -> packs.Pack[Entry]:
    """The pack of what is written down, loaded and validated once."""
    return packs.load(Path(__file__).parent / "packs" / "transfers.toml", Entry)


def missing(given: dict[str, object], *, way: str, schedule: int) -> dict[str, str]:
    """Field and title of each thing that the law asks for and that is not given."""
    asked = (row for row in record().rows if way in row.ways and (schedule or not row.controlled_only))
    return {row.field: f"{row.title} is needed." for row in asked if given.get(row.field) in {None, ""}}


def ruling(facts: Facts, *, on: date) -> Ruling:
    """May it be transferred on this day?"""
    if facts.expires_on is not None and on > facts.expires_on:
        return _no(
            "expired", f"It expired on {facts.expires_on:%b} {facts.expires_on.day}, {facts.expires_on.year}.", STATE
        )
    if facts.was_dispensed and not facts.refills_left:
        return _no(
            "nothing_left", "Nothing is left of it that could be transferred.", REFILLS if facts.schedule else STATE
        )
    if not facts.schedule:
        return _yes("It may be transferred with what is left of it.", STATE, facts)
    if facts.has_owed:
        return _no(
            "owed",
            "A part of it is owed: the rest of a partial fill of a controlled medicine is not transferable.",
            "21 CFR 1306.08, 1306.25; NABP, Innovations, Nov. 2023",
        )
    if not facts.was_dispensed:
        return _initial(facts)
    return _refills(facts)


def _initial(facts: Facts) -> Ruling:
    """For its first filling: electronic orders only, once, between two pharmacists."""
    if not facts.is_electronic:
        return _no(
            "not_electronic",
            "A controlled prescription on paper or by telephone is not transferable before it is filled. Give the paper back, "
            "or ask the prescriber to send it to the other pharmacy.",
            INITIAL,
        )
    if facts.times_transferred:
        return _no("once", "An unfilled controlled prescription is transferable once only.", INITIAL)
    return _yes("Once, unfilled, between two pharmacists, unchanged; its refills go with it.", INITIAL, facts)


def _refills(facts: Facts) -> Ruling:
    if facts.schedule == 2:
        return _no(
            "schedule_ii", "A Schedule II prescription that was filled has nothing that could be transferred.", INITIAL
        )
    if facts.times_transferred and not facts.shares_database:
        return _no(
            "once",
            "Refills of a controlled prescription are transferable once only, unless both pharmacies share one real-time database.",
            REFILLS,
        )
    return _yes("Its refills are transferable once, between two pharmacists.", REFILLS, facts)


def _yes(sentence: str, source: str, facts: Facts) -> Ruling:
    return Ruling(allowed=True, code="allowed", rule=sentence, source=source, until=facts.expires_on)


def _no(code: str, sentence: str, source: str) -> Ruling:
    return Ruling(allowed=False, code=f"transfer_{code}", rule=sentence, source=source)
