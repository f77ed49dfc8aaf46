"""Words that were meant: the words of a list that a mistyped or misheard one may stand for, nearest first.

>>> words = Spelling({"metoprolol": 9, "metformin": 8, "hydralazine": 5, "hydroxyzine": 5})
>>> words.near("metroprolol"), words.near("hydralizine")[:1]
(['metoprolol'], ['hydralazine'])

Each word of the list is kept with one letter left out, and by its sound with one left out; whatever shares one of these with what
was typed is compared letter by letter. No list is gone through, so that the answer takes no longer with the whole directory.
"""

import re
from collections.abc import Iterator, Mapping

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


def sound(word: str) -> str:
    """How a word sounds to an American ear, roughly: its consonants, and whether it begins with a vowel."""
    for pattern, instead in _SOUNDS:
        word = pattern.sub(instead, word)
    return word


class Spelling:
    """A list of words, each with its weight: the heavier comes first where two are equally near."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = weights
        self._by_letters: dict[str, list[str]] = {}
        self._by_sound: dict[str, list[str]] = {}
        for word in weights:
            if len(word) >= _SHORTEST and word.isalpha():
                for key in _shortened(word[:_LETTERS]):
                    self._by_letters.setdefault(key, []).append(word)
                self._by_sound.setdefault(sound(word), []).append(word)
        self._sounds: dict[str, list[str]] = {}
        for key in self._by_sound:
            if len(key) >= _SHORTEST - 1:
                for short in _shortened(key):
                    self._sounds.setdefault(short, []).append(key)

    def near(self, word: str, *, most: int = 8) -> list[str]:
        """The words that may have been meant, nearest first; a word of fewer than four letters may mean anything, so none."""
        if len(word) < _SHORTEST or len(word) > 40:
            return []
        limit = EDIT * (1 if len(word) < 5 else 2 if len(word) < 8 else 3)
        told = sound(word)
        ranked = []
        for other in self._candidates(word, told):
            cost = distance(word, other)
            if other != word and (cost <= limit or sound(other) == told):
                ranked.append((cost, -self._weights[other], other))
        return [other for _, _, other in sorted(ranked)[:most]]

    def _candidates(self, word: str, told: str) -> set[str]:
        found: set[str] = set()
        for key in _shortened(word[:_LETTERS]):
            found.update(self._by_letters.get(key, ()))
        # A letter too few or too many moves the cut.
        found.update(self._by_letters.get(word[: _LETTERS - 1], ()), self._by_letters.get(word[: _LETTERS + 1], ()))
        # Short sounds are shared by hundreds of words: of those only the very same one tells anything.
        for key in _shortened(told) if len(told) >= _SHORTEST else ():
            for other in self._sounds.get(key, ()):
                found.update(self._by_sound[other])
        found.update(self._by_sound.get(told, ()))
        return {other for other in found if abs(len(other) - len(word)) <= _APART}


def distance(typed: str, meant: str) -> int:
    """What it takes to come from one to the other: four a letter, less for neighbours on the keyboard, swapped letters and vowels."""
    before: list[int] = []
    row = [0]
    for letter in meant:
        row.append(row[-1] + (VOWEL if letter in "aeiouy" else EDIT))
    for i, letter in enumerate(typed, 1):
        last, before = before, row
        row = [before[0] + EDIT]
        for j, other in enumerate(meant, 1):
            cost = min(
                before[j - 1] + _swapped_for(letter, other),
                before[j] + (VOWEL if letter in "aeiouy" or (i > 1 and typed[i - 2] == letter) else EDIT),
                row[j - 1] + (VOWEL if other in "aeiouy" or (j > 1 and meant[j - 2] == other) else EDIT),
            )
            if i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == other:
                cost = min(cost, last[j - 2] + SWAP)
            row.append(cost)
    return row[-1]


def _swapped_for(letter: str, other: str) -> int:
    if letter == other:
        return 0
    if letter in "aeiouy" and other in "aeiouy":
        return VOWEL
    (row, column), (other_row, other_column) = _PLACE.get(letter, (9, 9)), _PLACE.get(other, (-9, -9))
    return NEAR_KEY if abs(row - other_row) <= 1 and abs(column - other_column) <= 1 else EDIT


def _shortened(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
