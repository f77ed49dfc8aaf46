"""Folding names for search, and checking two identifiers; no rows here."""

import re
import unicodedata
from datetime import date

_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
"""Letters that no accent can be taken from."""
_NOT_LETTERS = re.compile(r"[^a-z0-9 ]+")


def fold(text: str) -> str:
    """A name as it is searched: lower case, accents and punctuation gone, single spaces. 'Flórez-O’Hara' → 'florez ohara', 'Łukasz' → 'lukasz'."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold().translate(_STROKES)) if not unicodedata.combining(c)
    )
    return " ".join(_NOT_LETTERS.sub("", plain.replace("-", " ")).split())


def name_key(last: str, first: str) -> str:
    """Search key of a person: folded 'last first'."""
    return fold(f"{last} {first}")


def name_words(*names: str) -> set[str]:
    """The words by which somebody of these names is found; a name of several words also written as one: 'de la Cruz' → 'delacruz'."""
    folded = [fold(name).split() for name in names]
    joined = ["".join(words) for words in folded if len(words) > 1]
    return {word[:60] for word in [*(w for words in folded for w in words), *joined]}


def said(day: date) -> str:
    """A day as it is said: 'Nov 5, 2026'."""
    return f"{day:%b} {day.day}, {day.year}"


def digits(phone: str) -> str:
    """A telephone number as ten digits, without +1; other text gives its digits."""
    found = "".join(c for c in phone if c.isascii() and c.isdigit())
    return found[1:] if len(found) == 11 and found.startswith("1") else found


_STATES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,GA Georgia,"
    "HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,"
    "MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
    "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,PR Puerto Rico,RI Rhode Island,SC South Carolina,"
    "SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming,GU Guam,"
    "VI Virgin Islands,AS American Samoa,MP Northern Mariana Islands"
)
STATES = {row[3:].lower(): row[:2] for row in _STATES.split(",")}
"""Postal abbreviations of states and territories by name (USPS Publication 28, appendix B)."""


def state_code(text: str) -> str | None:
    """Two letters for a state or territory as written ('Massachusetts', 'ma'); empty stays empty; None where it is none."""
    plain = text.strip()
    if not plain or plain.upper() in STATES.values():
        return plain.upper()
    return STATES.get(plain.lower())
