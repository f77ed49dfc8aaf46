"""Two records of one person: the likely ones, side by side, and which stays."""

from typing import Any

from officina.dispensing import queries as dispensing
from officina.dispensing import takings
from officina.dispensing.rules.machine import FINAL
from officina.dispensing.services import merging as services
from officina.patients import duplicates as alike
from officina.patients import merging, queries
from officina.patients.acts import MERGE
from officina.patients.queries import Patient
from officina.prescriptions import queries as prescriptions
from officina.web.answers import Context, Go, go, page, tell
from officina.web.desks import PATIENTS
from officina.web.forms import as_code, form, reason
from officina.web.http import DeskRequest
from officina.web.patients.forms import WhyForm

LABELS = {
    "name": "Name",
    "born_on": "Date of birth",
    "sex": "Sex",
    "address": "Address",
    "phone": "Telephone",
    "language": "Language",
    "weight": "Weight",
}


@page("patients/duplicates.html", parts=("work",), needs=(MERGE,))
def duplicates(request: DeskRequest) -> Context:
    return {"desk": PATIENTS, "pairs": alike.likely(request.actor)}


@page("patients/compare.html", parts=("work",), needs=(MERGE,))
def compare(request: DeskRequest, code: str, other: str) -> Context:
    one, two = (queries.record(request.actor, c) for c in (code, other))
    differing = merging.differing(one, two)
    return {
        "desk": PATIENTS,
        "sides": [_side(request, p) for p in (one, two)],
        "lines": [(name, LABELS[name], name in differing, (_said(one, name), _said(two, name))) for name in LABELS],
        "is_unlike": merging.is_unlike(one, two),
        "why": form(request, WhyForm),
        "stays": request.POST.get("stays") or str(one.code),
    }


def _side(request: DeskRequest, patient: Patient) -> dict[str, Any]:
    """What hangs on a record, so that nobody merges a stranger."""
    fills = dispensing.fills_of_patient(request.actor, patient.pk).rows
    return {
        "patient": patient,
        "code": str(patient.code),
        "profile": queries.profile(patient),
        "prescriptions": prescriptions.of_patient(request.actor, patient.pk, most=8),
        "under_way": [f for f in fills if f.state not in FINAL],
        "owed": takings.balance(request.actor, patient.pk),
    }


def _said(patient: Patient, name: str) -> Any:
    """What a record says to a choice, in words."""
    if name == "name":
        return f"{patient.last_name}, {patient.first_name} {patient.middle_name}".strip()
    if name == "address":
        place = f"{patient.city} {patient.state} {patient.postal_code}".strip()
        return ", ".join(filter(None, (patient.street, place)))
    if name == "sex":
        return patient.get_sex_display()
    return patient.weight_kg if name == "weight" else getattr(patient, name)


@compare.act("merge")
def merge(request: DeskRequest, code: str, other: str) -> Go:
    one, two = (queries.record(request.actor, c) for c in (code, other))
    stays = as_code(request.POST.get("stays", ""))
    survivor, goes = (two, one) if stays == str(two.code) else (one, two)
    taken = {name for name in LABELS if request.POST.get(name) == str(goes.code)}
    why = form(request, WhyForm).facts()["why"]
    services.merge(request.actor, survivor=survivor, merged=goes, taken=taken, why=why, at=request.at)
    tell(
        request,
        f"{goes.number} now shows under {survivor.number}. Orders under way, if any, were screened again: look at Review.",
    )
    return go("patients:work", survivor.code)


@compare.act("two_people")
def two_people(request: DeskRequest, code: str, other: str) -> Go:
    one, two = (queries.record(request.actor, c) for c in (code, other))
    merging.two_people(request.actor, one=one, other=two, why=reason(request), at=request.at)
    tell(request, f"Written down: {one.number} and {two.number} are two people.")
    return go("patients:duplicates")
