"""Words that were meant: the words of a list that a mistyped or misheard one may stand for, nearest first.

>>> words = Spelling({"metoprolol": 9, "metformin": 8, "hydralazine": 5, "hydroxyzine": 5})
>>> words.near("metroprolol"), words.near("hydralizine")[:1]
(['metoprolol'], ['hydralazine'])

Each word of the list is kept with one letter left out, and by its sound with one left out; whatever shares one of these with what
was typed is compared letter by letter. No list is gone through, so that the answer takes no longer with the whole directory.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

_LETTERS = 8
"""Letters from the front by which a word is looked for: the ends of names are alike, and every letter more costs memory."""
_SHORTEST = 4
_APART = 3
"""Letters by which two words may differ in length and still be the same one, misspelt."""
_SOUNDS = (
    (re.compile(r"sch|sh|ch(?=[^lr])"), "x"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"^x"), "z"),
    (re.compile(r"x|cks|cs|ks"), "ks"),
    (re.compile(r"qu|ck|q"), "k"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"[zs]+"), "s"),
    (re.compile(r"g(?=[eiy])"), "j"),
    (re.compile(r"^(?:k|g|p)(?=[nst])"), ""),
    (re.compile(r"h"), ""),
    (re.compile(r"v"), "f"),
    (re.compile(r"w"), ""),
    (re.compile(r"[aeiouy]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<!^)a"), ""),
    (re.compile(r"m(?=[fpb])|n(?=[fpb])"), "m"),
)
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_PLACE = {letter: (row, column + row / 2) for row, line in enumerate(_KEYS) for column, letter in enumerate(line)}
EDIT, NEAR_KEY, SWAP, VOWEL = 4, 3, 3, 2
_VOWELS = frozenset("aeiouy")
_FAR, _WORSE = 100, 5
"""Farther than anything, and how much farther than the nearest a word may be to be told beside it."""


def sound(word: str) -> str:
    """How a word sounds to an American ear, roughly: its consonants, and whether it begins with a vowel."""
    for pattern, instead in _SOUNDS:
        word = pattern.sub(instead, word)
    return word


class Spelling:
    """A list of words, each with its weight: the heavier comes first where two are equally near."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = weights
        # Words of one key stand in one text: most keys have one word, and a list for each would weigh more than all the words.
        self._by_letters: dict[str, str] = {}
        self._by_sound: dict[str, str] = {}
        self._sounds: dict[str, str] = {}
        for word in weights:
            if len(word) >= _SHORTEST and word.isalpha():
                _put(self._by_letters, _shortened(word[:_LETTERS]), word)
                _put(self._by_sound, [sound(word)], word)
        for key in self._by_sound:
            if len(key) >= _SHORTEST - 1:
                _put(self._sounds, _shortened(key), key)

    def near(self, word: str, *, most: int = 8) -> list[str]:
        """The words that may have been meant, nearest first; a word of fewer than four letters may mean anything, so none."""
        if len(word) < _SHORTEST or len(word) > 40:
            return []
        limit = EDIT * (1 if len(word) < 5 else 2 if len(word) < 8 else 3)
        told, best = sound(word), _FAR
        alike = set(self._by_sound.get(told, "").split())
        consonants, strange = _consonants(word), 2 * (limit // NEAR_KEY)
        ranked = []
        for apart, other in self._likely_first(word, told, alike, consonants):
            # Whatever is farther than the best so far and a little is not told, so it need not be measured out.
            if other in alike:
                # What sounds the same is as near as half as many letters.
                cost = distance(word, other, most=min(2 * limit, 2 * (best + _WORSE) + 1)) // 2
            elif apart <= strange:
                cost = distance(word, other, most=min(limit, best + _WORSE))
            else:
                continue
            if cost < _FAR // 2:
                best = min(best, cost)
                ranked.append((cost, -self._weights[other], other))
        ranked.sort()
        return [other for cost, _, other in ranked[:most] if cost <= best + _WORSE]

    def _likely_first(self, word: str, told: str, alike: set[str], consonants: set[str]) -> list[tuple[int, str]]:
        """The words that share something with what was typed, with the number of consonants by which they differ."""
        others = self._candidates(word, told) - {word}
        measured = [(len(consonants ^ _consonants(other)), other) for other in others]
        measured.sort(key=lambda one: (one[1] not in alike, one[0], abs(len(one[1]) - len(word))))
        return measured

    def _candidates(self, word: str, told: str) -> set[str]:
        found: set[str] = set()
        # A letter too few or too many moves the cut.
        for key in (*_shortened(word[:_LETTERS]), word[: _LETTERS - 1], word[: _LETTERS + 1]):
            found.update(self._by_letters.get(key, "").split())
        # Short sounds are shared by hundreds of words: of those only the very same one tells anything.
        for key in _shortened(told) if len(told) >= _SHORTEST else ():
            for other in self._sounds.get(key, "").split():
                found.update(self._by_sound[other].split())
        found.update(self._by_sound.get(told, "").split())
        return {other for other in found if abs(len(other) - len(word)) <= _APART}


def _put(held: dict[str, str], keys: Iterable[str], word: str) -> None:
    for key in dict.fromkeys(keys):
        held[key] = f"{held[key]} {word}" if key in held else word


def distance(typed: str, meant: str, *, most: int = 99) -> int:
    """What it takes to come from one to the other: four a letter, less for neighbours on the keyboard, swapped letters and vowels.

    Told exactly up to `most`; whatever is farther is simply far.
    """
    reach = most // VOWEL
    """So many letters off the straight way at most: each that is left out or added costs a vowel at least."""
    if abs(len(typed) - len(meant)) > reach:
        return _FAR
    lost = [_left_out(meant, place) for place in range(len(meant))]
    before: list[int] = []
    row = [0, *accumulate(lost)]
    blank = [_FAR] * (len(meant) + 1)
    for i, letter in enumerate(typed):
        last, before, row = before, row, blank[:]
        added = _left_out(typed, i)
        swaps = _SWAPS.get(letter, {})
        earlier = typed[i - 1] if i else ""
        low, high = max(0, i - reach), min(len(meant), i + reach + 1)
        here = row[low] = before[0] + EDIT if low == 0 else before[low] + added
        for j in range(low, high):
            other = meant[j]
            cost = before[j] if letter == other else before[j] + swaps.get(other, EDIT)
            if (by_adding := before[j + 1] + added) < cost:
                cost = by_adding
            if (by_losing := here + lost[j]) < cost:
                cost = by_losing
            if j and earlier == other and letter == meant[j - 1] and last[j - 1] + SWAP < cost:
                cost = last[j - 1] + SWAP
            row[j + 1] = here = cost
        if min(row[low : high + 1]) > most:
            return _FAR
    return row[-1] if row[-1] <= most else _FAR


def _consonants(word: str) -> set[str]:
    return set(word) - _VOWELS


def _left_out(word: str, place: int) -> int:
    """What a letter too many or too few costs: a vowel, or one of a double letter, is easily lost."""
    return VOWEL if word[place] in "aeiouy" or (place and word[place - 1] == word[place]) else EDIT


def _swaps_of(letter: str) -> dict[str, int]:
    row, column = _PLACE[letter]
    near = {o: NEAR_KEY for o, (r, c) in _PLACE.items() if abs(row - r) <= 1 and abs(column - c) <= 1}
    return near | (dict.fromkeys("aeiouy", VOWEL) if letter in "aeiouy" else {})


_SWAPS = {letter: _swaps_of(letter) for letter in _PLACE}


def _shortened(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
