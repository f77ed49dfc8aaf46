"""The FHIR R4 resources that a pharmacy reads on intake, frozen; names are the plain words for the standard's elements.

Text that was not written is ''. Dates stay the text of the wire, because FHIR dates may be a year or a month only. Every
resource keeps what this house does not read in `kept` (FHIRPath place, JSON text), so that nothing is lost.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain

from officina.codecs.fhir.codes import PLAIN_UNITS, UCUM
from officina.kernel.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """A code in a system (R4 section 2.24.0.5)."""

    system: str = ""
    code: str = ""
    display: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeableConcept:
    """A meaning in words and in any number of codings (R4 section 2.24.0.6)."""

    codings: tuple[Coding, ...] = ()
    text: str = ""

    @property
    def label(self) -> str:
        """What a person reads: the text, else the first display, else the first code."""
        shown = chain([self.text], (c.display for c in self.codings), (c.code for c in self.codings))
        return next((text.strip() for text in shown if text.strip()), "")

    def codes(self, *systems: str) -> tuple[str, ...]:
        """The codes given in these systems, each once, in the order written."""
        return tuple(dict.fromkeys(c.code for c in self.codings if c.system in systems and c.code))


NOTHING = CodeableConcept()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A business number: who gives it, and its value (R4 section 2.24.0.12)."""

    system: str = ""
    value: str = ""
    use: str = ""
    type: CodeableConcept = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A pointer to another resource: literal, by identifier, or in words only (R4 section 2.3)."""

    reference: str = ""
    type: str = ""
    identifier: Identifier | None = None
    display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """FHIR's Quantity and Duration: a number with its unit in words and in code (R4 section 2.24.0.7)."""

    value: Decimal | None = None
    comparator: str = ""
    unit: str = ""
    system: str = ""
    code: str = ""

    @property
    def plain_unit(self) -> str:
        """The house's plain name of the unit (tablet, mL …), or '' where code and word are not known."""
        for text in (self.code, self.unit):
            if name := PLAIN_UNITS.get(text.strip().strip("{}")):
                return name
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanName:
    family: str = ""
    given: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    use: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    use: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    system: str = ""
    value: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    version_id: str = ""
    source: str = ""
    security: tuple[Coding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What every resource has; a resource of a kind that intake does not read is just this, with its name where it has one."""

    kind: str = ""
    """resourceType."""
    id: str = ""
    identifiers: tuple[Identifier, ...] = ()
    meta: Meta = Meta()
    concept: CodeableConcept = NOTHING
    """`code`: the drug of a Medication, the substance of an allergy, the meaning of a Condition."""
    title: str = ""
    """`name` where it is one text, as an Organization's."""
    contained: tuple["Resource", ...] = ()
    modifiers: tuple[str, ...] = ()
    """Places of modifierExtension and implicitRules: they may turn the meaning round, so a person must look."""
    findings: tuple[Finding, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    path: str = field(default="", compare=False)
    """FHIRPath place in the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient(Resource):
    kind: str = "Patient"
    names: tuple[HumanName, ...] = ()
    telecoms: tuple[ContactPoint, ...] = ()
    addresses: tuple[Address, ...] = ()
    gender: str = ""
    birth_date: str = ""
    is_active: bool | None = None
    is_deceased: bool | None = None
    """deceasedBoolean, or true where deceasedDateTime is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """A licence or degree, with its numbers."""

    identifiers: tuple[Identifier, ...] = ()
    concept: CodeableConcept = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner(Resource):
    kind: str = "Practitioner"
    names: tuple[HumanName, ...] = ()
    telecoms: tuple[ContactPoint, ...] = ()
    addresses: tuple[Address, ...] = ()
    is_active: bool | None = None
    qualifications: tuple[Qualification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerRole(Resource):
    kind: str = "PractitionerRole"
    practitioner: Reference | None = None
    organization: Reference | None = None
    telecoms: tuple[ContactPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication(Resource):
    kind: str = "Medication"
    status: str = ""
    form: CodeableConcept = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyIntolerance(Resource):
    kind: str = "AllergyIntolerance"
    clinical_status: CodeableConcept = NOTHING
    verification_status: CodeableConcept = NOTHING
    patient: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosage:
    """One dosage instruction; the text governs, the structure is kept as JSON text and never turned into words here."""

    text: str = ""
    patient_instruction: str = ""
    is_as_needed: bool | None = None
    """asNeededBoolean, or true where asNeededCodeableConcept is written."""
    as_needed_for: CodeableConcept = NOTHING
    structure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispenseRequest:
    quantity: Amount | None = None
    repeats: int | None = None
    """numberOfRepeatsAllowed: refills after the first fill."""
    supply: Amount | None = None
    """expectedSupplyDuration."""
    starts: str = ""
    """validityPeriod.start: not to be filled before."""
    ends: str = ""
    initial_fill: str = ""
    """initialFill, as JSON text: a first fill that differs from the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationRequest(Resource):
    """R4 section 11.1. The lists of what must be there are checked on parsing and reported in `findings`."""

    kind: str = "MedicationRequest"
    status: str = ""
    intent: str = ""
    must_not_perform: bool = False
    """doNotPerform: an order NOT to give the drug."""
    is_reported: bool = False
    """reportedBoolean true or reportedReference: somebody told of it, nobody ordered it."""
    medication: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    requester: Reference | None = None
    authored_on: str = ""
    reasons: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    dosages: tuple[Dosage, ...] = ()
    dispense: DispenseRequest | None = None
    substitution_allowed: bool | None = None
    substitution: CodeableConcept = NOTHING
    """substitution.allowedCodeableConcept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a bundle; a lone resource is an entry without address."""

    resource: Resource
    full_url: str = ""
    method: str = ""
    """request.method of a transaction, batch or history entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file: a Bundle with its entries, or a lone resource as the only entry."""

    kind: str
    """resourceType of the file."""
    id: str = ""
    type: str = ""
    """Bundle.type."""
    identifier: Identifier | None = None
    timestamp: str = ""
    meta: Meta = Meta()
    entries: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What is wrong with the document: its frame, and references that lead nowhere."""
    kept: tuple[tuple[str, str], ...] = ()


def tablets(number: Decimal) -> Amount:
    """A count of tablets as UCUM writes it: the annotation {tbl}."""
    return Amount(value=number, unit="tablet", system=UCUM, code="{tbl}")
