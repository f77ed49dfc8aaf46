"""A written order as the NewRx that a prescriber's system would send; `script_in` reads it back as the same order."""

from officina.codecs.ncpdp_script import build, codes, model
from officina.exchange import script_asking
from officina.prescriptions.written import Envelope, WrittenOrder

SCHEDULES = {0: "C38046", 2: "C48675", 3: "C48676", 4: "C48677", 5: "C48679"}
"""NCI Thesaurus codes of the DEA schedules, as the standard's subset names them."""


def new_rx(order: WrittenOrder, envelope: Envelope) -> bytes:
    """Write one order as a NewRx in the envelope's version (SCRIPT 2.1 to 2.3)."""
    header = model.Header(
        to=model.Party(id=envelope.recipient, qualifier="P"),
        from_=model.Party(id=envelope.sender, qualifier="D"),
        message_id=envelope.message_id,
        sent_time=envelope.sent_at,
        prescriber_order_number=order.order_number,
        digital_signature_version="1.1" if order.signed else "",
        digital_signature_indicator=True if order.signed else None,
    )
    body = model.NewRx(
        patient=model.Patient(
            name=script_asking.name(order.patient),
            gender=order.patient.sex,
            date_of_birth=order.patient.born_on,
            address=script_asking.address(order.patient),
            communication_numbers=model.CommunicationNumbers(primary_telephone=order.patient.phone),
        ),
        pharmacy=model.Pharmacy(ncpdp_id=envelope.recipient, business_name="Pharmacy"),
        prescriber=model.Prescriber(
            npi=order.prescriber.npi,
            dea_number=order.prescriber.dea,
            name=script_asking.name(order.prescriber),
            address=script_asking.address(order.prescriber),
            communication_numbers=model.CommunicationNumbers(primary_telephone=order.prescriber.phone),
        ),
        medication=_medication(order),
    )
    version = "2023011" if envelope.version == "2023011" else "2017071"
    return build.build(model.Message(kind="NewRx", version=version, header=header, body=body))


def _medication(order: WrittenOrder) -> model.Medication:
    unit = codes.code_of("quantity_units", order.quantity_unit) or "C38046"
    return model.Medication(
        drug_description=order.drug_text,
        drug_coded=model.DrugCoded(
            ndc=order.ndc,
            drug_db_code=order.rxcui,
            drug_db_code_qualifier="SCD" if order.rxcui else "",
            dea_schedule=SCHEDULES.get(order.schedule, "") if order.schedule is not None else "",
        ),
        quantity=model.Amount(value=order.quantity, code_list_qualifier="38", unit_of_measure=unit),
        days_supply=order.days_supply,
        written_date=order.written_on,
        substitutions="" if order.substitution_allowed is None else "0" if order.substitution_allowed else "1",
        number_of_refills=order.refills,
        note=order.note,
        sig=model.Sig(sig_text=order.sig_text),
    )
