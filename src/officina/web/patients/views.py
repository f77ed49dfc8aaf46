"""The patients' desk: find somebody, and everything that is known of them."""

from typing import Any

from django.http import HttpResponse

from officina.dispensing import queries as dispensing
from officina.dispensing.services import allergies, merging
from officina.drugs import queries as drugs
from officina.kernel.errors import Refused
from officina.patients import caps, finding, households, noting, queries
from officina.patients import services as patients
from officina.patients.acts import EDIT, MERGE, SEE
from officina.patients.queries import Patient
from officina.patients.services import Details
from officina.prescriptions import queries as prescriptions
from officina.web.answers import Context, Go, go, page, shown, tell
from officina.web.desks import PATIENTS
from officina.web.forms import code as named
from officina.web.forms import form, reason
from officina.web.http import DeskRequest
from officina.web.patients.forms import (
    AllergyForm,
    CapForm,
    ConditionForm,
    DetailsForm,
    FindForm,
    NameForm,
    NewForm,
    NoteForm,
    NumberForm,
)


@page("patients/desk.html", parts=("found",), needs=(SEE,))
def desk(request: DeskRequest) -> Context:
    return {"desk": PATIENTS, "find": form(request, FindForm), "asked": False, "found": [], "near": []}


@desk.act("find")
def find(request: DeskRequest) -> Go | HttpResponse:
    """One found: open it. More, or only somebody who may be meant: choose. What is searched stands in no address."""
    request.actor.must(SEE, at=request.at)
    found = finding.find(request.actor, form(request, FindForm).facts()["text"])
    if len(found.hits) == 1:
        return go("patients:work", found.hits[0].code)
    return shown(request, desk, found=found.hits, near=found.did_you_mean, asked=True)


@page("patients/new.html", parts=("work",), needs=(EDIT,))
def new(request: DeskRequest) -> Context:
    return {"desk": PATIENTS, "details": form(request, NewForm, initial={"language": "English", "sex": "U"})}


@new.act("add")
def add(request: DeskRequest) -> Go:
    patient = patients.add(request.actor, details=Details(**form(request, NewForm).facts()), at=request.at)
    tell(request, f"{patient.first_name} {patient.last_name} is added. Ask about allergies.", "look")
    return go("patients:work", patient.code)


def _address(patient: Patient) -> str:
    """On one line, as it is read out on the telephone."""
    town = " ".join(part for part in (patient.state, patient.postal_code) if part)
    return ", ".join(part for part in (patient.street, patient.city, town) if part)


@page("patients/work.html", parts=("work",), needs=(SEE,))
def work(request: DeskRequest, code: str) -> Context:
    patient = queries.patient(request.actor, code)
    if request.method == "GET":
        patients.view(request.actor, patient=patient, at=request.at)
    fields = {name: getattr(patient, name) for name in DetailsForm.base_fields}
    rxs = prescriptions.medicines(patient.pk, on=request.actor.day(request.at))
    left = dispensing.refills_left_of(rxs)
    return {
        "desk": PATIENTS,
        "profile": queries.profile(patient),
        "patient": patient,
        "address": _address(patient),
        "prescriptions": [{"rx": rx, "left": left[rx.pk]} for rx in rxs],
        "history": dispensing.fills_of_patient(request.actor, patient.pk, cursor=request.GET.get("after", "")),
        "details": form(request, DetailsForm, initial=fields),
        "allergy": form(request, AllergyForm, prefix="allergy-"),
        "condition": form(request, ConditionForm, prefix="condition-"),
        "of_person": _of_person(request, patient),
        "note": form(request, NoteForm, prefix="note-"),
        "name": form(request, NameForm, prefix="name-"),
        "cap": form(request, CapForm, prefix="cap-", numbers=tuple(rx.number for rx in rxs if rx.is_active)),
        "other": form(request, NumberForm),
        "linked": form(request, NumberForm, prefix="home-"),
    }


def _of_person(request: DeskRequest, patient: Patient) -> dict[str, Any]:
    """Notes, names, caps, household and merges."""
    return {
        "notes": queries.notes_of(patient),
        "names": queries.names_of(patient),
        "caps": queries.cap_wishes_of(patient),
        "housemates": queries.housemates(patient),
        "neighbours": queries.same_address(request.actor, patient),
        "merges": queries.merges_of(patient),
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
    noted = allergies.note_allergy(
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
    _tell_stopped(request, noted)


def _tell_stopped(request: DeskRequest, noted: allergies.Noted) -> None:
    """What was screened again, and what does not go out now."""
    if noted.stopped:
        stopped = ", ".join(noted.stopped)
        tell(request, f"Stopped by a serious alert: {stopped}. A pharmacist must look at it at the review desk.", "no")
    elif noted.screened:
        tell(request, f"Screened again, and not stopped: {', '.join(noted.screened)}.")


@work.act("strike_allergy")
def strike_allergy(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    allergy = next((a for a in queries.profile(patient).allergies if str(a.pk) == request.POST.get("allergy")), None)
    if allergy is None:
        raise Refused("unknown_allergy", "This allergy is not in the profile any more.")
    noted = allergies.strike_allergy(
        request.actor, patient=patient, allergy=allergy, why=reason(request), at=request.at
    )
    tell(request, "Struck out, with your reason.")
    _tell_stopped(request, noted)


@work.act("no_known_allergies")
def no_known_allergies(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    noted = allergies.no_known_allergies(request.actor, patient=patient, at=request.at)
    tell(request, "Written down: asked today.")
    _tell_stopped(request, noted)


@work.act("note_condition")
def note_condition(request: DeskRequest, code: str) -> None:
    facts = form(request, ConditionForm, prefix="condition-").facts()
    patients.note_condition(request.actor, patient=queries.patient(request.actor, code), **facts, at=request.at)
    request.outcome.forms.clear()
    tell(request, "Noted.")


@work.act("note")
def note(request: DeskRequest, code: str) -> None:
    text = form(request, NoteForm, prefix="note-").facts()["text"]
    noting.note(request.actor, patient=queries.patient(request.actor, code), text=text, at=request.at)
    request.outcome.forms.clear()
    tell(request, "Noted, with your name.")


@work.act("end_note")
def end_note(request: DeskRequest, code: str) -> None:
    patient, wanted = queries.patient(request.actor, code), named(request, "note")
    found = next((n for n in queries.notes_of(patient) if str(n.code) == wanted), None)
    if found is None:
        raise Refused("unknown_note", "This note is not in the profile.")
    noting.end_note(request.actor, patient=patient, note=found, why=reason(request), at=request.at)
    tell(request, "Ended: it left the banner, and stays below.")


@work.act("note_name")
def note_name(request: DeskRequest, code: str) -> None:
    facts = form(request, NameForm, prefix="name-").facts()
    noting.note_name(request.actor, patient=queries.patient(request.actor, code), **facts, at=request.at)
    request.outcome.forms.clear()
    tell(request, "Noted: a search finds the patient by it.")


@work.act("strike_name")
def strike_name(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    found = next((n for n in queries.names_of(patient) if str(n.pk) == request.POST.get("name")), None)
    if found is None:
        raise Refused("unknown_name", "This name is not in the profile any more.")
    noting.strike_name(request.actor, patient=patient, name=found, why=reason(request), at=request.at)
    tell(request, "Struck out.")


@work.act("ask_easy_open")
def ask_easy_open(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    rxs = prescriptions.medicines(patient.pk, on=request.actor.day(request.at))
    numbers = tuple(rx.number for rx in rxs if rx.is_active)
    facts = form(request, CapForm, prefix="cap-", numbers=numbers).facts()
    caps.ask(request.actor, patient=patient, **facts, at=request.at)
    request.outcome.forms.clear()
    tell(request, "Recorded. The label says it from now on.")


@work.act("end_easy_open")
def end_easy_open(request: DeskRequest, code: str) -> None:
    patient, wanted = queries.patient(request.actor, code), named(request, "wish")
    found = next((w for w in queries.cap_wishes_of(patient) if str(w.code) == wanted), None)
    if found is None:
        raise Refused("unknown_wish", "This is not in the profile.")
    caps.end(request.actor, patient=patient, wish=found, at=request.at)
    tell(request, "Ended: the next vial gets a child-resistant cap.")


def _by_number(request: DeskRequest, prefix: str) -> Patient:
    return queries.numbered(request.actor, form(request, NumberForm, prefix=prefix).facts()["number"])


@work.act("link_household")
def link_household(request: DeskRequest, code: str) -> None:
    patient = queries.patient(request.actor, code)
    other = queries.patient(request.actor, named(request, "other")) if "other" in request.POST else None
    other = other or _by_number(request, "home-")
    households.link(request.actor, patient=patient, other=other, at=request.at)
    request.outcome.forms.clear()
    tell(
        request,
        f"{other.first_name} {other.last_name} is of the household. Pick-up tells that something waits, never what.",
    )


@work.act("leave_household")
def leave_household(request: DeskRequest, code: str) -> None:
    households.leave(request.actor, patient=queries.patient(request.actor, code), at=request.at)
    tell(request, "Not of the household any more.")


@work.act("compare")
def compare(request: DeskRequest, code: str) -> Go:
    """Another record of the same person, by its number: side by side first."""
    request.actor.must(MERGE, at=request.at)
    patient = queries.patient(request.actor, code)
    return go("patients:compare", patient.code, _by_number(request, "").code)


@work.act("unmerge")
def unmerge(request: DeskRequest, code: str) -> None:
    merge = queries.merge(request.actor, named(request, "merge"))
    merging.unmerge(request.actor, merge=merge, why=reason(request), at=request.at)
    tell(
        request,
        f"{merge.merged.number} stands for itself again. Look at both: what was written since stayed here.",
        "look",
    )
