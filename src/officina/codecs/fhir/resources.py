"""How each resource is read, element by element, with the rules of R4 that are checked on the way."""

import re
from collections.abc import Callable
from typing import Any

from officina.codecs.fhir import model as m
from officina.codecs.fhir.codes import INTENTS, STATUSES
from officina.codecs.fhir.node import Node
from officina.codecs.fhir.wire import dumps

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CHOICES = ("medicationCodeableConcept", "medicationReference")


def coding(node: Node) -> m.Coding:
    return m.Coding(
        system=node.text("system"), code=node.text("code"), display=node.text("display"), version=node.text("version")
    )


def concept(node: Node) -> m.CodeableConcept:
    return m.CodeableConcept(codings=node.many("coding", coding), text=node.text("text"))


def identifier(node: Node) -> m.Identifier:
    return m.Identifier(
        system=node.text("system"),
        value=node.text("value"),
        use=node.text("use"),
        type=node.one("type", concept) or m.NOTHING,
    )


def reference(node: Node) -> m.Reference:
    return m.Reference(
        reference=node.text("reference"),
        type=node.text("type"),
        identifier=node.one("identifier", identifier),
        display=node.text("display"),
    )


def amount(node: Node) -> m.Amount:
    return m.Amount(
        value=node.number("value"),
        comparator=node.text("comparator"),
        unit=node.text("unit"),
        system=node.text("system"),
        code=node.text("code"),
    )


def human_name(node: Node) -> m.HumanName:
    return m.HumanName(
        family=node.text("family"),
        given=node.texts("given"),
        suffix=node.texts("suffix"),
        prefix=node.texts("prefix"),
        use=node.text("use"),
        text=node.text("text"),
    )


def address(node: Node) -> m.Address:
    return m.Address(
        lines=node.texts("line"),
        city=node.text("city"),
        state=node.text("state"),
        postal_code=node.text("postalCode"),
        use=node.text("use"),
        text=node.text("text"),
    )


def telecom(node: Node) -> m.ContactPoint:
    return m.ContactPoint(system=node.text("system"), value=node.text("value"), use=node.text("use"))


def meta(node: Node) -> m.Meta:
    return m.Meta(version_id=node.text("versionId"), source=node.text("source"), security=node.many("security", coding))


def dosage(node: Node) -> m.Dosage:
    reason = node.one("asNeededCodeableConcept", concept)
    as_needed = node.flag("asNeededBoolean")
    text, spoken = node.text("text"), node.text("patientInstruction")
    rest = node.rest()
    return m.Dosage(
        text=text,
        patient_instruction=spoken,
        is_as_needed=True if reason else as_needed,
        as_needed_for=reason or m.NOTHING,
        structure=dumps(rest) if rest else "",
    )


def dispense(node: Node) -> m.DispenseRequest:
    starts, ends = node.one("validityPeriod", _period) or ("", "")
    return m.DispenseRequest(
        quantity=node.one("quantity", amount),
        repeats=node.whole("numberOfRepeatsAllowed"),
        supply=node.one("expectedSupplyDuration", amount),
        starts=starts,
        ends=ends,
        initial_fill=node.raw("initialFill"),
    )


def _period(node: Node) -> tuple[str, str]:
    return node.moment("start"), node.moment("end")


def _base(node: Node, given: dict[str, Any]) -> dict[str, Any]:
    """What every resource has. An id outside its grammar is kept, since it may still be what others refer to."""
    name = node.text("id")
    if name and not _ID.fullmatch(name):
        expected = "1 to 64 letters, digits, hyphens and points"
        node.notes.add(
            "fhir_id", f"{node.place('id')} is not a FHIR id.", where=node.place("id"), expected=expected, came=name
        )
    return {
        **given,
        "id": name,
        "identifiers": node.many("identifier", identifier) if isinstance(node.data.get("identifier"), list) else (),
        "meta": node.one("meta", meta) or m.Meta(),
        "modifiers": tuple(node.place(key) for key in ("modifierExtension", "implicitRules") if node.has(key)),
    }


def _person(node: Node) -> dict[str, Any]:
    return {
        "names": node.many("name", human_name),
        "telecoms": node.many("telecom", telecom),
        "addresses": node.many("address", address),
        "is_active": node.flag("active"),
    }


def patient(node: Node, given: dict[str, Any]) -> m.Patient:
    died = node.flag("deceasedBoolean")
    return m.Patient(
        **_base(node, given),
        **_person(node),
        gender=node.text("gender"),
        birth_date=node.moment("birthDate"),
        is_deceased=True if node.moment("deceasedDateTime") else died,
    )


def practitioner(node: Node, given: dict[str, Any]) -> m.Practitioner:
    return m.Practitioner(
        **_base(node, given), **_person(node), qualifications=node.many("qualification", _qualification)
    )


def _qualification(node: Node) -> m.Qualification:
    return m.Qualification(
        identifiers=node.many("identifier", identifier), concept=node.one("code", concept) or m.NOTHING
    )


def practitioner_role(node: Node, given: dict[str, Any]) -> m.PractitionerRole:
    return m.PractitionerRole(
        **_base(node, given),
        practitioner=node.one("practitioner", reference),
        organization=node.one("organization", reference),
        telecoms=node.many("telecom", telecom),
    )


def medication(node: Node, given: dict[str, Any]) -> m.Medication:
    return m.Medication(
        **_base(node, given),
        concept=node.one("code", concept) or m.NOTHING,
        status=node.text("status"),
        form=node.one("form", concept) or m.NOTHING,
    )


def allergy(node: Node, given: dict[str, Any]) -> m.AllergyIntolerance:
    found = m.AllergyIntolerance(
        **_base(node, given),
        concept=node.one("code", concept) or m.NOTHING,
        clinical_status=node.one("clinicalStatus", concept) or m.NOTHING,
        verification_status=node.one("verificationStatus", concept) or m.NOTHING,
        patient=node.one("patient", reference),
    )
    if found.patient is None:
        _missing(node, "patient")
    return found


def medication_request(node: Node, given: dict[str, Any]) -> m.MedicationRequest:
    _check_request(node)
    reported = node.one("reportedReference", reference)
    allowed = node.one("substitution", _substitution) or (None, m.NOTHING)
    return m.MedicationRequest(
        **_base(node, given),
        status=node.text("status"),
        intent=node.text("intent"),
        must_not_perform=node.flag("doNotPerform") is True,
        is_reported=node.flag("reportedBoolean") is True or reported is not None,
        medication=node.one("medicationCodeableConcept", concept),
        medication_reference=node.one("medicationReference", reference),
        subject=node.one("subject", reference),
        requester=node.one("requester", reference),
        authored_on=node.moment("authoredOn"),
        reasons=node.many("reasonCode", concept),
        reason_references=node.many("reasonReference", reference),
        notes=node.many("note", lambda each: each.text("text")),
        dosages=node.many("dosageInstruction", dosage),
        dispense=node.one("dispenseRequest", dispense),
        substitution_allowed=allowed[0],
        substitution=allowed[1],
    )


def _substitution(node: Node) -> tuple[bool | None, m.CodeableConcept]:
    return node.flag("allowedBoolean"), node.one("allowedCodeableConcept", concept) or m.NOTHING


def _missing(node: Node, key: str) -> None:
    kind = node.data.get("resourceType")
    node.notes.add(
        "fhir_required",
        f"{key} is required in a {kind} and is not there.",
        where=node.place(key),
        expected="exactly one",
    )


def _check_request(node: Node) -> None:
    """What R4 requires of a MedicationRequest (section 11.1.3); common validators let unknown codes pass."""
    for key, allowed in (("status", STATUSES), ("intent", INTENTS)):
        code = node.data.get(key)
        if code is None:
            _missing(node, key)
        elif not isinstance(code, str) or code not in allowed:
            expected = ", ".join(sorted(allowed))
            node.notes.add(
                "fhir_code",
                f"{key} holds a code that FHIR R4 does not know.",
                where=node.place(key),
                expected=expected,
                came=dumps(code),
            )
    if not node.has("subject"):
        _missing(node, "subject")
    _check_medication(node)


def _check_medication(node: Node) -> None:
    written = [key for key in _CHOICES if node.has(key)]
    if len(written) == 1:
        return
    sentence = "A MedicationRequest names its drug exactly once, as a code or as a reference."
    if node.has("medication"):
        sentence += " This one names it as FHIR R5 does; R4 is read here."
    node.notes.add(
        "fhir_medication",
        sentence,
        where=node.place("medication"),
        expected=" or ".join(_CHOICES),
        came=" and ".join(written) or "neither",
    )


def other(node: Node, given: dict[str, Any]) -> m.Resource:
    """A resource that intake does not read: its number, its name and its meaning only. The file itself keeps the rest."""
    code, name = node.data.get("code"), node.data.get("name")
    return m.Resource(
        **_base(node, given),
        concept=(node.one("code", concept) if isinstance(code, dict) else None) or m.NOTHING,
        title=node.text("name") if isinstance(name, str) else "",
    )


READERS: dict[str, Callable[[Node, dict[str, Any]], m.Resource]] = {
    "AllergyIntolerance": allergy,
    "Medication": medication,
    "MedicationRequest": medication_request,
    "Patient": patient,
    "Practitioner": practitioner,
    "PractitionerRole": practitioner_role,
}
