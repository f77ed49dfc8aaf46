"""Which row of the Orange Book a listed product is: by application, strength, form and name; never a guess.

The directory names the application and not the product number, and it writes strengths in another way:

>>> row = Approved(application="NDA021402", product_number="002", ingredient="LEVOTHYROXINE SODIUM", form="TABLET", route="ORAL",
...     strength="0.05MG **See current Annual Edition", trade_name="SYNTHROID", te_codes=frozenset(["AB1"]))
>>> listed = Listed(parts=(Part("LEVOTHYROXINE SODIUM", "50", "ug/1"),), form="TABLET", brand_name="Synthroid")
>>> match(listed, [row]) is row
True
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

_NOTE = re.compile(r"\s*\*\*.*", re.DOTALL)
_COAT = re.compile(r", (?:FILM COATED|SUGAR COATED|COATED)(?=,|$)")
_BOOK = re.compile(
    r"(?P<eq>EQ )?(?P<number>\d{1,3}(?:,\d{3})+|\d*\.?\d+) ?(?P<unit>MCG|MG|GM|MEQ|USP UNITS|UNITS|IU|%)(?P<of> [A-Z ]+?)?"
    r"(?:/(?P<many>[\d.]*) ?(?P<per>[A-Z]+))?(?: \(.*\))?"
)
_LISTED = re.compile(r"(?P<unit>[A-Za-z\[\]'%]+)(?:/(?P<many>[\d.]*) ?(?P<per>[A-Za-z]*))?")
_UNITS = {
    "MG": ("MG", Fraction(1)), "MCG": ("MG", Fraction(1, 1000)), "UG": ("MG", Fraction(1, 1000)), "GM": ("MG", Fraction(1000)),
    "G": ("MG", Fraction(1000)), "%": ("MG", Fraction(10)), "MEQ": ("MEQ", Fraction(1)), "UNITS": ("UNIT", Fraction(1)),
    "USP UNITS": ("UNIT", Fraction(1)), "IU": ("UNIT", Fraction(1)), "[USP'U]": ("UNIT", Fraction(1)), "[IU]": ("UNIT", Fraction(1)),
    "U": ("UNIT", Fraction(1)),
}  # fmt: skip
_PERS = {
    "": ("", 1), "INH": ("", 1), "ACTUATION": ("", 1), "SPRAY": ("", 1), "DELIVERY": ("", 1), "PACKET": ("", 1), "ML": ("ML", 1),
    "GM": ("ML", 1), "G": ("ML", 1), "L": ("ML", 1000), "HR": ("HR", 1), "H": ("HR", 1), "D": ("HR", 24), "DAY": ("HR", 24),
}  # fmt: skip
_SHAPES = frozenset(["TABLET", "CAPSULE", "CREAM", "OINTMENT", "SUPPOSITORY", "LOTION"])


@dataclass(frozen=True, slots=True)
class Part:
    """One active substance of a listed product: so much, in a unit such as mg/1 or mg/5mL (FDA, NDC Product File Definitions)."""

    substance: str
    number: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A product as its labeler lists it, as far as finding its approval goes."""

    parts: tuple[Part, ...]
    form: str
    brand_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A product of the Orange Book under its heading: ingredient, form and route, strength."""

    application: str
    product_number: str
    """Empty where rows of one heading and one code could not be told apart."""
    ingredient: str
    form: str
    route: str
    strength: str
    trade_name: str
    te_codes: frozenset[str]
    is_discontinued: bool = False
    is_house: bool = False
    """Told by the house's own list: held against others of that list, never against the book."""

    @property
    def heading(self) -> tuple[str, str, str, str]:
        """What two rows must share to be pharmaceutical equivalents (Orange Book, preface 1.2), written in one way."""
        return (_plain(self.ingredient), _plain(self.form), _plain(self.route), _plain(_NOTE.sub("", self.strength)))


class Unmatched(StrEnum):
    """Why a listed product has no row."""

    NO_APPLICATION = "no application"
    NOT_IN_BOOK = "not in the book"
    KIT = "kit"
    NO_ROW = "no row"
    SEVERAL = "several rows"


class Fit(StrEnum):
    """How a listed strength stands to that of a row."""

    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in one kind of unit, for one of something; `is_base` where it counts another salt than the name says."""

    number: Fraction
    unit: str
    per: str
    is_base: bool = False


def match(listed: Listed, rows: Sequence[Approved]) -> Approved | Unmatched:
    """The row that a listed product is, of the rows of its application; or why none can be told (Orange Book, data file fields)."""
    if not rows:
        return Unmatched.NOT_IN_BOOK
    if not listed.parts and not (rows := [row for row in rows if _is_course(row)]):
        return Unmatched.KIT
    possible = [row for row in rows if not _contradicts(listed.form, row.form)]
    fits = {fit: [row for row in possible if strength_fit(listed.parts, row) is fit] for fit in Fit}
    fitting = fits[Fit.SAME] or fits[Fit.UNCLEAR]
    if not fitting:
        return Unmatched.NO_ROW
    one_strength = len({row.heading[-1] for row in fitting}) == 1
    # Where no strength agrees for certain, neither a name nor a market may choose between strengths.
    for tells in _tells_apart(listed) if fits[Fit.SAME] or one_strength else _tells_apart(listed)[:1]:
        fitting = [row for row in fitting if tells(row)] or fitting
    first = fitting[0]
    if len({row.product_number for row in fitting}) == 1 and len({row.heading for row in fitting}) == 1:
        return (
            replace(first, te_codes=frozenset[str]().union(*(row.te_codes for row in fitting)))
            if fitting[1:]
            else first
        )
    if fits[Fit.SAME] and len({(row.heading, row.te_codes, row.is_discontinued) for row in fitting}) == 1:
        return replace(first, product_number="")
    return Unmatched.SEVERAL


def _tells_apart(listed: Listed) -> tuple[Callable[[Approved], bool], ...]:
    """What may choose between rows of one strength. An authorized generic bears no trade name: the market is asked before it."""
    form, name = plain_form(listed.form), _plain(listed.brand_name)
    return (
        lambda row: plain_form(row.form) == form,
        lambda row: not row.is_discontinued,
        lambda row: _plain(row.trade_name) == name,
    )


def strength_fit(parts: Sequence[Part], row: Approved) -> Fit:
    """How a listed strength fits a row; what the book gives as another salt ("EQ 5MG BASE") is unclear unless the numbers agree."""
    asked = [_listed_amount(part.number, part.unit) for part in _in_order(parts, row.ingredient)]
    given = [_book_amount(text) for text in _NOTE.sub("", row.strength).upper().split(";")]
    if not asked or len(asked) != len(given):
        return Fit.UNCLEAR
    fits = {_fit(a, b) for a, b in zip(asked, given, strict=True)}
    return Fit.OTHER if Fit.OTHER in fits else Fit.UNCLEAR if Fit.UNCLEAR in fits else Fit.SAME


def _fit(asked: Amount | None, given: Amount | None) -> Fit:
    if asked is None or given is None or (asked.unit, asked.per) != (given.unit, given.per):
        return Fit.UNCLEAR
    if asked.number == given.number:
        return Fit.SAME
    return Fit.UNCLEAR if given.is_base else Fit.OTHER


def _in_order(parts: Sequence[Part], ingredient: str) -> list[Part]:
    """The parts in the order of the book's ingredients, by their first word; both lists are else in the order of the alphabet."""
    firsts = [name.split()[0] for name in _plain(ingredient).split(";") if name.split()]
    by_first = {_plain(part.substance).split()[0]: part for part in parts if part.substance.strip()}
    if len(by_first) == len(parts) and set(by_first) == set(firsts):
        return [by_first[first] for first in firsts]
    return sorted(parts, key=lambda part: part.substance)


@lru_cache(20_000)
def _book_amount(text: str) -> Amount | None:
    found = _BOOK.fullmatch(text.strip())
    if found is None:
        return None
    is_base = bool(found["eq"] or found["of"])
    per = found["per"] or ("ML" if found["unit"] == "%" else "")
    return _amount(found["number"], found["unit"], found["many"] or "", per, is_base=is_base)


@lru_cache(20_000)
def _listed_amount(number: str, unit: str) -> Amount | None:
    found = _LISTED.fullmatch(unit.strip())
    if found is None:
        return None
    return _amount(number, found["unit"].upper(), found["many"] or "", (found["per"] or "").upper(), is_base=False)


def _amount(number: str, unit: str, many: str, per: str, *, is_base: bool) -> Amount | None:
    if unit not in _UNITS or per not in _PERS:
        return None
    try:
        count, of = Fraction(number.replace(",", "")), Fraction(many or "1")
    except (ValueError, ZeroDivisionError):
        return None
    if not of:
        return None
    name, times = _UNITS[unit]
    base, each = _PERS[per]
    return Amount(count * times / (of * each), name, base, is_base)


def _is_course(row: Approved) -> bool:
    """Whether a row is tablets packed as a course of days. Of other kits a labeler may put anything beside the approved drug."""
    courses = row.route.upper().startswith("ORAL-") or ";" in row.ingredient
    return row.form.upper().startswith("TABLET") and courses


def _contradicts(listed: str, booked: str) -> bool:
    """Whether one is plainly another shape than the other: a tablet is no capsule, whatever the application says."""
    ours, theirs = (_SHAPES.intersection(re.findall(r"[A-Z]+", form.upper())) for form in (listed, booked))
    return bool(ours and theirs and not ours & theirs)


def plain_form(form: str) -> str:
    """A form without its coat, in one way of writing."""
    return _COAT.sub("", _plain(form))


@lru_cache(20_000)
def _plain(text: str) -> str:
    return re.sub(r"\s*;\s*", ";", " ".join(text.upper().split()))
