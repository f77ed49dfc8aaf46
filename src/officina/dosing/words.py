"""The words of directions, read from the package's packs: what is written, and how the label says it in both languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from officina.kernel import packs

Kind = Literal[
    "becomes", "verb", "unit", "route", "site", "when", "weekday", "prn", "reason", "note", "kept", "skip", "ambiguous"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A row: what each of `written` says. `en` is the label's word, its key, and written itself."""

    kind: Kind
    en: str
    es: str = ""
    written: tuple[str, ...] = ()
    many: str = ""
    es_many: str = ""
    verb: str = ""
    """The verb that a unit, route or site needs where none was written."""
    readings: tuple[str, ...] = ()
    metric: int = 0
    """The mL that a household measure holds: a spoon on a label has been any spoon of the kitchen (ISMP)."""


@cache
def rows() -> tuple[Word, ...]:
    """Every row of the packs beside this module."""
    files = sorted((Path(__file__).parent / "packs").glob("*.toml"))
    return tuple(row for file in files for row in packs.load(file, Word).rows)


@cache
def written() -> Mapping[str, Word]:
    """What may be written, in small letters, each to its row. 'becomes' rows are `replacements`."""
    found: dict[str, Word] = {}
    for row in rows():
        if row.kind != "becomes":
            for text in (row.en, row.many, *row.written):
                if text:
                    found.setdefault(expanded(text.lower()), row)
    return found


@cache
def of(kind: Kind) -> Mapping[str, Word]:
    """The rows of a kind by key."""
    return {row.en: row for row in rows() if row.kind == kind}


@cache
def alternatives(kind: Kind) -> str:
    """A pattern of everything written for a kind, longest first."""
    return "|".join(map(re.escape, sorted(named(kind), key=len, reverse=True)))


@cache
def named(kind: Kind) -> Mapping[str, Word]:
    """What may be written for a kind; 'spray' is a verb and a unit."""
    texts = ((expanded(t.lower()), row) for row in rows() if row.kind == kind for t in (row.en, row.many, *row.written))
    return {text: row for text, row in texts if text}


@cache
def starts() -> Mapping[str, tuple[str, ...]]:
    """What is written, longest first, by its first word."""
    found: dict[str, list[str]] = {}
    for text in sorted(written(), key=len, reverse=True):
        found.setdefault(text.split(" ")[0], []).append(text)
    return {first: tuple(texts) for first, texts in found.items()}


@cache
def vocabulary() -> frozenset[str]:
    """Every single word of four letters or more in what may be written."""
    texts = (t for row in rows() for t in (row.en, row.many, *row.written))
    return frozenset(word.lower() for t in texts for word in t.split() if len(word) > 3)


@cache
def replacements() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """The pattern of all shorthand, longest first, and what each becomes."""
    table = {text.lower(): row.en.lower() for row in rows() if row.kind == "becomes" for text in row.written}
    texts = sorted(table, key=len, reverse=True)
    return re.compile(rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, texts))})(?![\w/])"), table


def expanded(text: str) -> str:
    """The shorthand in it written out, so that a phrase is met however it was typed."""
    pattern, table = replacements()
    for _ in range(3):  # what a code becomes may itself hold a word that is written out
        text = pattern.sub(lambda m: table[m[0]], text)
    return text
