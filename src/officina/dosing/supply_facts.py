"""What days' supply must know of a medicine: strength, package, drops in a mL, priming, days until it is thrown away.

The packs beside this package hold the facts with their source; none of them has been read by a pharmacist yet.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from officina.dosing import holding
from officina.dosing.dosage import Amount
from officina.dosing.holding import Holds
from officina.kernel import packs

_PACKS = Path(__file__).parent / "packs" / "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A package as a label describes it: what it is, its size, what it gives."""

    name: str
    """Words that must all stand in the medicine's text."""
    container: str
    size: str
    gives: str = ""
    discard_days: int = 0
    """Days until what is left is thrown away after opening; 0 where none is told."""
    priming: int = 0
    """Units let out before each injection."""
    days: int = 0
    """Days that one package is made for: a pack of pills, a dose pack."""
    source: str
    needs_review: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that the working uses."""

    key: str
    value: str
    choices: tuple[str, ...] = ()
    source: str
    needs_review: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Fingertip units that a part of an adult's body needs."""

    site: str
    units: str
    source: str
    needs_review: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """The facts of one medicine as dispensed; what is not known stays empty and is never guessed."""

    holds: tuple[Holds, ...] = ()
    drops_per_ml: Fraction | None = None
    """None takes the pack's 20, and the other choice is told."""
    priming: Fraction = Fraction(0)
    """Units let out before each injection: told as the other answer, never taken off by itself."""
    discard_days: int = 0
    opened: Amount | None = None
    """What is opened at once and thrown away then: one vial, one pen."""
    pack_days: int = 0
    pack: Amount | None = None
    """What one such package holds."""
    single_use: Amount | None = None
    """What a container holds of which the rest is thrown away after one dose."""
    sources: tuple[str, ...] = ()


@cache
def containers() -> tuple[Container, ...]:
    """Every package of the packs."""
    return tuple(row for file in ("packages", "insulin") for row in packs.load(_PACKS / f"{file}.toml", Container).rows)


@cache
def numbers() -> dict[str, Number]:
    """The numbers by key."""
    return {row.key: row for row in packs.load(_PACKS / "numbers.toml", Number).rows}


@cache
def areas() -> dict[str, Area]:
    """The parts of the body by the label's words."""
    return {row.site: row for row in packs.load(_PACKS / "areas.toml", Area).rows}


def value(key: str) -> Fraction:
    """One number of the pack."""
    return Fraction(numbers()[key].value)


def known(medicine: Medicine, name: str, quantity: Amount) -> Medicine:
    """The medicine with what the packs say of its name: only what every fitting package agrees on, or the one of this size."""
    fitting = _fitting(name, quantity)
    if not fitting:
        return medicine
    more = tuple(fact for row in fitting for fact in _facts(row, quantity) if _agreed(fact, fitting, quantity))
    holds = (*medicine.holds, *(fact for fact in dict.fromkeys(more) if not _told(fact, medicine.holds)))
    first = fitting[0]
    same = all((r.discard_days, r.size) == (first.discard_days, first.size) for r in fitting)
    found = replace(medicine, holds=holds, sources=(*medicine.sources, *dict.fromkeys(row.source for row in fitting)))
    if same and first.discard_days and not medicine.discard_days:
        found = replace(found, discard_days=first.discard_days, opened=holding.amount(first.size))
    if all(r.days == first.days and r.size == first.size for r in fitting) and first.days and not medicine.pack_days:
        found = replace(found, pack_days=first.days, pack=holding.amount(first.size))
    if all(r.priming for r in fitting) and not medicine.priming:
        found = replace(found, priming=Fraction(first.priming))
    return found


def _fitting(name: str, quantity: Amount) -> list[Container]:
    said = set(_words(name))
    rows = [row for row in containers() if set(_words(row.name)) <= said]
    longest = max((len(_words(row.name)) for row in rows), default=0)
    rows = [row for row in rows if len(_words(row.name)) == longest]
    kinds = [row for row in rows if row.container == quantity.unit or row.container in said]
    rows = kinds or rows
    sized = [row for row in rows if _multiple(quantity, holding.amount(row.size))]
    return sized or [row for row in rows if holding.amount(row.size).unit != quantity.unit or row.discard_days]


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "%" else " " for c in text.lower()).split()


def _multiple(quantity: Amount, size: Amount) -> bool:
    return quantity.unit == size.unit and (quantity.high / size.high).denominator == 1


def _facts(row: Container, quantity: Amount) -> list[Holds]:
    size = holding.amount(row.size)
    facts = [Holds(holding.one(1, row.container), size)]
    if quantity.unit == "each":
        facts.append(Holds(holding.one(1, "each"), size))
    if row.gives:
        facts.append(Holds(size, holding.amount(row.gives)))
    return facts


def _agreed(fact: Holds, rows: list[Container], quantity: Amount) -> bool:
    """No other fitting package says otherwise of the same two units."""
    others = [
        f
        for row in rows
        for f in _facts(row, quantity)
        if (f.this.unit, f.that.unit) == (fact.this.unit, fact.that.unit)
    ]
    return len({f.that.high / f.this.high for f in others}) == 1


def _told(fact: Holds, already: tuple[Holds, ...]) -> bool:
    pair = {fact.this.unit, fact.that.unit}
    return any({f.this.unit, f.that.unit} == pair for f in already)
