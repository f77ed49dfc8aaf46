"""An NCPDP SCRIPT message in: what it orders in the house's words, what must be asked about it, and what to answer.

Pure: bytes in, `Understood` or answer bytes out. The message as received is stored by the caller before any of this.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypedDict

from officina.codecs.ncpdp_script import codes
from officina.codecs.ncpdp_script.build import build_error, build_status
from officina.codecs.ncpdp_script.model import (
    Address,
    CancelRx,
    CommunicationNumbers,
    DrugCoded,
    Error,
    Header,
    Medication,
    Message,
    Name,
    NewRx,
    Party,
    Patient,
    Prescriber,
    RxChangeResponse,
    RxRenewalResponse,
    Status,
)
from officina.codecs.ncpdp_script.parse import LEGACY, parse
from officina.codecs.ncpdp_script.sig_check import in_words
from officina.exchange import script_answers, script_questions, script_weight
from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity
from officina.prescriptions.written import Envelope, Understood, WrittenOrder, WrittenPatient, WrittenPrescriber

ANSWERS = ("Status", "Error", "Verify")
"""Kinds that answer something themselves. Answering them again would never end."""

ANSWERED = (RxRenewalResponse, RxChangeResponse, CancelRx)
"""What prescribers send besides new prescriptions, and the house handles."""

RXNORM = frozenset(("SCD", "SBD", "GPK", "BPK", "RXNORM"))
"""Qualifiers of RxNorm codes (SCRIPT: DrugDBCodeQualifier); RXNORM is seen from senders."""

PERSON = {
    "last_name": "name.last_name",
    "first_name": "name.first_name",
    "middle_name": "name.middle_name",
    "suffix": "name.suffix",
    "street": "address.line_1",
    "city": "address.city",
    "state": "address.state_province",
    "postal_code": "address.postal_code",
}
FIELDS: dict[str, str] = {
    **{f"patient.{ours}": f"patient.{theirs}" for ours, theirs in PERSON.items()},
    **{f"prescriber.{ours}": f"prescriber.{theirs}" for ours, theirs in PERSON.items()},
    "patient.born_on": "patient.date_of_birth",
    "prescriber.npi": "prescriber.npi",
    "prescriber.dea": "prescriber.dea_number",
    "prescriber.state_license": "prescriber.state_license_number",
    "prescriber.business_name": "prescriber.practice_location",
    "drug_text": "medication.drug_description",
    "ndc": "medication.drug_coded.ndc",
    "strength": "medication.drug_coded.strength_value",
    "form": "medication.drug_coded.strength_form",
    "quantity": "medication.quantity.value",
    "quantity_unit": "medication.quantity.unit_of_measure",
    "days_supply": "medication.days_supply",
    "refills": "medication.number_of_refills",
    "substitution_allowed": "medication.substitutions",
    "sig_text": "medication.sig.sig_text",
    "note": "medication.note",
    "schedule": "medication.drug_coded.dea_schedule",
    "signed": "header.digital_signature_indicator",
    "order_number": "header.prescriber_order_number",
}
"""The order's field and the message's field that it is taken from as it stands."""

TAKEN = frozenset(
    (
        *FIELDS.values(),
        "header.message_id",
        "header.relates_to_message_id",
        "header.to.id",
        "header.to.qualifier",
        "header.from_.id",
        "header.from_.qualifier",
        "header.sent_time",
        "header.test_message",
        "patient.address.line_2",
        "prescriber.address.line_2",
        "medication.drug_coded.strength_unit_of_measure",
    )
)
"""Fields that have their place in the order or the envelope; every other one is handed on in `kept`."""

ALSO_TAKEN = re.compile(
    r"allergies\.\d+\.(drug|reaction)|medication\.diagnoses\.\d+\.(primary|secondary)_(code|description)"
)
INSTRUCTIONS = "medication.sig.instructions."
"""The coded directions are kept as one line in words: thirty lines of codes would bury what matters."""


class Who(TypedDict):
    """What a patient and a prescriber have in common."""

    last_name: str
    first_name: str
    middle_name: str
    suffix: str
    street: str
    city: str
    state: str
    postal_code: str
    phone: str


def understand(raw: bytes) -> Understood:
    """Read a message as received. Raises ParseError and nothing else."""
    return to_understood(parse(raw))


def to_understood(message: Message) -> Understood:
    """A read message as the house understands it: its envelope, the order in it if there is one, and its problems."""
    ordering = script_answers.as_order(message)
    body = ordering.body
    orders: tuple[WrittenOrder, ...] = ()
    if isinstance(body, NewRx) and body.medication is not None and body.medication.drug_description:
        orders = (_order(ordering, body, body.medication),)
    return Understood(
        envelope=_envelope(message),
        orders=orders,
        problems=tuple(_problems(message)),
        answered=script_answers.answered(message),
        taken_back=script_answers.taken_back(message),
    )


def answer(raw: bytes, *, at: datetime, message_id: str = "", own_id: str = "") -> bytes:
    """What to send back for a message in the same exchange: Status 010, Error 900, or nothing for one that is an answer itself.

    `own_id` is the pharmacy's NCPDP id, used where the message was too broken to say whom it was for.
    """
    return converse(raw, at=at, message_id=message_id, own_id=own_id)[1]


def converse(
    raw: bytes, *, at: datetime, message_id: str = "", own_id: str = ""
) -> tuple[Understood | ParseError, bytes]:
    """What was understood, or why nothing was, and the `answer`; the message is read once for both."""
    try:
        message = parse(raw)
    except ParseError as problem:
        lost = Message(kind="", header=Header(message_id="0", to=Party(id=own_id, qualifier="P" if own_id else "")))
        named = message_id or _answer_id("", sha256(raw).hexdigest(), at)
        return problem, build_error(lost, message_id=named, sent_at=at, description=f"Expected {problem.expected}.")
    understood = to_understood(message)
    return understood, _reply(message, understood, message_id, at)


def answer_to(understood: Understood, *, at: datetime, message_id: str = "") -> bytes:
    """The answer to a message of which only what was understood is at hand; its sender is taken for a prescriber."""
    envelope = understood.envelope
    header = Header(
        to=Party(id=envelope.recipient, qualifier="P" if envelope.recipient else ""),
        from_=Party(id=envelope.sender, qualifier="D" if envelope.sender else ""),
        message_id=envelope.message_id,
        prescriber_order_number=understood.orders[0].order_number if understood.orders else "",
    )
    message = Message(kind=envelope.kind, version=envelope.version, header=header)
    return _reply(message, understood, message_id, at)


def _reply(message: Message, understood: Understood, message_id: str, at: datetime) -> bytes:
    if message.kind in ANSWERS:
        return b""
    named = message_id or _answer_id(message.header.from_.id, message.header.message_id, at)
    if understood.orders or understood.answered or understood.taken_back:
        return build_status(message, message_id=named, sent_at=at)
    why = " ".join(problem.sentence for problem in understood.problems)
    return build_error(message, message_id=named, sent_at=at, description=why)


def _answer_id(sender: str, message_id: str, at: datetime) -> str:
    """A MessageID of 32 characters that no other answer has: whom it answers, what, and when."""
    return sha256(f"{sender}|{message_id}|{at.isoformat()}".encode()).hexdigest()[:32]


def _envelope(message: Message) -> Envelope:
    header = message.header
    return Envelope(
        format="ncpdp-script",
        version=message.version,
        kind=message.kind,
        message_id=header.message_id,
        relates_to=header.relates_to_message_id,
        sender=header.from_.id,
        recipient=header.to.id,
        sent_at=header.sent_time,
        is_test=header.test_message.lower() not in {"", "0", "false"},
    )


def _problems(message: Message) -> Iterator[Finding]:
    """What concerns the message as a whole, and why no order could be taken from it."""
    yield from (note for note in message.notes if not note.where.startswith("Body/NewRx"))
    body = message.body
    if isinstance(body, NewRx):
        if body.medication is None or not body.medication.drug_description:
            yield Finding(
                "drug_missing", "The message names no drug, so there is no order in it.", Severity.MAJOR, "Body/NewRx"
            )
    elif isinstance(body, Error):
        said = body.description or "no reason given"
        yield Finding(
            "kind_error", f"This is an Error about a message that was sent: {said}.", Severity.MAJOR, "Body/Error"
        )
    elif isinstance(body, Status) or message.kind == "Verify":
        yield Finding("kind_answer", f"This is a {message.kind} about a message that was sent.", Severity.MINOR, "Body")
    elif isinstance(body, ANSWERED):
        return
    elif message.version != LEGACY and "," not in message.kind:
        sentence = f"This is a {message.kind}. It is kept whole, but no step of the house handles it yet."
        yield Finding("kind_unhandled", sentence, Severity.MAJOR, f"Body/{message.kind}")


def _order(message: Message, body: NewRx, medication: Medication) -> WrittenOrder:
    coded = medication.drug_coded
    weight = script_weight.weigh(body.measurements, message.where)
    rxcui, rxcui_field = _rxcui(coded)
    not_before, not_before_field = _not_before(medication)
    written, written_field = _written(medication)
    order = WrittenOrder(
        patient=replace(_patient(body), weight_kg=weight.kg),
        prescriber=_prescriber(body.prescriber),
        drug_text=medication.drug_description,
        ndc=coded.ndc,
        rxcui=rxcui,
        strength=" ".join(
            part for part in (coded.strength_value, _word("strength_units", coded.strength_unit_of_measure)) if part
        ),
        form=_word("strength_forms", coded.strength_form),
        quantity=medication.quantity.value,
        quantity_unit=quantity_unit(medication.quantity.unit_of_measure),
        days_supply=medication.days_supply,
        refills=medication.number_of_refills,
        substitution_allowed={"0": True, "1": False}.get(medication.substitutions),
        sig_text=medication.sig.sig_text,
        written_on=written,
        not_before=not_before,
        note=medication.note,
        schedule=_schedule(coded.dea_schedule),
        signed=message.header.digital_signature_indicator is True,
        diagnoses=tuple(_diagnoses(medication)),
        order_number=message.header.prescriber_order_number,
    )
    extra = {
        "rxcui": rxcui_field,
        "not_before": not_before_field,
        "written_on": written_field,
        "patient.sex": "patient.gender" if order.patient.sex else "",
        "patient.weight_kg": weight.field,
        "patient.phone": _phone_field("patient", body.patient),
        "prescriber.phone": _phone_field("prescriber", body.prescriber),
        "patient.allergies": "allergies.0.drug",
        "diagnoses": "medication.diagnoses.0.primary_code",
    }
    where = _where(message.where, {**FIELDS, **extra})
    placed = replace(order, where=where, kept=(*message.kept, *_without_place(message, extra, order)))
    return replace(placed, questions=(*script_questions.ask(message, body, placed), *weight.questions))


def _where(places: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    return {ours: places[theirs] for ours, theirs in fields.items() if theirs in places}


def _without_place(message: Message, extra: Mapping[str, str], order: WrittenOrder) -> Iterator[tuple[str, str]]:
    """What was read but has no field in an order, as (path, text): nothing a prescriber wrote may vanish on the way in."""
    taken = TAKEN | {field for field in extra.values() if field}
    structured = [path for name, path in message.where.items() if name.startswith(INSTRUCTIONS)]
    if structured and isinstance(message.body, NewRx) and message.body.medication is not None:
        yield structured[0].split("/Instruction")[0] + "/Instruction", in_words(message.body.medication.sig)
    untold = _untold(message, order)
    for name, path in message.where.items():
        if name.startswith(INSTRUCTIONS) or ALSO_TAKEN.fullmatch(name):
            continue
        text = str(_at(message, name))
        if name not in taken or name in untold:
            yield path, text


def _untold(message: Message, order: WrittenOrder) -> set[str]:
    """Codes that have a field in the order but no word there, because the code is not known."""
    told = {
        "patient.gender": order.patient.sex == _at(message, "patient.gender")
        if "patient.gender" in message.where
        else True,
        "medication.drug_coded.strength_form": order.form,
        "medication.drug_coded.strength_unit_of_measure": " " in order.strength,
        "medication.quantity.unit_of_measure": order.quantity_unit,
        "medication.substitutions": order.substitution_allowed is not None,
        "medication.drug_coded.dea_schedule": order.schedule is not None,
    }
    return {name for name, is_told in told.items() if not is_told}


def _at(message: Message, name: str) -> Any:
    """The value of a field by the name that `where` uses: 'header.to.id' or 'medication.diagnoses.0.primary_code'."""
    found: Any = message if name.startswith("header.") else message.body
    for step in name.split("."):
        found = found[int(step)] if isinstance(found, tuple) and step.isdigit() else getattr(found, step)
    return ", ".join(found) if isinstance(found, tuple) else found


def _person(name: Name, address: Address, numbers: CommunicationNumbers) -> Who:
    return {
        "last_name": name.last_name,
        "first_name": name.first_name,
        "middle_name": name.middle_name,
        "suffix": name.suffix,
        "street": ", ".join(line for line in (address.line_1, address.line_2) if line),
        "city": address.city,
        "state": address.state_province,
        "postal_code": address.postal_code,
        "phone": numbers.primary_telephone or numbers.home_telephone or numbers.work_telephone,
    }


def _phone_field(who: str, one: Patient | Prescriber | None) -> str:
    if one is None:
        return ""
    names = ("primary_telephone", "home_telephone", "work_telephone")
    found = [name for name in names if getattr(one.communication_numbers, name)]
    return f"{who}.communication_numbers.{found[0]}" if found else ""


def _patient(body: NewRx) -> WrittenPatient:
    one = body.patient or Patient()
    sex = {"F": "F", "M": "M", "U": "U", "N": "U"}.get(one.gender, "")
    allergies = tuple(
        said for a in body.allergies if (said := _allergy(a.drug or a.drug_code or a.adverse_event, a.reaction))
    )
    person = _person(one.name, one.address, one.communication_numbers)
    return WrittenPatient(**person, born_on=one.date_of_birth, sex=sex, allergies=allergies)


def _allergy(to: str, reaction: str) -> str:
    return f"{to} ({reaction})" if to and reaction else to or reaction


def _prescriber(one: Prescriber | None) -> WrittenPrescriber:
    one = one or Prescriber()
    return WrittenPrescriber(
        **_person(one.name, one.address, one.communication_numbers),
        npi=one.npi,
        dea=one.dea_number,
        state_license=one.state_license_number,
        business_name=one.practice_location,
    )


def _word(table: codes.Table, code: str) -> str:
    return codes.word(table, code) or ""


def quantity_unit(said: str) -> str:
    """The unit's plain name from its code, or from a plain word that some senders write instead; empty where unknown."""
    named = codes.word("quantity_units", said)
    if named is not None:
        return named
    return said.lower() if codes.code_of("quantity_units", said.lower()) else ""


def _rxcui(coded: DrugCoded) -> tuple[str, str]:
    """The RxNorm number and the field that it stood in."""
    candidates = (
        (coded.drug_db_code, coded.drug_db_code_qualifier, "drug_db_code"),
        (coded.product_code, coded.product_code_qualifier, "product_code"),
    )
    for code, qualifier, field in candidates:
        if qualifier.upper() in RXNORM and code.isascii() and code.isdigit():
            return code, f"medication.drug_coded.{field}"
    return "", ""


def _schedule(code: str) -> int | None:
    said = codes.word("dea_schedules", code)
    return None if said in {None, "1"} else int(said or 0)


def _written(medication: Medication) -> tuple[date | None, str]:
    """The written date; of an instant the calendar day that it states, in its own zone."""
    if medication.written_date is not None or medication.written_at is None:
        return medication.written_date, "medication.written_date"
    return medication.written_at.date(), "medication.written_at"


def _not_before(medication: Medication) -> tuple[date | None, str]:
    """The latest EffectiveDate: the order must not be filled before it (SCRIPT: OtherMedicationDate)."""
    found: list[tuple[date, str]] = []
    for i, one in enumerate(medication.other_dates):
        day = one.day or (one.instant.date() if one.instant else None)
        if one.qualifier == "EffectiveDate" and day is not None:
            found.append((day, f"medication.other_dates.{i}.{'day' if one.day else 'instant'}"))
    return max(found) if found else (None, "")


def _diagnoses(medication: Medication) -> Iterator[str]:
    for one in medication.diagnoses:
        for code, description in (
            (one.primary_code, one.primary_description),
            (one.secondary_code, one.secondary_description),
        ):
            if code or description:
                yield " ".join(part for part in (code, description) if part)
