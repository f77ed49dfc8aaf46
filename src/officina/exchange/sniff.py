"""Which language a file speaks, told by its bytes and never by its name, and the reader for it."""

import codecs
import re
from typing import Literal

from officina.exchange import fhir_in, script_in
from officina.kernel.errors import ParseError
from officina.prescriptions.written import Understood

Format = Literal["ncpdp-script", "fhir", "unknown"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, the longer before the shorter that it begins with."""
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
"""XML in UTF-16 without a mark (XML 1.0 appendix F)."""
LOOKED_AT = 65_536
_PROLOGUE = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_ROOT = re.compile(r"\s*<(?:[A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)[^>]*>")
_WRAPPED = re.compile(r"\s*(?:&lt;|<)(?:\?|(?:[A-Za-z_][\w.\-]*:)?Message\b)|\s*<!\[CDATA\[\s*<")
_RESOURCE = re.compile(rb'"resourceType"\s*:\s*"')
EXPECTED = "an NCPDP SCRIPT message (XML, root element Message) or a FHIR R4 resource (JSON with a resourceType)"


def format_of(raw: bytes) -> Format:
    """The language of the file: NCPDP SCRIPT in XML (also wrapped in a web service's <string>), FHIR in JSON, or unknown."""
    text = _beginning(raw)
    if text.startswith("{"):
        return "fhir" if _RESOURCE.search(raw) else "unknown"
    while prologue := _PROLOGUE.match(text):
        text = text[prologue.end() :]
    root = _ROOT.match(text)
    if root is None:
        return "unknown"
    if root[1] == "Message" or (root[1] == "string" and _WRAPPED.match(text, root.end())):
        return "ncpdp-script"
    return "unknown"


def understand(raw: bytes) -> Understood:
    """Read a prescription file of either language; ParseError with what was expected where it is neither."""
    match format_of(raw):
        case "ncpdp-script":
            return script_in.understand(raw)
        case "fhir":
            return fhir_in.understand(raw)
        case _:
            raise ParseError(
                "prescription message",
                expected=EXPECTED,
                got=_beginning(raw)[:60] if raw.strip() else "an empty file",
                plain="This is no electronic prescription. Ask the sender what it was to be."
                if raw.strip()
                else "The message is empty. Ask the prescriber to send it again.",
            )


def _beginning(raw: bytes) -> str:
    head = raw[:LOOKED_AT].lstrip()
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head.removeprefix(mark).decode(encoding, "replace").lstrip()
    encoding = next((name for start, name in _UNMARKED if head.startswith(start)), "utf-8")
    return head.decode(encoding, "replace")
