r"""Read and write what stands in a medicine's barcode: GTIN, lot, expiry and serial (GS1 General Specifications 3 and 7.8).

>>> scan = parse("]d201003000282150121727020010LOT9\x1d21S0001\r", today=date(2026, 11, 22))
>>> str(scan.gtin), scan.lot, str(scan.expires_on), scan.serial, scan.questions
('00300028215012', 'LOT9', '2027-02-28', 'S0001', ())
>>> parse("300028215012", today=date(2026, 11, 22)).gtin.ndc10
'0002821501'
>>> [str(reading) for reading in parse("01003000282150121727013110LOT921S0001", today=date(2026, 11, 22)).readings]
['lot LOT921S0001, expiry 2027-01-31', 'lot LOT9, expiry 2027-01-31, serial S0001']

Accepted: element strings with or without an AIM identifier, their bracketed form, a GS1 Digital Link, and bare UPC-A, EAN-8, EAN-13
and GTIN-14 digits. A wrong check digit, an impossible expiry, an identifier repeated with another value and a character outside GS1's
set are errors. An expiry day 00 is the last day of its month. The century of a two-digit year follows from `today`, not from a clock.

A keyboard often cannot type the separator (character 29). Then a serial number runs on into the lot, and the scan still looks right: a
recall by lot would miss that package. Where the last value may have swallowed another one, none is taken: lot, expiry and serial
that depend on it stay empty, `readings` holds every possibility, the one without a loss first, and the question `separator_missing`
says so. The GTIN is never in doubt. Vectors, limits and sources: docs/standards/gs1.md.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import biip
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString

from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity
from officina.kernel.ids.check_digits import are_digits, is_gs1
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.scan import GS1_SYMBOLOGIES, SEPARATOR, SUBSTITUTES, bare

_PALLET, _GTIN, _LOT, _EXPIRY, _SERIAL, _US_NDC = "00", "01", "10", "17", "21", "715"
_READ_HERE = (_GTIN, _LOT, _EXPIRY, _SERIAL, _US_NDC)
_DATES = ("11", "13", "15", "16", _EXPIRY)
"""Made, packed, best before, sell by, expiry: six digits each."""
_LONGEST = 20
"""Characters of a lot or a serial number."""
_WITHOUT_CLOCK = biip.ParseConfig(gs1_element_strings_verify_date=False)
"""biip takes the century from the computer's clock; dates are read here instead, so that one barcode has one meaning."""
_SET_82 = re.compile(r"[!%-?A-Z_a-z\x22]+", re.ASCII)
_BRACKET = re.compile(r"\(([0-9]{2,4})\)", re.ASCII)
_LINK = re.compile(r"https?://", re.IGNORECASE | re.ASCII)

_Values = dict[str, str]
"""Application identifier to its value, in scan order."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One possible meaning of a scan in which a separator may have been lost."""

    lot: str | None = None
    expires_on: date | None = None
    serial: str | None = None

    def __str__(self) -> str:
        named = (("lot", self.lot), ("expiry", self.expires_on), ("serial", self.serial))
        return ", ".join(f"{name} {value}" for name, value in named if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a barcode says of one package."""

    raw: str
    gtin: Gtin | None = None
    lot: str | None = None
    expires_on: date | None = None
    """The last calendar day on which it may be used."""
    serial: str | None = None
    us_ndc: str | None = None
    """NDC under identifier 715, as written there: used where the GTIN is not built from the NDC."""
    symbology: str = ""
    """AIM identifier such as ]d2, empty where the scanner sends none."""
    others: tuple[tuple[str, str], ...] = ()
    """Every other identifier with its value (00 pallet, 11 made on, 30 count …), so that nothing is lost."""
    readings: tuple[Reading, ...] = ()
    """Filled where a separator may be missing; a lot that the stock knows may settle it."""
    questions: tuple[Finding, ...] = ()


def parse(raw: str, *, today: date, substitutes: tuple[str, ...] = SUBSTITUTES) -> Scan:
    """Read one scan (GS1 General Specifications 7.8; dates 7.12). `substitutes` are what this scanner types for character 29."""
    symbology, text = bare(raw, substitutes=substitutes)
    if not all(sign == SEPARATOR or " " <= sign <= "~" for sign in text):
        raise ParseError("GS1 barcode", expected="plain ASCII characters", got=raw)
    if are_digits(text) and len(text) <= 14 and symbology not in GS1_SYMBOLOGIES:
        gtin = Gtin.parse(text)
        return Scan(raw=raw, gtin=gtin, symbology=symbology, questions=_case(gtin))
    tails: tuple[_Values, ...] = ()
    if _BRACKET.match(text):
        sure = _once(_bracketed(text))
    elif _LINK.match(text):
        sure = _once(_linked(text))
    else:
        sure, tails = _settled(text, is_separated=any(mark in raw for mark in (SEPARATOR, *substitutes)), today=today)
    return _scan(raw, symbology, sure, tails, today)


def build(gtin: Gtin, *, lot: str | None = None, expires_on: date | None = None, serial: str | None = None) -> str:
    """The bracketed text that barcode writers take; they set the separators themselves (GS1 General Specifications 7.8).

    >>> build(Gtin.parse("300028215012"), lot="LOT9", expires_on=date(2027, 1, 31), serial="S0001")
    '(01)00300028215012(17)270131(10)LOT9(21)S0001'
    """
    for where, value in (("(10)", lot), ("(21)", serial)):
        if value is not None and not (_is_value(value) and "(" not in value):
            raise ParseError(
                "lot or serial number",
                where=where,
                expected="1 to 20 characters of GS1's set and no bracket",
                got=value,
            )
    parts = ((_GTIN, gtin.digits), (_EXPIRY, expires_on and f"{expires_on:%y%m%d}"), (_LOT, lot), (_SERIAL, serial))
    return "".join(f"({ai}){value}" for ai, value in parts if value is not None)


def _scan(raw: str, symbology: str, sure: _Values, tails: tuple[_Values, ...], today: date) -> Scan:
    if _PALLET in sure and not is_gs1(sure[_PALLET]):
        raise ParseError("SSCC", where="(00)", expected="a matching check digit", got=sure[_PALLET])
    gtin = Gtin.parse(sure[_GTIN]) if _GTIN in sure else None
    taken = _reading(sure, today)
    readings = tuple(dict.fromkeys(_reading({**sure, **tail}, today) for tail in tails))
    return Scan(
        raw=raw,
        gtin=gtin,
        lot=taken.lot,
        expires_on=taken.expires_on,
        serial=taken.serial,
        us_ndc=sure.get(_US_NDC),
        symbology=symbology,
        others=tuple((ai, value) for ai, value in sure.items() if ai not in _READ_HERE),
        readings=readings,
        questions=_case(gtin) + _separator_missing(readings),
    )


def _settled(text: str, *, is_separated: bool, today: date) -> tuple[_Values, tuple[_Values, ...]]:
    """The identifiers that are sure, and the possible ends of the scan where its last value may hold more than one."""
    elements = tuple(_elements(text))
    values = _once((ai, value) for ai, value, _ in elements)
    ai, value, is_open = elements[-1]
    if not is_open or ai == _US_NDC or (is_separated and len(value) <= _LONGEST):
        return values, ()
    before = {known: values[known] for known in values if known != ai}
    tails = tuple(_ends(ai, value, frozenset(before), today))
    if not tails:
        raise ParseError(
            "GS1 barcode", where=f"({ai})", expected=f"at most {_LONGEST} characters, or a separator", got=text
        )
    return (values, ()) if tails == ({ai: value},) else (before, tails)


def _elements(text: str) -> Iterator[tuple[str, str, bool]]:
    """Identifier, value and whether the value's length is open, in scan order (GS1 General Specifications 7.8.6)."""
    rest = text
    while rest:
        chunk = rest.split(SEPARATOR, 1)[0]
        if chunk[:2] in (_LOT, _SERIAL):
            ai, value, is_open = chunk[:2], chunk[2:], True
            if len(value) > _LONGEST and chunk != rest:
                raise _too_long(ai, text)
        else:
            element = _element(chunk, whole=False)
            ai, value, is_open = element.ai.ai, element.value, ".." in element.ai.format
            if element.ai.separator_required and len(element) != len(chunk):
                raise ParseError(
                    "GS1 barcode", where=f"({ai})", expected=f"{element.ai.format} and a separator", got=chunk
                )
        yield ai, value, is_open
        rest = rest[len(ai) + len(value) :].lstrip(SEPARATOR)


def _too_long(ai: str, text: str) -> ParseError:
    return ParseError(
        "GS1 barcode", where=f"({ai})", expected=f"at most {_LONGEST} characters, or a separator", got=text
    )


def _bracketed(text: str) -> Iterator[tuple[str, str]]:
    parts = _BRACKET.split(text.replace(" ", ""))[1:]
    for ai, value in zip(parts[0::2], parts[1::2], strict=True):
        element = _element(ai + value, whole=True)
        if element.ai.ai != ai:
            raise ParseError("GS1 barcode", where=f"({ai})", expected="an application identifier of GS1", got=text)
        yield ai, value


def _linked(uri: str) -> Iterator[tuple[str, str]]:
    """Identifiers of a GS1 Digital Link: path and query, whatever the domain; it is never fetched."""
    try:
        link = GS1DigitalLinkURI.parse(uri, config=_WITHOUT_CLOCK)
    except (biip.ParseError, ValueError) as problem:
        raise ParseError("GS1 Digital Link", expected="a link with /01/ and a GTIN", got=uri) from problem
    for element in link.element_strings:
        yield element.ai.ai, element.value


def _element(text: str, *, whole: bool) -> GS1ElementString:
    read = GS1ElementString.parse if whole else GS1ElementString.extract
    try:
        return read(text, config=_WITHOUT_CLOCK)
    except biip.ParseError as problem:
        raise ParseError(
            "GS1 barcode", expected="an application identifier and a value of its format", got=text
        ) from problem


def _once(pairs: Iterable[tuple[str, str]]) -> _Values:
    """Every identifier with its one value; no identifier may stand for two things in one scan."""
    values: _Values = {}
    for ai, value in pairs:
        if not _SET_82.fullmatch(value):
            raise ParseError("GS1 barcode", where=f"({ai})", expected="characters of GS1's set", got=value)
        if values.setdefault(ai, value) != value:
            raise ParseError("GS1 barcode", where=f"({ai})", expected="one value", got=f"{values[ai]} and {value}")
    if not values:
        raise ParseError("GS1 barcode", expected="an application identifier and its value", got="")
    return values


def _ends(ai: str, run: str, taken: frozenset[str], today: date) -> Iterator[_Values]:
    """Every way in which `run` is a value of `ai` and then lot, serial or dates that the scan does not have yet, longest value first."""
    for length in range(min(_LONGEST, len(run)), 0, -1):
        for tail in _followers(run[length:], taken | {ai}, today):
            yield {ai: run[:length], **tail}


def _followers(rest: str, taken: frozenset[str], today: date) -> Iterator[_Values]:
    ai, run = rest[:2], rest[2:]
    if not rest:
        yield {}
    elif ai in taken:
        return
    elif ai in (_LOT, _SERIAL):
        yield from _ends(ai, run, taken, today)
    elif ai in _DATES and _is_date(run[:6], today):
        for tail in _followers(run[6:], taken | {ai}, today):
            yield {ai: run[:6], **tail}


def _reading(values: _Values, today: date) -> Reading:
    expiry = values.get(_EXPIRY)
    return Reading(values.get(_LOT), None if expiry is None else _date(expiry, today), values.get(_SERIAL))


def _date(digits: str, today: date) -> date:
    """YYMMDD: the century that lies within 49 years past and 50 years ahead; day 00 is the month's last (GS1 7.12)."""
    try:
        year, month, day = _year(int(digits[:2]), today), int(digits[2:4]), int(digits[4:6])
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        raise ParseError("expiry date", where="(17)", expected="YYMMDD of a real day", got=digits) from None


def _year(two_digits: int, today: date) -> int:
    ahead = two_digits - today.year % 100
    century = today.year - today.year % 100
    if ahead > 50:
        return century - 100 + two_digits
    return century + two_digits + (100 if ahead < -49 else 0)


def _is_date(digits: str, today: date) -> bool:
    if len(digits) != 6 or not are_digits(digits):
        return False
    try:
        _date(digits, today)
    except ParseError:
        return False
    return True


def _is_value(text: str) -> bool:
    return len(text) <= _LONGEST and _SET_82.fullmatch(text) is not None


def _case(gtin: Gtin | None) -> tuple[Finding, ...]:
    if gtin is None or not gtin.is_case:
        return ()
    sentence = "This barcode is of a case or bundle, not of the single package. Receive it as a case; to fill, scan the package inside."
    return (
        Finding(
            "case_not_unit",
            sentence,
            Severity.MAJOR,
            where="(01)",
            came=gtin.digits,
            source="GS1 General Specifications 2.1",
        ),
    )


def _separator_missing(readings: tuple[Reading, ...]) -> tuple[Finding, ...]:
    if not readings:
        return ()
    shown = "; or ".join(str(reading) for reading in readings[:3])
    more = f"; and {len(readings) - 3} more" if len(readings) > 3 else ""
    sentence = f"The scanner may have lost a separator. It can mean: {shown}{more}. Compare with the print on the package and choose."
    about = tuple(str(reading) for reading in readings)
    return (
        Finding("separator_missing", sentence, Severity.MAJOR, source="GS1 General Specifications 7.8", about=about),
    )
