"""One MedicationRequest as a written order: its drug, quantity, refills and directions, with the place each came from."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from officina.codecs.fhir import codes
from officina.codecs.fhir import model as m
from officina.codecs.fhir.node import as_day
from officina.codecs.fhir.resolve import Links
from officina.exchange import fhir_people as people
from officina.exchange.fhir_people import Gathered
from officina.kernel.errors import ParseError
from officina.kernel.findings import Severity
from officina.kernel.ids.ndc import Ndc
from officina.kernel.quantity import D
from officina.prescriptions.written import WrittenOrder

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}
LONGEST_SUPPLY = 3650
MOST_CODINGS = 50
ABSENT = frozenset({"fhir_required", "fhir_medication"})
"""Rules of R4 whose breach at a place already asked about would be the same question twice."""
GENERICS_ALLOWED = frozenset({"E", "EC", "BC", "G"})
"""v3-substanceAdminSubstitution: equivalents and their compositions. Therapeutic and formulary exchange need a call."""


def written_order(request: m.MedicationRequest, links: Links, allergies: tuple[str, ...]) -> WrittenOrder:
    """The order as written (R4 section 11.1; US Core MedicationRequest). Nothing is composed and nothing is guessed."""
    gathered = Gathered()
    drug = _drug(request, links, gathered)
    order = WrittenOrder(
        patient=people.patient(request, links, allergies, gathered),
        prescriber=people.prescriber(request, links, gathered),
        **drug,
        **_supply(request, gathered),
        substitution_allowed=_substitution(request, gathered),
        sig_text=_sig(request, gathered),
        written_on=as_day(request.authored_on),
        note="\n".join(note.strip() for note in request.notes if note.strip()),
        diagnoses=tuple(_diagnoses(request, links)),
        order_number=_order_number(request),
    )
    _ask_about_dates(request, gathered)
    gathered.note(
        "", request.path, written_on="authoredOn", note="note", order_number="identifier", diagnoses="reasonCode"
    )
    asked = {each.where for each in gathered.questions}
    gathered.inherit(
        replace(
            request,
            findings=tuple(each for each in request.findings if not (each.code in ABSENT and each.where in asked)),
        )
    )
    return replace(
        order, questions=tuple(dict.fromkeys(gathered.questions)), where=dict(gathered.where), kept=tuple(gathered.kept)
    )


def _drug(request: m.MedicationRequest, links: Links, gathered: Gathered) -> dict[str, Any]:
    place = f"{request.path}.medication"
    concept, form = request.medication, ""
    if request.medication and request.medication_reference:
        gathered.ask(
            "drug_missing",
            "Two drugs are named in one order; neither was taken.",
            where=place,
            came=request.medication.label,
        )
        gathered.keep(f"{place}CodeableConcept", request.medication.label)
        gathered.keep(
            f"{place}Reference", request.medication_reference.display or request.medication_reference.reference
        )
        return {}
    if request.medication_reference:
        found = links.follow(request.medication_reference, request)
        if not isinstance(found, m.Medication):
            return _unresolved_drug(request.medication_reference, f"{place}Reference", gathered)
        gathered.inherit(found)
        if found.status in {"inactive", "entered-in-error"}:
            gathered.ask(
                "drug_inactive",
                f"The drug's record is '{found.status}'.",
                where=f"{found.path}.status",
                came=found.status,
            )
        concept, form, place = found.concept, found.form.label, f"{found.path}.code"
    if concept is None or not (concept.label or concept.codings):
        gathered.ask("drug_missing", "No drug is named.", where=place)
        return {}
    if len(concept.codings) > MOST_CODINGS:
        gathered.keep(f"{place}.coding", f"{len(concept.codings) - MOST_CODINGS} more, whole in the message")
        concept = replace(concept, codings=concept.codings[:MOST_CODINGS])
    gathered.note("", place, drug_text="text", ndc="coding", rxcui="coding")
    return {"drug_text": concept.label, "form": form, **_drug_codes(concept, place, gathered)}


def _unresolved_drug(reference: m.Reference, place: str, gathered: Gathered) -> dict[str, Any]:
    sentence = f"The drug's record is not in the file: {reference.display or reference.reference or 'it is not named'}."
    gathered.ask("drug_unresolved", sentence, where=place, came=reference.display or reference.reference)
    gathered.keep(f"{place}.reference", reference.reference)
    gathered.where["drug_text"] = f"{place}.display"
    return {"drug_text": reference.display.strip()}


def _drug_codes(concept: m.CodeableConcept, place: str, gathered: Gathered) -> dict[str, str]:
    ndcs = [code.strip() for code in concept.codes(*codes.NDC)]
    rxcuis = [code.strip() for code in concept.codes(*codes.RXNORM)]
    for each in concept.codings:
        used = (each.system in codes.NDC and each.code.strip() in ndcs[:1]) or (
            each.system in codes.RXNORM and each.code.strip() in rxcuis[:1]
        )
        if not used:
            gathered.keep(f"{place}.coding", f"{each.system}|{each.code} {each.display}".strip())
    if not ndcs and not rxcuis:
        gathered.ask(
            "drug_not_coded", "The drug has neither an NDC nor an RxNorm code.", where=place, severity=Severity.MODERATE
        )
    if len(ndcs) > 1:
        gathered.ask(
            "ndc_several",
            "More than one NDC is written; the first was taken.",
            where=place,
            severity=Severity.MODERATE,
            came=", ".join(ndcs),
        )
    _check_ndc(ndcs, place, gathered)
    if rxcuis and not (rxcuis[0].isascii() and rxcuis[0].isdigit() and len(rxcuis[0]) <= 8):
        gathered.ask("rxcui_bad", "The RxNorm code is no RxCUI.", where=place, expected="1 to 8 digits", came=rxcuis[0])
    return {"ndc": ndcs[0] if ndcs else "", "rxcui": rxcuis[0] if rxcuis else ""}


def _check_ndc(ndcs: list[str], place: str, gathered: Gathered) -> None:
    if not ndcs:
        return
    try:
        Ndc.parse(ndcs[0])
    except ParseError as problem:
        gathered.ask("ndc_bad", str(problem), where=place, expected=problem.expected, came=ndcs[0])


def _supply(request: m.MedicationRequest, gathered: Gathered) -> dict[str, Any]:
    place = f"{request.path}.dispenseRequest"
    asked = request.dispense or m.DispenseRequest()
    gathered.note("", place, quantity="quantity", quantity_unit="quantity", days_supply="expectedSupplyDuration")
    gathered.note("", place, refills="numberOfRepeatsAllowed", not_before="validityPeriod.start")
    if asked.initial_fill:
        gathered.ask(
            "initial_fill",
            "The first fill is to differ from the others.",
            where=f"{place}.initialFill",
            came=asked.initial_fill,
        )
        gathered.keep(f"{place}.initialFill", asked.initial_fill)
    if asked.ends:
        where = f"{place}.validityPeriod.end"
        gathered.ask(
            "valid_until",
            f"The prescriber says: not to be filled after {asked.ends[:10]}.",
            where=where,
            came=asked.ends,
        )
    if asked.repeats is None:
        where = f"{place}.numberOfRepeatsAllowed"
        gathered.ask(
            "refills_missing", "The number of refills is not written.", where=where, severity=Severity.MODERATE
        )
    quantity = _quantity(asked.quantity, f"{place}.quantity", gathered)
    return {
        "quantity": quantity,
        "quantity_unit": asked.quantity.plain_unit if asked.quantity and quantity is not None else "",
        "days_supply": _days(asked.supply, f"{place}.expectedSupplyDuration", gathered),
        "refills": asked.repeats,
        "not_before": as_day(asked.starts),
    }


def _quantity(amount: m.Amount | None, place: str, gathered: Gathered) -> Decimal | None:
    if amount is None or amount.value is None:
        gathered.ask("quantity_missing", "How much to dispense is not written.", where=place)
        return None
    came = _shown(amount)
    try:
        number = D(amount.value, where=place)
    except ParseError:
        number = Decimal(0)
    if number <= 0 or amount.comparator:
        gathered.ask(
            "quantity_bad",
            f"The quantity cannot be dispensed as written: {came}.",
            where=place,
            expected="a plain number above 0",
            came=came,
        )
        gathered.keep(place, came)
        return None
    if not amount.plain_unit:
        sentence = f"The unit of the quantity is not known: {amount.unit or amount.code or 'none is written'}."
        gathered.ask("quantity_unit_unknown", sentence, where=place, severity=Severity.MODERATE, came=came)
        gathered.keep(f"{place}.unit", amount.unit or amount.code)
    return number


def _days(amount: m.Amount | None, place: str, gathered: Gathered) -> int | None:
    if amount is None or amount.value is None:
        return None
    factor = DAYS.get(amount.code.strip() or amount.unit.strip().lower())
    days = amount.value * factor if factor and not amount.comparator else Decimal(0)
    if 0 < days <= LONGEST_SUPPLY and days == days.to_integral_value():
        return int(days)
    gathered.ask(
        "days_supply_unclear",
        f"The days' supply is not a number of days: {_shown(amount)}.",
        where=place,
        severity=Severity.MODERATE,
        came=_shown(amount),
    )
    gathered.keep(place, _shown(amount))
    return None


def _shown(amount: m.Amount) -> str:
    return f"{amount.comparator}{amount.value} {amount.unit or amount.code}".strip()


def _sig(request: m.MedicationRequest, gathered: Gathered) -> str:
    """The directions in the prescriber's own words; a dosage in structure only is kept and asked about, never put into words."""
    place = f"{request.path}.dosageInstruction"
    for at, each in enumerate(request.dosages):
        gathered.keep(f"{place}[{at}]", each.structure)
        gathered.keep(f"{place}[{at}].patientInstruction", each.patient_instruction)
        gathered.keep(f"{place}[{at}].asNeededCodeableConcept", each.as_needed_for.label)
    texts = [each.text.strip() for each in request.dosages]
    sig = "; ".join(text for text in texts if text)
    gathered.where["sig_text"] = f"{place}.text"
    if not sig or not all(texts):
        words = "are given in codes only, not in words" if request.dosages else "are not written"
        gathered.ask("sig_missing", f"The directions {words}.", where=place, came=_structures(request))
    if len(request.dosages) > 1:
        gathered.ask(
            "sig_several", "There is more than one direction: read how they belong together.", where=place, came=sig
        )
    if any(each.is_as_needed for each in request.dosages) and not _says_as_needed(sig):
        reason = next((each.as_needed_for.label for each in request.dosages if each.as_needed_for.label), "")
        sentence = (
            f"It is marked to be taken as needed{' for ' + reason if reason else ''}; the directions do not say so."
        )
        gathered.ask("as_needed", sentence, where=place, came=reason)
    return sig


def _structures(request: m.MedicationRequest) -> str:
    return " ".join(each.structure for each in request.dosages if each.structure)


def _says_as_needed(sig: str) -> bool:
    words = sig.lower().replace(".", "")
    return "need" in words or "prn" in words or "required" in words


def _substitution(request: m.MedicationRequest, gathered: Gathered) -> bool | None:
    """False is the prescriber's 'dispense as written'."""
    gathered.where["substitution_allowed"] = f"{request.path}.substitution"
    found = request.substitution.codes(codes.SUBSTITUTION)
    if request.substitution_allowed is not None or not (found or request.substitution.label):
        return request.substitution_allowed
    if found == ("N",):
        return False
    if found and set(found) <= GENERICS_ALLOWED:
        return True
    label = request.substitution.label
    gathered.ask(
        "substitution_unclear",
        f"Which substitution is allowed needs reading: {label}.",
        where=f"{request.path}.substitution",
        came=label,
    )
    return None


def _diagnoses(request: m.MedicationRequest, links: Links) -> Iterator[str]:
    concepts = list(request.reasons)
    for each in request.reason_references:
        found = links.follow(each, request)
        concepts.append(found.concept if found and found.concept.label else m.CodeableConcept(text=each.display))
    for concept in concepts:
        coded = concept.codes(ICD10)
        label = concept.label
        if label:
            yield f"{coded[0]} {label}" if coded and coded[0] != label else label


def _order_number(request: m.MedicationRequest) -> str:
    return next((each.value.strip() for each in request.identifiers if each.value.strip()), request.id)


def _ask_about_dates(request: m.MedicationRequest, gathered: Gathered) -> None:
    place = f"{request.path}.authoredOn"
    if as_day(request.authored_on) is None:
        gathered.ask(
            "written_on_missing", "The day it was written is not given in full.", where=place, came=request.authored_on
        )
    starts = request.dispense.starts if request.dispense else ""
    if starts and as_day(starts) is None:
        where = f"{request.path}.dispenseRequest.validityPeriod.start"
        gathered.ask("not_before_unclear", "The first day to fill is not given in full.", where=where, came=starts)
