"""What holds how much of what: 1 mL is 20 drops, 5 mL hold 400 mg, 1 inhaler gives 200 puffs. One amount told in another unit.

>>> told, steps = convert(amount("5 mL"), "drop", (holds("1 mL = 20 drops"),))
>>> steps
('5 mL x 20 drops = 100 drops',)
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from officina.dosing import label, words
from officina.dosing.dosage import Amount, number
from officina.kernel.errors import ParseError

CONTAINERS = (
    "inhaler",
    "kit",
    "pack",
    "tube",
    "package",
    "cartridge",
    "box",
    "can",
    "jar",
    "canister",
    "dose pack",
    "carton",
)
COUNTED = ("", "each")
"""What an order says of things that are counted: the thing is what the directions use."""
ALIKE = ({"tablet", "capsule", "caplet", "softgel", "pill", "chewable tablet"}, {"puff", "spray"})
"""One of these is one of those; a direction that names the other is told, since it may be another medicine."""
_AMOUNT = re.compile(
    r"([0-9]{1,9}/[0-9]{1,9}|(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.[0-9]{1,15})?)\s*([^0-9/,.].*)?", re.ASCII
)
"""A comma parts thousands only: '1,5 mL' is one and a half where it was written, and fifteen to who leaves the comma out."""
_PLACES = 100


@dataclass(frozen=True, slots=True)
class Holds:
    """So much of the one is so much of the other."""

    this: Amount
    that: Amount

    def turned(self) -> "Holds":
        return Holds(self.that, self.this)


def one(value: Fraction | int, unit: str) -> Amount:
    """An amount without a range."""
    return Amount(Fraction(value), Fraction(value), unit)


def amount(text: str) -> Amount:
    """'2.5 mL', '5 pens', '30'. ParseError where the number or the unit is not known."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        raise ParseError("amount", expected="a number and its unit, such as 5 mL", got=text)
    above, _, below = found[1].replace(",", "").partition("/")
    if not Fraction(above) or (below and not int(below)):
        raise ParseError("amount", expected="more than nothing", got=text)
    return one(Fraction(above) / int(below or 1), unit(found[2] or ""))


def unit(text: str) -> str:
    """The unit's own word: 'tabs' is tablet, 'IU/mL' none. ParseError where it is not known."""
    said = " ".join(text.lower().split()).rstrip(".")
    if said in COUNTED or said in ("ea", "count", "#"):
        return "each" if said else ""
    row = words.named("unit").get(words.expanded(said)) or words.named("unit").get(said)
    if row is not None:
        return row.en
    for container in CONTAINERS:
        if said in (container, container + "s", container + "es"):
            return container
    raise ParseError("unit", expected="a unit of the packs, such as tablet, mL, puff or pen", got=text)


def holds(text: str) -> Holds:
    """'1 inhaler = 200 puffs'. ParseError where either side is no amount."""
    this, equal, that = text.partition("=")
    if not equal:
        raise ParseError("fact", expected="two amounts, such as 1 inhaler = 200 puffs", got=text)
    return Holds(amount(this), amount(that))


def strength(text: str, of: str) -> tuple[Holds, ...]:
    """'10 mg' of a tablet, '400 mg/5 mL', '100 unit/mL', '90 mcg/actuation'; nothing where it holds two substances or a part in time."""
    if "-" in text or "%" in text:
        return ()
    left, slash, right = text.partition("/")
    try:
        held = amount(left)
        if held.unit not in ("mg", "mcg", "g", "unit", "mEq", "million unit"):
            return ()
        per = right.strip()
        if not slash:
            per = of or "each"
        return (Holds(amount(per if per[:1].isdigit() else f"1 {per}"), held),)
    except ParseError:
        return ()


_METRIC = tuple(
    holds(text) for text in ("1 g = 1000 mg", "1 mg = 1000 mcg", "1 L = 1000 mL", "1 million unit = 1000000 units")
)


def convert(given: Amount, wanted: str, known: tuple[Holds, ...]) -> tuple[Amount, tuple[str, ...]] | None:
    """The amount in another unit with the steps on the shortest way; None where no way is known."""
    edges = [way for fact in (*known, *_METRIC) for way in (fact, fact.turned())]
    for family in ALIKE:
        if given.unit in family:
            edges += [Holds(one(1, given.unit), one(1, other)) for other in sorted(family - {given.unit})]
    ways: list[tuple[Amount, tuple[str, ...]]] = [(given, ())]
    seen = {given.unit}
    for so_far, steps in ways:
        if so_far.unit == wanted:
            return so_far, steps
        for edge in edges:
            if edge.this.unit == so_far.unit and edge.that.unit not in seen:
                seen.add(edge.that.unit)
                there = one(so_far.high * edge.that.high / edge.this.high, edge.that.unit)
                ways.append((there, (*steps, _step(so_far, edge, there))))
    return None


def _step(given: Amount, edge: Holds, there: Amount) -> str:
    if {edge.this.unit, edge.that.unit} <= (ALIKE[0] | ALIKE[1]):
        return f"{said(given)} are counted as {said(there)}"
    if edge.this.high == 1:
        return f"{said(given)} x {said(edge.that)} = {said(there)}"
    if edge.that.high == 1:
        return f"{said(given)} / {said(edge.this)} = {said(there)}"
    return f"{said(given)} / {said(edge.this)} x {said(edge.that)} = {said(there)}"


def said(given: Amount) -> str:
    """The amount in words, at most two places where it does not come out even."""
    if given.unit in CONTAINERS:
        many = "es" if given.unit.endswith("x") else "s"
        return f"{figure(given.high)} {given.unit}{many if given.high != 1 else ''}"
    if given.unit in COUNTED:
        return figure(given.high)
    return label.amount(one(Fraction(figure(given.high).removeprefix("about ").replace(",", "")), given.unit))


def figure(value: Fraction) -> str:
    """A number for the working: exact to six places, else 'about' with two."""
    if 1000000 % value.denominator == 0:
        return number(value, parts=False)
    return "about " + number(Fraction(round(value * _PLACES), _PLACES), parts=False)
