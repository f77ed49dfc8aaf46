"""What code of a medicine a text is, in whichever way it is written: NDC, NDC of a product, GTIN, RxCUI.

>>> read("0002 8215 01").values, read("NDC 00002821501").values
(('000002821501',), ('000002821501',))
>>> read("(01)00300028215012(17)270131").values, read("300028215012").values
(('00300028215012',), ('00300028215012',))
>>> read("rxcui 866427").kind, read("metoprolol 25")
('RxCUI', None)
"""

import re
from contextlib import suppress
from dataclasses import dataclass

from officina.kernel.errors import ParseError
from officina.kernel.ids import scan
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc

_NDC = re.compile(r"(?:ndc\W*)?(\d{4,6})[\s.*/-]+(\d{3,4})[\s.*/-]+(\d{1,2})", re.ASCII | re.IGNORECASE)
_PRODUCT = re.compile(r"(?:ndc\W*)?(\d{4,6})-(\d{3,4})-?", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"(?:ndc\W*)?(\d{10,14})", re.ASCII | re.IGNORECASE)
_RXCUI = re.compile(r"(rxcui\W*)?(\d{2,8})", re.ASCII | re.IGNORECASE)
_ELEMENT = re.compile(r"\(?01\)?(\d{14})", re.ASCII)
_LINK = re.compile(r"/01/(\d{8,14})(?:[/?#]|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Code:
    """A code, and the keys under which the drug file may have it: ten digits without hyphens mean up to three packages."""

    kind: str
    """'NDC', 'NDC of a product', 'GTIN' or 'RxCUI'."""
    values: tuple[str, ...]
    may_be_words: bool = False
    """Digits that may as well be a strength."""


def read(text: str) -> Code | None:
    """The code that a text is; None where it is words (21 CFR 207.33; GS1 General Specifications 3.3, 7.8; RxNorm)."""
    text = text.strip()
    if found := _RXCUI.fullmatch(text):
        return Code("RxCUI", (found[2].lstrip("0") or "0",), may_be_words=not found[1])
    if found := _NDC.fullmatch(text):
        with suppress(ParseError):
            return Code("NDC", (Ndc.parse("-".join(found.groups())).digits12,))
    if found := _PRODUCT.fullmatch(text):
        return Code("NDC of a product", tuple(_product_ndcs(found[1], found[2])), may_be_words=True)
    if found := _DIGITS.fullmatch(text):
        return _digits(found[1])
    if found := _LINK.search(text) if "/01/" in text else _ELEMENT.match(scan.bare(text)[1]):
        return _gtin(found[1])
    return None


def _digits(digits: str) -> Code | None:
    if len(digits) == 10:
        return Code("NDC", tuple(ndc.digits12 for ndc in Ndc.readings(digits)))
    if len(digits) == 11:
        return Code("NDC", (Ndc.parse(digits).digits12,))
    code = _gtin(digits)
    if code is None and len(digits) == 12:
        return Code("NDC", (Ndc.parse(digits).digits12,))
    return code


def _gtin(digits: str) -> Code | None:
    try:
        return Code("GTIN", (Gtin.parse(digits).digits,))
    except ParseError:
        return None


def _product_ndcs(labeler: str, product: str) -> list[str]:
    """As the directory prints it: 4-4, 5-3 or 5-4, whether or not zeros were put in front (21 CFR 207.33(b))."""
    plain = [f"{labeler}-{product}", f"{labeler.removeprefix('0')}-{product}", f"{labeler}-{product.removeprefix('0')}"]
    return list(dict.fromkeys(one for one in plain if 8 <= len(one) <= 12))
