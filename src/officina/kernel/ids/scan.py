"""What kind of code a scanner (or a hand) has just typed: one answer, by rules in one order.

>>> classify("]d20100300028215012172701311OLOT9")
'gs1'
>>> [classify(text) for text in ("300028215012", "0002-8215-01", "RX1000015", "+A123BJC5D6E71G", "hello")]
['gtin', 'ndc', 'house', 'hibc', 'unknown']

A scanner types like a keyboard: it may put an AIM identifier such as ]d2 before the data, a return or tab after it, and, where
the keyboard cannot type the separator of GS1 codes (character 29), something else in its place.
"""

import re
from typing import Literal

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import are_digits, is_gs1
from officina.kernel.ids.ndc import Ndc
from officina.kernel.ids.numbers import HouseNumber

Kind = Literal["gs1", "gtin", "ndc", "house", "digital_link", "hibc", "unknown"]

SEPARATOR = "\x1d"
"""FNC1 between two element strings, as scanners transmit it."""

SUBSTITUTES = ("<GS>", "|", "\\F", "\u2194", "\u241d")
"""What scanners and keyboards type in its place; U+2194 is what Alt-029 leaves on a Windows keyboard, U+241D its picture."""

GS1_SYMBOLOGIES = frozenset({"]d2", "]C1", "]e0", "]Q3", "]J1"})
"""AIM identifiers (ISO/IEC 15424) that say the data is element strings: Data Matrix, 128, DataBar, QR, DotCode."""

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]", re.ASCII)
_TYPED_AROUND = " \t\r\n"
_BRACKETED = re.compile(r"\([0-9]{2,4}\)", re.ASCII)
_ELEMENT_FIRST = re.compile(r"01[0-9]{14}|00[0-9]{18}", re.ASCII)
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)?/01/[0-9]{8,14}([/?#]|$)", re.IGNORECASE | re.ASCII)
_HYPHENATED = re.compile(r"[0-9]+-[0-9]+-[0-9]+", re.ASCII)
_HOUSE = re.compile(r"(RX|[FBVP])[0-9]+", re.IGNORECASE | re.ASCII)


def bare(raw: str, *, substitutes: tuple[str, ...] = SUBSTITUTES) -> tuple[str, str]:
    """The AIM identifier ('' if none) and the data, without what the scanner typed around it and with true separators."""
    text = raw.strip(_TYPED_AROUND)
    aim = _AIM.match(text)
    symbology, data = (aim[0], text[3:]) if aim else ("", text)
    for substitute in substitutes:
        data = data.replace(substitute, SEPARATOR)
    return symbology, data.strip(SEPARATOR + _TYPED_AROUND)


def classify(raw: str, *, substitutes: tuple[str, ...] = SUBSTITUTES) -> Kind:
    """Say which reader a scan belongs to; whether it is right (check digits of a bracketed text, say) is for that reader.

    Bare digits are ambiguous by nature: 8, 12, 13 and 14 with a good GS1 check digit are a GTIN, 10 and 11 an NDC, and only
    what is left may be a prescription number of ours. Our own barcodes carry a letter for that reason.
    """
    symbology, text = bare(raw, substitutes=substitutes)
    if symbology in GS1_SYMBOLOGIES or _is_element_string(text):
        return "gs1"
    if text.startswith("+"):
        return "hibc"
    if len(text) in (8, 12, 13, 14) and is_gs1(text):
        return "gtin"
    if _is_ndc(text):
        return "ndc"
    if _LINK.match(text):
        return "digital_link"
    return "house" if _is_house(text) else "unknown"


def _is_element_string(text: str) -> bool:
    return bool(_BRACKETED.match(text) or _ELEMENT_FIRST.match(text)) or (SEPARATOR in text and are_digits(text[:2]))


def _is_ndc(text: str) -> bool:
    if are_digits(text):
        return len(text) in (10, 11)
    if not _HYPHENATED.fullmatch(text):
        return False
    try:
        Ndc.parse(text)
    except ParseError:
        return False
    return True


def _is_house(text: str) -> bool:
    if _HOUSE.fullmatch(text):
        return True
    try:
        HouseNumber.parse(text)
    except ParseError:
        return False
    return True
