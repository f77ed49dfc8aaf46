"""Which element holds which field, in the order that the standard asks for; read by the reader and the writer alike.

A row names the path below its group's element. `path_2023` differs where SCRIPT 2023011 moved it; `also` are shapes seen from
real senders, which are read and never written. A leaf path may end in an attribute ('@Qualifier').
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from officina.codecs.ncpdp_script import model as m


class Kind(Enum):
    """How the text of a leaf is read and written."""

    TEXT = "text"
    DAY = "a calendar day as YYYY-MM-DD"
    INSTANT = "an instant with its zone, as 2026-01-15T15:30:47Z"
    NUMBER = "digits with at most one decimal point"
    WHOLE = "a whole number"
    FLAG = "true or false"


Way = tuple[tuple[str, ...], str]
"""The names that lead to an element, and the attribute there, or no name of one."""


def _ways(*paths: str) -> tuple[Way, ...]:
    """Every path as the reader walks it; '.' is the element itself."""
    split = [path.rpartition("@") if "@" in path else (path, "", "") for path in paths if path]
    return tuple(
        (tuple(name for name in way.split("/") if name not in {"", "."}), attribute) for way, _, attribute in split
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A field that is one text."""

    name: str
    path: str
    path_2023: str = ""
    also: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT
    many: bool = False
    may_repeat: bool = False
    """The standard allows several; the first is read and the others are kept without a note."""
    at_most: int = 0
    """Characters that the standard allows; 0 where it does not matter here."""
    ways: tuple[Way, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ways", _ways(self.path, self.path_2023, *self.also))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A field that is a value of its own. With `choice`, one of these elements below holds it and `element` names which."""

    name: str
    path: str
    of: type[Any]
    path_2023: str = ""
    also: tuple[str, ...] = ()
    many: bool = False
    choice: tuple[str, ...] = ()
    is_optional: bool = False
    """Absent is None; where not, absent is the empty value."""
    ways: tuple[Way, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ways", _ways(self.path, self.path_2023, *self.also))


Row = Leaf | Group


def coded(name: str, path: str, *also: str) -> Group:
    return Group(name=name, path=path, of=m.Coded, also=also)


COMMON: tuple[Row, ...] = (
    Group(name="address", path="Address", of=m.Address),
    Group(name="communication_numbers", path="CommunicationNumbers", of=m.CommunicationNumbers),
)
NAME = Group(name="name", path="Name", path_2023="Names/Name", of=m.Name)
PRESCRIBER = ("NonVeterinarian", "Veterinarian")
STATUS: tuple[Row, ...] = (
    Leaf(name="code", path="Code"),
    Leaf(name="description_codes", path="DescriptionCode", many=True),
    Leaf(name="description", path="Description"),
)

REFERENCE = Leaf(name="reference", path="RequestReferenceNumber")
PEOPLE: tuple[Row, ...] = (
    Group(name="patient", path="Patient", of=m.Patient, choice=("HumanPatient", "NonHumanPatient"), is_optional=True),
    Group(name="pharmacy", path="Pharmacy", of=m.Pharmacy, is_optional=True),
    Group(name="prescriber", path="Prescriber", of=m.Prescriber, choice=PRESCRIBER, is_optional=True),
)
PRESCRIBED = Group(name="medication", path="MedicationPrescribed", of=m.Medication, is_optional=True)
OUTCOMES = Group(
    name="outcomes",
    path="Response",
    of=m.Outcome,
    many=True,
    choice=("Approved", "ApprovedWithChanges", "Denied", "DeniedNewPrescriptionToFollow", "Replace", "Validated"),
)
ANSWER: tuple[Row, ...] = (
    REFERENCE,
    OUTCOMES,
    *PEOPLE,
    Group(
        name="medication",
        path="MedicationResponse",
        also=("MedicationPrescribed",),
        of=m.Medication,
        is_optional=True,
    ),
)

LAYOUT: dict[type[Any], tuple[Row, ...]] = {
    m.Header: (
        Group(name="to", path="To", of=m.Party),
        Group(name="from_", path="From", of=m.Party),
        Leaf(name="message_id", path="MessageID"),
        Leaf(name="relates_to_message_id", path="RelatesToMessageID"),
        Leaf(name="sent_time", path="SentTime", kind=Kind.INSTANT),
        Group(name="sender_software", path="SenderSoftware", of=m.SenderSoftware),
        Leaf(name="test_message", path="TestMessage"),
        Leaf(name="rx_reference_number", path="RxReferenceNumber"),
        Leaf(name="prescriber_order_number", path="PrescriberOrderNumber"),
        Leaf(name="digital_signature_version", path="DigitalSignature/@Version"),
        Leaf(name="digital_signature_indicator", path="DigitalSignature/DigitalSignatureIndicator", kind=Kind.FLAG),
    ),
    m.Party: (Leaf(name="qualifier", path="@Qualifier"), Leaf(name="id", path=".")),
    m.SenderSoftware: (
        Leaf(name="developer", path="SenderSoftwareDeveloper"),
        Leaf(name="product", path="SenderSoftwareProduct"),
        Leaf(name="version_release", path="SenderSoftwareVersionRelease"),
    ),
    m.Name: (
        Leaf(name="last_name", path="LastName"),
        Leaf(name="first_name", path="FirstName"),
        Leaf(name="middle_name", path="MiddleName"),
        Leaf(name="suffix", path="Suffix"),
        Leaf(name="prefix", path="Prefix"),
    ),
    m.Address: (
        Leaf(name="line_1", path="AddressLine1"),
        Leaf(name="line_2", path="AddressLine2"),
        Leaf(name="city", path="City"),
        Leaf(name="state_province", path="StateProvince"),
        Leaf(name="postal_code", path="PostalCode"),
        Leaf(name="country_code", path="CountryCode", also=("Country",)),
    ),
    m.CommunicationNumbers: (
        Leaf(name="primary_telephone", path="PrimaryTelephone/Number"),
        Leaf(name="primary_extension", path="PrimaryTelephone/Extension"),
        Leaf(name="electronic_mail", path="ElectronicMail"),
        Leaf(name="fax", path="Fax/Number", may_repeat=True),
        Leaf(name="home_telephone", path="HomeTelephone/Number", may_repeat=True),
        Leaf(name="work_telephone", path="WorkTelephone/Number", may_repeat=True),
    ),
    m.Patient: (
        NAME,
        Leaf(name="gender", path="Gender", path_2023="GenderAndSex/AdministrativeGender"),
        Leaf(name="date_of_birth", path="DateOfBirth/Date", also=("DateOfBirth",), kind=Kind.DAY),
        *COMMON,
    ),
    m.Pharmacy: (
        Leaf(name="ncpdp_id", path="Identification/NCPDPID"),
        Leaf(name="state_license_number", path="Identification/StateLicenseNumber"),
        Leaf(name="dea_number", path="Identification/DEANumber"),
        Leaf(name="npi", path="Identification/NPI"),
        Leaf(name="business_name", path="BusinessName"),
        *COMMON,
    ),
    m.Prescriber: (
        Leaf(name="state_license_number", path="Identification/StateLicenseNumber"),
        Leaf(name="dea_number", path="Identification/DEANumber"),
        Leaf(name="npi", path="Identification/NPI"),
        Leaf(name="practice_location", path="PracticeLocation/BusinessName"),
        NAME,
        *COMMON,
    ),
    m.Allergy: (
        Leaf(name="adverse_event", path="AdverseEvent/Text"),
        Leaf(name="adverse_event_code", path="AdverseEvent/Code"),
        Leaf(name="drug_code", path="DrugProductCoded/Code"),
        Leaf(name="drug_code_qualifier", path="DrugProductCoded/Qualifier"),
        Leaf(name="drug", path="DrugProductCoded/Text"),
        Leaf(name="reaction", path="ReactionCoded/Text"),
        Leaf(name="severity", path="SeverityCoded/Text"),
    ),
    m.Measurement: (
        Leaf(name="vital_sign", path="VitalSign"),
        Leaf(name="loinc_version", path="LOINCVersion"),
        Leaf(name="value", path="Value", kind=Kind.NUMBER),
        Leaf(name="unit_of_measure", path="UnitOfMeasure"),
        Leaf(name="ucum_version", path="UCUMVersion"),
        Leaf(name="observation_date", path="ObservationDate/Date", kind=Kind.DAY),
    ),
    m.DrugCoded: (
        Leaf(name="ndc", path="", path_2023="NDC"),
        Leaf(name="product_code", path="ProductCode/Code", also=("ProductCode",)),
        Leaf(name="product_code_qualifier", path="ProductCode/Qualifier", also=("ProductCode/@Qualifier",)),
        Leaf(name="strength_value", path="Strength/StrengthValue"),
        Leaf(name="strength_form", path="Strength/StrengthForm/Code"),
        Leaf(
            name="strength_unit_of_measure",
            path="Strength/StrengthUnitOfMeasure/Code",
        ),
        Leaf(name="drug_db_code", path="DrugDBCode/Code", also=("DrugDBCode",)),
        Leaf(name="drug_db_code_qualifier", path="DrugDBCode/Qualifier", also=("DrugDBCode/@Qualifier",)),
        Leaf(name="dea_schedule", path="DEASchedule/Code"),
    ),
    m.Amount: (
        Leaf(name="value", path="Value", kind=Kind.NUMBER),
        Leaf(name="code_list_qualifier", path="CodeListQualifier"),
        Leaf(name="unit_of_measure", path="QuantityUnitOfMeasure/Code", also=("QuantityUnitOfMeasure",)),
    ),
    m.Diagnosis: (
        Leaf(name="clinical_information_qualifier", path="ClinicalInformationQualifier"),
        Leaf(name="primary_code", path="Primary/Code"),
        Leaf(name="primary_qualifier", path="Primary/Qualifier"),
        Leaf(name="primary_description", path="Primary/Description"),
        Leaf(name="secondary_code", path="Secondary/Code"),
        Leaf(name="secondary_qualifier", path="Secondary/Qualifier"),
        Leaf(name="secondary_description", path="Secondary/Description"),
    ),
    m.OtherMedicationDate: (
        Leaf(name="day", path="OtherMedicationDate/Date", kind=Kind.DAY),
        Leaf(name="instant", path="OtherMedicationDate/DateTime", kind=Kind.INSTANT),
        Leaf(name="qualifier", path="OtherMedicationDateQualifier"),
    ),
    m.Coded: (
        Leaf(name="text", path="Text"),
        Leaf(name="qualifier", path="Qualifier"),
        Leaf(name="code", path="Code"),
    ),
    m.Timing: (
        coded("event_modifier", "AdministrationTiming/AdministrationTimingModifier"),
        coded("event", "AdministrationTiming/AdministrationTimingEvent"),
        Leaf(name="free_text", path="AdministrationTiming/Text"),
        Leaf(name="frequency", path="Frequency/FrequencyNumericValue", kind=Kind.NUMBER),
        Leaf(name="frequency_max", path="Frequency/FrequencyMaxNumericValue", kind=Kind.NUMBER),
        coded("frequency_units", "Frequency/FrequencyUnits"),
        Leaf(name="interval", path="Interval/IntervalNumericValue", kind=Kind.NUMBER),
        Leaf(name="interval_max", path="Interval/IntervalMaxNumericValue", kind=Kind.NUMBER),
        coded("interval_units", "Interval/IntervalUnits"),
        Leaf(name="duration", path="Duration/DurationNumericValue", kind=Kind.NUMBER),
        coded("duration_units", "Duration/DurationText"),
    ),
    m.Instruction: (
        coded("dose_delivery_method", "DoseAdministration/DoseDeliveryMethod"),
        Leaf(
            name="dose_quantity",
            path="DoseAdministration/Dosage/DoseQuantity",
            also=("DoseAdministration/Dose/DoseQuantity",),
            kind=Kind.NUMBER,
        ),
        coded(
            "dose_unit_of_measure",
            "DoseAdministration/Dosage/DoseUnitOfMeasure",
            "DoseAdministration/Dose/DoseUnitOfMeasure",
        ),
        coded("route_of_administration", "DoseAdministration/RouteOfAdministration", "RouteOfAdministration"),
        Group(name="timings", path="TimingAndDuration", of=m.Timing, many=True),
    ),
    m.Sig: (
        Leaf(name="sig_text", path="SigText", also=("Directions",), at_most=1000),
        Leaf(name="snomed_version", path="CodeSystem/SNOMEDVersion"),
        Leaf(name="fmt_version", path="CodeSystem/FMTVersion"),
        Group(name="instructions", path="Instruction", of=m.Instruction, many=True),
        Leaf(name="multiple_instruction_modifier", path="MultipleInstructionModifier"),
    ),
    m.Medication: (
        Leaf(name="drug_description", path="DrugDescription", at_most=105),
        Group(name="drug_coded", path="DrugCoded", path_2023="Product/DrugCoded", of=m.DrugCoded),
        Group(name="quantity", path="Quantity", of=m.Amount),
        Leaf(name="days_supply", path="DaysSupply", kind=Kind.WHOLE),
        Leaf(name="written_date", path="WrittenDate/Date", also=("WrittenDate",), kind=Kind.DAY),
        Leaf(name="written_at", path="WrittenDate/DateTime", kind=Kind.INSTANT),
        Leaf(name="last_fill_date", path="LastFillDate/Date", kind=Kind.DAY),
        Leaf(name="substitutions", path="Substitutions", also=("Substitutions/Substitutions",)),
        Leaf(name="number_of_refills", path="NumberOfRefills", also=("Refills/Value",), kind=Kind.WHOLE),
        Group(name="diagnoses", path="Diagnosis", of=m.Diagnosis, many=True),
        Leaf(name="prior_authorization_number", path="PriorAuthorizationNumber"),
        Leaf(name="note", path="Note"),
        Leaf(name="drug_coverage_status_codes", path="DrugCoverageStatusCode", many=True),
        Group(name="sig", path="Sig", of=m.Sig),
        Leaf(name="rx_fill_indicator", path="RxFillIndicator"),
        Group(name="other_dates", path="OtherMedicationDate", of=m.OtherMedicationDate, many=True),
        Leaf(name="prescriber_checked_rems", path="PrescriberCheckedREMS"),
        Leaf(name="pharmacy_requested_refills", path="PharmacyRequestedRefills", kind=Kind.WHOLE),
    ),
    m.NewRx: (
        Leaf(name="no_known_allergies", path="AllergyOrAdverseEvent/NoKnownAllergies"),
        Group(name="allergies", path="AllergyOrAdverseEvent/Allergies", of=m.Allergy, many=True),
        Group(
            name="patient", path="Patient", of=m.Patient, choice=("HumanPatient", "NonHumanPatient"), is_optional=True
        ),
        Group(name="pharmacy", path="Pharmacy", of=m.Pharmacy, is_optional=True),
        Group(name="prescriber", path="Prescriber", of=m.Prescriber, choice=PRESCRIBER, is_optional=True),
        Group(name="measurements", path="Observation/Measurement", of=m.Measurement, many=True),
        Group(name="medication", path="MedicationPrescribed", of=m.Medication, is_optional=True),
        Group(name="supervisor", path="Supervisor", of=m.Prescriber, choice=PRESCRIBER, is_optional=True),
        Leaf(name="prohibit_renewal_request", path="ProhibitRenewalRequest", kind=Kind.FLAG),
        Group(
            name="follow_up_prescriber", path="FollowUpPrescriber", of=m.Prescriber, choice=PRESCRIBER, is_optional=True
        ),
    ),
    m.Outcome: (
        Leaf(name="reason_codes", path="ReasonCode", many=True),
        Leaf(name="denial_reason", path="DenialReason"),
        Leaf(name="note", path="Note"),
        PRESCRIBED,
    ),
    m.RxRenewalRequest: (
        REFERENCE,
        *PEOPLE,
        Group(name="dispensed", path="MedicationDispensed", of=m.Medication, is_optional=True),
        PRESCRIBED,
    ),
    m.RxChangeRequest: (
        Leaf(name="code", path="MessageRequestCode"),
        REFERENCE,
        *PEOPLE,
        PRESCRIBED,
        Group(name="requested", path="MedicationRequested", of=m.Medication, many=True),
    ),
    m.CancelRx: (REFERENCE, *PEOPLE, PRESCRIBED),
    m.RxRenewalResponse: ANSWER,
    m.RxChangeResponse: ANSWER,
    m.CancelRxResponse: (REFERENCE, OUTCOMES),
    m.Status: STATUS,
    m.Error: STATUS,
}
