"""Which listed products are the same clinical drug: substances, strengths, form and route as the directory writes them.

>>> drug = clinical_of((("METOPROLOL SUCCINATE", "25", "mg/1"),), form="TABLET, FILM COATED, EXTENDED RELEASE", routes="ORAL", name="")
>>> drug.name, drug.strength, drug.form
('metoprolol succinate', '25 mg', 'tablet, extended release')

A film coat does not make another drug (the Orange Book's TABLET;ORAL holds both); release, route and salt do.
"""

import functools
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from officina.drugs.rules.packages import counted_unit
from officina.kernel.errors import ParseError
from officina.kernel.quantity import D, written

_COAT = re.compile(r", (?:FILM COATED|SUGAR COATED|COATED)(?=,|$)")
_SALTS = frozenset(
    [
        "acetate",
        "anhydrous",
        "besylate",
        "bitartrate",
        "bromide",
        "calcium",
        "carbonate",
        "chloride",
        "citrate",
        "dihydrate",
        "disodium",
        "fumarate",
        "hemihydrate",
        "hydrobromide",
        "hydrochloride",
        "magnesium",
        "maleate",
        "malate",
        "medoxomil",
        "mesylate",
        "monohydrate",
        "nitrate",
        "phosphate",
        "potassium",
        "sodium",
        "succinate",
        "sulfate",
        "tartrate",
        "trihydrate",
        "tromethamine",
        "xinafoate",
    ]
)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Clinical:
    """A clinical drug: its key, and how the counter says it."""

    key: str
    name: str
    strength: str
    form: str
    route: str
    unit: str


def clinical_of(strengths: Iterable[tuple[str, str, str]], *, form: str, routes: str, name: str) -> Clinical:
    """The clinical drug of a listed product (FDA, NDC Product File Definitions, SUBSTANCENAME to ACTIVE_INGRED_UNIT).

    A kit lists no substance: it is known by its name, and by nothing else.
    """
    parts = sorted(strengths)
    shape = _COAT.sub("", form) if form.startswith("TABLET") else form
    identity = [*("|".join(part) for part in parts), shape, routes] if parts else [name.lower(), shape, routes]
    return Clinical(
        key=sha256("\x1f".join(identity).encode()).hexdigest(),
        name=_short("; ".join(dict.fromkeys(part[0].lower() for part in parts)) or name.lower()),
        strength=_short("; ".join(filter(None, (amount(number, unit) for _, number, unit in parts)))),
        form=_short(shape.lower(), 80),
        route=_short(routes.lower(), 200),
        unit=counted_unit(shape) or "",
    )


@functools.lru_cache(20_000)
def amount(number: str, unit: str) -> str:
    """A strength as it may be printed: "25 mg", "0.05 mg/d", "10 mg/5 mL"; a leading zero, no trailing one (ISMP)."""
    with suppress(ParseError):  # Some labels write "3 [hp_X]" or "1,000": shown as they are.
        number = written(D(number))
    of, _, per = unit.partition("/")
    if per in {"", "1"}:
        return f"{number} {of}".strip()
    found = re.fullmatch(r"([0-9.]+)(\D.*)", per)
    return f"{number} {of}/{found[1]} {found[2]}" if found else f"{number} {of}/{per}"


def base_keys(substance: str) -> tuple[str, ...]:
    """The ingredient keys that a substance may be, the whole name first, then without its salts."""
    words = substance.lower().replace(",", " ").split()
    keys = ["-".join(words)]
    while len(words) > 1 and words[-1] in _SALTS:
        words = words[:-1]
        keys.append("-".join(words))
    return tuple(keys)


def _short(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else text[: most - 2].rstrip() + " …"
