"""NCPDP SCRIPT, reading: a prescriber's message as bytes becomes a `Message`.

SCRIPT is the XML in which US prescribers send prescriptions. One `Message` has a `Header` (who, to whom, in answer to what) and a
`Body` with one element that names its kind. Versions 2017071 and 2023011 are read; the shape decides, not the label, so a
message with an unknown label is read too and says so in its notes. A new prescription, the requests and answers about
one (renewal, change, cancellation), a Status and an Error are read into fields; of other kinds the header is read and the body is
kept as paths and texts.

>>> message = parse(b'<Message version="2017071"><Header><MessageID>7</MessageID></Header><Body><NewRx><MedicationPrescribed>'
...     b'<DrugDescription>Lisinopril 10 mg tablet</DrugDescription><Quantity><Value>30</Value></Quantity>'
...     b'<Colour>white</Colour></MedicationPrescribed></NewRx></Body></Message>')
>>> message.kind, message.header.message_id, message.body.medication.quantity.value
('NewRx', '7', Decimal('30'))
>>> message.where["medication.quantity.value"]
'Body/NewRx/MedicationPrescribed/Quantity/Value'
>>> message.kept
(('Body/NewRx/MedicationPrescribed/Colour', 'white'),)
"""

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from officina.codecs.ncpdp_script import model
from officina.codecs.ncpdp_script.layout import LAYOUT, Group, Kind, Leaf
from officina.codecs.ncpdp_script.tree import Node, read
from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity

SUPPORTED = ("2017071", "2023011")
LEGACY = "10.6"
BODIES: dict[str, type[Any]] = {of.__name__: of for of in get_args(model.Body)}
VERSION_ATTRIBUTES = ("TransportVersion", "TransactionVersion", "StructuresVersion", "DatatypesVersion")

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
NUMBER = re.compile(r"\d{1,11}(\.\d{0,11})?|\.\d{1,11}", re.ASCII)
WHOLE = re.compile(r"\d{1,5}", re.ASCII)
FLAGS = {"true": True, "1": True, "false": False, "0": False}

MISPLACED = (
    ("MedicationPrescribed", "Strength", "DrugCoded"),
    ("MedicationPrescribed", "Directions", "Sig"),
    ("Instruction", "AdministrationTiming", "TimingAndDuration"),
    ("Instruction", "Frequency", "TimingAndDuration"),
    ("Instruction", "Interval", "TimingAndDuration"),
    ("Instruction", "Duration", "TimingAndDuration"),
)
"""Seen from senders: under the first, the second stands where it should stand inside the third."""


def parse(raw: bytes) -> model.Message:
    """Read one message (SCRIPT 2017071 and 2023011). Raises ParseError and nothing else."""
    root = read(raw)
    body = root.named("Body")
    if not body or not body[0].children:
        raise ParseError("SCRIPT message", expected="a Body with one element in it", got=[c.tag for c in root.children])
    version = _version(root)
    if version != LEGACY:
        _straighten(body[0])
    return _Reading(root, version).message(body[0].children)


class _Reading:
    """One message being read: fields are taken from the tree, and what was noticed on the way is gathered."""

    def __init__(self, root: Node, version: str) -> None:
        self.root, self.version = root, version
        self.where: dict[str, str] = {}
        self.notes: list[Finding] = []

    def message(self, bodies: list[Node]) -> model.Message:
        kind = ", ".join(node.tag for node in bodies)
        header = self._header()
        body = self._body(bodies)
        self._note_version()
        return model.Message(
            kind=kind,
            version=self.version,
            header=header,
            body=body,
            kept=tuple(self.root.unread()),
            notes=tuple(self.notes),
            where=self.where,
        )

    def _header(self) -> model.Header:
        found = self.root.named("Header")
        header: model.Header = self.value(model.Header, found[0], "header.") if found else model.Header()
        return header

    def _body(self, bodies: list[Node]) -> model.Body | None:
        if len(bodies) > 1:
            # An order taken from one half of a message that says two things would be an order that nobody sent.
            self.note("body_ambiguous", "The message says two things at once, so nothing was taken from it", "Body")
            return None
        of = BODIES.get(bodies[0].tag)
        if of is None or self.version == LEGACY:
            return None
        body: model.Body = self.value(of, bodies[0], "")
        return body

    def _note_version(self) -> None:
        if self.version == LEGACY:
            self.note("version_unsupported", "SCRIPT 10.6 is no longer in use and is not read", "", came=self.version)
        elif self.version not in SUPPORTED:
            self.note(
                "version_unknown",
                "The message names no version of SCRIPT that is known here; it was read by its shape",
                "",
                came=self.version,
            )

    def note(self, code: str, sentence: str, where: str, *, expected: str = "", came: str = "") -> None:
        self.notes.append(
            Finding(code, f"{sentence}.", Severity.MODERATE, where=where, expected=expected, came=came[:200])
        )

    def value(self, of: type[Any], node: Node, name: str) -> Any:
        """A group's value: each row of its layout, taken from the node."""
        node.is_read = node.is_read or not node.text
        fields: dict[str, Any] = {}
        for row in LAYOUT[of]:
            got = self._leaf(row, node, name) if isinstance(row, Leaf) else self._group(row, node, name)
            if got is not None:
                fields[row.name] = got
        made = of(**fields)
        return self._ndc_apart(made, name) if of is model.DrugCoded else made

    def _group(self, row: Group, node: Node, name: str) -> Any:
        found = [n for tags, _ in row.ways for n in _below(node, tags)]
        if row.choice:
            found = [n for outer in found for n in outer.children if n.tag in row.choice and _passed(outer)]
        if row.many:
            made = tuple(self.value(row.of, n, f"{name}{row.name}.{i}.") for i, n in enumerate(found))
            return (
                tuple(replace(one, element=n.tag) for one, n in zip(made, found, strict=True)) if row.choice else made
            )
        if not found:
            return None
        self._note_repeats(found)
        made = self.value(row.of, found[0], f"{name}{row.name}.")
        return replace(made, element=found[0].tag) if row.choice else made

    def _leaf(self, row: Leaf, node: Node, name: str) -> Any:
        places = [place for tags, attribute in row.ways for place in _places(node, tags, attribute)]
        if row.many:
            return tuple(self._taken(row, n, attribute, f"{name}{row.name}") for n, attribute in places)
        if not places:
            return None
        if not row.may_repeat:
            self._note_repeats([n for n, _ in places])
        return self._taken(row, *places[0], f"{name}{row.name}")

    def _taken(self, row: Leaf, node: Node, attribute: str, name: str) -> Any:
        """The text of one place as the row's kind, or None with a note where it is unreadable (the text is kept)."""
        text = node.attributes[attribute] if attribute else node.text
        path = f"{node.path}/@{attribute}" if attribute else node.path
        value = _converted(text, row.kind)
        if value is None:
            self.note("unreadable", f"{_last(path)} cannot be read", path, expected=row.kind.value, came=text)
            return None
        if attribute:
            node.read_attributes.add(attribute)
        else:
            node.is_read = True
        self.where.setdefault(name, path)
        return value

    def _note_repeats(self, found: list[Node]) -> None:
        if len(found) > 1:
            tag, path = found[0].tag, found[1].path
            self.note(
                "repeated", f"{tag} stands {len(found)} times where one is expected; only the first is used", path
            )

    def _ndc_apart(self, drug: model.DrugCoded, name: str) -> model.DrugCoded:
        """A product code with qualifier ND is the NDC (2017071); 2023011 gives the NDC an element of its own."""
        if drug.product_code_qualifier != "ND" or not drug.product_code or drug.ndc:
            return drug
        self.where.pop(f"{name}product_code_qualifier", None)
        self.where[f"{name}ndc"] = self.where.pop(f"{name}product_code")
        return replace(drug, ndc=drug.product_code, product_code="", product_code_qualifier="")


def _version(root: Node) -> str:
    """The version's name: its own (`version`), or by the date that the 2017071 and 2023011 attributes carry."""
    root.read_attributes.update(("version", "release", "TransactionDomain", "ECLVersion", *VERSION_ATTRIBUTES))
    named = root.attributes.get("version", "")
    if (named, root.attributes.get("release", "")) == ("010", "006") or named.startswith("10."):
        return LEGACY
    dates = {root.attributes[name] for name in VERSION_ATTRIBUTES if root.attributes.get(name)}
    if named or not dates:
        return named
    if all(d.startswith("201707") for d in dates):
        return "2017071"
    if all(d.startswith("2023") for d in dates):
        return "2023011"
    return ", ".join(sorted(dates))


def _straighten(node: Node) -> None:
    """Move what stands beside its parent into it; every node keeps the path where it really stood."""
    for child in node.children:
        _straighten(child)
    for tag, inner, outer in MISPLACED:
        strays = node.named(inner) if node.tag == tag else []
        if strays:
            node.hold([child for child in node.children if child.tag != inner])
            target = _target(node, outer)
            target.hold([*target.children, *strays])


def _target(node: Node, tag: str) -> Node:
    found = node.named(tag) or [inner for product in node.named("Product") for inner in product.named(tag)]
    if found:
        return found[0]
    made = Node(tag, f"{node.path}/{tag}", is_read=True)
    node.hold([*node.children, made])
    return made


def _below(node: Node, tags: tuple[str, ...]) -> list[Node]:
    """All nodes on the way of these names; a node on the way there says nothing itself, so it counts as read."""
    found = node.named(tags[0])
    for tag in tags[1:]:
        found = [child for outer in found for child in outer.named(tag) if _passed(outer)]
    return found


def _passed(node: Node) -> bool:
    node.is_read = node.is_read or not node.text
    return True


def _places(node: Node, tags: tuple[str, ...], attribute: str) -> list[tuple[Node, str]]:
    """Where a leaf has something to say: nodes with text and no children, or (node, attribute name)."""
    if attribute:
        nodes = _below(node, tags) if tags else [node]
        return [(n, attribute) for n in nodes if n.attributes.get(attribute)]
    nodes = [n for n in _below(node, tags) if not n.children] if tags else [node]
    for n in nodes:
        n.is_read = n.is_read or not n.text
    return [(n, "") for n in nodes if n.text]


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _converted(text: str, kind: Kind) -> str | date | datetime | Decimal | int | bool | None:
    if kind is Kind.TEXT:
        return text
    if kind is Kind.DAY:
        return _day(text)
    if kind is Kind.INSTANT:
        return _instant(text)
    if kind is Kind.NUMBER:
        return Decimal(text) if NUMBER.fullmatch(text) else None
    if kind is Kind.WHOLE:
        return int(text) if WHOLE.fullmatch(text) else None
    return FLAGS.get(text.lower())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    """An instant that names its zone. One that does not is unreadable: guessing a zone could move a date by a day."""
    match = INSTANT.fullmatch(text)
    if match is None:
        return None
    whole, fraction, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{whole}{(fraction or '.0')[:7].ljust(7, '0')}{zone.replace('Z', '+00:00')}")
    except ValueError:
        return None
