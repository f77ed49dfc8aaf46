"""What a person must look at in an order that came as SCRIPT: each question says what came and what was expected."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from officina.codecs.ncpdp_script import codes
from officina.codecs.ncpdp_script.model import Medication, Message, NewRx
from officina.codecs.ncpdp_script.sig_check import differences, in_words
from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity
from officina.kernel.ids.dea import DeaNumber
from officina.kernel.ids.ndc import Ndc
from officina.kernel.ids.npi import Npi
from officina.kernel.quantity import written
from officina.prescriptions.written import WrittenOrder

MEDICATION = "Body/NewRx/MedicationPrescribed"
SCRIPT = "NCPDP SCRIPT"
EARLIEST_ZONE = timedelta(hours=14)
"""The zone farthest ahead of UTC: where it is already tomorrow, a written date of tomorrow is right."""

MEASURED = frozenset(("mL", "g"))
"""Units that come in parts; the others are counted."""
MEASURED_PLACES = 3
ROMAN = {2: "II", 3: "III", 4: "IV", 5: "V"}


def ask(message: Message, body: NewRx, order: WrittenOrder) -> tuple[Finding, ...]:
    """Every question about the order, most serious first."""
    medication = body.medication or Medication()
    found = [
        *(note for note in message.notes if note.where.startswith("Body/NewRx")),
        *_of_patient(body, order),
        *_of_prescriber(order),
        *_of_drug(medication, order),
        *_of_quantity(medication, order),
        *_of_directions(medication, order),
        *_of_terms(message, medication, order),
        *_of_schedule(medication, order),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity))


def _found(
    code: str,
    sentence: str,
    order: WrittenOrder,
    field: str,
    *,
    missing_at: str = "",
    severity: Severity = Severity.MAJOR,
    expected: str = "",
    came: str = "",
    source: str = SCRIPT,
) -> Finding:
    where = order.where.get(field, missing_at)
    return Finding(code, sentence, severity, where=where, expected=expected, came=came, source=source, about=(field,))


def _of_patient(body: NewRx, order: WrittenOrder) -> Iterator[Finding]:
    at, patient = "Body/NewRx/Patient", order.patient
    if body.patient is not None and body.patient.element == "NonHumanPatient":
        yield _found(
            "animal_patient",
            "The patient is an animal: human doses and interaction checks do not hold.",
            order,
            "patient",
            missing_at=f"{at}/NonHumanPatient",
        )
    if not (patient.last_name and patient.first_name):
        came = " ".join(part for part in (patient.first_name, patient.last_name) if part)
        yield _found(
            "patient_name_missing",
            "The patient's last and first name are not both written.",
            order,
            "patient.last_name",
            missing_at=at,
            expected="last and first name",
            came=came,
        )
    if patient.born_on is None:
        yield _found(
            "born_on_missing", "The patient's date of birth is not written.", order, "patient.born_on", missing_at=at
        )
    elif order.written_on is not None and patient.born_on > order.written_on:
        yield _found(
            "born_on_future",
            "The patient is born after the order was written.",
            order,
            "patient.born_on",
            expected=f"by {order.written_on}",
            came=str(patient.born_on),
        )
    if not patient.sex and body.patient is not None and body.patient.gender:
        yield _found(
            "sex_unknown",
            "The code for the patient's sex is not known.",
            order,
            "patient.sex",
            severity=Severity.MINOR,
            expected="F, M, U or N",
            came=body.patient.gender,
            missing_at=at,
        )


def _of_prescriber(order: WrittenOrder) -> Iterator[Finding]:
    at, one = "Body/NewRx/Prescriber", order.prescriber
    if not one.last_name:
        yield _found(
            "prescriber_missing", "The prescriber's name is not written.", order, "prescriber.last_name", missing_at=at
        )
    if one.npi and (problem := _unreadable(Npi.parse, one.npi)):
        yield _found(
            "npi_check",
            f"The prescriber's NPI {one.npi} cannot be right.",
            order,
            "prescriber.npi",
            severity=Severity.MODERATE,
            expected=problem,
            came=one.npi,
            source="45 CFR 162.406",
        )
    if one.dea and (problem := _unreadable(DeaNumber.parse, one.dea)):
        yield _found(
            "dea_check",
            f"The prescriber's DEA number {one.dea} cannot be right.",
            order,
            "prescriber.dea",
            severity=Severity.MAJOR if order.schedule else Severity.MODERATE,
            expected=problem,
            came=one.dea,
            source="21 CFR 1301",
        )


def _unreadable(parse: Callable[[str], object], text: str) -> str:
    """What the number's own reader expected, or empty where it can read it."""
    try:
        parse(text)
    except ParseError as problem:
        return problem.expected
    return ""


def _of_drug(medication: Medication, order: WrittenOrder) -> Iterator[Finding]:
    coded = medication.drug_coded
    if order.ndc and (problem := _unreadable(Ndc.parse, order.ndc)):
        yield _found(
            "ndc_check",
            f"The NDC {order.ndc} cannot be read as one package.",
            order,
            "ndc",
            severity=Severity.MODERATE,
            expected=problem,
            came=order.ndc,
            source="21 CFR 207.33",
        )
    unit = coded.strength_unit_of_measure
    if unit and codes.word("strength_units", unit) is None:
        yield _found(
            "strength_unit",
            "The strength's unit is not known.",
            order,
            "strength",
            severity=Severity.MODERATE,
            expected="a code of the NCI strength units",
            came=f"{coded.strength_value} {unit}".strip(),
        )
    if any(path.startswith(f"{MEDICATION}/Compound") for path, _ in order.kept):
        yield _found(
            "compound", "A compound is ordered. Its ingredients are among what was kept, not read.", order, "drug_text"
        )


def _of_quantity(medication: Medication, order: WrittenOrder) -> Iterator[Finding]:
    at = f"{MEDICATION}/Quantity"
    value, code = medication.quantity.value, medication.quantity.unit_of_measure
    if value is None:
        yield _found(
            "quantity_missing", "The quantity is not written, or cannot be read.", order, "quantity", missing_at=at
        )
    elif value == 0:
        yield _found("quantity_zero", "The quantity is zero.", order, "quantity", came="0")
    elif _is_odd(value, order.quantity_unit):
        yield _found(
            "quantity_fraction",
            f"The quantity is {written(value)}: is a part of a {order.quantity_unit or 'unit'} meant?",
            order,
            "quantity",
            severity=Severity.MODERATE,
            expected="a whole number",
            came=written(value),
        )
    if medication.quantity.code_list_qualifier in {"40", "87"}:
        yield _found(
            "quantity_qualifier",
            "The quantity is not marked as the original one.",
            order,
            "quantity",
            severity=Severity.MODERATE,
            expected="38",
            came=medication.quantity.code_list_qualifier,
        )
    if not order.quantity_unit:
        yield _unit_question(order, code, at)


def _is_odd(value: Decimal, unit: str) -> bool:
    """Whether the number looks like a slip or like arithmetic of the sending system: 42.5 tablets, 29.999999 mL."""
    if unit in MEASURED:
        return value != round(value, MEASURED_PLACES)
    return value != value.to_integral_value()


def _unit_question(order: WrittenOrder, code: str, at: str) -> Finding:
    strength = codes.word("strength_units", code) if code != "C38046" else None
    if strength:
        sentence = f"The quantity's unit is {strength}, which is a unit of strength. Ask what is to be counted."
        return _found(
            "quantity_unit",
            sentence,
            order,
            "quantity_unit",
            missing_at=at,
            came=f"{code} ({strength})",
            expected="a code of the NCI quantity units, such as C48542 tablet",
        )
    said = {"": "is not written", "C38046": "is given as unspecified"}.get(code, "is not known")
    return _found(
        "quantity_unit",
        f"The quantity's unit {said}.",
        order,
        "quantity_unit",
        missing_at=at,
        came=code,
        severity=Severity.MODERATE,
        expected="a code of the NCI quantity units, such as C48542 tablet",
    )


def _of_directions(medication: Medication, order: WrittenOrder) -> Iterator[Finding]:
    structured = in_words(medication.sig)
    if not order.sig_text:
        yield _found(
            "sig_missing",
            "No directions are written.",
            order,
            "sig_text",
            missing_at=f"{MEDICATION}/Sig",
            came=structured,
        )
    differing = differences(medication.sig)
    if differing:
        sentence = (
            f"The coded directions differ from the written ones ({', '.join(differing)}). The written ones govern: ask."
        )
        yield _found("sig_disagrees", sentence, order, "sig_text", expected=order.sig_text, came=structured)


def _of_terms(message: Message, medication: Medication, order: WrittenOrder) -> Iterator[Finding]:
    """Refills, substitution and dates."""
    if order.refills is None:
        yield _found(
            "refills_missing",
            "The number of refills is not written.",
            order,
            "refills",
            missing_at=MEDICATION,
            severity=Severity.MODERATE,
        )
    if order.substitution_allowed is None and medication.substitutions:
        yield _found(
            "substitution_unknown",
            "The code for substitution is not known.",
            order,
            "substitution_allowed",
            severity=Severity.MODERATE,
            expected="0 allowed, 1 as written",
            came=medication.substitutions,
        )
    if order.written_on is None:
        yield _found(
            "written_on_missing",
            "The date on which the order was written is missing.",
            order,
            "written_on",
            missing_at=MEDICATION,
            severity=Severity.MAJOR if order.schedule else Severity.MODERATE,
        )
        return
    sent_at = message.header.sent_time
    if sent_at is not None and _is_later(order.written_on, sent_at):
        yield _found(
            "written_in_future",
            "The order is dated after the day on which it was sent.",
            order,
            "written_on",
            expected=f"by {sent_at.date()}",
            came=str(order.written_on),
        )


def _is_later(day: date, instant: datetime) -> bool:
    """Whether a day had begun nowhere on earth at that instant; told by their distance, as the last days of the calendar have no next."""
    return datetime.combine(day, time(), instant.tzinfo) - instant > EARLIEST_ZONE


def _of_schedule(medication: Medication, order: WrittenOrder) -> Iterator[Finding]:
    code = medication.drug_coded.dea_schedule
    if code and order.schedule is None:
        named = codes.word("dea_schedules", code)
        sentence = "Schedule I has no medical use." if named else "The code for the schedule is not known."
        yield _found(
            "schedule_unknown", sentence, order, "schedule", expected="a schedule II to V, or not controlled", came=code
        )
    if not order.schedule:
        return
    if not order.signed:
        numeral = ROMAN[order.schedule]
        sentence = f"A schedule {numeral} order without a digital signature is no valid electronic prescription."
        yield _found(
            "epcs_unsigned",
            sentence,
            order,
            "signed",
            missing_at="Header",
            expected="DigitalSignatureIndicator true",
            source="21 CFR 1311",
        )
    if not order.prescriber.dea:
        yield _found(
            "dea_missing",
            "A controlled drug is ordered without a DEA number.",
            order,
            "prescriber.dea",
            missing_at="Body/NewRx/Prescriber",
            source="21 CFR 1306.05",
        )
    if order.schedule == 2 and order.refills:
        yield _found(
            "refills_schedule_2",
            "Refills are written for a schedule II drug, which may have none.",
            order,
            "refills",
            expected="0",
            came=str(order.refills),
            source="21 CFR 1306.12",
        )
