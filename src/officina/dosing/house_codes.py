"""A site's own sig codes: which may be kept, and what was typed with them written out.

>>> why_not("T1B", "take 1 tablet by mouth twice daily")
''
>>> why_not("bid", "twice daily")
"'bid' has a meaning already, for every reader of directions: choose another code."
>>> expanded("t1b with food", {"t1b": "take 1 tablet by mouth twice daily"})
'take 1 tablet by mouth twice daily with food'
"""

import re
from functools import cache

from officina.dosing import label, sig, words
from officina.dosing.scan import Unreadable, expanded, grammar, scan

LONGEST = 20
LONGEST_EXPANSION = 300
__all__ = ["expanded", "expansion_why_not", "plain", "why_not"]
_SHAPE = re.compile(r"[a-z0-9][a-z0-9.+/-]*", re.ASCII)
_FRAMES = ("{}", "take 1 tablet by mouth every day {}", "take 1 tablet by mouth {}", "{} every day", "take {} by mouth every day",
           "take 1 tablet {} every day")  # fmt: skip
"""An expansion may be a whole direction or a piece of one: it must be understood in one of these places."""

_BESIDE_NUMBERS = "adhmpqxuw"
"""Single letters that a number gives a meaning: q4, x3, 5d."""


def plain(code: str) -> str:
    """A code as it is kept: in small letters."""
    return code.strip().lower()


def why_not(code: str, expansion: str) -> str:
    """Why this code may not be kept, in a sentence for the field `code`; empty where it may."""
    told = plain(code)
    if not told:
        return "Type the code."
    if not 1 < len(told) <= LONGEST or not _SHAPE.fullmatch(told) or not re.search(r"[a-z]", told):
        return f"A code is one word of 2 to {LONGEST} letters and digits, with a letter in it."
    if meaning := _meaning(told):
        return meaning
    if told in _plainly(expansion).split():
        return f"The expansion holds '{told}' itself."
    return ""


def expansion_why_not(expansion: str) -> str:
    """Why what a code stands for cannot be kept; empty where the reader understands it, as a direction or as a piece of one."""
    text = _plainly(expansion)
    if not text:
        return "Type what the code stands for."
    if len(text) > LONGEST_EXPANSION:
        return f"At most {LONGEST_EXPANSION} letters."
    whole = sig.read(text)
    read = [found for frame in _FRAMES if (found := sig.read(frame.format(text)).dosage)]
    if any(label.text(dosage, "es") for dosage in read):
        return ""
    if read:
        return "It holds a word that the reader takes over as it stands and does not know."
    means = f" It may mean {', or '.join(whole.readings)}." if whole.readings else ""
    return f"This is not understood at {whole.place}.{means}"


def _plainly(text: str) -> str:
    return " ".join(text.split()).lower()


def _meaning(code: str) -> str:
    """What stands against a code that the reader of directions knows in any way: as a word, within a phrase, or beside a number."""
    taken = f"'{code}' has a meaning already, for every reader of directions: choose another code."
    if code in words.written() or code in words.replacements()[1]:
        return taken
    letters = re.findall(r"[a-z]+", code)
    if all(part in known_words() if len(part) > 1 else part in _BESIDE_NUMBERS for part in letters):
        return taken
    try:
        items = list(scan(code, {}))
    except Unreadable as no:
        return f"'{code}' {_two(no)}: choose another code." if no.readings else ""
    return taken if items else ""


@cache
def known_words() -> frozenset[str]:
    """Every single word of the packs and of the grammar itself ('x' of 'x 10 days'): a code of one would take it away."""
    rows = (t for row in words.rows() for t in (row.en, row.many, *row.written))
    phrases = {word.strip(".,()") for word in " ".join(rows).lower().split()}
    return frozenset(phrases | set(re.findall(r"[a-z]+", grammar())))


def _two(no: Unreadable) -> str:
    return f"may mean {', or '.join(no.readings)}"
