"""Auxiliary labels: the few small warnings that a vial carries, chosen from a rule pack by what is in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from officina.kernel import packs

MOST = 4
"""More warnings than four are read by nobody (USP <17>: limit auxiliary information)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auxiliary:
    """One warning and what brings it on."""

    code: str
    text: str
    priority: int
    """1 is the most important."""
    group: str
    """Rows of one group say the same or contradict each other: the more important speaks alone."""
    source: str
    review: str
    ingredients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    not_forms: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    directions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in the vial, in any letter case."""

    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    form: str
    route: str
    """One route, or several with semicolons as the drug listing writes them."""
    directions: str = ""


@cache
def editions() -> tuple[packs.Pack[Auxiliary], ...]:
    """Every edition of the pack that ships."""
    return (packs.load(Path(__file__).parent / "packs" / "auxiliary.toml", Auxiliary),)


def choose(contents: Contents, *, on: date) -> tuple[Auxiliary, ...]:
    """At most four warnings for these contents, most important first, from the edition in force on this day."""
    rows = sorted(packs.one_in_force(editions(), on).rows, key=lambda row: (row.priority, row.code))
    first: dict[str, Auxiliary] = {}
    for row in rows:
        if _speaks(row, contents):
            first.setdefault(row.group, row)
    return tuple(first.values())[:MOST]


def _speaks(row: Auxiliary, contents: Contents) -> bool:
    form, routes = contents.form.lower(), [r.strip() for r in contents.route.lower().split(";")]
    named = bool(row.ingredients or row.classes)
    return (
        (not named or _has(row.ingredients, contents.ingredients) or _is_of(row.classes, contents.classes))
        and (not row.forms or any(words in form for words in row.forms))
        and not any(words in form for words in row.not_forms)
        # A product of several routes carries no label that says 'only'
        and (
            not row.routes
            or (len(routes) == 1 and routes[0] in row.routes)
            or (named and bool(set(routes) & set(row.routes)))
        )
        and row.directions in contents.directions.lower()
    )


def _has(wanted: Iterable[str], ingredients: Iterable[str]) -> bool:
    """Whether an ingredient is one of those wanted, with or without its salt: 'metformin hydrochloride' is metformin."""
    present = [i.lower() for i in ingredients]
    return any(i == w or i.startswith(f"{w} ") for w in wanted for i in present)


def _is_of(wanted: Iterable[str], classes: Iterable[str]) -> bool:
    return bool({c.lower().replace(" ", "-") for c in classes} & set(wanted))
