"""Whether the words of the house and a row of the directory are one clinical drug for certain: same substances, strength and form.

>>> of_house = Words("lisinopril", "10 mg", "tablet", frozenset({"lisinopril"}))
>>> says_the_same(of_house, [("LISINOPRIL", "10", "mg/1")], form="tablet", route="oral")
True
>>> says_the_same(of_house, [("LISINOPRIL", "20", "mg/1")], form="tablet", route="oral")
False

A labeler may use a product number again for another medicine, and the directory's words are coarser than a counter's: its extended
release is twelve hours or twenty-four, its injection a pen or a vial. What is not certain stays apart: a wrong medicine is worse than
a row too many.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from officina.kernel.errors import ParseError
from officina.kernel.quantity import D

_COUNTER_WORDS = {
    "eye drops": ({"ophthalmic"}, {"solution", "suspension", "solution/ drops", "suspension/ drops"}),
    "ear drops": ({"otic", "auricular (otic)"}, {"solution", "suspension", "solution/ drops", "suspension/ drops"}),
    "eye ointment": ({"ophthalmic"}, {"ointment"}),
    "nasal spray": ({"nasal"}, {"spray", "spray, metered"}),
    "nebulizer solution": ({"respiratory (inhalation)"}, {"solution"}),
    "patch": ({"transdermal", "topical"}, {"patch", "patch, extended release"}),
    "oral suspension": ({"oral"}, {"suspension", "powder, for suspension"}),
    "delayed-release capsule": ({"oral"}, {"capsule, delayed release", "capsule, delayed release pellets"}),
}
"""How the counter calls what the directory calls by a route and a form."""
_MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "mcg": Decimal("0.001"), "ug": Decimal("0.001")}
_UNITS = {"units": "units", "[iu]": "units", "u": "units", "[usp'u]": "units", "meq": "meq"}
_PER = {"1": "", "actuation": "", "spray": "", "dose": "", "hour": "h", "day": "d"}


@dataclass(frozen=True, slots=True)
class Words:
    """A drug as the house wrote it, and the keys of its ingredients."""

    name: str
    strength: str
    form: str
    ingredients: frozenset[str]


class _Figure(NamedTuple):
    """An amount in milligrams, units or milliequivalents, in one of what it is in."""

    number: Decimal
    unit: str
    per: str


def says_the_same(house: Words, parts: Sequence[tuple[str, str, str]], *, form: str, route: str) -> bool:
    """Whether a listed product of these parts, form and route is the house's drug, with no doubt left. A kit never is: it lists no part."""
    return (
        bool(parts)
        and _same_form(house.form.lower(), form, route)
        and _same_substances(house, [name.lower() for name, _, _ in parts])
        and _same_strength(house.strength, [(number, unit) for _, number, unit in parts])
    )


def _same_form(ours: str, form: str, route: str) -> bool:
    if ours in _COUNTER_WORDS:
        routes, forms = _COUNTER_WORDS[ours]
        return route in routes and form in forms
    said = _words(ours)
    return said in (_words(form), _words(form) | _words(route))


def _same_substances(house: Words, names: list[str]) -> bool:
    """Each substance is of an ingredient and each ingredient is there; a name that says more (SR, XL, HFA) is of something narrower."""
    keys = ["-".join(name.replace(",", " ").split()) for name in names]
    of = [{k for k in house.ingredients if key == k or key.startswith(f"{k}-")} for key in keys]
    return all(of) and set().union(*of) == house.ingredients and _words(house.name) <= set().union(*map(_words, names))


def _same_strength(ours: str, parts: list[tuple[str, str]]) -> bool:
    try:
        told = sorted(_listed(number, unit) for number, unit in parts)
        if "%" in ours:
            # One in a hundred is ten milligrams in a gram or a milliliter.
            wanted = sorted(D(one.removesuffix("%")) * 10 for one in ours.split("-"))
            return all(f.unit == "mg" and f.per in {"g", "ml"} for f in told) and [f.number for f in told] == wanted
        return told == sorted(_written(ours))
    except ParseError:
        return False


def _written(text: str) -> Iterable[_Figure]:
    """'400 mg-57 mg/5 mL' is two figures, each in five milliliters."""
    amounts, _, per = text.partition("/")
    for one in amounts.split("-"):
        number, _, unit = one.strip().partition(" ")
        yield _figure(number.replace(",", ""), unit, per.replace(" ", ""))


def _listed(number: str, unit: str) -> _Figure:
    of, _, per = unit.partition("/")
    return _figure(number.replace(",", ""), of, per)


def _figure(number: str, unit: str, per: str) -> _Figure:
    """Milligrams, units or milliequivalents in one; ParseError where the unit is none of them."""
    found = re.fullmatch(r"([0-9]*\.?[0-9]+)?([a-z]*)", per.lower())
    unit = unit.lower()
    if found is None or (unit not in _MILLIGRAMS and unit not in _UNITS):
        raise ParseError("strength", expected="mg, mcg, g, units or mEq", got=f"{number} {unit}/{per}")
    held = D(f"0{found[1]}" if found[1] and found[1].startswith(".") else found[1] or "1")
    amount = D(f"0{number}" if number.startswith(".") else number) * _MILLIGRAMS.get(unit, Decimal(1))
    if not held:
        raise ParseError("strength", expected="more than nothing", got=per)
    return _Figure((amount / held).normalize(), _UNITS.get(unit, "mg"), _PER.get(found[2], found[2]))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))
