"""What the entry desk proposes for an order as written: who it may be, which drug, which directions. A person confirms each."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from officina.base.access import Actor
from officina.dosing import wording
from officina.drugs import queries as drugs
from officina.drugs import search
from officina.drugs.models import Drug, Package
from officina.kernel.errors import ParseError
from officina.kernel.ids.ndc import Ndc
from officina.patients import queries as patients
from officina.patients.models import Patient
from officina.prescriptions import queries
from officina.prescriptions.models import Prescriber, Prescription
from officina.prescriptions.written import WrittenOrder


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Candidates, likeliest first; an empty list means that nobody or nothing here fits."""

    order: WrittenOrder
    patients: list[Patient]
    prescribers: list[Prescriber]
    drug: Drug | None
    package: Package | None
    """The very package that was written, where an NDC names it."""
    directions: wording.Wording
    codes: Mapping[str, str]
    """The house's own sig codes with what each stands for."""


def written(prescription: Prescription) -> WrittenOrder:
    """The order as it was written, read back from how it is kept."""
    return msgspec.convert({k: v for k, v in prescription.written.items() if k != "kept"}, WrittenOrder)


def suggest(actor: Actor, prescription: Prescription) -> Suggestion:
    """Propose for the entry of a prescription. Five to eight statements, on indexes."""
    order = written(prescription)
    package = _package(order.ndc)
    codes = queries.sig_codes(actor)
    who = order.patient
    return Suggestion(
        order=order,
        patients=patients.candidates(actor, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on),
        prescribers=queries.prescriber_candidates(
            actor, npi=order.prescriber.npi, last_name=order.prescriber.last_name
        ),
        drug=_drug(order, package),
        package=package,
        directions=wording.of(order.sig_text, codes),
        codes=codes,
    )


def drug_of(order: WrittenOrder) -> Drug | None:
    """The medicine that was written, where it is known beyond doubt. One to four statements."""
    return _drug(order, _package(order.ndc))


def _drug(order: WrittenOrder, package: Package | None) -> Drug | None:
    return package.product.drug if package else drugs.by_rxcui(order.rxcui) or _by_words(order.drug_text)


def _package(ndc: str) -> Package | None:
    try:
        return drugs.package_by_ndc12(Ndc.parse(ndc).digits12) if ndc else None
    except ParseError:
        return None


def _by_words(text: str) -> Drug | None:
    """The drug of exactly these words; else the one drug that holds every written word; none where several do, or only a misspelling."""
    found = [listing for hit in search.search(text, limit=50).hits for listing in hit.listings] if text else []
    exact = [one for one in found if f"{one.name} {one.strength} {one.form}".lower() == text.strip().lower()]
    sure = exact[0] if len(exact) == 1 else found[0] if len(found) == 1 else None
    return drugs.drug(sure.drug_id) if sure else None
