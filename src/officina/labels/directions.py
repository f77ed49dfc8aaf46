"""Written directions in the words of a label: shorthand expanded, numbers as numerals, and never a guess.

>>> to_label_text("1 tab PO BID").text
'Take 1 tablet by mouth in the morning and 1 tablet in the evening.'
>>> to_label_text("instill 1 drop od bid")
Directions(text='instill 1 drop od bid', understood=False, place="'od' (word 4): may mean eye, ear or once a day")
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

from officina.kernel import packs


@dataclass(frozen=True, slots=True)
class Directions:
    """The text for the label. Where it was not understood, the text is as typed and `place` names what stood in the way."""

    text: str
    understood: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A row of the pack: what each of `written` becomes."""

    kind: Literal["becomes", "number", "unit", "ambiguous", "plain"]
    written: tuple[str, ...]
    text: str
    many: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """A piece of the label text that one or more typed words became."""

    kind: str
    text: str
    many: str = ""


_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}", re.IGNORECASE)
_EVERY = re.compile(r"\bq\s*(\d+(?:\s*-\s*\d+)?)\s*h(?:rs?|ours?)?\b", re.IGNORECASE)
_FOR_DAYS = re.compile(r"\bx\s*(\d+)\s*(d|days?|wks?|weeks?)\b", re.IGNORECASE)
_RANGE = re.compile(r"(?<![\d./])(\d+(?:\.\d+)?|1/[24])\s*[-–]\s*(\d+(?:\.\d+)?)(?![\d./]*/)")
_TOKEN = re.compile(
    r"\d+\s+\d+/\d+|\d+/\d+|\d[\d,]*(?:\.\d+)?|\.\d+|[½¼]|[a-zµμ]+(?:[-/'.][a-z\d]+)*(?:\(s\))?|\S", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+ \d+/\d+|\d+/\d+|\d[\d,]*(?:\.\d+)?|\.\d+")
_CAPITAL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april",
            "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_MARKS = tuple(",.;()")
_NOT_MANY = ("1", "1/2", "1/4", "3/4", "0.5", "0.25")
_FREE_AFTER = "for"
_SWALLOWED = ("tablet", "capsule", "mL")


@cache
def _rows() -> Mapping[tuple[str, ...], Word]:
    rows = packs.load(Path(__file__).parent / "packs" / "directions.toml", Word).rows
    return {tuple(_TOKEN.findall(key)): row for row in rows for key in row.written}


@cache
def _longest() -> int:
    return max(map(len, _rows()))


def to_label_text(sig: str) -> Directions:
    """Directions as typed → label text, or the text as typed with the word that nobody should guess (USP <17>, ISMP)."""
    typed = " ".join(sig.split())
    tokens = _TOKEN.findall(_prepared(typed))
    said: list[_Said] = []
    at, free = 0, False
    while at < len(tokens):
        found, used = _match(tokens, at, free=free)
        if found and found.kind == "number" and said and said[-1].kind == "number":
            found = None  # '1 000' and '1.5.2' are no numbers that a patient should read
        if found is None or found.kind == "ambiguous":
            why = f": may mean {found.text}" if found else ": not a word that the label knows"
            return Directions(typed, understood=False, place=f"'{tokens[at]}' (word {_word_at(tokens, at)}){why}")
        free = found.text == _FREE_AFTER or (free and found.kind == "free")
        said.append(found)
        at += used
    if not any(s.kind != "mark" for s in said):
        return Directions(typed, understood=False, place="no directions")
    return _with_verb(typed, said)


def _prepared(typed: str) -> str:
    text = typed.lower() if typed.isupper() or not any(c.islower() for c in typed) else typed
    text = _DOTTED.sub(lambda m: m[0].replace(".", ""), text)
    text = _EVERY.sub(r"every \1 hours", text)
    text = _FOR_DAYS.sub(_for_days, text)
    text = _RANGE.sub(_range, text)
    return re.sub(r"(\d)(?=[A-Za-z])", r"\1 ", text)


def _for_days(found: re.Match[str]) -> str:
    span = "week" if found[2].lower().startswith("w") else "day"
    return f"for {found[1]} {span}{'' if found[1] == '1' else 's'}"


def _range(found: re.Match[str]) -> str:
    """'1-2' is 1 to 2; '2-1' and '2-1/2' may be anything, so their hyphen stays and stops the reading."""
    rising = Fraction(found[1]) < Fraction(found[2])
    return f"{found[1]} to {found[2]}" if rising else found[0]


def _match(tokens: list[str], at: int, *, free: bool) -> tuple[_Said | None, int]:
    """The longest known run of words from here; None for a word that no row knows."""
    for size in range(min(_longest(), len(tokens) - at), 0, -1):
        row = _rows().get(tuple(t.lower() for t in tokens[at : at + size]))
        if row:
            return _Said(row.kind, row.text or " ".join(map(_cased, tokens[at : at + size])), row.many), size
    token = tokens[at]
    if _NUMBER.fullmatch(token):
        number = _numeral(token)
        return (_Said("number", number), 1) if number else (None, 1)
    if token in _MARKS:
        return _Said("mark", token), 1
    # A reason after 'for' is the prescriber's own word; three letters or fewer are more often a code than a word
    if free and token.isalpha() and len(token) > 3:
        return _Said("free", token), 1
    return None, 1


def _cased(word: str) -> str:
    return word.capitalize() if word.lower().rstrip("s") in _CAPITAL or word.lower() in _CAPITAL else word.lower()


def _numeral(token: str) -> str:
    """A number as ISMP prints it: 0.5 not .5, 1 not 1.0, 1,000 not 1000; empty where the digits make no number."""
    if "/" in token:
        whole, _, part = token.rpartition(" ")
        above, below = part.split("/")
        return token if int(above) < int(below) and (not whole or int(whole)) else ""
    digits, _, rest = token.replace(",", "").partition(".")
    if re.fullmatch(r"0\d.*|0", digits) and not rest.strip("0"):
        return ""
    if "," in token and f"{int(digits):,}" != token.partition(".")[0]:
        return ""
    rest = rest.rstrip("0")
    return f"{int(digits or '0'):,}" + (f".{rest}" if rest else "")


def _with_verb(typed: str, said: list[_Said]) -> Directions:
    """Put the verb that a bare dose leaves out, where only one verb is possible."""
    said = list(_one_of(said))
    if said[0].kind != "number":
        return Directions(_sentence(said), understood=True)
    unit = next((s.text for s in said if s.kind == "unit"), "")
    places = {s.text for s in said if s.text in ("by mouth", "under the tongue", "in the rectum", "in the vagina")}
    verb = "Inhale" if unit == "puff" and not places else ""
    if unit in _SWALLOWED and (places == {"by mouth"} or (not places and unit != "mL")):
        verb = "Take"
    if unit == "tablet" and places == {"under the tongue"}:
        verb = "Place"
    if not verb:
        return Directions(typed, understood=False, place="the first word: how to use it is not said")
    return Directions(_sentence([_Said("plain", verb), *_twice(said)]), understood=True)


def _one_of(said: list[_Said]) -> Iterator[_Said]:
    """'take a tablet' says 1 tablet."""
    for here, following in zip(said, [*said[1:], _Said("end", "")], strict=True):
        yield _Said("number", "1") if here.text in ("a", "an") and following.kind == "unit" else here


def _twice(said: list[_Said]) -> list[_Said]:
    """USP <17>: a plain dose '2 times a day' at the end is said as morning and evening; anything more stays as it is."""
    body = [s for s in said if s.kind != "mark"]
    simple = len(body) in (3, 4) and [s.kind for s in body[:2]] == ["number", "unit"] and body[1].text in _SWALLOWED
    if not simple or body[-1].text != "2 times a day" or (len(body) == 4 and body[2].text != "by mouth"):
        return said
    morning, evening = _Said("becomes", "in the morning and"), _Said("becomes", "in the evening")
    return [*body[:-1], morning, body[0], body[1], evening]


def _sentence(said: list[_Said]) -> str:
    text = ""
    for i, piece in enumerate(said):
        word = piece.text
        if piece.kind == "unit" and i and said[i - 1].kind == "number" and said[i - 1].text not in _NOT_MANY:
            word = piece.many
        text += word if piece.text in ",.;)" or text.endswith("(") or not text else f" {word}"
    text = re.sub(r"[.,;]+$", "", text) + "."
    return re.sub(r"(^|\. )([a-z])", lambda m: m[1] + m[2].upper(), text)


def _word_at(tokens: list[str], at: int) -> int:
    return sum(t not in ",.;()" for t in tokens[: at + 1])
