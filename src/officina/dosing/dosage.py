"""A direction as structure: what FHIR Dosage and the SCRIPT structured sig hold, in exact numbers and the trade's words.

Words (units, routes, sites, events, notes) are the English label words of the pack, which are their keys.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

_HOURS = {"minute": Fraction(1, 60), "hour": Fraction(1), "day": Fraction(24), "night": Fraction(24), "week": Fraction(168),
          "month": Fraction(720)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Amount:
    """1 to 2 tablets; `low` equals `high` where one number is said. An empty unit was not said."""

    low: Fraction
    high: Fraction
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time (every 4 to 6 hours, for 10 days)."""

    low: Fraction
    high: Fraction
    unit: str
    up_to: bool = False

    @property
    def hours(self) -> Fraction:
        """The shortest reading in hours; a month counts 30 days."""
        return self.low * _HOURS[self.unit]


@dataclass(frozen=True, slots=True)
class Times:
    """2 to 3 times a day; `up_to` where only the most is said."""

    low: Fraction
    high: Fraction
    period: str
    up_to: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """An event that times the dose, with its distance: 30 minutes before breakfast. `start` where it only begins there."""

    event: str
    offset: Span | None = None
    start: bool = False

    @property
    def count(self) -> int:
        """How many a day: three where it says meals, none where it is no daily event."""
        return 3 if self.of_meals else 0 if self.start else 1

    @property
    def of_meals(self) -> bool:
        return self.event.endswith("meals")


@dataclass(frozen=True, slots=True)
class Maximum:
    """No more than this in the period; an empty period is in all."""

    amount: Amount
    period: str = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One FHIR Dosage. Parts of one sequence number hold together; a higher number comes after."""

    sequence: int = 1
    verb: str = ""
    amount: Amount | None = None
    strength: Amount | None = None
    route: str = ""
    site: str = ""
    every: Span | None = None
    times: Times | None = None
    when: tuple[When, ...] = ()
    weekdays: tuple[str, ...] = ()
    days: tuple[int, int] | None = None
    as_needed: bool = False
    reasons: tuple[str, ...] = ()
    duration: Span | None = None
    maximum: tuple[Maximum, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def times_a_day(self) -> Fraction | None:
        """The most doses a day that the words allow; None where they do not say."""
        if self.times and (self.every is None or self.times.up_to):
            rate = self.times.high * 24 / _HOURS[self.times.period]
        elif self.every:
            rate = 24 / self.every.hours * max(1, sum(w.count for w in self.when))
        elif counted := sum(w.count for w in self.when):
            rate = Fraction(counted)
        else:
            rate = Fraction(1) if self.weekdays or self.days else Fraction(0)
        return rate * Fraction(len(self.weekdays) or 7, 7) or None

    @property
    def per_day(self) -> Amount | None:
        """The most of the medicine in a day, or the average day of a weekly form; None where it cannot be worked out."""
        rate, dose = self.times_a_day, self.amount
        if dose is None:
            return None
        found = None if rate is None else dose.high * rate
        for most in self.maximum:
            if most.period == "day" and most.amount.unit in (dose.unit, "", "dose"):
                top = most.amount.high * (dose.high if most.amount.unit == "dose" else 1)
                found = top if found is None else min(found, top)
        return None if found is None else Amount(found, found, dose.unit)


@dataclass(frozen=True, slots=True)
class Dosage:
    """The whole direction. `kept` is what was written that belongs on no label (a quantity, a word to the pharmacy)."""

    parts: tuple[Part, ...]
    kept: tuple[str, ...] = ()

    @property
    def per_day(self) -> Amount | None:
        """The most a day: parts of one sequence add up, the largest sequence counts; None where one part does not say."""
        sums: dict[int, Fraction] = {}
        units = set()
        for part in self.parts:
            daily = part.per_day
            if daily is None:
                return None
            units.add(daily.unit)
            ranks = range(part.days[0], part.days[1] + 1) if part.days else [-part.sequence]
            for rank in ranks:
                sums[rank] = sums.get(rank, Fraction(0)) + daily.high
        most = max(sums.values())
        return Amount(most, most, units.pop()) if len(units) == 1 else None


def number(value: Fraction, *, parts: bool = True) -> str:
    """0.5 never .5, 1 never 1.0, 1,000 never 1000 (ISMP); halves and quarters as parts where something is broken."""
    whole, rest = divmod(value, 1)
    if rest and ((parts and rest.denominator in (2, 4)) or not _is_decimal(rest)):
        return f"{whole:,} {rest}" if whole else str(rest)
    digits = str(int(rest * 1000000)).rjust(6, "0").rstrip("0") if rest else ""
    return f"{whole:,}" + (f".{digits}" if digits else "")


def _is_decimal(value: Fraction) -> bool:
    return 1000000 % value.denominator == 0


def as_json(thing: Any) -> Any:
    """The structure in plain JSON values; numbers as text, so that nothing is rounded; what was not said is left out."""
    if isinstance(thing, Fraction):
        return number(thing, parts=False)
    if isinstance(thing, tuple):
        return [as_json(t) for t in thing]
    if hasattr(thing, "__slots__"):
        said = {name: getattr(thing, name) for name in thing.__slots__}
        return {name: as_json(value) for name, value in said.items() if value not in (None, "", (), False)}
    return thing
