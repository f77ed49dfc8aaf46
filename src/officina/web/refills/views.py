"""The refills desk: by number, by the label of the last fill, by a telephone list, or all of one patient's."""

from dataclasses import replace

from django.http import HttpResponse

from officina.dispensing import refillable
from officina.dispensing.acts import REFILL, REFILL_EARLY
from officina.dispensing.services import refills
from officina.kernel.errors import Refused
from officina.patients import queries as patients
from officina.prescriptions import queries as prescriptions
from officina.web.answers import Context, page, shown, tell
from officina.web.desks import REFILLS
from officina.web.forms import ScanForm, as_code, form, reason
from officina.web.http import DeskRequest
from officina.web.refills.forms import ListForm


@page("refills/desk.html", parts=("work",), needs=(REFILL,))
def desk(request: DeskRequest) -> Context:
    return {"desk": REFILLS, "scan": form(request, ScanForm), "list": form(request, ListForm), "asked": []}


@desk.act("find")
def find(request: DeskRequest) -> HttpResponse:
    """What can be said to each number; nothing is written."""
    return _found(request, form(request, ScanForm).facts()["scan"])


@desk.act("find_list")
def find_list(request: DeskRequest) -> HttpResponse:
    """The same for a whole list."""
    return _found(request, form(request, ListForm).facts()["numbers"])


def _found(request: DeskRequest, numbers: str) -> HttpResponse:
    request.outcome.forms = {kind.__qualname__: kind() for kind in (ScanForm, ListForm)}
    return shown(request, desk, asked=refillable.asked(request.actor, numbers, on=request.actor.day(request.at)))


@page("refills/patient.html", parts=("work",), needs=(REFILL,))
def of_patient(request: DeskRequest, code: str) -> Context:
    patient = patients.patient(request.actor, code)
    return {
        "desk": REFILLS,
        "patient": patient,
        "profile": patients.profile(patient),
        "asked": refillable.of_patient(request.actor, patient.pk, on=request.actor.day(request.at)),
    }


def _refill(request: DeskRequest, **_: str) -> None:
    """Refill each that is marked; one that is refused does not hold up the others."""
    codes = [as_code(text) for text in request.POST.getlist("prescription")][: refillable.MOST]
    if not codes:
        raise Refused("nothing_marked", "Mark at least one prescription.")
    early, refused = reason(request, "early"), []
    if early:
        request.actor.must(REFILL_EARLY, at=request.at)
    for code in codes:
        # Each is a command of its own under the one key of the page.
        actor = replace(request.actor, key=f"{request.actor.key}/{code}" if request.actor.key else "")
        try:
            fill = refills.refill(
                actor, prescription=prescriptions.prescription(actor, code), at=request.at, early=early
            )
        except Refused as no:
            refused.append(no)
            tell(request, no.sentence, "no")
        else:
            tell(request, f"Rx {fill.prescription.number} is being refilled: {fill.number} waits for the review.")
    if len(refused) == len(codes) == 1:
        request.outcome.said.clear()
        raise refused[0]


desk.act("refill")(_refill)
of_patient.act("refill")(_refill)
