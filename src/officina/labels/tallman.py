"""Tall-man letters: drug names that look alike are written so that they look different.

>>> display("metformin hydrochloride")
'metFORMIN hydrochloride'
>>> display("HYDROCODONE BITARTRATE AND ACETAMINOPHEN")
'HYDROcodone BITARTRATE AND ACETAMINOPHEN'
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from officina.kernel import packs

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class TallName:
    """How one name is written, and the names it has been confused with."""

    write: str
    list: str
    """'FDA' (name differentiation project) or 'ISMP' (additional names)."""
    unlike: tuple[str, ...] = ()


@cache
def pack() -> packs.Pack[TallName]:
    """The list as it ships."""
    return packs.load(Path(__file__).parent / "packs" / "tall_man.toml", TallName)


@cache
def _written() -> Mapping[str, str]:
    return {row.write.lower(): row.write for row in pack().rows}


def display(name: str) -> str:
    """The name with every listed word in its tall-man letters; other words stay as they came (FDA and ISMP lists)."""
    return _WORD.sub(lambda found: _one(found[0]), name)


def _one(word: str) -> str:
    known = _written()
    if word.lower() in known:
        return known[word.lower()]
    return "-".join(known.get(part.lower(), part) for part in word.split("-"))
