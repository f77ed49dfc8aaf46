"""FHIR R4 prescriptions to what was written: one order a MedicationRequest that orders something now, and the rest counted.

Only an active order is filled. What is stopped, planned, told by a patient or forbidden is history or talk: it is counted
with its places, so that nothing is lost and nothing of it is dispensed.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from officina.codecs.fhir import codes
from officina.codecs.fhir import model as m
from officina.codecs.fhir.node import SOURCE
from officina.codecs.fhir.parse import parse
from officina.codecs.fhir.resolve import Links
from officina.exchange.fhir_order import written_order
from officina.kernel.findings import Finding, Severity
from officina.prescriptions.written import Envelope, Understood

ORDER_INTENTS: Final = frozenset({"order", "original-order", "reflex-order", "instance-order"})
"""A filler-order is another pharmacy's own plan for an order it holds: filling it would fill twice."""
SHOWN_PLACES: Final = 20
MOST_ORDERS: Final = 500
LONGEST_ID: Final = 255


def understand(raw: bytes) -> Understood:
    """Read a FHIR R4 file into written orders, questions and problems; ParseError where the bytes are no FHIR JSON."""
    document = parse(raw)
    links = Links(document)
    requests = [each for each in document.entries if isinstance(each.resource, m.MedicationRequest)]
    orders = [
        each.resource for each in requests if isinstance(each.resource, m.MedicationRequest) and _why_not(each) is None
    ]
    frame = (*_frame(document), *_left_out(requests), *_nothing(document, requests))
    if len(orders) > MOST_ORDERS:
        return Understood(envelope=_envelope(document, requests, raw), problems=(*frame, _too_many(len(orders))))
    allergies = _allergies(document, links)
    return Understood(
        envelope=_envelope(document, requests, raw),
        orders=tuple(written_order(each, links, allergies.get(_key(each.subject, each, links), ())) for each in orders),
        problems=(*frame, *_unplaced(document, links, orders)),
    )


def _too_many(count: int) -> Finding:
    """A file like this is an export, not a prescriber's message; none of it is taken, so that none is taken by half."""
    sentence = f"The file holds {count} active orders; none was taken. Send at most {MOST_ORDERS} in one file."
    return Finding(
        "too_many_orders",
        sentence,
        Severity.MAJOR,
        where="Bundle",
        expected=f"at most {MOST_ORDERS}",
        came=f"orders ({count})",
    )


def _envelope(document: m.Document, requests: Sequence[m.Entry], raw: bytes) -> Envelope:
    return Envelope(
        format="fhir",
        version="R4",
        kind=document.kind,
        message_id=_message_id(document, requests, raw),
        sender=document.meta.source,
        sent_at=_instant(document.timestamp),
        is_test=any(each.system == codes.ACT_REASON and each.code == "HTEST" for each in document.meta.security),
    )


def _message_id(document: m.Document, requests: Sequence[m.Entry], raw: bytes) -> str:
    """The number by which a second coming is known: the bundle's, else that of the only request, else of the very bytes."""
    numbers = [document.identifier] if document.identifier else []
    if not numbers and len(requests) == 1:
        numbers = list(requests[0].resource.identifiers)
    found = next(
        (f"{each.system}|{each.value}" if each.system else each.value for each in numbers if each.value.strip()), ""
    )
    if not found and len(requests) == 1 and requests[0].resource.id:
        found = f"MedicationRequest/{requests[0].resource.id}"
    return found if 0 < len(found) <= LONGEST_ID else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _why_not(entry: m.Entry) -> tuple[str, str, str] | None:
    """Why a request is not filled: a code, what it is, and the words for a person; None for an active order."""
    request = entry.resource
    assert isinstance(request, m.MedicationRequest)
    if request.status not in codes.STATUSES or request.intent not in codes.INTENTS:
        return (
            "order_unclear",
            "unclear",
            "without a status and intent that FHIR R4 knows: whether to fill cannot be told",
        )
    if entry.method == "DELETE":
        return "not_an_active_order", "deleted", "deleted by the sender"
    if request.must_not_perform:
        return "do_not_give", "doNotPerform", "an order NOT to give the drug"
    if request.is_reported:
        return "patient_reported", "reported", "told by somebody, not ordered"
    if request.status != "active":
        return "not_an_active_order", request.status, f"'{request.status}'"
    if request.intent not in ORDER_INTENTS:
        return "not_an_active_order", request.intent, f"of intent '{request.intent}'"
    return None


def _left_out(entries: Sequence[m.Entry]) -> Iterator[Finding]:
    """One finding for each kind of request that is not filled, with how many and where."""
    groups: defaultdict[tuple[str, str, str], list[m.MedicationRequest]] = defaultdict(list)
    for entry in entries:
        why = _why_not(entry)
        if why and isinstance(entry.resource, m.MedicationRequest):
            groups[why].append(entry.resource)
    for (code, kind, words), those in groups.items():
        sentence = f"{_counted(len(those))} {words}: kept in the file, not filled."
        drugs = tuple(
            dict.fromkeys(each.medication.label for each in those if each.medication and each.medication.label)
        )
        expected = "status active, intent order"
        yield Finding(
            code,
            sentence,
            Severity.MAJOR if code in {"order_unclear", "do_not_give"} else Severity.MODERATE,
            where=_places([each.path for each in those]),
            expected=expected,
            came=f"{kind} ({len(those)})",
            source=SOURCE,
            about=drugs[:SHOWN_PLACES],
        )


def _counted(count: int) -> str:
    return "1 medication request is" if count == 1 else f"{count} medication requests are"


def _places(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:SHOWN_PLACES])
    return shown if len(paths) <= SHOWN_PLACES else f"{shown} and {len(paths) - SHOWN_PLACES} more"


def _frame(document: m.Document) -> Iterator[Finding]:
    """What is wrong with the file itself; references are asked about with the order that holds them."""
    yield from (each for each in document.findings if each.code != "reference_unresolved")
    nested = [each.resource.path for each in document.entries if each.resource.kind == "Bundle"]
    if nested:
        yield Finding(
            "nested_bundle",
            "A bundle within the bundle was not opened: send it by itself.",
            Severity.MAJOR,
            where=_places(nested),
        )


def _nothing(document: m.Document, requests: Sequence[m.Entry]) -> Iterator[Finding]:
    if requests:
        return
    counts = Counter(each.resource.kind for each in document.entries).most_common(6)
    holds = ", ".join(f"{count} {kind}" for kind, count in counts) or "nothing"
    what = f"This bundle holds {holds}" if document.kind == "Bundle" else f"This is a lone {document.kind}"
    sentence = f"{what}: no medication request, so nothing to fill."
    yield Finding(
        "no_medication_request", sentence, where=document.kind, expected="MedicationRequest", came=holds, source=SOURCE
    )


def _key(reference: m.Reference | None, holder: m.Resource, links: Links) -> str:
    """Whom a reference means: a resource of the file, or at least the same words."""
    found = links.follow(reference, holder)
    return found.path if found else reference.reference if reference else ""


def _stands(allergy: m.AllergyIntolerance) -> bool:
    """Whether the allergy holds: not resolved, not refuted, not entered by mistake. Unknown counts as holding."""
    clinical = {each.code for each in allergy.clinical_status.codings}
    verified = {each.code for each in allergy.verification_status.codings}
    return not clinical & {"inactive", "resolved"} and not verified & {"refuted", "entered-in-error"}


def _standing(document: m.Document) -> list[m.AllergyIntolerance]:
    found = (each.resource for each in document.entries if each.method != "DELETE")
    return [each for each in found if isinstance(each, m.AllergyIntolerance) and _stands(each)]


def _allergies(document: m.Document, links: Links) -> dict[str, tuple[str, ...]]:
    """The allergies that hold, by patient, in the words of the file, each once."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for allergy in _standing(document):
        key = _key(allergy.patient, allergy, links)
        if key and allergy.concept.label:
            found[key].setdefault(allergy.concept.label)
    return {key: tuple(names) for key, names in found.items()}


def _unplaced(document: m.Document, links: Links, orders: Sequence[m.MedicationRequest]) -> Iterator[Finding]:
    """Allergies that could not be given to a patient, beside orders that they may concern."""
    known = {_key(each.subject, each, links) for each in orders} - {""}
    lost = [
        each
        for each in _standing(document)
        if orders
        and (
            not each.concept.label or not (links.follow(each.patient, each) or _key(each.patient, each, links) in known)
        )
    ]
    if lost:
        names = tuple(each.concept.label for each in lost)
        yield Finding(
            "allergy_unplaced",
            f"{len(lost)} allergy record{'' if len(lost) == 1 else 's'} could not be given to a patient or names nothing: "
            f"{'; '.join(name or 'no name' for name in names[:SHOWN_PLACES])}.",
            Severity.MAJOR,
            where=_places([each.path for each in lost]),
            source=SOURCE,
            about=names[:SHOWN_PLACES],
        )
