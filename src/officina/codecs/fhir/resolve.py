"""Following references inside one file: contained '#id', urn:uuid, absolute and relative addresses, and business numbers."""

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import parse_qsl

from officina.codecs.fhir import model as m
from officina.codecs.fhir.node import SOURCE
from officina.kernel.findings import Finding


class Links:
    """The addresses of one document (R4 sections 2.3 References and 2.36.4 Resolving references in Bundles).

    An address that two resources claim leads to neither: filling for the wrong one of two patients is worse than asking.
    """

    def __init__(self, document: m.Document) -> None:
        self._by_url: defaultdict[str, list[m.Resource]] = defaultdict(list)
        self._by_name: defaultdict[str, list[m.Resource]] = defaultdict(list)
        self._by_number: defaultdict[tuple[str, str, str], list[m.Resource]] = defaultdict(list)
        self._bases: dict[int, str] = {}
        self._holders: dict[int, m.Resource] = {}
        for entry in document.entries:
            self._note(entry)

    def follow(self, reference: m.Reference | None, holder: m.Resource) -> m.Resource | None:
        """The one resource that `reference`, written in `holder`, leads to; None where there is none or more than one."""
        if reference is None:
            return None
        text = reference.reference.partition("/_history/")[0]
        holder = self._holders.get(id(holder), holder)
        if text.startswith("#"):
            return _only([each for each in holder.contained if each.id == text[1:]])
        found = self._literal(text, holder) if text else None
        number = number_of(reference)
        if found is None and number is not None:
            found = _only(self._numbered(kind_of(reference), number))
        return found

    def _literal(self, text: str, holder: m.Resource) -> m.Resource | None:
        base = self._bases.get(id(holder), "")
        for url in (text, base + text):
            if url in self._by_url:
                return _only(self._by_url[url])
        # Senders mix urn:uuid addresses with relative references; type and id still name one resource of the file. Where
        # both stand on servers of their own, Patient/1 here and Patient/1 there are two people.
        return _only([each for each in self._by_name.get(text, ()) if not base or id(each) not in self._bases])

    def _numbered(self, kind: str, number: m.Identifier) -> list[m.Resource]:
        return self._by_number.get((kind, number.system, number.value), [])

    def _note(self, entry: m.Entry) -> None:
        resource = entry.resource
        name = f"{resource.kind}/{resource.id}"
        # What is contained speaks from where its holder stands.
        self._holders |= {id(each): resource for each in resource.contained}
        if entry.full_url:
            self._by_url[entry.full_url.partition("/_history/")[0]].append(resource)
        if resource.id:
            self._by_name[name].append(resource)
            if entry.full_url.endswith(f"/{name}"):
                self._bases[id(resource)] = entry.full_url.removesuffix(name)
        for number in {(each.system, each.value) for each in resource.identifiers if each.value}:
            self._by_number[resource.kind, *number].append(resource)


def kind_of(reference: m.Reference) -> str:
    """The type of resource a reference names, '' where it does not say: its type, else the first word of its address."""
    if reference.type:
        return reference.type
    path, _, _ = reference.reference.partition("?")
    words = [word for word in path.partition("/_history/")[0].split("/") if word]
    if path.startswith(("#", "urn:")) or not words:
        return ""
    return words[0] if "?" in reference.reference and len(words) == 1 else (words[-2] if len(words) > 1 else "")


def number_of(reference: m.Reference) -> m.Identifier | None:
    """The business number of a logical reference, or of a conditional one ('Practitioner?identifier=system|value')."""
    if reference.identifier is not None:
        return reference.identifier
    _, _, query = reference.reference.partition("?")
    token = dict(parse_qsl(query)).get("identifier", "")
    system, bar, value = token.partition("|")
    return m.Identifier(system=system, value=value) if bar and value else None


def unresolved(document: m.Document) -> tuple[Finding, ...]:
    """A finding for each reference of a prescription or an allergy that leads nowhere in the file."""
    links = Links(document)
    return tuple(
        Finding(
            "reference_unresolved",
            f"{place} refers to something that is not in this file.",
            where=place,
            came=(reference.reference or reference.display)[:200],
            source=SOURCE,
        )
        for entry in document.entries
        for place, reference in _references(entry.resource)
        if links.follow(reference, entry.resource) is None
    )


def _references(resource: m.Resource) -> Iterator[tuple[str, m.Reference]]:
    found: dict[str, m.Reference | None] = {}
    if isinstance(resource, m.MedicationRequest):
        found = {
            "subject": resource.subject,
            "requester": resource.requester,
            "medicationReference": resource.medication_reference,
        }
    elif isinstance(resource, m.AllergyIntolerance):
        found = {"patient": resource.patient}
    elif isinstance(resource, m.PractitionerRole):
        found = {"practitioner": resource.practitioner}
    yield from ((f"{resource.path}.{key}", reference) for key, reference in found.items() if reference is not None)


def _only(found: list[m.Resource]) -> m.Resource | None:
    return found[0] if len(found) == 1 else None
