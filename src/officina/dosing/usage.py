"""How fast a direction uses the medicine up: stretch after stretch, at the most that it permits."""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from officina.dosing import supply_facts
from officina.dosing.dosage import Amount, Dosage, Maximum, Part
from officina.dosing.holding import convert, figure, one, said
from officina.dosing.supply_facts import Medicine

_TWO = ("in both", "in each")
_EACH = ("drop", "spray", "inch", "puff", "application", "")
_MEASURED = ("mL", "g")
"""A medicine that is counted in these has no pieces: a dose of it needs its unit."""
_UNSAID = ("thin layer", "small amount", "pea-sized amount", "application", "")
_ONCE = ("only 1 dose", "right away")
_DAYS = {"week": 7, "month": 30}


class Uncountable(Exception):
    """Why a direction cannot be counted, with what to ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """`much` is used in each `days` days, and so for `lasts` days; None until the medicine is gone. `lasts` 0 is one dose first."""

    much: Amount
    days: Fraction
    lasts: Fraction | None
    steps: tuple[str, ...]
    doses: Fraction = Fraction(0)
    """How often in those days."""

    @property
    def daily(self) -> Fraction:
        return self.much.high / self.days

    @property
    def total(self) -> Fraction | None:
        """All that it uses; None of one without an end."""
        return None if self.lasts is None else self.much.high if not self.lasts else self.daily * self.lasts


def stretches(dosage: Dosage, medicine: Medicine, unit: str) -> tuple[list[Stretch], list[str]]:
    """The stretches in one unit, with notes. Uncountable where the direction does not say enough; `unit` is the quantity's."""
    found: list[Stretch] = []
    notes: list[str] = []
    held: dict[int, list[Part]] = {}
    for part in dosage.parts:
        held.setdefault(part.sequence, []).append(part)
    day = 0
    for parts in held.values():
        made = (
            _by_day(parts, medicine, unit, day, notes) if parts[0].days else [_together(parts, medicine, unit, notes)]
        )
        found += made
        day += int(sum(s.lasts or 0 for s in made))
    if any(s.lasts is None for s in found[:-1]):
        raise Uncountable("How long the first part of the directions lasts is not said: ask for its days.")
    return [_in(s, found[0].much.unit, medicine) for s in found], notes


def _in(stretch: Stretch, unit: str, medicine: Medicine) -> Stretch:
    if stretch.much.unit == unit:
        return stretch
    told = convert(stretch.much, unit, medicine.holds)
    if told is None:
        raise Uncountable(
            f"{said(stretch.much)} cannot be counted in the other unit of the directions ({unit}): the strength is not known."
        )
    return Stretch(
        much=told[0], days=stretch.days, lasts=stretch.lasts, steps=(*stretch.steps, *told[1]), doses=stretch.doses
    )


def _by_day(parts: list[Part], medicine: Medicine, unit: str, day: int, notes: list[str]) -> list[Stretch]:
    """Days that are named: each by itself, since two parts may share one; a day between without a dose uses nothing."""
    named = [p.days for p in parts if p.days]
    first = day if min(low for low, _ in named) > day else 0
    last = max(high for _, high in named)
    if last > 400:
        raise Uncountable("The named days go beyond a year: ask for a direction that can be counted.")
    made: list[Stretch] = []
    for number in range(first + 1, last + 1):
        todays = [p for p in parts if p.days and p.days[0] <= number <= p.days[1]]
        if not todays:
            much = one(0, made[-1].much.unit if made else parts[0].amount.unit if parts[0].amount else unit)
            made.append(Stretch(much=much, days=Fraction(1), lasts=Fraction(1), steps=()))
            continue
        same = _together(todays, medicine, unit, notes)
        named_day = tuple(f"day {number}: {step}" for step in same.steps)
        made.append(Stretch(much=same.much, days=same.days, lasts=Fraction(1), steps=named_day, doses=same.doses))
    return made


def _together(parts: list[Part], medicine: Medicine, unit: str, notes: list[str]) -> Stretch:
    """Parts that hold at the same time add up."""
    each = [_part(part, medicine, unit, notes) for part in parts]
    if len(each) == 1:
        return each[0]
    each = [_in(s, each[0].much.unit, medicine) for s in each]
    days = Fraction(lcm(*(int(s.days) for s in each)) if all(s.days.denominator == 1 for s in each) else 1)
    much = one(sum((s.daily * days for s in each), Fraction(0)), each[0].much.unit)
    ends = [s.lasts for s in each if s.lasts is not None]
    if ends and (len(ends) < len(each) or len(set(ends)) > 1):
        raise Uncountable("Parts that hold together end on different days: count them apart.")
    shares = " + ".join(figure(s.daily * days) for s in each)
    steps = (*(step for s in each for step in s.steps), f"{shares} = {said(much)} {_in_days(days)}")
    return Stretch(
        much=much,
        days=days,
        lasts=ends[0] if ends else None,
        steps=steps,
        doses=sum((s.doses * days / s.days for s in each), Fraction(0)),
    )


def _in_days(days: Fraction) -> str:
    return "a day" if days == 1 else f"in {figure(days)} days"


def _part(part: Part, medicine: Medicine, unit: str, notes: list[str]) -> Stretch:
    dose, steps = _dose(part, medicine, unit, notes)
    if any(note in _ONCE for note in part.notes):
        first = Fraction(0) if "right away" in part.notes else Fraction(1)
        return Stretch(
            much=dose, days=Fraction(1), lasts=first, steps=(*steps, f"once: {said(dose)}"), doses=Fraction(1)
        )
    said_rate, days = _rate(part, notes)
    caps = [_cap(most, dose, part, medicine, notes) for most in part.maximum]
    cap = min((c for c in caps if c is not None), default=None)
    if said_rate is None:
        if cap is None:
            raise Uncountable(_how_often(part))
        much = one(cap * days, dose.unit)
        steps = (f"at most {said(much)} {_in_days(days)}",)
        rate = cap * days / dose.high
    else:
        rate = said_rate
        much = one(dose.high * rate, dose.unit)
        times = "time" if rate == 1 else "times"
        steps = (*steps, f"{said(dose)} x {figure(rate)} {times} {_in_days(days)} = {said(much)} {_in_days(days)}")
        if cap is not None and cap * days < much.high:
            much = one(cap * days, dose.unit)
            steps = (*steps, f"the directions permit at most {said(much)} {_in_days(days)}")
    return Stretch(much=much, days=days, lasts=_ends(part), steps=steps, doses=rate)


def _ends(part: Part) -> Fraction | None:
    """The longest that the part may last in days; less than a day is one."""
    if part.duration is None:
        return None
    longest = part.duration.high * part.duration.hours / part.duration.low
    return max(Fraction(1), longest / 24)


def _how_often(part: Part) -> str:
    if any(note.startswith("use as directed") for note in part.notes):
        return "“Use as directed” cannot be counted: ask the prescriber for a direction with dose and times."
    if part.as_needed:
        return "“As needed” without how often or a maximum a day cannot be counted: ask for the most a day."
    return "How often is not said: ask for a direction with times a day."


def _dose(part: Part, medicine: Medicine, unit: str, notes: list[str]) -> tuple[Amount, tuple[str, ...]]:
    """The largest single dose: both eyes take two, a cream takes what its part of the body needs."""
    if any(note.startswith("use as directed") for note in part.notes) and (part.amount is None or not _timed(part)):
        raise Uncountable(_how_often(part))
    if part.verb == "test" and part.amount is None:
        return one(1, unit), ()
    dose = part.amount
    if dose is None or (dose.unit in _UNSAID and part.verb in ("apply", "use", "shampoo", "wash")):
        dose, steps = _cream(part, dose, medicine)
    else:
        if not dose.unit and unit in _MEASURED:
            # Taken for milliliters, one vial of a nebulizer or one teaspoon would last several times as long as it does.
            raise Uncountable(f"“{said(one(dose.high, ''))}” does not say of what: ask for the dose in {unit}.")
        largest = one(dose.high, dose.unit or unit)
        steps = (f"the largest dose is {said(largest)}",) if dose.low != dose.high else ()
        dose = largest
    if dose.unit == "dose" and unit in ("", "each"):
        dose = one(dose.high, unit)
    if part.site.startswith(_TWO) and dose.unit in _EACH:
        place = part.site.rpartition(" ")[2].removesuffix("s")
        both = one(dose.high * 2, dose.unit)
        steps = (*steps, f"{said(dose)} x 2 {place}s = {said(both)} each time")
        dose = both
    elif "affected e" in part.site:
        notes.append("Counted for one side. Where both are affected, half as many days.")
    return _whole_container(dose, steps, medicine)


def _timed(part: Part) -> bool:
    return part.times_a_day is not None or bool(part.maximum)


def _whole_container(dose: Amount, steps: tuple[str, ...], medicine: Medicine) -> tuple[Amount, tuple[str, ...]]:
    """A container of one dose is opened whole: what is left of it is thrown away."""
    if medicine.single_use is None or dose.unit not in (*_METRIC_DOSES, medicine.single_use.unit):
        return dose, steps
    told = convert(dose, medicine.single_use.unit, medicine.holds)
    if told is None:
        return dose, steps
    opened = -(-told[0].high // medicine.single_use.high)
    used = one(opened * medicine.single_use.high, medicine.single_use.unit)
    if used == told[0]:
        return dose, steps
    return used, (
        *steps,
        *told[1],
        f"{said(told[0])} opens {opened} of {said(medicine.single_use)}: {said(used)} each time",
    )


_METRIC_DOSES = ("mg", "mcg", "g", "unit", "mL", "mEq")


def _cream(part: Part, dose: Amount | None, medicine: Medicine) -> tuple[Amount, tuple[str, ...]]:
    """Grams for one application: as told by the caller, else by the fingertip units of the place."""
    times = dose.high if dose else Fraction(1)
    told = convert(one(times, "application"), "g", medicine.holds) or convert(
        one(times, "application"), "mL", medicine.holds
    )
    if told:
        return told[0], told[1]
    area = supply_facts.areas().get(part.site)
    if area is None:
        raise Uncountable("How much one application takes is not said: ask for grams a day, or how large the area is.")
    gram = supply_facts.value("fingertip_unit_grams")
    used = one(times * Fraction(area.units) * gram, "g")
    return used, (f"{part.site}: {area.units} fingertip units x {figure(gram)} g = {said(used)} each time",)


def _rate(part: Part, notes: list[str]) -> tuple[Fraction | None, Fraction]:
    """How many doses in how many days, at the most."""
    rate = part.times_a_day
    if part.every and part.every.unit == "minute" and not part.times:
        return None, Fraction(1)
    if rate is None:
        return None, Fraction(1)
    if "while awake" in part.notes and part.every and part.every.hours < 24 and not part.weekdays:
        waking = supply_facts.value("waking_hours")
        notes.append(f"“While awake” is counted as {figure(waking)} hours.")
        rate = max(Fraction(1), rate * waking / 24)
    days = Fraction(1)
    if part.weekdays:
        days = Fraction(7)
    elif part.times and (part.every is None or part.times.up_to):
        days = Fraction(_DAYS.get(part.times.period, 1))
    elif part.every and part.every.hours > 24:
        days = part.every.hours / 24
    return rate * days, days


def _cap(most: Maximum, dose: Amount, part: Part, medicine: Medicine, notes: list[str]) -> Fraction | None:
    """The maximum a day in the unit of the dose."""
    hours = {"day": 1, "week": 7, "month": 30}.get(most.period)
    if hours is None:
        return None
    if most.amount.unit == "dose":
        return most.amount.high * dose.high / hours
    told = (
        convert(most.amount, dose.unit, medicine.holds) if most.amount.unit else (one(most.amount.high, dose.unit), ())
    )
    if told is None:
        notes.append(
            f"The maximum of {said(most.amount)} could not be counted in the unit of the dose: the strength is not known."
        )
        return None
    return told[0].high / hours
