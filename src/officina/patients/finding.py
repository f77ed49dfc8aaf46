"""Finding a patient by what was heard: what fits is found, and only where nothing does, what may have been meant is proposed.

Nobody is ever chosen by a forgiving match: a proposal says in what it differs, and a person asks for the second identifier.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.models import Count, Max, Q

from officina.base.access import Actor
from officina.drugs.rules.spelling import Spelling
from officina.patients import likeness, queries, rules
from officina.patients.models import NameWord, Patient

_DATE = re.compile(r"\S*\d[/-]\d{1,2}[/-]\d\S*", re.ASCII)
_MOST_WORDS = 5
_READ = 80
"""So many records are read at most to be put in order."""
_NEW = 1500
"""So many new words are kept beside the list before it is made anew."""
_SAME, _BEGINS, _CALLED, _NEAR, _OTHER_BIRTH = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody who may have been meant, and in what that differs from what was typed."""

    patient: Patient
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `did_you_mean` speaks only where nothing fits."""

    hits: list[Patient] = field(default_factory=list)
    did_you_mean: list[Near] = field(default_factory=list)


class _Words:
    """The words of all names, for what was misspelt or misheard; new ones are added beside, so that nobody waits for the whole list."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._known: Counter[str] = Counter()
        self._old, self._new = Spelling({}), Spelling({})
        self._added: Counter[str] = Counter()

    def near(self, word: str) -> list[str]:
        """The words that this one may stand for, nearest first."""
        with self._lock:
            self._catch_up()
        found = [*self._old.near(word), *self._new.near(word)]
        return [one for one in dict.fromkeys(found) if likeness.are_alike(word, one)]

    def knows(self, word: str) -> bool:
        """Whether some name has this very word."""
        with self._lock:
            self._catch_up()
        return word in self._known

    def _catch_up(self) -> None:
        last = NameWord.objects.aggregate(last=Max("id"))["last"] or 0
        if last == self._last:
            return
        if last < self._last:  # the house was put back to what it was
            self._last, self._known, self._added = 0, Counter(), Counter()
        rows = NameWord.objects.filter(id__gt=self._last).values_list("word").annotate(n=Count("id")).order_by()
        added = {word: n for word, n in rows if word not in self._known}
        self._last = last
        self._added.update(added)
        self._known.update(added)
        if not self._added:
            return
        if len(self._added) > _NEW or len(self._added) == len(self._known):
            self._old, self._new, self._added = Spelling(self._known), Spelling({}), Counter()
        else:
            self._new = Spelling(self._added)


_words: dict[str, _Words] = {}


def forget() -> None:
    """Drop the list of words: for a process whose database was put back to what it was."""
    _words.clear()


def _list() -> _Words:
    return _words.setdefault(str(connection.settings_dict["NAME"]), _Words())


def find(actor: Actor, text: str, *, born_on: date | None = None, most: int = 20) -> Found:
    """By names, a date of birth beside them or alone, a telephone or the patient's number; else whom that may have meant."""
    typed = _DATE.search(text) if born_on is None else None
    born = born_on or (queries.birth(typed[0]) if typed else None)
    rest = text.replace(typed[0], " ") if typed and born else text
    words = list(dict.fromkeys(rules.fold(rest).split()))[:_MOST_WORDS]
    if born is None:
        hits = queries.search(actor, text, most=most)
    elif words:
        hits = queries.named(actor, rest, born_on=born, most=most)
    else:
        hits = list(queries.people(actor).filter(born_on=born).order_by("name_key")[:most])
    if hits or not (born or any(w.isalpha() for w in words)):
        return Found(hits)
    return Found([], _near(actor, words, born, most))


def _near(actor: Actor, words: list[str], born: date | None, most: int) -> list[Near]:
    if not words:
        assert born is not None
        days = [d for d in likeness.slips(born) if (d.year, d.month, d.day) == (born.year, born.day, born.month)]
        rows = queries.people(actor).filter(born_on__in=days).order_by("name_key")[:most]
        return [Near(p, _other_birth(p, born)) for p in rows]
    ranked = sorted(_ranked(actor, words, born), key=lambda r: (r[0], r[1].patient.name_key, r[1].patient.pk))
    return [near for _, near in ranked[:most]]


def _ranked(actor: Actor, words: list[str], born: date | None) -> Iterator[tuple[int, Near]]:
    """Each who may be meant, with how far that is from what was typed."""
    seen: set[int] = set()
    if born is not None:
        rows = queries.people(actor).filter(born_on__in=[born, *likeness.slips(born)]).order_by("name_key")[: _READ * 4]
        for p in rows:
            if all(likeness.share([w], p.name_key.split()) for w in words):
                seen.add(p.pk)
                yield _told(p, words, p.name_key.split(), born)
    if seen:
        return
    for p, known in _by_words(actor, words):
        if p.pk not in seen and (
            born is None or p.born_on == born or likeness.is_slip(born, p.born_on) or set(words) <= known
        ):
            seen.add(p.pk)
            yield _told(p, words, known, born)


def _by_words(actor: Actor, words: list[str]) -> Iterator[tuple[Patient, set[str]]]:
    """Whoever bears all these words, or what they may stand for, in any name and order; where nobody does, all but one of them."""
    rows: list[Patient] = []
    # What needs the least guessing first: as typed in any order, then the words that no name has put right, then every word.
    strange = [word for word in words if not _list().knows(word)]
    for doubted in ([], strange, words):
        if rows or (doubted is strange and not strange):
            continue
        asked = {word: _alternatives(word, put_right=word in doubted) for word in words}
        rows = _bearing(actor, asked.values())
    if not rows and len(words) > 2:
        rows = [p for left in words for p in _bearing(actor, [q for word, q in asked.items() if word != left])]
    known: dict[int, set[str]] = {p.pk: set() for p in rows}
    for pk, word in NameWord.objects.filter(patient__in=list(known)).values_list("patient_id", "word"):
        known[pk].add(word)
    for p in rows:
        yield p.merged_into or p, known[p.pk]


def _alternatives(word: str, *, put_right: bool) -> Q:
    one = {word, *likeness.called(word), *(_list().near(word) if put_right else ())}
    asked = Q(word__in=sorted(one))
    return asked | queries.beginning("word", word) if len(word) > 2 else asked


def _bearing(actor: Actor, asked: Iterable[Q]) -> list[Patient]:
    rows = queries.patients(actor).select_related("merged_into")
    for one in asked:
        rows = rows.filter(pk__in=NameWord.objects.filter(one, site_id=actor.site_id).values("patient"))
    return list(rows.order_by("name_key", "id")[:_READ])


def _told(patient: Patient, words: list[str], known: Iterable[str], born: date | None) -> tuple[int, Near]:
    """How far somebody is from what was typed, and in what."""
    cost, why = 0, []
    current = patient.name_key.split()
    for word in words:
        step, meant = min(((_step(word, other), other) for other in known), default=(_OTHER_BIRTH, ""))
        cost += step
        if meant and meant not in current and meant not in "".join(current):
            why.append(f"also known as {meant.capitalize()}")
        elif step > _BEGINS:
            why.append(f"{meant.capitalize()} for {word.capitalize()}")
    if born is not None and patient.born_on != born:
        cost += _NEAR if likeness.is_slip(born, patient.born_on) else _OTHER_BIRTH * 2
        why.append(_other_birth(patient, born))
    return cost, Near(patient, "; ".join(dict.fromkeys(why)) or "names in another order")


def _step(word: str, other: str) -> int:
    if word == other:
        return _SAME
    if other.startswith(word):
        return _BEGINS
    if other in likeness.called(word):
        return _CALLED
    return _NEAR if likeness.are_alike(word, other) else _OTHER_BIRTH * 3


def _other_birth(patient: Patient, born: date) -> str:
    return f"born {rules.said(patient.born_on)}, not {rules.said(born)}"
