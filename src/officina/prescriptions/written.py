"""What a prescriber wrote, as it was read from a message or from paper: facts with the place each came from.

Nothing here is matched to a patient, a prescriber or a drug of the house yet; a person does that at the entry desk. What could
not be read stands in `questions`; what was read but has no place here stands in `kept`, so that nothing is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from officina.kernel.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A name and where to find them, as written; empty text where nothing was written."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPatient(Person):
    born_on: date | None = None
    sex: str = ""
    """F, M, or U for unknown; empty where not written."""
    weight_kg: Decimal | None = None
    allergies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPrescriber(Person):
    npi: str = ""
    dea: str = ""
    state_license: str = ""
    business_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOrder:
    """One medicine ordered for one patient. `where` maps a field's name ('quantity', 'patient.last_name') to its place in the message."""

    patient: WrittenPatient = WrittenPatient()
    prescriber: WrittenPrescriber = WrittenPrescriber()
    drug_text: str = ""
    ndc: str = ""
    """As it came; digits or hyphenated."""
    rxcui: str = ""
    strength: str = ""
    """'500 mg', in the units' plain names."""
    form: str = ""
    quantity: Decimal | None = None
    quantity_unit: str = ""
    """Plain name: tablet, capsule, mL, g, each; empty where unknown."""
    days_supply: int | None = None
    refills: int | None = None
    """Refills after the first fill; None where not written."""
    substitution_allowed: bool | None = None
    sig_text: str = ""
    written_on: date | None = None
    not_before: date | None = None
    note: str = ""
    schedule: int | None = None
    """Controlled substance schedule 2 to 5 as the message says; 0 says not controlled; None says nothing."""
    signed: bool = False
    """The network asserts a digital signature for a controlled order (21 CFR 1311)."""
    diagnoses: tuple[str, ...] = ()
    order_number: str = ""
    """The prescriber system's own number of the order (PrescriberOrderNumber, MedicationRequest identifier or id)."""
    where: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Finding, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the message says about itself."""

    format: str
    """'ncpdp-script' or 'fhir'."""
    version: str = ""
    """'2017071', '2023011', 'R4'."""
    kind: str = ""
    """The message or resource type: NewRx, CancelRx, MedicationRequest, Bundle …"""
    message_id: str = ""
    relates_to: str = ""
    sender: str = ""
    recipient: str = ""
    sent_at: datetime | None = None
    is_test: bool = False


Outcome = Literal["approved", "changed", "replaced", "denied", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a prescriber answered to something that was asked of them."""

    kind: Literal["renewal", "change"]
    to: tuple[str, ...]
    """By what they name the request: its message id, its reference number, our Rx number."""
    outcome: Outcome
    words: str = ""
    """Their reasons and note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """An order that a prescriber takes back, by all that may name it."""

    order_number: str = ""
    to: str = ""
    """The message id of the order."""
    rx_number: str = ""
    what: str = ""
    """Patient and medicine as the message names them, for a person who looks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The answer to reading one message: what it is, the orders in it, and what is wrong with the message as a whole."""

    envelope: Envelope
    orders: tuple[WrittenOrder, ...] = ()
    problems: tuple[Finding, ...] = ()
    """Why no order could be taken from it, or what concerns the message and not one order (code, sentence, where)."""
    answered: Answered | None = None
    taken_back: TakenBack | None = None
