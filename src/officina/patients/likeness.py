"""Whether two names or two birth dates may be one person's: short names, sounds, slips of the hand, days and months swapped.

>>> is_slip(date(1961, 3, 12), date(1961, 12, 3)), is_slip(date(1961, 3, 14), date(1916, 3, 14))
(True, True)
>>> are_alike("bob", "robert"), are_alike("smyth", "smith"), are_alike("rosa", "omar")
(True, True, False)
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from officina.drugs.rules.spelling import distance, sound
from officina.kernel import packs

_FEW = 4
"""Letters below which only the very same word, or a short name of it, is alike."""
_ONE_LETTER, _TWO_LETTERS = 4, 7


@dataclass(frozen=True, slots=True)
class Nickname:
    """A first name and what its bearers are called."""

    name: str
    called: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """A language that a patient may want, and the language of the label that goes with it."""

    name: str
    code: str
    label: str = "en"


@cache
def languages() -> dict[str, Language]:
    """The languages that can be chosen, by name, the most common two first."""
    rows = packs.load(Path(__file__).parent / "packs" / "languages.toml", Language).rows
    return {row.name: row for row in rows}


def label_language(name: str) -> str:
    """'en' or 'es': the language in which directions are printed for who wants this one; English where there is no other."""
    found = languages().get(name)
    return found.label if found else "en"


@cache
def _called() -> dict[str, frozenset[str]]:
    """By a name or a short name: the others by which the same person may go."""
    found: dict[str, set[str]] = {}
    for row in packs.load(Path(__file__).parent / "packs" / "nicknames.toml", Nickname).rows:
        for word in (row.name, *row.called):
            found.setdefault(word, set()).update({row.name, *row.called} - {word})
    return {word: frozenset(others) for word, others in found.items()}


def called(word: str) -> frozenset[str]:
    """What else somebody of this first name may be called: 'bob' → robert, bobby, rob…"""
    return _called().get(word, frozenset())


@lru_cache(maxsize=200_000)
def are_alike(one: str, other: str) -> bool:
    """Whether two folded words may be one name: the same, a short name of it, a sound-alike, or a slip of the hand."""
    if one == other or other in called(one):
        return True
    shortest = min(len(one), len(other))
    if shortest < _FEW:
        return False
    if sound(one) == sound(other):
        return distance(one, other, most=3 * _TWO_LETTERS) < 3 * _TWO_LETTERS
    limit = _ONE_LETTER if shortest < 6 else _TWO_LETTERS
    return distance(one, other, most=limit) <= limit


def share(some: Iterable[str], others: Collection[str]) -> bool:
    """Whether any word of the one is alike any of the other."""
    return any(are_alike(a, b) for a in some for b in others)


def slips(born_on: date) -> list[date]:
    """The birth dates that may have been meant: day and month swapped, or two figures of the year."""
    found = []
    if born_on.day <= 12 and born_on.day != born_on.month:
        found.append(date(born_on.year, born_on.day, born_on.month))
    century, year = divmod(born_on.year, 100)
    turned = century * 100 + year % 10 * 10 + year // 10
    for other in (turned, born_on.year - 1, born_on.year + 1, born_on.year - 10, born_on.year + 10):
        if other != born_on.year:
            found += _day(other, born_on.month, born_on.day)
    return list(dict.fromkeys(found))


def _day(year: int, month: int, day: int) -> list[date]:
    try:
        return [date(year, month, day)]
    except ValueError:
        return []


def is_slip(one: date, other: date) -> bool:
    """Whether two birth dates differ as by a slip: swapped, or by one figure."""
    if one == other:
        return False
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    if one.month == other.month and one.day == other.day and other in slips(one):
        return True
    return sum(a != b for a, b in zip(f"{one:%Y%m%d}", f"{other:%Y%m%d}", strict=True)) == 1
