"""Read an NDC as people and other systems write it.

>>> parse("NDC 0002-8215-01").certain
Ndc(text='0002-8215-01', digits12='000002821501')
>>> reading = parse("2950009077")
>>> reading.certain is None, [str(ndc) for ndc in reading.candidates]
(True, ['2950-0090-77', '29500-090-77', '29500-0907-7'])

Accepted: `NDC`, `NDC:` or `NDC#` before it, hyphens or dashes of any kind, spaces in place of hyphens or strewn between digits, and 10, 11 or
12 digits. Ten digits without hyphens stay a question: the candidates go to the drug file, and where that knows none or more than one, to
a person. See docs/standards/ndc.md.
"""

import re
from dataclasses import dataclass

from officina.kernel.errors import ParseError
from officina.kernel.ids.check_digits import are_digits
from officina.kernel.ids.ndc import Ndc

_PREFIX = re.compile(r"\A\s*(?:NDC)?\s*(?:NO\.?|NUMBER)?\s*[:#.]?\s*", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u00ad", "-"))
_AROUND_HYPHEN = re.compile(r"\s*-\s*")


@dataclass(frozen=True, slots=True)
class NdcReading:
    """What was read: one package for certain, or the packages it may be."""

    certain: Ndc | None
    candidates: tuple[Ndc, ...]
    """The certain one alone, or the three readings of ten digits."""


def parse(text: str) -> NdcReading:
    """Read any writing of one NDC (21 CFR 207.33; FDA National Drug Code format rule, 91 FR 10749)."""
    code = _plain(text)
    if len(code) == 10 and are_digits(code):
        return NdcReading(None, Ndc.readings(code))
    try:
        ndc = Ndc.parse(code)
    except ParseError as problem:
        raise ParseError("NDC", expected=problem.expected, got=text) from None
    return NdcReading(ndc, (ndc,))


def _plain(text: str) -> str:
    """Digits and hyphens only, where the writing allows it. Three groups parted by spaces are the three parts; other spaces mean nothing."""
    code = _AROUND_HYPHEN.sub("-", text.translate(_DASHES))
    groups = _PREFIX.sub("", code).split()
    return "-".join(groups) if len(groups) == 3 and "-" not in code else "".join(groups)
