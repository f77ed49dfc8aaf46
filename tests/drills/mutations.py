"""Messages, scans, directions and lists that no sender should send: good ones, changed by a seeded hand."""

import json
import random
import re
from contextlib import suppress
from copy import deepcopy
from typing import Any, Literal

from lxml import etree

LARGEST = 300_000
"""Bytes of a case: what is too large altogether is tried by name elsewhere, and would only slow the others down."""

Shape = Literal["xml", "json", "text", "table"]

NUMBERS = (
    "0", "-0", "-1", "1e999", "-1e999", "1e-999", "9" * 20, "9" * 5000, "0." + "0" * 400 + "1", "NaN", "Infinity", "-Infinity",
    "1,000", "0x10", "1_000", "+5", "5.", ".5", "1e5", "9223372036854775808", "-9223372036854775809", "٣٠", "３０", "²", "Ⅻ", "1 0",
)  # fmt: skip
DAYS = (
    "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-13-01", "2026-W47", "2026-11", "2026", "11/20/2026",
    "12/31/9999", "01/01/0001", "02/30/2026",    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-11-20T24:00:00Z", "2026-11-20T23:59:60Z", "2026-11-20T25:61:61Z",
    "2026-11-20T10:00:00+99:99", "2026-11-20T10:00:00.123456789123Z", "-2026-11-20", "２０２６-11-20",
)  # fmt: skip
WORDS = (
    "", " ", "\x00", "a\x00b", "\x1b[2J", "\x1d", "\x7f", "\x85", "\ufffe", "\uffff", "\ud800", "\udfff\ud800", "\U0001f48a", "\U0010ffff", "\u202eabc", "\u200f",
    "\ufeff", "\u0301" * 50, "e\u0301", "ﬁ", "İ", "ß", "\u2028", "\u00a0", "null", "None", "true", "undefined", "'", '"', "';--",
    "<b>", "&amp;", "&nbsp;", "]]>", "%00", "%s%n", "{{7*7}}", "{% x %}", "../../etc/passwd", "\r\n", "\t", "|", "<GS>", "a" * 300,
    "x" * 70_000, "\u4e2d" * 400, "^XA^FD", "urn:uuid:", "#", "Patient/", "http://[", "https://id.gs1.org/01/",
)  # fmt: skip
ODD: tuple[str, ...] = (*NUMBERS, *DAYS, *WORDS)
SCANS = (
    "0100300028215012", "]d20100300028215012172701311OLOT9\x1d21S0001", "(01)00300028215012(17)270131(10)LOT9(21)S0001",
    "https://id.gs1.org/01/00300028215012/10/LOT9/21/S0001?17=270131", "300028215012", "0300028215012", "00300028215012",
    "]E00300028215012\r", "]d2010030002821501211260131240AB\x1d7150002-8215-01\x1d3010\x1d10LOT9", "0250300028215017\x1d3724101234",
    "01003000282150121726110010A|21B", "0002-8215-01", "00028215001", "0002821501", "11111-1111-1", "RX1000015", "F1000015",
    "V1000015", "+A123BJC5D6E71G", "1245319599", "AB1234563", "AB1234563-12", "610020", "30", "0.5", "1000.125",
)  # fmt: skip
_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_DAY = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.+Z-]*)?")


def as_text(raw: bytes) -> str:
    """What a scanner or a hand typed; half surrogates stand for themselves, as a broken program types them."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


class Hand:
    """Changes messages as transmission, foreign programs and ill will do."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def mutate(self, shape: Shape, seeds: tuple[bytes, ...]) -> bytes:
        """One of the seeds with one to four changes: of its structure, of what stands in it, of its bytes, of its encoding."""
        raw = self.rng.choice(seeds)
        for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3, 4))):
            if shape == "text":
                raw = self.text(as_text(raw)).encode("utf-8", "surrogatepass")
                continue
            change = self.rng.choices((self._structure, self._content, self._bytes), (5, 3, 2))[0]
            raw = change(raw, shape, seeds)[:LARGEST]
        return self._encoding(raw) if self.rng.random() < 0.08 else raw

    def text(self, text: str) -> str:
        """A short text, such as a scan or what is typed into a field, changed or replaced."""
        rng = self.rng
        a, b = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        match rng.randrange(7):
            case 0:
                return text[:a] + text[b:]
            case 1:
                return text[:b] + text[a:b] * rng.choice((1, 2, 40)) + text[b:]
            case 2:
                return text[:a] + rng.choice(ODD) + text[a:]
            case 3:
                return rng.choice(ODD)
            case 4:
                return text[:a] + chr(self._character()) + text[a + 1 :]
            case 5:
                other = rng.choice(SCANS)
                return text[:a] + other[rng.randint(0, len(other)) :]
            case _:
                return re.sub(
                    r"[0-9]+", lambda found: rng.choice((found[0][:-1], found[0] + "9", "9" * 30)), text, count=1
                )

    def _character(self) -> int:
        return self.rng.choice(
            (
                self.rng.randrange(128),
                self.rng.randrange(48, 58),
                self.rng.randrange(0x3000),
                self.rng.randrange(0x110000),
            )
        )

    def _bytes(self, raw: bytes, _shape: Shape, seeds: tuple[bytes, ...]) -> bytes:
        rng = self.rng
        a = rng.randint(0, len(raw))
        b = min(len(raw), a + rng.choice((1, 4, 60, 2000)))
        match rng.randrange(7):
            case 0 if raw:
                kept = bytearray(raw)
                for _ in range(rng.choice((1, 1, 3, 20))):
                    kept[rng.randrange(len(kept))] ^= 1 << rng.randrange(8)
                return bytes(kept)
            case 1:
                return raw[:a] + raw[b:]
            case 2:
                return raw[:b] + raw[a:b] * rng.choice((1, 3, 50)) + raw[b:]
            case 3:
                other = rng.choice(seeds)
                return raw[:a] + other[rng.randint(0, len(other)) :]
            case 4:
                return raw[:a] + rng.randbytes(rng.choice((1, 2, 8, 64))) + raw[a:]
            case 5:
                return raw[:a]
            case _:
                return raw[:a] + rng.choice(ODD).encode("utf-8", "surrogatepass") + raw[a:]

    def _content(self, raw: bytes, shape: Shape, _seeds: tuple[bytes, ...]) -> bytes:
        """Another number for a number, another day for a day, another text for a text."""
        rng = self.rng
        pattern, words = rng.choice(((_NUMBER, NUMBERS), (_DAY, DAYS), (_TEXTS[shape], ODD)))
        found = list(pattern.finditer(raw))
        if not found:
            return raw
        at = rng.choice(found)
        group = 1 if pattern.groups else 0
        new = rng.choice(words).encode("utf-8", "surrogatepass")
        if shape == "json" and group and rng.random() < 0.7:
            new = json.dumps(rng.choice(words))[1:-1].encode()
        return raw[: at.start(group)] + new + raw[at.end(group) :]

    def _structure(self, raw: bytes, shape: Shape, seeds: tuple[bytes, ...]) -> bytes:
        try:
            if shape == "table":
                return self._table(raw, seeds)
            return self._json(raw, seeds) if shape == "json" else self._xml(raw, seeds)
        except RecursionError:
            return self._bytes(raw, shape, seeds)  # nested deeper than this hand reaches

    def _encoding(self, raw: bytes) -> bytes:
        text = raw.decode("utf-8", "replace")
        name = self.rng.choice(
            ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-8-sig", "cp500", "utf-7", "double")
        )
        if name == "double":
            return text.encode("utf-8-sig").decode("latin-1").encode("utf-8")
        said = self.rng.choice(("utf-8", "utf-16", "iso-8859-1", "x-none", "UTF-7", ""))
        text = re.sub(r'encoding="[^"]*"', f'encoding="{said}"', text, count=1)
        return text.encode(name, "replace")

    # --- tables

    def _table(self, raw: bytes, seeds: tuple[bytes, ...]) -> bytes:
        """Rows and cells lost, doubled, swapped, of another list; other separators and line ends."""
        rng = self.rng
        rows = raw.split(b"\n")
        a, b = rng.randrange(len(rows)), rng.randrange(len(rows))
        match rng.randrange(8):
            case 0:
                del rows[a]
            case 1:
                rows[a:a] = [rows[b]] * rng.choice((1, 1, 2, 300))
            case 2:
                rows[a], rows[b] = rows[b], rows[a]
            case 3:
                rows[a] = rng.choice(rng.choice(seeds).split(b"\n"))
            case 4:
                return raw.replace(
                    *rng.choice(((b"\r\n", b"\n"), (b"\n", b"\r"), (b",", b";"), (b"\t", b","), (b'"', b"")))
                )
            case _:
                rows[a] = self._cells(rows[a])
        return b"\n".join(rows)

    def _cells(self, row: bytes) -> bytes:
        rng = self.rng
        separator = max((b"\t", b"|", b"~", b","), key=row.count)
        cells = row.split(separator)
        a, b = rng.randrange(len(cells)), rng.randrange(len(cells))
        match rng.randrange(4):
            case 0:
                del cells[a]
            case 1:
                cells[a], cells[b] = cells[b], cells[a]
            case 2:
                cells[a:a] = [cells[b]] * rng.choice((1, 3, 100))
            case _:
                cells[a] = rng.choice(ODD).encode("utf-8", "surrogatepass")
        return separator.join(cells)

    # --- XML

    def _xml(self, raw: bytes, seeds: tuple[bytes, ...]) -> bytes:
        tree = _tree(raw)
        if tree is None or self.rng.random() < 0.04:
            return self._document_type(raw)
        elements = [e for e in tree.iter() if isinstance(e.tag, str)]
        # A name that is broken already, such as a namespace that is no address, cannot be given to another element.
        with suppress(ValueError):
            self._element(self.rng.choice(elements), elements, seeds)
        return etree.tostring(tree, xml_declaration=self.rng.random() < 0.5, encoding="utf-8")

    def _document_type(self, raw: bytes) -> bytes:
        """Entities that grow, that read a file of this machine, that ask another one."""
        start = max(raw.find(b"?>") + 2, 0) if raw.startswith(b"<?xml") else 0
        subset = self.rng.choice((
            b'<!DOCTYPE Message [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            b'<!DOCTYPE Message [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
            b'<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/x.dtd">',
            b'<!DOCTYPE Message [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
            b"<!doctype Message>", b"<!-- --><?pi?>", b"<![CDATA[<Message>]]>",
        ))  # fmt: skip
        name = self.rng.choice((b"&a;", b"&b;", b"&#0;", b"&#xD800;", b"&#x110000;", b"&undefined;"))
        return raw[:start] + subset + raw[start:].replace(b">", b">" + name, self.rng.choice((0, 1, 5)))

    def _element(self, one: Any, elements: list[Any], seeds: tuple[bytes, ...]) -> None:
        rng = self.rng
        parent, other = one.getparent(), rng.choice(elements)
        match rng.randrange(9):
            case 0 if parent is not None:
                parent.remove(one)
            case 1 if parent is not None:
                for _ in range(rng.choice((1, 1, 2, 40))):
                    parent.append(deepcopy(one))
            case 2:
                one.tag = other.tag
            case 3:
                _say(one, rng.choice(ODD))
            case 4:
                one[:] = [deepcopy(e) for e in reversed(one)]
            case 5:
                one.append(deepcopy(other))
            case 6:
                one.set(
                    rng.choice(("version", "id", "xmlns", "DatatypesVersion")),
                    rng.choice(("", "2017071", "2023011", "10.6", "é")),
                )
            case 7:
                for _ in range(rng.choice((3, 60, 300))):
                    one = etree.SubElement(one, one.tag)
            case _:
                foreign = _tree(rng.choice(seeds))
                if foreign is not None:
                    one.append(deepcopy(rng.choice([e for e in foreign.iter() if isinstance(e.tag, str)])))

    # --- JSON

    def _json(self, raw: bytes, seeds: tuple[bytes, ...]) -> bytes:
        try:
            tree = json.loads(raw)
        except ValueError:
            return self._bytes(raw, "json", seeds)
        places = list(_places(tree))
        if not places:
            return raw
        self._place(*self.rng.choice(places), places)
        text = json.dumps(tree, ensure_ascii=self.rng.random() < 0.5)
        return _MARKED.sub(r"\1", text).encode("utf-8", "surrogatepass")

    def _place(self, holder: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
        rng = self.rng
        other_holder, other = rng.choice(places)
        match rng.randrange(9):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.extend([holder[key]] * rng.choice((1, 1, 2, 40)))
            case 1 | 2:
                holder[key] = deepcopy(other_holder[other])
            case 3:
                holder[key] = rng.choice(ODD)
            case 4:
                holder[key] = rng.choice(
                    (
                        [],
                        {},
                        None,
                        True,
                        False,
                        0,
                        -1,
                        1.5,
                        "",
                        [[]],
                        {"": ""},
                        [None],
                        [holder[key]],
                        {"value": holder[key]},
                    )
                )
            case 5:
                # A number that json would not write: it stands in marks which are taken off afterwards.
                holder[key] = (
                    f"\u0001raw:{rng.choice(('1e999', '-1e999', '1e-999', '9' * 5000, '0.' + '1' * 3000, 'NaN', '-0', '01', '1E400000000', 'nul'))}:raw\u0001"
                )
            case 6 if isinstance(holder, dict):
                holder[
                    rng.choice(
                        (
                            other if isinstance(other, str) else "x",
                            "resourceType",
                            "id",
                            "_status",
                            "extension",
                            "\ud800",
                            "\x00",
                        )
                    )
                ] = holder[key]
            case 7:
                deep: Any = holder[key]
                for _ in range(rng.choice((3, 60, 600))):
                    deep = [deep] if rng.random() < 0.5 else {"contained": deep}
                holder[key] = deep
            case _:
                holder[key], other_holder[other] = other_holder[other], deepcopy(holder[key])


_MARKED = re.compile(r'"\\u0001raw:([^:]*):raw\\u0001"')
_TEXTS: dict[Shape, re.Pattern[bytes]] = {
    "xml": re.compile(rb">([^<>]+)<"),
    "json": re.compile(rb'"([^"\\]*)"'),
    "text": re.compile(rb"([^|]+)"),
    "table": re.compile(rb"([^|~,;\t\r\n]+)"),
}


def _tree(raw: bytes) -> Any:
    try:
        return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _say(element: Any, text: str) -> None:
    try:
        element.text = text
    except ValueError:
        element.text = "?"  # no tree carries it; among the bytes it comes all the same


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON tree, as what holds it and its key."""
    found: list[tuple[Any, Any]] = []
    new = [tree]
    while new:
        holder = new.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        found.extend((holder, key) for key in keys)
        new.extend(holder[key] for key in keys)
    return found
