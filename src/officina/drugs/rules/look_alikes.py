"""Names that are mistaken for one another: by the published lists, and by how near they are spelt.

>>> marks([{"hydralazine"}, {"hydroxyzine"}, {"lisinopril"}], {"hydralazine": ["hydroxyzine"]})
[('hydroxyzine',), ('hydralazine',), ()]
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from officina.drugs.rules.spelling import EDIT, distance

_SHORTEST = 5
_NEAR = 2 * EDIT


def marks(names: Sequence[Collection[str]], unlike: Mapping[str, Collection[str]]) -> list[tuple[str, ...]]:
    """For each medicine of a list, by the words of its name, the names in the same list with which it is mistaken (ISMP; FDA)."""
    others = _pairs({word for words in names for word in words}, unlike)
    return [tuple(sorted({o for word in words for o in others.get(word, ())} - set(words))) for words in names]


def _pairs(words: Collection[str], unlike: Mapping[str, Collection[str]]) -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    ordered = sorted(word for word in words if len(word) >= _SHORTEST)
    for place, word in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other in unlike.get(word, ()) or word in unlike.get(other, ()) or _near(word, other):
                found[word].add(other)
                found[other].add(word)
    return found


def _near(word: str, other: str) -> bool:
    return abs(len(word) - len(other)) <= 2 and distance(word, other, most=_NEAR) <= _NEAR
