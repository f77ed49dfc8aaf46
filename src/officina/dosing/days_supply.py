"""Days' supply: how long a quantity lasts by its directions at the most that they permit, with the working; and the quantity for days.

>>> from officina.dosing import holding, sig
>>> told = of(sig.read("1 drop in both eyes bid").dosage, holding.amount("5 mL"))
>>> told.days, told.working[-1]
(25, '100 / 4 = 25 days')
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from officina.dosing import holding, supply_facts
from officina.dosing.dosage import Amount, Dosage
from officina.dosing.holding import Holds, convert, figure, one, said
from officina.dosing.supply_facts import Medicine
from officina.dosing.usage import Stretch, Uncountable, stretches

_MEASURED = ("mL", "g", "mg", "mcg", "L", "unit", "mEq", "million unit")
_LONGEST = 100_000
PLAIN = Medicine()


@dataclass(frozen=True, slots=True)
class Other:
    """Another answer with what it rests on."""

    days: int
    because: str


@dataclass(frozen=True, slots=True)
class Result:
    """`days` rounded down, at least 1; None with `why_not` where it cannot be counted. `working` is read from the top."""

    days: int | None
    working: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    why_not: str = ""
    quantity: Amount | None = None
    """Of the reverse: what to dispense."""


def of(dosage: Dosage, quantity: Amount, medicine: Medicine = PLAIN) -> Result:
    """The days that a quantity lasts. What cannot be counted is told with the reason, never guessed."""
    medicine = _with_drops(medicine)
    try:
        told = _of(dosage, quantity, medicine)
    except Uncountable as no:
        packed = _by_package(quantity, medicine)
        return packed or Result(None, why_not=str(no))
    if medicine.pack and medicine.pack.unit in ("patch", "ring") and (packed := _by_package(quantity, medicine)):
        if packed.days == told.days:
            return told
        return replace(
            packed, notes=(*packed.notes, f"Without the week off the directions would give {told.days} days.")
        )
    return replace(
        told, notes=(*told.notes, *_discard(told, quantity, medicine)), others=_others(dosage, quantity, medicine, told)
    )


def quantity_for(dosage: Dosage, days: int, medicine: Medicine = PLAIN, unit: str = "") -> Result:
    """The quantity that lasts for so many days, in `unit` or else the unit of the dose; whole pieces are rounded up."""
    medicine = _with_drops(medicine)
    try:
        plan, notes = stretches(dosage, medicine, unit)
        return _quantity(plan, notes, days, medicine, unit)
    except Uncountable as no:
        return Result(None, why_not=str(no))


def _with_drops(medicine: Medicine) -> Medicine:
    drops = medicine.drops_per_ml or supply_facts.value("drops_per_ml")
    fact = Holds(one(1, "mL"), one(drops, "drop"))
    kept = tuple(f for f in medicine.holds if {f.this.unit, f.that.unit} != {"mL", "drop"})
    return replace(medicine, holds=(*kept, fact))


def _of(dosage: Dosage, quantity: Amount, medicine: Medicine) -> Result:
    plan, notes = stretches(dosage, medicine, quantity.unit)
    have, steps = _in_unit_of(plan[0].much, quantity, medicine)
    notes = notes + _other_kind(steps)
    if len(plan) == 1 and plan[0].lasts is None:
        return _one_rate(plan[0], have, steps, notes)
    return _after_each_other(plan, have, steps, notes)


def _in_unit_of(dose: Amount, quantity: Amount, medicine: Medicine) -> tuple[Amount, tuple[str, ...]]:
    if quantity.unit == dose.unit or not quantity.unit:
        if dose.unit in _MEASURED and not quantity.unit:
            raise Uncountable(f"The unit of the quantity is not said: {said(quantity)} of what?")
        return one(quantity.high, dose.unit), ()
    if (told := convert(quantity, dose.unit, medicine.holds)) is not None:
        return told
    if quantity.unit == "each" and dose.unit not in (*_MEASURED, "drop", "puff", "spray", "inch", "click"):
        return one(quantity.high, dose.unit), ()
    raise Uncountable(
        f"{said(quantity)}{' pieces' if quantity.unit == 'each' else ''} cannot be counted in the unit of the dose ({dose.unit}): "
        "the strength or the content of the package is not known."
    )


def _other_kind(steps: tuple[str, ...]) -> list[str]:
    if any(" are counted as " in step for step in steps):
        return ["The directions name another form than the quantity: look whether it is the right medicine."]
    return []


def _one_rate(use: Stretch, have: Amount, steps: tuple[str, ...], notes: list[str]) -> Result:
    lasts = have.high / use.daily
    days = max(1, floor(lasts))
    if days > _LONGEST:
        raise Uncountable("It would last for centuries: look at the unit of the quantity.")
    sum_up = f"{figure(have.high)} / {figure(use.much.high)}"
    sum_up += f" x {figure(use.days)}" if use.days != 1 else ""
    if lasts.denominator != 1:
        sum_up += f" = {figure(lasts)}, rounded {'down to' if lasts >= 1 else 'up to the least,'} {_days(days)}"
    else:
        sum_up += f" = {_days(days)}"
    if use.days > 1 and use.doses and (rest := have.high % (use.much.high / use.doses)):
        notes = [*notes, f"{said(one(rest, have.unit))} at the end is less than a whole dose."]
    return Result(days, (*steps, *use.steps, sum_up), tuple(dict.fromkeys(notes)))


def _days(days: int) -> str:
    return f"{days:,} day{'s' if days != 1 else ''}"


def _after_each_other(plan: list[Stretch], have: Amount, steps: tuple[str, ...], notes: list[str]) -> Result:
    """Stretch after stretch until the medicine is gone or the directions end."""
    left, lasted, working = have.high, Fraction(0), list(steps)
    for use in plan:
        working += use.steps
        if use.total is not None and use.total <= left:
            left, lasted = left - use.total, lasted + (use.lasts or 0)
            if use.lasts:
                rest = said(one(left, have.unit)) if left else "nothing"
                working.append(f"for {_span(use.lasts)}: {said(one(use.total, have.unit))}, {rest} left")
            continue
        more = left / use.daily if use.lasts != 0 else Fraction(0)
        if left or use.lasts is None:
            working.append(
                f"{figure(left)} / {figure(use.much.high)}{f' x {figure(use.days)}' if use.days != 1 else ''} = {figure(more)} days more"
            )
        lasted, left = lasted + more, Fraction(0)
        if use.lasts is not None:
            notes = [*notes, "The quantity does not reach to the end of the directions."]
        break
    days = max(1, floor(lasted))
    working.append(f"together {_days(days)}")
    if left:
        notes = [*notes, f"The directions end after {_days(days)}; {said(one(left, have.unit))} would be left over."]
    return Result(days, tuple(working), tuple(dict.fromkeys(notes)))


def _span(days: Fraction) -> str:
    return "1 day" if days == 1 else f"{figure(days)} days"


def _by_package(quantity: Amount, medicine: Medicine) -> Result | None:
    """A package that is made for a number of days: whole ones only."""
    if not medicine.pack_days or medicine.pack is None:
        return None
    told = (
        (quantity, ()) if quantity.unit == medicine.pack.unit else convert(quantity, medicine.pack.unit, medicine.holds)
    )
    if told is None:
        return None
    whole = told[0].high // medicine.pack.high
    if not whole:
        return None
    days = int(whole * medicine.pack_days)
    steps = (*told[1], f"{said(told[0])} / {said(medicine.pack)} in a package = {figure(Fraction(whole))}")
    steps += (f"{whole} x {medicine.pack_days} days that a package is made for = {_days(days)}",)
    return Result(days, steps, ("Counted by the package, not by the directions.",))


def _discard(told: Result, quantity: Amount, medicine: Medicine) -> tuple[str, ...]:
    """What is opened is thrown away after its days: where one package lasts longer than that, another may be needed."""
    if not medicine.discard_days or told.days is None:
        return ()
    opened = Fraction(1)
    if medicine.opened and (all_of_it := convert(quantity, medicine.opened.unit, medicine.holds)):
        opened = max(Fraction(1), all_of_it[0].high / medicine.opened.high)
    each = told.days / opened
    if each <= medicine.discard_days:
        return ()
    return (
        f"Thrown away {medicine.discard_days} days after opening, and one lasts {figure(Fraction(floor(each)))}: another may be needed.",
    )


def _others(dosage: Dosage, quantity: Amount, medicine: Medicine, told: Result) -> tuple[Other, ...]:
    """The answers of the other usual ways to count: 15 drops a mL, pens primed before each injection."""
    found = []
    standard = supply_facts.value("drops_per_ml")
    usual = Holds(one(1, "mL"), one(standard, "drop")) in medicine.holds
    if usual and any(f" {standard} drops" in step for step in told.working):
        for choice in supply_facts.numbers()["drops_per_ml"].choices:
            again = _of(dosage, quantity, _with_drops(replace(medicine, drops_per_ml=Fraction(choice))))
            if again.days is not None:
                found.append(Other(again.days, f"counted with {choice} drops a mL"))
    if medicine.priming and (primed := _primed(dosage, quantity, medicine)):
        found.append(primed)
    return tuple(found)


def _primed(dosage: Dosage, quantity: Amount, medicine: Medicine) -> Other | None:
    plan, _ = stretches(dosage, medicine, quantity.unit)
    if plan[0].much.unit != "unit":
        return None
    more = [replace(s, much=one(s.much.high + s.doses * medicine.priming, "unit"), steps=()) for s in plan]
    have, steps = _in_unit_of(plan[0].much, quantity, medicine)
    days = (
        _one_rate(more[0], have, steps, [])
        if len(more) == 1 and more[0].lasts is None
        else _after_each_other(more, have, steps, [])
    ).days
    return Other(days or 1, f"with {figure(medicine.priming)} units of priming before each injection")


def _quantity(plan: list[Stretch], notes: list[str], days: int, medicine: Medicine, unit: str) -> Result:
    """Stretch after stretch for so many days; whole doses where days lie between them."""
    need, left = Fraction(0), Fraction(days)
    working: list[str] = []
    for use in plan:
        working += use.steps
        if use.lasts == 0:
            need += use.much.high
            continue
        here = left if use.lasts is None else min(left, use.lasts)
        rounds = Fraction(ceil(here / use.days)) if use.days > 1 else here / use.days
        part = use.much.high * rounds
        working.append(
            f"{figure(use.much.high)} x {figure(rounds)}{f' (every {figure(use.days)} days)' if use.days != 1 else ' days'} = {said(one(part, use.much.unit))}"
        )
        need, left = need + part, left - here
        if not left:
            break
    if left:
        notes = [*notes, f"The directions end after {_days(days - int(left))}."]
    wanted = one(need, plan[0].much.unit)
    if unit and unit not in (wanted.unit, "each"):
        told = convert(wanted, unit, medicine.holds)
        if told is None:
            raise Uncountable(
                f"{said(wanted)} cannot be told in {unit}: the strength or the content of the package is not known."
            )
        wanted, working = told[0], [*working, *told[1]]
    rounded = _up(wanted)
    if rounded != wanted:
        working.append(f"rounded up: {said(rounded)}")
    return Result(days - int(left), tuple(working), tuple(dict.fromkeys(notes)), quantity=rounded)


def _up(wanted: Amount) -> Amount:
    """Pieces whole, measures to a hundredth: never less than the days asked for need."""
    if wanted.unit in _MEASURED:
        return one(Fraction(ceil(wanted.high * 100), 100), wanted.unit)
    return one(ceil(wanted.high), wanted.unit)


__all__ = ["Medicine", "Other", "Result", "holding", "of", "quantity_for"]
