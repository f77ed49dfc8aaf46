"""Folding names for search, and checking two identifiers; no rows here."""

import re
import unicodedata

_NOT_LETTERS = re.compile(r"[^a-z0-9 ]+")


def fold(text: str) -> str:
    """A name as it is searched: lower case, accents and punctuation gone, single spaces. 'Flórez-O’Hara' → 'florez ohara'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(_NOT_LETTERS.sub("", plain.replace("-", " ")).split())


def name_key(last: str, first: str) -> str:
    """Search key of a person: folded 'last first'."""
    return fold(f"{last} {first}")


def digits(phone: str) -> str:
    """A telephone number as ten digits, without +1; other text gives its digits."""
    found = "".join(c for c in phone if c.isascii() and c.isdigit())
    return found[1:] if len(found) == 11 and found.startswith("1") else found
