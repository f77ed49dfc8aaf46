"""FHIR R4 JSON as a pharmacy receives prescriptions: a Bundle or a lone resource, read into frozen dataclasses.

    >>> document = parse(b'''{"resourceType": "MedicationRequest", "id": "rx1", "status": "active", "intent": "order",
    ...     "medicationCodeableConcept": {"text": "Amoxicillin 500 MG Oral Capsule"},
    ...     "subject": {"reference": "Patient/ada"}, "dosageInstruction": [{"text": "1 capsule 3 times a day"}]}''')
    >>> request = document.entries[0].resource
    >>> request.medication.label, request.dosages[0].text
    ('Amoxicillin 500 MG Oral Capsule', '1 capsule 3 times a day')

What breaks a rule of R4 is a finding at its FHIRPath place, and the rest of the file is still read:

    >>> [(f.code, f.where) for f in document.findings]
    [('reference_unresolved', 'MedicationRequest.subject')]

Only bytes that are no FHIR JSON at all are an error:

    >>> parse(b'[1, 2]')
    Traceback (most recent call last):
    officina.kernel.errors.ParseError: '[1,2]' is no FHIR resource: expected an object with a resourceType.

What nobody reads here is kept with its place in `kept`. References are followed by `resolve.Links`; the inverse is `build`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from officina.codecs.fhir import model as m
from officina.codecs.fhir.codes import BUNDLE_TYPES
from officina.codecs.fhir.node import Node, Notes
from officina.codecs.fhir.resolve import unresolved
from officina.codecs.fhir.resources import READERS, identifier, meta, other
from officina.codecs.fhir.wire import Json, dumps, loads
from officina.kernel.errors import ParseError


def parse(raw: bytes) -> m.Document:
    """Read a FHIR R4 JSON file (R4 sections 2.6.2, 2.36 Bundle, 11.1 MedicationRequest); ParseError where it is none."""
    tree = loads(raw)
    if not isinstance(tree, Mapping) or not _kind(tree):
        raise ParseError("FHIR resource", expected="an object with a resourceType", got=dumps(tree)[:200])
    document = _bundle(tree) if _kind(tree) == "Bundle" else _lone(tree)
    return replace(document, findings=(*document.findings, *unresolved(document)))


def _kind(tree: Mapping[str, Json]) -> str:
    kind = tree.get("resourceType")
    return kind if isinstance(kind, str) else ""


def _lone(tree: Mapping[str, Json]) -> m.Document:
    resource = read_resource(tree, _kind(tree))
    return m.Document(kind=resource.kind, id=resource.id, meta=resource.meta, entries=(m.Entry(resource=resource),))


def _bundle(tree: Mapping[str, Json]) -> m.Document:
    notes = Notes()
    node = Node(tree, "Bundle", notes)
    kind = node.text("type")
    if kind not in BUNDLE_TYPES:
        notes.add(
            "bundle_type",
            "The bundle's type is not one that FHIR R4 knows.",
            where="Bundle.type",
            expected=", ".join(sorted(BUNDLE_TYPES)),
            came=kind,
        )
    document = m.Document(
        kind="Bundle",
        id=node.text("id"),
        type=kind,
        identifier=node.one("identifier", identifier),
        timestamp=node.moment("timestamp"),
        meta=node.one("meta", meta) or m.Meta(),
        entries=tuple(entry for entry in node.many("entry", _entry) if entry),
    )
    node.close()
    return replace(document, findings=tuple(notes.findings), kept=tuple(notes.kept))


def _entry(node: Node) -> m.Entry | None:
    full_url = node.text("fullUrl")
    method = node.one("request", _method) or ""
    resource = node.one("resource", _within)
    if resource is None:
        if method != "DELETE" and not node.has("response"):
            node.notes.add("entry_empty", "An entry of the bundle holds no resource that can be read.", where=node.path)
        return None
    return m.Entry(resource=resource, full_url=full_url, method=method)


def _method(node: Node) -> str:
    node.text("url")
    return node.text("method")


def _within(node: Node) -> m.Resource | None:
    tree = node.data
    node.rest()
    if not _kind(tree):
        node.keep(node.path, tree)
        return None
    return read_resource(tree, node.path)


def read_resource(tree: Mapping[str, Json], path: str) -> m.Resource:
    """Read one resource with its own notes, and the resources contained in it."""
    notes = Notes()
    node = Node(tree, path, notes)
    kind = _kind(tree)
    contained = tuple(each for each in node.many("contained", _within) if each)
    reader: Callable[[Node, dict[str, Any]], m.Resource] = READERS.get(kind, other)
    resource = reader(node, {"path": path, "contained": contained, "kind": kind})
    if kind in READERS:
        node.close()
    return replace(resource, findings=tuple(notes.findings), kept=tuple(notes.kept))
