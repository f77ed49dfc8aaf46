"""JSON bytes to plain dicts and back, exactly: numbers are int or Decimal, and whatever FHIR forbids is refused at the door.

>>> loads(b'{"value": 0.10}')
{'value': Decimal('0.10')}
>>> dumps({"value": Decimal("0.10")})
'{"value":0.10}'
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import NoReturn, TypeAlias

from officina.kernel.errors import ParseError

Json: TypeAlias = "Mapping[str, Json] | list[Json] | str | int | Decimal | bool | None"

MOST_BYTES = 20_000_000
MOST_NESTING = 64
MOST_DIGITS = 40
MOST_EXPONENT = 30
BOM = b"\xef\xbb\xbf"
_SUSPECT = re.compile(r"\\u(?:00[01]|[dD][89a-fA-F])")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def loads(raw: bytes) -> Json:
    """Read JSON text in UTF-8 (RFC 8259; FHIR R4 section 2.6.2), ParseError for everything else.

    Keys written twice, NaN, numbers that no drug has, deep nesting, half surrogates and control characters are refused:
    two readers would understand them differently, or a database would choke on them later.
    """
    if len(raw) > MOST_BYTES:
        raise ParseError("FHIR JSON", expected=f"at most {MOST_BYTES} bytes", got=f"{len(raw)} bytes")
    try:
        text = raw.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise ParseError(
            "FHIR JSON", where=f"byte {problem.start}", expected="text in UTF-8", got=raw[problem.start : problem.end]
        ) from None
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
        )
    except json.JSONDecodeError as problem:
        got = text[problem.pos : problem.pos + 20]
        raise ParseError(
            "FHIR JSON", where=f"line {problem.lineno}, column {problem.colno}", expected="well-formed JSON", got=got
        ) from None
    except RecursionError:
        raise _too_deep() from None
    _check(value, is_suspect=_SUSPECT.search(text) is not None)
    return value


def dumps(value: Json) -> str:
    """Write JSON text in one line, a Decimal with every digit it has."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except TypeError:
        return _exactly(value)


def _exactly(value: Json) -> str:
    """The same with a Decimal somewhere inside, which the standard library would want as a float."""
    match value:
        case Mapping():
            return "{" + ",".join(f"{dumps(key)}:{dumps(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ",".join(map(dumps, value)) + "]"
        case Decimal():
            return f"{value:f}"
        case _:
            return json.dumps(value)


def _too_deep() -> ParseError:
    return ParseError("FHIR JSON", expected=f"at most {MOST_NESTING} levels of nesting", got="deeper nesting")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ParseError("FHIR JSON", expected="every key once in an object", got=twice)
    return found


def _decimal(digits: str) -> Decimal:
    try:
        number = Decimal(digits) if len(digits) <= MOST_DIGITS else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if (
        not number.is_finite()
        or abs(number.adjusted()) > MOST_EXPONENT
        or abs(int(number.as_tuple().exponent)) > MOST_EXPONENT
    ):
        raise ParseError(
            "FHIR decimal", expected=f"a number of ordinary size with at most {MOST_DIGITS} digits", got=digits
        )
    return number


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ParseError("FHIR integer", expected=f"at most {MOST_DIGITS} digits", got=digits)
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise ParseError("FHIR JSON", expected="numbers only (JSON has no NaN and no Infinity)", got=name)


def _check(value: Json, *, is_suspect: bool) -> None:
    level: list[Json] = [value]
    depth = 0
    while level:
        if depth > MOST_NESTING:
            raise _too_deep()
        depth += 1
        if is_suspect:
            _refuse_forbidden(level)
        level = [part for each in level for part in _inside(each) if is_suspect or isinstance(part, dict | list)]


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, Mapping):
        return chain(value, value.values())
    return value if isinstance(value, list) else ()


def _refuse_forbidden(level: list[Json]) -> None:
    for each in level:
        if isinstance(each, str) and (bad := _FORBIDDEN.search(each)):
            raise ParseError("FHIR string", expected="no control characters and no half surrogates", got=bad.group())
