"""Finding a clinical drug by what was typed: words in any order, strength and form in the same box; a misspelt word is only proposed.

Two stages. First every word must begin a word of the drug's names, brands, form or strength: looked up in a sorted list, so that
what is typed is found as it is typed. Only where nothing fits are the words looked at one by one and what may have been meant
is proposed, each proposal with what it would find (docs/algorithms/search.md).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from officina.drugs.rules import shorthand
from officina.drugs.rules.shorthand import SHAPES, Token
from officina.drugs.rules.spelling import Spelling

_FIRST_LOOK = 400
_SECOND_LOOK = 4_000
_WORTHWHILE = 50
_OFTEN = 300
"""So many of the medicines most dispensed here are looked at for every search, wherever they stand in the list."""
_MOST_REPAIRS = 5
_MOST_WIDE = 100
_MOST_OF_A_REPAIR = 6
_AFTER = "\U0010ffff"
EXACT, BRAND, BEGINS, INSIDE, FORM_BEGINS, CONVERTED, LONGER_NUMBER, UNASKED = 0, 1, 1, 2, 1, 2, 8, 5
UNASKED_SHAPE = 1
_SPECIAL = frozenset(
    ["~extended", "~delayed", "~disintegrating", "~chewable", "~sublingual", "~effervescent", "~liquid"]
)
"""What makes a tablet or capsule another one than the plain."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index is told of one clinical drug."""

    names: tuple[tuple[str, ...], ...]
    """The words of each ingredient, salts with it."""
    brands: frozenset[str]
    facts: frozenset[str]
    """Form, route and strength, as `form_words` and `shorthand.strength_words` mark them."""
    weight: int
    """How likely it is asked for where the house has dispensed nothing yet."""


class Match(NamedTuple):
    """A drug that was found: its place among the entries, and how far it is from what was typed, 0 being word for word."""

    place: int
    distance: int


@dataclass(frozen=True, slots=True)
class Understood:
    """How a word was read."""

    typed: str
    kind: str
    """'name', 'form', 'strength', or 'unknown'."""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """What may have been meant, and what it would find. A person decides."""

    text: str
    instead_of: str
    meant: str
    """Empty where the word was left out."""
    matches: list[Match] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Used:
    """What is dispensed here, as an index sees it. Made once for many searches: a house dispenses thousands of medicines."""

    counts: Mapping[int, int] = field(default_factory=dict)
    """By place among the entries."""
    ranks: Mapping[int, int] = field(default_factory=dict)
    """The same by the index's own order."""
    often: tuple[int, ...] = ()
    """The most dispensed ones, by that order."""


NOTHING_USED = Used()


class _Want(NamedTuple):
    """A stretch of the sorted words that satisfies a token, and at which cost; the first of it may be the word itself."""

    low: int
    high: int
    exact: int
    """The word's own number, or -1."""
    if_exact: int
    if_longer: int
    is_fact: bool


_Doc = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Words of each ingredient, the first word of each, words of brands, facts. A plain tuple: the garbage collector passes those by."""


@lru_cache(2_000)
def form_words(form: str, route: str) -> frozenset[str]:
    """The words of a dosage form and its routes, each marked as one: '~tablet'."""
    told = (word for word in shorthand.words(f"{form} {route}") if not shorthand.is_silent(word))
    found = {word if word.startswith("#") else f"~{word}" for word in told}
    for word, other in (
        ("~ophthalmic", "~eye"),
        ("~otic", "~ear"),
        ("~auricular", "~otic"),
        ("~eye", "~ophthalmic"),
        ("~ear", "~otic"),
    ):
        if word in found:
            found |= {other}
    return frozenset(found)


class Index:
    """All clinical drugs by their words. Built once; what is kept later only repeats what it tells."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        met: dict[str, int] = {}
        weights: list[int] = []
        likeliest: dict[str, int] = {}
        docs: list[_Doc] = []
        for entry in entries:
            docs.append(_doc(entry, met))
            weights.append(entry.weight)
            for word in (w for name in (*entry.names, entry.brands) for w in name):
                likeliest[word] = max(likeliest.get(word, 0), entry.weight)
        self._words = sorted(met)
        number = dict(zip((met[word] for word in self._words), range(len(met)), strict=True))
        order = sorted(range(len(docs)), key=lambda place: -weights[place])
        self._place = array("I", order)
        self._rank = array("I", bytes(4 * len(order)))
        self._docs: list[_Doc] = []
        self._postings = [array("I") for _ in self._words]
        for rank, place in enumerate(order):
            self._rank[place] = rank
            self._docs.append(_renumbered(docs[place], number))
            names, _, brands, facts = self._docs[-1]
            for i in {i for held in (*names, brands, facts) for i in held}:
                self._postings[i].append(rank)
        self._special = frozenset(i for i, word in enumerate(self._words) if word in _SPECIAL)
        self._spelling = Spelling(likeliest)
        self._wide: dict[tuple[int, int, int], array[int]] = {}

    def __len__(self) -> int:
        return len(self._docs)

    def used(self, counts: Mapping[int, int]) -> Used:
        """How often each place was dispensed here, made ready for `find`."""
        ranks = {self._rank[place]: count for place, count in counts.items()}
        return Used(counts, ranks, tuple(sorted(ranks, key=lambda rank: -ranks[rank])[:_OFTEN]))

    def find(
        self, asked: Sequence[Token], *, used: Used = NOTHING_USED, most: int, among: Collection[int] | None = None
    ) -> list[Match]:
        """The drugs that hold every word, nearest first, then the most used here, then the likeliest.

        `among` names the places that may be found, where not all may.
        """
        wants = [self._wants(token) for token in asked]
        if not wants or not all(wants):
            return []
        ranks, often = used.ranks, used.often
        scored: dict[int, int] = {}
        looks = self._looks(wants, most) if among is None else [[self._rank[place] for place in among]]
        for look in looks:
            for rank in self._both({*look, *(often if among is None else ())} - scored.keys(), wants):
                scored[rank] = self._distance(self._docs[rank], wants)
            if sum(d >= 0 for d in scored.values()) >= 3 * most:
                break
        fitting = sorted((d, -ranks.get(rank, 0), rank) for rank, d in scored.items() if d >= 0)
        return [Match(self._place[rank], d) for d, _, rank in fitting[:most]]

    def understood(self, asked: Sequence[Token]) -> list[Understood]:
        """How each word was read."""
        return [self._read(token) for token in asked]

    def repairs(
        self, asked: Sequence[Token], *, used: Used = NOTHING_USED, most: int, among: Collection[int] | None = None
    ) -> list[Repair]:
        """What may have been meant where nothing fits: one word put right, or two where two are strange, or a number left out."""
        strange = [i for i, token in enumerate(asked) if _is_word(token) and not self._wants(token)]
        spots = strange[:1] or [i for i, token in enumerate(asked) if _is_word(token)]
        found: list[Repair] = []
        for spot in spots:
            for meant in self._spelling.near(asked[spot].text):
                self._try(found, asked, spot, meant, strange[1:2], used=used, most=most, among=among)
        if not strange:
            for spot in (i for i, token in enumerate(asked) if not _is_word(token) and len(asked) > 1):
                self._try(found, asked, spot, "", [], used=used, most=most, among=among)
        return found[:_MOST_REPAIRS]

    def _try(
        self,
        found: list[Repair],
        asked: Sequence[Token],
        spot: int,
        meant: str,
        also: list[int],
        *,
        used: Used,
        most: int,
        among: Collection[int] | None,
    ) -> None:
        changed = [*asked[:spot], *([Token(meant, "")] if meant else []), *asked[spot + 1 :]]
        for second in also:
            other = self._spelling.near(asked[second].text, most=1)
            changed[second] = Token(other[0], "") if other else changed[second]
        matches = (
            self.find(changed, used=used, most=min(most, _MOST_OF_A_REPAIR), among=among)
            if len(found) < _MOST_REPAIRS
            else []
        )
        if matches:
            text = " ".join(token.text + token.unit for token in changed)
            found.append(Repair(text, asked[spot].text, meant, matches))

    def _read(self, token: Token) -> Understood:
        typed = token.text + token.unit
        if not _is_word(token):
            return Understood(typed, "strength" if self._wants(token) else "unknown")
        shape = SHAPES.get(token.text)
        wants = self._wants(token)
        name = next((want for want in wants if not want.is_fact), None)
        if name is not None and (name.exact >= 0 or shape is None):
            return Understood(typed, "name", self._words[name.low] if name.high - name.low == 1 else "")
        return Understood(typed, "form" if wants else "unknown", shape or "")

    def _wants(self, token: Token) -> list[_Want]:
        if token.unit:
            return self._stretch(shorthand.asked_amount(token), CONVERTED, fact=True, whole=True)
        if not _is_word(token):
            return [
                *self._stretch(f"#{token.text}", LONGER_NUMBER, fact=True),
                *self._stretch(f"^{token.text}", CONVERTED, fact=True, whole=True, if_exact=CONVERTED),
            ]
        shape = SHAPES.get(token.text)
        return [
            *self._stretch(token.text, BEGINS),
            *self._stretch(f"~{token.text}", FORM_BEGINS, fact=True),
            *(self._stretch(f"~{shape}", FORM_BEGINS, fact=True, if_exact=FORM_BEGINS) if shape else ()),
        ]

    def _stretch(
        self, text: str, if_longer: int, *, fact: bool = False, whole: bool = False, if_exact: int = EXACT
    ) -> list[_Want]:
        low = bisect_left(self._words, text)
        is_there = low < len(self._words) and self._words[low] == text
        high = low + is_there if whole else bisect_right(self._words, text + _AFTER, low)
        return [_Want(low, high, low if is_there else -1, if_exact, if_longer, fact)] if high > low else []

    def _looks(self, wants: Sequence[Sequence[_Want]], most: int) -> Iterator[Iterable[int]]:
        """Candidates by the word that fits the fewest drugs: the likeliest ones first, the rest only where those were too few."""
        size, rarest = min((sum(self._size(w) for w in ways), i) for i, ways in enumerate(wants))
        ways = wants[rarest]
        if size > _FIRST_LOOK:
            exact = [rank for w in ways if w.exact >= 0 for rank in self._postings[w.exact][: most * 5]]
            for look in (_FIRST_LOOK, _SECOND_LOOK):
                yield [*exact, *self._below(ways, look)]
        yield self._below(ways, len(self._docs))

    def _size(self, want: _Want) -> int:
        if want.high - want.low > _FIRST_LOOK:
            return len(self._docs)
        return sum(len(self._postings[i]) for i in range(want.low, want.high))

    def _below(self, ways: Sequence[_Want], rank: int) -> set[int]:
        found: set[int] = set()
        for want in ways:
            found.update(self._of_stretch(want.low, want.high, rank))
        return found

    def _of_stretch(self, low: int, high: int, rank: int) -> Iterable[int]:
        """The likeliest of a stretch of words; of the wide ones, which a first letter makes, it is told once and kept."""
        if high - low <= _FIRST_LOOK:
            return self._gathered(low, high, rank)
        found = self._wide.get((low, high, rank))
        if found is None:
            found = self._wide[low, high, rank] = array("I", sorted(self._gathered(low, high, rank)))
            if len(self._wide) > _MOST_WIDE:
                self._wide.clear()
        return found

    def _gathered(self, low: int, high: int, rank: int) -> set[int]:
        found: set[int] = set()
        for i in range(low, high):
            posting = self._postings[i]
            found.update(posting if posting[-1] < rank else posting[: bisect_left(posting, rank)])
        return found

    def _both(self, ranks: set[int], wants: Sequence[Sequence[_Want]]) -> set[int]:
        """Those that hold the other words, too, as far as that is quickly told."""
        if len(ranks) > _WORTHWHILE and len(wants) > 1:
            for ways in wants:
                if sum(self._size(want) for want in ways) <= 10 * len(ranks):
                    ranks = ranks & self._below(ways, len(self._docs))
        return ranks

    def _distance(self, doc: _Doc, wants: Sequence[Sequence[_Want]]) -> int:
        """How far the drug is from what was typed; -1 where a word fits nothing of it."""
        total, touched, by_brand, by_form = 0, 0, False, 0
        for ways in wants:
            best, where = 1_000, -2
            for want in ways:
                cost, place = self._fit(doc, want)
                if cost < best:
                    best, where = cost, place
            if best == 1_000:
                return -1
            total += best
            by_brand |= where == _BRAND
            touched |= 1 << where if where >= 0 else 0
            by_form |= 1 if where == _SHAPE else 2 if where == _SPECIAL_SHAPE else 0
        if by_form == 1 and not self._special.isdisjoint(doc[3]):
            total += UNASKED_SHAPE
        unasked = len(doc[0]) - touched.bit_count()
        return total + (0 if by_brand else UNASKED * unasked if touched else 0)

    def _fit(self, doc: _Doc, want: _Want) -> tuple[int, int]:
        """The cost at which a drug satisfies one way of reading a word, and where: the number of an ingredient, a brand, a fact."""
        names, firsts, brands, facts = doc
        if want.is_fact:
            at = bisect_left(facts, want.low)
            if at == len(facts) or facts[at] >= want.high:
                return 1_000, _FACT
            where = (
                _FACT if self._words[want.low][0] != "~" else _SPECIAL_SHAPE if facts[at] in self._special else _SHAPE
            )
            return (want.if_exact if facts[at] == want.exact else want.if_longer), where
        best, where = 1_000, _FACT
        for place, name in enumerate(names):
            at = bisect_left(name, want.low)
            if at < len(name) and name[at] < want.high:
                cost = want.if_exact if name[at] == want.exact else want.if_longer
                # "hydro" begins hydroxyzine hydrochloride at its first word, other drugs only at their salt.
                cost += 0 if name[at] == want.exact or firsts[place] in range(want.low, want.high) else INSIDE - BEGINS
                if cost < best:
                    best, where = cost, place
        if best > BRAND:
            at = bisect_left(brands, want.low)
            if at < len(brands) and brands[at] < want.high:
                cost = BRAND if brands[at] == want.exact else want.if_longer + INSIDE - BEGINS
                if cost < best:
                    best, where = cost, _BRAND
        return best, where


_BRAND, _FACT, _SHAPE, _SPECIAL_SHAPE = -1, -2, -3, -4


def _doc(entry: Entry, met: dict[str, int]) -> _Doc:
    """An entry with a number for each word, in the order in which they were met."""

    def numbers(words: Iterable[str]) -> tuple[int, ...]:
        return tuple(met.setdefault(word, len(met)) for word in words)

    names = tuple(numbers(name) for name in entry.names if name)
    return names, tuple(name[0] for name in names), numbers(entry.brands), numbers(entry.facts)


def _renumbered(doc: _Doc, number: Mapping[int, int]) -> _Doc:
    """The same with the words' places in the sorted list."""

    def numbers(held: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(number[i] for i in held))

    names, firsts, brands, facts = doc
    return tuple(numbers(name) for name in names), tuple(number[i] for i in firsts), numbers(brands), numbers(facts)


def _is_word(token: Token) -> bool:
    return token.text[0].isalpha()
