"""Directions as typed cut into what they say: amounts, times, spans, words of the pack; never a guess at anything else."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from officina.dosing import words
from officina.dosing.dosage import Amount, Maximum, Span, Times, When


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the direction, and the words that said it."""

    kind: str
    value: object
    said: str


class Unreadable(Exception):
    """What stands at `place` cannot be read, or has the `readings`."""

    def __init__(self, place: str, readings: tuple[str, ...] = ()) -> None:
        super().__init__(place)
        self.place, self.readings = place, readings


_DOTTED = re.compile(r"(?<![\w.])(?:[a-z]\.){2,}")
_GLUED = ((re.compile(r"(?:\bint|(?<=[a-z])int)?\s*prn\s*(?:prn)?"), " prn "), (re.compile(r"instr(?!uct|um)"), " , "),
          (re.compile(r"(?<=[a-z])(?<!ma)x(?=\d)"), " x "), (re.compile(r"(\d)(?=[a-z])"), r"\1 "),
          (re.compile(r"(?<=[a-z])(?=\d)"), " "), (re.compile(r"(?<=tid|bid|qid)wm"), " wm"))  # fmt: skip
_MARK = re.compile(r"\s*([;()\[\]!]|:(?!\d)|,(?!\d{3})|\.(?!\d)|--+|\s-\s)\s*")
# '3x/day', '3x a day', '3 x per week', '3/day': never before a numeral, where 'x 3 days' says how long
_BY = re.compile(r"(?<=\d) ?(?:x ?/|x(?: a| per| each)?|/) ?(?=(?:day|daily|week|weekly|wk|month)\b)")
_N = r"(?:\d+ (?:and )?\d+/\d+|\d+/\d+|\d[\d,]*(?:\.\d+)?|\.\d+)"
_R = rf"({_N})(?: ?(?:to|-|–|or) ?({_N}))?"
_UNIT = r"(minutes?|mins?|hours?|hrs?|hr|h|days?|d|nights?|weeks?|wks?|wk|months?|mos?)"
_END = r"(?= |$)"
# '2 two times', '1 one tablet': the numeral and its word; never before mg, where '2 2 mg tablets' would lose a dose
_TWICE_SAID = re.compile(
    r"(?<![\w/.,])(\d+(?:/\d+)?(?: to \d+(?:/\d+)?)?) \1(?= (?:times?|hours?|hrs?|days?|weeks?|tablets?|tabs?|capsules?|caps?)\b)"
)
_SPANS = {"m": "minute", "h": "hour", "d": "day", "n": "night", "w": "week"}


def scan(typed: str, codes: Mapping[str, str]) -> Iterator[Item]:
    """Cut into items; Unreadable with the place where nothing known begins."""
    text = normal(typed, codes)
    at, reason = 0, False
    while at < len(text):
        item, end = _next(text, at, reason=reason)
        reason = item.kind in ("for", "prn") or (reason and item.kind in ("reason", "or"))
        yield item
        at = end + 1 if end < len(text) and text[end] == " " else end


def normal(typed: str, codes: Mapping[str, str]) -> str:
    """Small letters, one space, the site's codes and the shorthand written out, marks as words of their own."""
    text = f" {' '.join(expanded(typed, codes).split()).lower()} "
    text = _DOTTED.sub(lambda m: m[0].replace(".", ""), text)
    for pattern, into in _GLUED:
        text = pattern.sub(into, text)
    text = _MARK.sub(lambda m: f" {',' if m[1].strip() in ',;:!-' or '--' in m[1] else m[1].strip()} ", text)
    text = _BY.sub(" times a ", text)
    text = re.sub(r"(?<=[a-z]) ?/ ?(?=(?:day|week)\b)", " per ", text)
    text = (
        text.replace("times a daily", "times a day")
        .replace("times a weekly", "times a week")
        .replace("a wk", "a week")
        .replace("½", " 1/2 ")
        .replace("¼", " 1/4 ")
    )
    text = " ".join(text.split())
    text = " ".join(map(_parted, text.split(" ")))
    text = words.expanded(text)
    text = re.sub(r"\b(\d+) and (?=\d+/\d)", r"\1 ", " ".join(text.split()))
    return _TWICE_SAID.sub(r"\1", text)


def expanded(typed: str, codes: Mapping[str, str]) -> str:
    """What was typed with the site's codes written out, each once; everything else stays as it was typed."""
    if not codes:
        return typed
    known = {code.lower(): expansion for code, expansion in codes.items()}
    either = "|".join(re.escape(code) for code in sorted(known, key=len, reverse=True))
    return re.sub(
        rf"(?<![\w./+-])(?:{either})(?![\w/+-]|\.\w)", lambda m: known[m[0].lower()], typed, flags=re.IGNORECASE
    )


def _next(text: str, at: int, *, reason: bool) -> tuple[Item, int]:
    row, end = _known(text, at)
    if row and row.kind == "note" and text[at].isdigit():
        return Item("note", row, text[at:end]), end  # '1 time only' is no number of anything
    if text[at:].rstrip(" .") == "1 time":  # 'once', with nothing after it that it could be counted in
        return Item("note", words.written()["1 time only"], text[at:]), len(text)
    for pattern, build in _rules():
        found = pattern.match(text, at)
        if found and (value := build(found)) is not None:
            return Item(value[0], value[1], found[0]), found.end()
    if row and row.kind == "ambiguous":
        raise Unreadable(_place(text, at), row.readings)
    if row:
        return Item(row.kind, row, text[at:end]), end
    word = text[at:].split(" ", maxsplit=1)[0]
    if word in _PLAIN:
        return Item(_PLAIN[word], word, word), at + len(word)
    # After 'for' a reason is the prescriber's own word; three letters or fewer are more often a code than a word
    if reason and word.isalpha() and word.isascii() and len(word) > 3:
        return Item("reason", words.Word(kind="reason", en=word), word), at + len(word)
    raise Unreadable(_place(text, at))


_PLAIN = {",": "mark", "(": "mark", ")": "mark", ".": "stop", "[": "mark", "]": "mark", "and": "and", "&": "and", "then": "then",
          "for": "for", "or": "or", "on": "on", "at": "on", "starting": "start", "+": "and", "plus": "and"}  # fmt: skip


def _known(text: str, at: int) -> tuple[words.Word | None, int]:
    first = text[at:].split(" ", 1)[0]
    for candidate in words.starts().get(first, ()):
        end = at + len(candidate)
        if text.startswith(candidate, at) and text[end : end + 1] in ("", " "):
            return words.written()[candidate], end
    return None, at


def _parted(word: str) -> str:
    """Two words that were typed without the space between them, where only one way parts them."""
    known = words.vocabulary()
    if word in known or not word.isalpha():
        return word
    ways = [f"{word[:i]} {word[i:]}" for i in range(5, len(word) - 4) if word[:i] in known and word[i:] in known]
    return ways[0] if len(ways) == 1 else word


def _place(text: str, at: int) -> str:
    return f"'{' '.join(text[at:].split()[:3])}' (word {len(text[:at].split()) + 1})"


def exact(written: str) -> Fraction | None:
    """The number; None where the digits make none that a patient should read (0, 3/2, 1,00)."""
    whole, _, part = written.replace(",", "").rpartition(" ")
    if (
        "," in written
        and f"{int(Fraction(written.replace(',', '').split(' ')[0])):,}" != written.split(".", maxsplit=1)[0]
    ):
        return None
    if "/" not in part:
        return Fraction(part) or None
    above, below = map(int, part.split("/"))
    return int(whole or 0) + Fraction(above, below) if 0 < above < below and whole != "0" else None


def _range(found: re.Match[str], at: int = 1) -> tuple[Fraction, Fraction] | None:
    low = exact(found[at])
    high = exact(found[at + 1]) if found[at + 1] else low
    return (low, high) if low and high and (low < high or not found[at + 1]) else None


def _span(found: re.Match[str], at: int = 1, *, up_to: bool = False) -> Span | None:
    both, unit = _range(found, at), found[at + 2]
    if both is None:
        return None
    return Span(*both, "month" if unit.startswith("mo") else _SPANS[unit[0]], up_to)


Built = tuple[str, object] | None


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Built]], ...]:
    unit, when = words.alternatives("unit"), words.alternatives("when")
    most = (r"(?:max(?:imum)?|mdd|do not take more than|do not use more than|not to exceed|no more than|do not exceed)"
            r"(?: daily| every day)?(?: dose| amount)?(?: of| is| per day| mdd)*")  # fmt: skip
    per = r"(?: (?:per|a|in|in a|each|every|within) (day|24 hours?|24 hrs?|week)| (every day))?"
    table = (
        (rf"(?:for )?(?:no more than|up to|a maximum of) {_R} {_UNIT}(?: at a time)?", lambda m: _pack("duration", _span(m, up_to=True))),
        (rf"({most}) {_R}(?: ({unit}))?{per}", _maximum),
        (rf"up to {_R} (dose|doses)(?: in all)?", lambda m: _pack("maximum", _most(m, "dose", ""))),
        (rf"(up to )?{_R} times? (?:a|per|each|every|in a|an) ?(hour|day|week|month)", _times),
        (rf"(up to )?{_R} times? (?:every day)()", _times),
        (rf"(?:every|q|each) {_R} ?{_UNIT}", lambda m: _pack("every", _span(m))),
        (r"(?:every|q) (hour|hr)", lambda _: ("every", Span(Fraction(1), Fraction(1), "hour"))),
        (r"(?:every|each) (day|week|month)", lambda m: ("times", Times(Fraction(1), Fraction(1), m[1]))),
        (rf"{_R} {_UNIT}(?= (?:{when}))", lambda m: _pack("offset", _span(m))),
        (r"(?:on )?days? (\d+)(?: ?(?:to|-|through|thru) ?(\d+))?", _days),
        (rf"(?:for |x |times )(?:the next |a total of )?{_R} ?{_UNIT}", lambda m: _pack("duration", _span(m))),
        (rf"{_R} (days|day(?! \d)|d|nights?|weeks?|wks?|months?)", lambda m: _pack("duration", _span(m))),
        (r"(\d+) day (?=taper)()", lambda m: ("duration", Span(Fraction(m[1]), Fraction(m[1]), "day")) if int(m[1]) else None),
        (r"(?:at )?(\d{1,2})(?: ?: ?(\d\d))? ?([ap]) ?m", _clock),
        (rf"(?:dispense|disp|qty|quantity|#) ?\d+(?: (?:{unit}))?", lambda m: ("kept", m[0])),
        (r"replaces (?:her|his|their|the|your) [\d.]+ mg dose", lambda m: ("kept", m[0])),
        (rf"{_R} ({unit}) = {_R} ({unit})", _equal),
        (r"\d+ rf \d+", lambda m: ("kept", m[0])),
        (r"ok to fill (?:on )?[a-z]+ \d+(?: ,)?(?: \d{4})?", lambda m: ("kept", m[0])),
        (rf"{_R} (million unit|{unit})(?: of)?", _amount),
        (rf"(?:a|an) ({unit})", lambda m: ("amount", _measured(Fraction(1), Fraction(1), words.named("unit")[m[1]]))),
        (rf"{_R}", lambda m: _pack("number", _range(m))),
    )  # fmt: skip
    return tuple((re.compile(pattern + _END), build) for pattern, build in table)


@cache
def grammar() -> str:
    """The words that the grammar itself holds beside those of the packs: 'times', 'every', 'x', 'then' …"""
    return " ".join((*_PLAIN, *(re.sub(r"\\[a-z]", " ", pattern.pattern) for pattern, _ in _rules())))


def _pack(kind: str, value: object) -> Built:
    return None if value is None else (kind, value)


def _amount(found: re.Match[str]) -> Built:
    both = _range(found)
    return both and ("amount", _measured(*both, words.named("unit")[found[3]]))


def _measured(low: Fraction, high: Fraction, unit: words.Word) -> Amount:
    """In mL where a spoon was written."""
    return Amount(low * unit.metric, high * unit.metric, "mL") if unit.metric else Amount(low, high, unit.en)


def _equal(found: re.Match[str]) -> Built:
    """'3 mL = 150 mg' explains the dose and is none by itself."""
    amount, same = _range(found), _range(found, 4)
    units = [words.named("unit")[found[i]].en for i in (3, 6)]
    return amount and same and ("equal", (Amount(*amount, units[0]), Amount(*same, units[1])))


def _most(found: re.Match[str], unit: str, period: str, at: int = 1) -> Maximum | None:
    both = _range(found, at)
    return both and Maximum(Amount(*both, unit), period)


def _maximum(found: re.Match[str]) -> Built:
    """A maximum that says neither day nor week would be read as each reader likes."""
    period = "week" if found[5] == "week" else "day" if found[5] or found[6] else ""
    daily = period or ("day" if re.search(r"daily|mdd|day", found[1]) else "")
    unit = words.named("unit")[found[4]].en if found[4] else ""
    return _pack("maximum", _most(found, unit, daily, 2)) if daily or unit == "dose" else None


def _times(found: re.Match[str]) -> Built:
    both = _range(found, 2)
    if both and not all(n.denominator == 1 for n in both):
        return None
    return both and ("times", Times(*both, found[4] or "day", bool(found[1])))


def _days(found: re.Match[str]) -> Built:
    first, last = int(found[1]), int(found[2] or found[1])
    return ("days", (first, last)) if 0 < first <= last else None


def _clock(found: re.Match[str]) -> Built:
    hour, minute = int(found[1]), found[2] or "00"
    return ("when", When(f"at {hour}:{minute} {found[3]}m")) if 1 <= hour <= 12 and int(minute) < 60 else None
