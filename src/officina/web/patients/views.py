"""The patients' desk: find somebody, and everything that is known of them."""

from django.http import HttpResponse

from officina.dispensing import queries as dispensing
from officina.drugs import queries as drugs
from officina.kernel.errors import Refused
from officina.patients import queries
from officina.patients import services as patients
from officina.patients.acts import EDIT, SEE
from officina.patients.services import Details
from officina.prescriptions import queries as prescriptions
from officina.web.answers import Context, Go, go, page, shown, tell
from officina.web.desks import PATIENTS
from officina.web.forms import form, reason
from officina.web.http import DeskRequest
from officina.web.patients.forms import AllergyForm, ConditionForm, DetailsForm, FindForm


@page("patients/desk.html", parts=("found",), needs=(SEE,))
def desk(request: DeskRequest) -> Context:
    return {"desk": PATIENTS, "find": form(request, FindForm), "asked": False, "found": []}


@desk.act("find")
def find(request: DeskRequest) -> Go | HttpResponse:
    """One found: open it. More: choose. What is searched stands in no address."""
    request.actor.must(SEE, at=request.at)
    found = queries.search(request.actor, form(request, FindForm).facts()["text"])
    return go("patients:work", found[0].code) if len(found) == 1 else shown(request, desk, found=found, asked=True)


@page("patients/new.html", parts=("work",), needs=(EDIT,))
def new(request: DeskRequest) -> Context:
    return {"desk": PATIENTS, "details": form(request, DetailsForm, initial={"language": "English", "sex": "U"})}


@new.act("add")
def add(request: DeskRequest) -> Go:
    patient = patients.add(request.actor, details=Details(**form(request, DetailsForm).facts()), at=request.at)
    tell(request, f"{patient.first_name} {patient.last_name} is added. Ask about allergies.", "look")
    return go("patients:work", patient.code)


@page("patients/work.html", parts=("work",), needs=(SEE,))
def work(request: DeskRequest, code: str) -> Context:
    patient = queries.patient(request.actor, code)
    if request.method == "GET":
        patients.view(request.actor, patient=patient, at=request.at)
    fields = {name: getattr(patient, name) for name in DetailsForm.base_fields}
    rxs = [rx for rx in prescriptions.of_patient(request.actor, patient.pk) if rx.drug is not None]
    left = dispensing.refills_left_of(rxs)
    return {
        "desk": PATIENTS,
        "profile": queries.profile(patient),
        "patient": patient,
        "prescriptions": [{"rx": rx, "left": left[rx.pk]} for rx in rxs],
        "history": dispensing.fills_of_patient(request.actor, patient.pk, cursor=request.GET.get("after", "")),
        "details": form(request, DetailsForm, initial=fields),
        "allergy": form(request, AllergyForm, prefix="allergy-"),
        "condition": form(request, ConditionForm, prefix="condition-"),
    }


@work.act("change")
def change(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    patients.change(
        request.actor, patient=patient, details=Details(**form(request, DetailsForm).facts()), at=request.at
    )
    tell(request, "Saved.")


@work.act("note_allergy")
def note_allergy(request: DeskRequest, code: str) -> None:
    facts = form(request, AllergyForm, prefix="allergy-").facts()
    text = facts["text"].strip().lower()
    ingredient, drug_class = drugs.ingredient_named(text), drugs.class_named(text)
    patients.note_allergy(
        request.actor,
        patient=queries.patient(request.actor, code),
        text=facts["text"],
        reaction=facts["reaction"],
        severity=facts["severity"],
        ingredient=ingredient,
        drug_class="" if ingredient else drug_class,
        at=request.at,
    )
    request.outcome.forms.clear()
    if ingredient or drug_class:
        tell(request, "Noted, and screened from now on.")
    else:
        tell(request, "Noted as text: the drug file has no such substance or class, so it cannot be screened.", "look")


@work.act("strike_allergy")
def strike_allergy(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    allergy = next((a for a in queries.profile(patient).allergies if str(a.pk) == request.POST.get("allergy")), None)
    if allergy is None:
        raise Refused("unknown_allergy", "This allergy is not in the profile any more.")
    patients.strike_allergy(request.actor, patient=patient, allergy=allergy, why=reason(request), at=request.at)
    tell(request, "Struck out, with your reason.")


@work.act("no_known_allergies")
def no_known_allergies(request: DeskRequest, code: str) -> None:
    patients.no_known_allergies(request.actor, patient=queries.patient(request.actor, code), at=request.at)
    tell(request, "Written down: asked today.")


@work.act("note_condition")
def note_condition(request: DeskRequest, code: str) -> None:
    facts = form(request, ConditionForm, prefix="condition-").facts()
    patients.note_condition(request.actor, patient=queries.patient(request.actor, code), **facts, at=request.at)
    request.outcome.forms.clear()
    tell(request, "Noted.")
