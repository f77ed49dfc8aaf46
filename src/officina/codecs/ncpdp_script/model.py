"""What a SCRIPT message says, as frozen values named by the standard's own element names.

A field is empty text or None where the message says nothing. Which element each field stands in is told by `layout`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from officina.kernel.findings import Finding

Version = Literal["2017071", "2023011"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sends or receives."""

    id: str = ""
    qualifier: str = ""
    """P pharmacy (NCPDP id), D prescriber (SPI), C clearing house, M mailbox or switch, ZZZ agreed between the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSoftware:
    developer: str = ""
    product: str = ""
    version_release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The envelope: who, to whom, when, and in answer to what."""

    to: Party = Party()
    from_: Party = Party()
    message_id: str = ""
    """The sender's number of this message, never used twice."""
    relates_to_message_id: str = ""
    """The MessageID of the message that this one answers."""
    sent_time: datetime | None = None
    sender_software: SenderSoftware = SenderSoftware()
    test_message: str = ""
    rx_reference_number: str = ""
    """The pharmacy's number of the prescription."""
    prescriber_order_number: str = ""
    """The prescriber's number of the order; it stays on every later message about it."""
    digital_signature_version: str = ""
    digital_signature_indicator: bool | None = None
    """True: the network says that a signed controlled-substance order was sent (21 CFR 1311)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    line_1: str = ""
    line_2: str = ""
    city: str = ""
    state_province: str = ""
    postal_code: str = ""
    country_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationNumbers:
    primary_telephone: str = ""
    primary_extension: str = ""
    electronic_mail: str = ""
    fax: str = ""
    home_telephone: str = ""
    work_telephone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    element: str = "HumanPatient"
    """HumanPatient, or NonHumanPatient for an animal."""
    name: Name = Name()
    gender: str = ""
    """F, M, U unknown; 2023011 adds N non-binary."""
    date_of_birth: date | None = None
    address: Address = Address()
    communication_numbers: CommunicationNumbers = CommunicationNumbers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pharmacy:
    ncpdp_id: str = ""
    state_license_number: str = ""
    dea_number: str = ""
    npi: str = ""
    business_name: str = ""
    address: Address = Address()
    communication_numbers: CommunicationNumbers = CommunicationNumbers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescriber:
    element: str = "NonVeterinarian"
    """NonVeterinarian or Veterinarian."""
    state_license_number: str = ""
    dea_number: str = ""
    npi: str = ""
    practice_location: str = ""
    name: Name = Name()
    address: Address = Address()
    communication_numbers: CommunicationNumbers = CommunicationNumbers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy:
    """An allergy or adverse event that the prescriber sends along."""

    adverse_event: str = ""
    adverse_event_code: str = ""
    drug: str = ""
    drug_code: str = ""
    drug_code_qualifier: str = ""
    reaction: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A vital sign: `vital_sign` is a LOINC code, `unit_of_measure` a UCUM unit."""

    vital_sign: str = ""
    loinc_version: str = ""
    value: Decimal | None = None
    unit_of_measure: str = ""
    ucum_version: str = ""
    observation_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugCoded:
    """The drug in codes. `ndc` is the product code with qualifier ND; another product code stands beside it."""

    ndc: str = ""
    product_code: str = ""
    product_code_qualifier: str = ""
    strength_value: str = ""
    """As written: '10', '5-325'."""
    strength_form: str = ""
    strength_unit_of_measure: str = ""
    drug_db_code: str = ""
    drug_db_code_qualifier: str = ""
    """SCD, SBD, GPK, BPK: RxNorm."""
    dea_schedule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """The standard's Quantity: how much to dispense."""

    value: Decimal | None = None
    code_list_qualifier: str = ""
    """38 original, 40 remaining, 87 received, CF compound, UQ unspecified."""
    unit_of_measure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    clinical_information_qualifier: str = ""
    primary_code: str = ""
    primary_qualifier: str = ""
    primary_description: str = ""
    secondary_code: str = ""
    secondary_qualifier: str = ""
    secondary_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMedicationDate:
    day: date | None = None
    instant: datetime | None = None
    qualifier: str = ""
    """EffectiveDate: not to be filled before it. Others: ExpirationDate, DateValidated …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A word with its code (in a Sig: SNOMED CT, or NCI for dose units)."""

    text: str = ""
    qualifier: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One TimingAndDuration: usually only one of event, frequency, interval and duration is there."""

    event_modifier: Coded = Coded()
    event: Coded = Coded()
    free_text: str = ""
    frequency: Decimal | None = None
    frequency_max: Decimal | None = None
    frequency_units: Coded = Coded()
    interval: Decimal | None = None
    interval_max: Decimal | None = None
    interval_units: Coded = Coded()
    duration: Decimal | None = None
    duration_units: Coded = Coded()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One structured direction."""

    dose_delivery_method: Coded = Coded()
    dose_quantity: Decimal | None = None
    dose_unit_of_measure: Coded = Coded()
    route_of_administration: Coded = Coded()
    timings: tuple[Timing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sig:
    """The directions. `sig_text` governs; the structure only helps to enter it."""

    sig_text: str = ""
    snomed_version: str = ""
    fmt_version: str = ""
    instructions: tuple[Instruction, ...] = ()
    multiple_instruction_modifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication:
    """The standard's MedicationPrescribed."""

    drug_description: str = ""
    drug_coded: DrugCoded = DrugCoded()
    quantity: Amount = Amount()
    days_supply: int | None = None
    written_date: date | None = None
    written_at: datetime | None = None
    """The written date where it came as an instant."""
    last_fill_date: date | None = None
    substitutions: str = ""
    """0 substitution allowed, 1 dispense as written."""
    number_of_refills: int | None = None
    """Refills after the first fill."""
    diagnoses: tuple[Diagnosis, ...] = ()
    prior_authorization_number: str = ""
    note: str = ""
    drug_coverage_status_codes: tuple[str, ...] = ()
    sig: Sig = Sig()
    rx_fill_indicator: str = ""
    other_dates: tuple[OtherMedicationDate, ...] = ()
    prescriber_checked_rems: str = ""
    pharmacy_requested_refills: int | None = None
    """In a renewal request: all fills that are asked for, the first one counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRx:
    """A new prescription."""

    no_known_allergies: str = ""
    """Y where the prescriber says that none is known."""
    allergies: tuple[Allergy, ...] = ()
    patient: Patient | None = None
    pharmacy: Pharmacy | None = None
    prescriber: Prescriber | None = None
    measurements: tuple[Measurement, ...] = ()
    medication: Medication | None = None
    supervisor: Prescriber | None = None
    prohibit_renewal_request: bool | None = None
    follow_up_prescriber: Prescriber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was answered to a request; `element` names it: Approved, ApprovedWithChanges, Denied, Replace, Validated …"""

    element: str = ""
    reason_codes: tuple[str, ...] = ()
    denial_reason: str = ""
    note: str = ""
    medication: Medication | None = None
    """Some senders put the changed order in here instead of beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RxRenewalRequest:
    """A pharmacy asks a prescriber for a renewal."""

    reference: str = ""
    patient: Patient | None = None
    pharmacy: Pharmacy | None = None
    prescriber: Prescriber | None = None
    dispensed: Medication | None = None
    medication: Medication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RxChangeRequest:
    """A pharmacy asks a prescriber to change an order."""

    code: str = ""
    """Why: G generic, T therapeutic, P prior authorization, S clarification, OS out of stock, D drug use evaluation, U authorization."""
    reference: str = ""
    patient: Patient | None = None
    pharmacy: Pharmacy | None = None
    prescriber: Prescriber | None = None
    medication: Medication | None = None
    requested: tuple[Medication, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRx:
    """A prescriber takes an order back."""

    reference: str = ""
    patient: Patient | None = None
    pharmacy: Pharmacy | None = None
    prescriber: Prescriber | None = None
    medication: Medication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RxRenewalResponse:
    """The prescriber's answer to a renewal request."""

    reference: str = ""
    outcomes: tuple[Outcome, ...] = ()
    """One; with none or several the message says nothing that could be acted on."""
    patient: Patient | None = None
    pharmacy: Pharmacy | None = None
    prescriber: Prescriber | None = None
    medication: Medication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RxChangeResponse:
    """The prescriber's answer to a change request."""

    reference: str = ""
    outcomes: tuple[Outcome, ...] = ()
    patient: Patient | None = None
    pharmacy: Pharmacy | None = None
    prescriber: Prescriber | None = None
    medication: Medication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRxResponse:
    """The pharmacy's answer to a CancelRx."""

    reference: str = ""
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The message was accepted: 010 by its ultimate receiver, others by a station on the way."""

    code: str = ""
    description_codes: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """The message was refused: 900 the transaction, 600 to 602 the transmission."""

    code: str = ""
    description_codes: tuple[str, ...] = ()
    description: str = ""


Answer = RxRenewalResponse | RxChangeResponse
Request = RxRenewalRequest | RxChangeRequest | CancelRx
Body = NewRx | Request | Answer | CancelRxResponse | Status | Error


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A whole message. A kind that is not read further (RxFill, Verify …) has no `body`; all it says is in `kept`."""

    kind: str
    """The element in Body: NewRx, Status, Error, CancelRx …; with ', ' between them where a sender put in several."""
    version: str = "2017071"
    """As the attributes of Message say; '10.6' for the old standard, empty where nothing is said."""
    header: Header = Header()
    body: Body | None = None
    kept: tuple[tuple[str, str], ...] = ()
    """What no field took, as (path, text)."""
    notes: tuple[Finding, ...] = ()
    """What could not be read as the standard asks; the text that stood there is in `came` and in `kept`."""
    where: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Field name ('medication.sig.sig_text') to path ('Body/NewRx/MedicationPrescribed/Sig/SigText')."""
