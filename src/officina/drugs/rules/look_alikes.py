"""Names that are mistaken for one another: by the published lists, and by how near they are spelt.

>>> marks([{"hydralazine"}, {"hydroxyzine"}, {"lisinopril"}], {"hydralazine": ["hydroxyzine"]})
[('hydroxyzine',), ('hydralazine',), ()]
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest

from officina.drugs.rules.spelling import EDIT, distance

_SHORTEST = 5
_NEAR = 2 * EDIT


def marks(
    names: Sequence[Collection[str]],
    unlike: Mapping[str, Collection[str]],
    brands: Sequence[Collection[str]] = (),
) -> list[tuple[str, ...]]:
    """For each medicine of a list, the names in the same list with which it is mistaken (ISMP and FDA lists; FDA POCA for nearness).

    `names` are the words of generic names, compared by spelling, too; those of `brands` only by the lists, since the labels of
    creams and soaps are made of plain words.
    """
    told = [{*words, *more} for words, more in zip_longest(names, brands, fillvalue=())]
    others = _pairs({word for words in names for word in words}, {word for words in told for word in words}, unlike)
    return [tuple(sorted({o for word in words for o in others.get(word, ())} - words)) for words in told]


def _pairs(
    generic: Collection[str], every: Collection[str], unlike: Mapping[str, Collection[str]]
) -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for word in every:
        for other in unlike.get(word, ()):
            if other in every:
                found[word].add(other)
                found[other].add(word)
    ordered = sorted(word for word in generic if len(word) >= _SHORTEST)
    for place, word in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if _near(word, other):
                found[word].add(other)
                found[other].add(word)
    return found


def _near(word: str, other: str) -> bool:
    return word[0] == other[0] and abs(len(word) - len(other)) <= 2 and distance(word, other, most=_NEAR) <= _NEAR
