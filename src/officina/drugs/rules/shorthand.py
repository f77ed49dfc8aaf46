"""How the counter writes medicines: words, numbers with their units, and the short forms that stand for others.

>>> tokens("Metop. succ 25mg ER")
[Token(text='metop', unit=''), Token(text='succ', unit=''), Token(text='25', unit='mg'), Token(text='er', unit='')]
>>> tokens("hctz 12.5")
[Token(text='hydrochlorothiazide', unit=''), Token(text='12.5', unit='')]
"""

import re
import sys
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

LONGEST = 200
"""Letters of a text that are read: nobody types more, and a pasted page must not hold the desk up."""
MOST_TOKENS = 12

_PIECE = re.compile(r"\d+(?:\.\d+)?|\.\d+|[a-z]+|%", re.ASCII)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])", re.ASCII)
_EACH_GRAM = re.compile(r"/\s*g\b", re.ASCII)
"""'units/g' names no drug; 'penicillin g' does."""
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z%]*)", re.ASCII)
_PER = re.compile(r"^\s*(\d+(?:\.\d+)?|\.\d+)\s*(mg|mcg|ug|g)/(?:1 )?(ml|g)\s*$", re.ASCII)
_UNITS = {
    "mg": "mg", "milligram": "mg", "milligrams": "mg", "mcg": "mcg", "ug": "mcg", "microgram": "mcg", "micrograms": "mcg", "g": "g", "gm": "g",
    "gram": "g", "grams": "g", "ml": "ml", "%": "%", "percent": "%", "meq": "meq", "unt": "unit", "unit": "unit", "units": "unit", "u": "unit",
    "iu": "unit",
}  # fmt: skip
_MILLIGRAMS = {"mg": Decimal(1), "mcg": Decimal("0.001"), "g": Decimal(1000)}
_SILENT = frozenset(
    [
        "and",
        "with",
        "w",
        "of",
        "the",
        "in",
        "per",
        "for",
        "by",
        "take",
        "give",
        "each",
        "every",
        "a",
        "an",
        "to",
        "release",
        "coated",
        "film",
    ]
)
"""Words that tell no drug from another: 'extended' says all that 'extended-release' does."""

STANDS_FOR = {
    "hctz": "hydrochlorothiazide", "apap": "acetaminophen", "asa": "aspirin", "ntg": "nitroglycerin", "mtx": "methotrexate",
    "pcn": "penicillin", "kcl": "potassium chloride", "nacl": "sodium chloride", "tmp": "trimethoprim", "smx": "sulfamethoxazole",
    "smz": "sulfamethoxazole", "isdn": "isosorbide dinitrate", "ismn": "isosorbide mononitrate", "hcl": "hydrochloride",
    "hbr": "hydrobromide", "vit": "vitamin", "paracetamol": "acetaminophen", "salbutamol": "albuterol", "adrenaline": "epinephrine",
    "frusemide": "furosemide", "lignocaine": "lidocaine", "glibenclamide": "glyburide",
}  # fmt: skip
"""Short names, and names of other countries (USAN and BAN). Only a search reads them: on a label each is an error-prone abbreviation."""

SHAPES = {
    "er": "extended", "xr": "extended", "xl": "extended", "sr": "extended", "cr": "extended", "la": "extended", "xt": "extended",
    "sa": "extended", "cd": "extended", "sustained": "extended", "dr": "delayed", "ec": "delayed", "enteric": "delayed",
    "odt": "disintegrating", "sl": "sublingual", "tb": "tablet", "tabs": "tablet", "tbl": "tablet", "caps": "capsule",
    "soln": "solution", "sol": "solution", "crm": "cream", "ung": "ointment", "pwd": "powder", "chew": "chewable", "neb": "nebulizer",
    "nebs": "nebulizer", "hfa": "aerosol", "inh": "inhaler", "mdi": "inhaler", "dpi": "powder", "gtt": "drops", "gtts": "drops",
    "op": "ophthalmic", "ophth": "ophthalmic", "eye": "ophthalmic", "ear": "otic", "nose": "nasal", "vag": "vaginal", "pr": "rectal",
    "supp": "suppository", "sq": "subcutaneous", "im": "intramuscular", "iv": "intravenous", "td": "transdermal", "liq": "liquid", "hr": "hour", "act": "actuation",
}  # fmt: skip
"""Short forms of dosage forms and routes."""


class Token(NamedTuple):
    """A word or number of a search; the unit, in its house spelling, where one stood with a number."""

    text: str
    unit: str


def tokens(text: str) -> list[Token]:
    """The words and numbers of a text as typed, in order, short names written out; at most a dozen."""
    plain = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), _plain(text[:LONGEST]))
    found: list[Token] = []
    for piece in _PIECE.findall(_EACH_GRAM.sub(" ", plain)):
        if piece in _UNITS and found and found[-1].text[0].isdigit() and not found[-1].unit:
            found[-1] = Token(found[-1].text, _UNITS[piece])
        elif piece[0].isdigit() or piece[0] == ".":
            found.append(Token(plain_number(piece), ""))
        elif piece in _UNITS and (found or piece == "%") and piece not in {"u", "g"}:
            continue
        else:
            found.extend(Token(word, "") for word in STANDS_FOR.get(piece, piece).split())
    told = [token for token in found if token.text not in _SILENT]
    return (told or found)[:MOST_TOKENS]


@lru_cache(8_000)
def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a name; a number is marked as one."""
    pieces = (piece for piece in _PIECE.findall(_plain(text)) if piece != "%")
    return tuple(f"#{plain_number(p)}" if p[0] in ".0123456789" else sys.intern(p) for p in pieces)


@lru_cache(20_000)
def strength_words(strength: str) -> tuple[str, ...]:
    """How a strength may be asked for: as written, with its unit (=), and the same amount in the neighbouring units (^)."""
    plain = _plain(strength.replace(",", ""))
    told: dict[str, None] = {}
    for number, unit in _AMOUNT.findall(plain):
        for word in _amount_words(plain_number(number), _UNITS.get(unit, "")):
            told[word] = None
    share = _PER.match(plain)
    if share and Decimal(share[1]) * _MILLIGRAMS[_UNITS[share[2]]] <= 1000:
        percent = plain_number(str(Decimal(share[1]) * _MILLIGRAMS[_UNITS[share[2]]] / 10))
        told[f"={percent}%"] = None
        told[f"^{percent}"] = None
    told.update(dict.fromkeys(f"~{word}" for word in words(strength) if word.isalpha() and word not in _UNITS))
    return tuple(told)


def is_silent(word: str) -> bool:
    """Whether a word tells no drug from another."""
    return word in _SILENT


def asked_amount(token: Token) -> str:
    """A number with its unit as `strength_words` marks it: masses in milligrams, so that 1 g finds 1000 mg."""
    if token.unit in _MILLIGRAMS:
        return f"={_figure(Decimal(token.text) * _MILLIGRAMS[token.unit])}mg"
    return f"={token.text}{token.unit}"


def plain_number(text: str) -> str:
    """'.50' is '0.5', '0100' is '100'."""
    return _figure(Decimal(text))


def _figure(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount_words(number: str, unit: str) -> list[str]:
    made = [f"#{number}"]
    if unit:
        made.append(asked_amount(Token(number, unit)))
    if unit in _MILLIGRAMS:
        mg = Decimal(number) * _MILLIGRAMS[unit]
        made += [
            f"^{_figure(mg / each)}"
            for name, each in _MILLIGRAMS.items()
            if name != unit and mg / each >= Decimal("0.01")
        ]
    return made


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
