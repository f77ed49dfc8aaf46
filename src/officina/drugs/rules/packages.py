"""How much one package holds, told from the FDA directory's package description (FDA, NDC Product File Definitions, PACKAGEDESCRIPTION).

>>> size_of("8 POUCH in 1 CARTON (0378-4642-26)  / 1 PATCH in 1 POUCH (0378-4642-16)  / 3.5 d in 1 PATCH")
Size(number=Decimal('8'), unit='patch')
>>> size_of("2 BOTTLE in 1 CARTON (0002-0001-01)  > 1.5 L in 1 BOTTLE")
Size(number=Decimal('3000.0'), unit='mL')
>>> size_of("30 [hp_C] in 1 TUBE (0220-0002-41) ")
Unparsed(why='[hp_C] is a potency, not an amount', at='30 [hp_C] in 1 TUBE')

A description is a way from the outer package inwards; every step must hold what the step before it counted, and the counts are
multiplied. A step that cannot be read for certain leaves the package without a size: a guessed size is counted, billed and
dispensed by.
"""

import functools
import operator
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from officina.kernel.quantity import D

_STEP_BREAK = re.compile(r"\s+[>/](?=\s)")
"""`  > ` until 2019, `  / ` in 2026. A slash inside a name ("SOLUTION/ DROPS") has no space before it."""
_KIT_BREAK = re.compile(r"(?:^|\s)\*\s")
_CODE = re.compile(r"\s*\((?:GS1:)?[0-9-]+\)", re.ASCII)
"""The NDC of a step; without it most descriptions are one of a few thousand."""
_STEP = re.compile(
    r"(?P<count>[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}) (?P<unit>\S.*?) in 1 (?P<holder>[A-Z][A-Z ,/-]*)",
    re.ASCII,
)

_MEASURES = {"mL": ("mL", D(1)), "L": ("mL", D(1000)), "uL": ("mL", D("0.001")), "g": ("g", D(1)), "kg": ("g", D(1000))}
_TIMES = {"h", "d"}
_COUNTED = {
    "TABLET": "tablet",
    "CAPSULE": "capsule",
    "PATCH": "patch",
    "GUM": "gum",
    "FILM": "film",
    "INSERT": "insert",
    "BAR": "bar",
    "RING": "ring",
} | {
    name: name.lower()
    for name in (
        "PELLET",
        "LOZENGE",
        "SUPPOSITORY",
        "SWAB",
        "CLOTH",
        "PLASTER",
        "STRIP",
        "DRESSING",
        "IMPLANT",
        "DISC",
        "PILL",
        "PASTILLE",
        "SOAP",
        "GLOBULE",
        "TROCHE",
        "WAFER",
        "POULTICE",
        "SPONGE",
        "INTRAUTERINE DEVICE",
    )
}
"""Forms that are counted one by one, by the word before the first comma."""
_DOSED = {
    "SPRAY",
    "SPRAY, METERED",
    "SPRAY, SUSPENSION",
    "AEROSOL",
    "AEROSOL, METERED",
    "AEROSOL, POWDER",
    "POWDER, METERED",
    "GEL, METERED",
}
"""Forms that leave the package one metered dose at a time; a count of them is a count of actuations."""
_BULK = re.compile(r"[A-Z][A-Z]+(?:[ ,/]+[A-Z]+)*", re.ASCII)
_NESTED = {"CARTON", "BOX", "CASE", "PACKAGE", "KIT"}
"""What may lie in its like. "120 BOTTLE in 1 BOTTLE > 90 BOTTLE in 1 BOTTLE" lists the sizes that are sold, one inside the other."""
_MOST = D(10) ** 9
_MOST_PIECES = 50_000
_TOTAL_FROM = 12
"""Ten cards of ten are common; from here on the same number twice is nearly always a slip of the label."""


@dataclass(frozen=True, slots=True)
class Size:
    """What one package holds, in the unit in which it is dispensed."""

    number: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Unparsed:
    """No size, and why: the words of the description that could not be counted."""

    why: str
    at: str


@dataclass(frozen=True, slots=True)
class _Step:
    count: Decimal
    unit: str
    holder: str
    text: str


def size_of(description: str) -> Size | Unparsed:
    """Multiply a package description out (FDA, NDC Product File Definitions, PACKAGEDESCRIPTION); Unparsed where that is no certainty."""
    return _read(_CODE.sub("", description))


@functools.lru_cache(50_000)
def _read(description: str) -> Size | Unparsed:
    is_kit = bool(_KIT_BREAK.search(description))
    way = _KIT_BREAK.split(description)[0] if is_kit else description
    steps: list[_Step] = []
    for text in _STEP_BREAK.split(way):
        step = _step(text.strip())
        if isinstance(step, Unparsed):
            return step
        if steps and steps[-1].unit != step.holder:
            return Unparsed(f"{step.holder} was not counted by the step before", step.text)
        steps.append(step)
    if is_kit or steps[-1].unit == "KIT":
        return _kits(steps)
    if any(step.holder == "KIT" for step in steps):
        return Unparsed("a kit of which one thing is listed", steps[0].text)
    if _counts_twice(steps):
        return Unparsed("the same number stands twice", steps[0].text)
    return _sized(steps)


def agrees(size: Size, form: str) -> bool:
    """Whether a size can be that of a product of this dosage form: tablets by weight or liquids by the tablet are slips of the label."""
    kind = form.split(",", maxsplit=1)[0].strip()
    counted = _COUNTED.get(kind)
    if counted in {"tablet", "capsule"}:
        return size.unit in {"tablet", "capsule", "pellet", "pill"} or size.unit not in {
            "mL",
            "g",
            "actuation",
            *_COUNTED.values(),
        }
    return size.unit not in {"tablet", "capsule"} or kind in {"KIT", "PELLET", "PILL", "LOZENGE", "GRANULE"}


def _step(text: str) -> _Step | Unparsed:
    found = _STEP.fullmatch(text)
    if found is None:
        return Unparsed("not of the form: so many of a thing in 1 holder", text[:120])
    step = _Step(D(found["count"]), found["unit"], found["holder"], text[: found.end("holder")])
    if step.unit == step.holder and step.count != 1 and step.unit not in _NESTED:
        return Unparsed(f"{step.unit} does not lie in its like", step.text)
    return step if step.count > 0 else Unparsed("holds nothing", step.text)


def _counts_twice(steps: list[_Step]) -> bool:
    """A total that was written where a part belongs: "224 PACKAGE > 56 BLISTER PACK > 4 CAPSULE", "15 CYLINDER > 15 mL"."""
    counts = [step.count for step in steps if step.count != 1]
    return any(
        count >= _TOTAL_FROM and count in accumulate(counts[at + 1 :], operator.mul) for at, count in enumerate(counts)
    )


def _kits(steps: list[_Step]) -> Size | Unparsed:
    """A kit is dispensed whole: only the kits are counted, whatever lies in them."""
    last = steps[-1]
    if last.unit != "KIT":
        return Unparsed("several things in one package that is no kit", last.text)
    return _product(steps, "kit", D(1))


def _sized(steps: list[_Step]) -> Size | Unparsed:
    last = steps[-1]
    each = counted_unit(last.holder)
    if each and len(steps) > 1:
        # "20 CAPSULE …  > 1 g in 1 CAPSULE", "100 SWAB … > .6 mL in 1 SWAB": what each holds or lasts; the pieces are dispensed.
        return _product(steps[:-1], each, D(1))
    if last.unit in _MEASURES:
        unit, factor = _MEASURES[last.unit]
        return _product(steps, unit, factor)
    if last.unit in _TIMES:
        return _worn(steps)
    counted = counted_unit(last.unit)
    if counted:
        return _product(steps, counted, D(1))
    if last.unit in _DOSED and last.count > 1:
        return _product(steps, "actuation", D(1))
    if "[" in last.unit:
        return Unparsed(f"{last.unit} is a potency, not an amount", last.text)
    if last.count == 1 and _BULK.fullmatch(last.unit):
        # "1 CREAM in 1 TUBE": the label counts the tubes, how much is in one it does not say.
        return _product(steps[:-1], _holder(last.holder), D(1))
    return Unparsed(f"{last.unit} is not counted one by one", last.text)


def _worn(steps: list[_Step]) -> Size | Unparsed:
    """A pouch whose patch is worn 3.5 days: the days say how long, the pouches how many."""
    if len(steps) == 1:
        return Unparsed("a time, not an amount", steps[-1].text)
    return _product(steps[:-1], _holder(steps[-1].holder), D(1))


def counted_unit(unit: str) -> str | None:
    """The unit of a form that is counted one by one; None for what is measured or dosed."""
    return _COUNTED.get(unit) or _COUNTED.get(unit.split(",", maxsplit=1)[0])


def _holder(name: str) -> str:
    return name.split(",", maxsplit=1)[0].lower()


def _product(steps: list[_Step], unit: str, factor: Decimal) -> Size | Unparsed:
    number = factor
    for at, step in enumerate(steps):
        if step.count != step.count.to_integral_value() and (at < len(steps) - 1 or unit not in {"mL", "g"}):
            return Unparsed("part of a thing that comes whole", step.text)
        number *= step.count
    if number > _MOST or number.normalize().as_tuple().exponent < -6:  # type: ignore[operator]  # a finite number's is an int
        return Unparsed("too large or too small to be a package", steps[0].text if steps else "")
    if unit not in {"mL", "g"} and number > _MOST_PIECES:
        return Unparsed("more pieces than a package holds", steps[0].text)
    return Size(number, unit)
