"""Programs of the FDA for medicines with a serious risk (REMS): what the pharmacy must hold before each fill."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, in_words, ruled


class Status(StrEnum):
    """Whether a program is in force."""

    ACTIVE = "active"
    ENDED = "ended"
    CHECK = "check"
    """Being changed or disputed: look at REMS@FDA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Fact):
    """One program and its gates."""

    code: str
    name: str
    ingredients: tuple[str, ...]
    """Empty: the program is of some products of many, and is found by code only."""
    status: Status
    words: str
    number: str = ""
    """What must be obtained for each fill; empty: nothing."""
    days_supply_most: int | None = None
    no_refills: bool = False
    fill_within_days: int | None = None
    """Days from the authorisation."""
    fill_within_days_childbearing: int | None = None
    """The same for a patient who can become pregnant."""
    has_last_day: bool = False
    """The program itself gives a day after which it may not be dispensed."""
    made: tuple[str, ...] = ()
    """Words of which one stands in strength, form or route of the products concerned; empty: all products of the ingredient."""

    @property
    def is_gate(self) -> bool:
        """Whether the pharmacy must hold or keep something before each fill."""
        return bool(self.number or self.days_supply_most or self.no_refills or self.has_last_day)

    def is_of(self, made: str) -> bool:
        """Whether it concerns a product of this strength, form and route (small letters); without a word of them it may."""
        return not self.made or not made.strip() or any(word in made for word in self.made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispensing:
    """A fill under a program."""

    on: date
    number: str = ""
    days_supply: int | None = None
    refills: int = 0
    authorised_on: date | None = None
    can_become_pregnant: bool = True
    not_after: date | None = None


def programs(ingredients: tuple[str, ...], *, on: date) -> list[Program]:
    """The programs in force that concern one of these ingredients (small letters)."""
    wanted = {one.lower() for one in ingredients}
    return [row for row in facts.in_force(facts.rows("rems", Program), on=on) if wanted & {*row.ingredients}]


def program(code: str, *, on: date) -> Program | None:
    """A program in force by its code."""
    return next((row for row in facts.in_force(facts.rows("rems", Program), on=on) if row.code == code), None)


def may_dispense(row: Program, fill: Dispensing) -> Ruling:
    """May it be dispensed under this program? What the program gives (number, last day) is asked for, never guessed."""
    last = _last_day(row, fill)
    missing = tuple(_missing(row, fill))
    notes = (row.words,)
    if missing:
        return ruled(row, allowed=False, rule=f"{row.name}: not yet.", missing=missing, until=last, notes=notes)
    if row.no_refills and fill.refills:
        return ruled(row, allowed=False, rule=f"{row.name}: no refills.", until=last, notes=notes)
    most = row.days_supply_most
    if most is not None and (fill.days_supply or 0) > most:
        words = f"{row.name}: at most {most} days' supply, not {fill.days_supply}."
        return ruled(row, allowed=False, rule=words, until=last, notes=notes)
    if last is not None and fill.on > last:
        words = f"{row.name}: it could be dispensed until {in_words(last)}. A new authorisation is needed."
        return ruled(row, allowed=False, rule=words, until=last, notes=notes)
    return ruled(row, allowed=True, rule=f"{row.name}: may be dispensed.", until=last, notes=notes)


def _missing(row: Program, fill: Dispensing) -> Iterator[str]:
    if row.number and not fill.number.strip():
        yield row.number
    if row.days_supply_most is not None and fill.days_supply is None:
        yield "the days' supply"
    if row.has_last_day and fill.not_after is None:
        yield "the 'do not dispense after' day of the program"
    if row.fill_within_days is not None and fill.authorised_on is None:
        yield "the day of the authorisation"


def _last_day(row: Program, fill: Dispensing) -> date | None:
    ends = [fill.not_after] if fill.not_after is not None else []
    days = row.fill_within_days_childbearing if fill.can_become_pregnant else row.fill_within_days
    if days is not None and fill.authorised_on is not None:
        ends.append(fill.authorised_on + timedelta(days=days))
    return min(ends, default=None)
