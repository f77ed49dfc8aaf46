"""The review desk: is the entry what was written, and does anything clinical stand against it?"""

from functools import partial

from officina.dispensing import queries, rems
from officina.dispensing.acts import CHECK_ENTRY, REVIEW
from officina.dispensing.queries import Fill
from officina.dispensing.services import entry, review
from officina.dispensing.services import rems as authorising
from officina.patients import queries as patients
from officina.prescriptions import queries as prescriptions
from officina.prescriptions import suggestions
from officina.screening import queries as screening
from officina.web import comparing
from officina.web.answers import Context, Go, go, page, tell
from officina.web.desks import REVIEW as DESK
from officina.web.forms import form, reason, version
from officina.web.http import DeskRequest
from officina.web.review.forms import RemsForm, ResolveForm


@page("review/desk.html", parts=("rows",), needs=(CHECK_ENTRY, REVIEW))
def desk(request: DeskRequest) -> Context:
    return {"desk": DESK, **_rows(request)}


def _rows(request: DeskRequest) -> Context:
    """What waits for the review, and what was cleared once and is stopped again."""
    return {
        "rows": partial(queries.worklist, request.actor, *DESK.states),
        "stopped": partial(queries.stopped_by_alert, request.actor),
        "alarmed": partial(queries.alarmed, request.actor, *DESK.states),
    }


@page("review/work.html", parts=("work", "rows"), needs=(CHECK_ENTRY, REVIEW))
def work(request: DeskRequest, code: str) -> Context:
    fill = queries.fill(request.actor, code)
    rx = fill.prescription
    order = suggestions.written(rx)
    found = screening.current(rx.pk)
    today = request.actor.day(request.at)
    others = reversed(prescriptions.in_use(fill.patient.person_id, on=today)) if fill.patient else []
    return {
        "desk": DESK,
        **_rows(request),
        "fill": fill,
        "back": queries.came_back(fill),
        "profile": patients.profile(fill.patient) if fill.patient else None,
        "lines": comparing.lines(order, rx, prescriptions.sig_codes(request.actor)),
        "gates": _gates(request, fill),
        "rems": form(request, RemsForm),
        "pictures": prescriptions.attachments(rx.pk),
        "others": [
            p for p in others if p.pk != rx.pk and (p.is_active or (p.supply_until and p.supply_until >= today))
        ],
        "screening": found,
        "is_reviewed": fill.state == "clinical_review" or (fill.state in queries.REVIEWED and found is not None),
        "resolve": form(request, ResolveForm),
    }


def _gates(request: DeskRequest, fill: Fill) -> list[rems.Gate]:
    """What a program of risk asks for, where its turn has come."""
    if fill.state != "clinical_review":
        return []
    return rems.standing(request.actor, fill, on=request.actor.day(request.at))


def _fill(request: DeskRequest, code: str) -> Fill:
    """The fill as the page showed it: an older page changes nothing."""
    return queries.fill(request.actor, code, version=version(request))


@work.act("approve_entry")
def approve(request: DeskRequest, code: str) -> None:
    fill = entry.approve_entry(request.actor, fill=_fill(request, code), at=request.at)
    tell(request, f"The entry of {fill.prescription.number} is right. Look at what the screening found.")


@work.act("send_back")
def send_back(request: DeskRequest, code: str) -> Go:
    fill = entry.send_back(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.prescription.number} went back to entry.")
    return go("review:desk")


@work.act("resolve")
def resolve(request: DeskRequest, code: str) -> None:
    facts = form(request, ResolveForm).facts()
    alert = screening.alert(request.actor, str(facts["alert"]))
    review.resolve_alert(
        request.actor, alert=alert, resolution=facts["resolution"], reason=facts["reason"], at=request.at
    )
    request.outcome.forms.clear()
    tell(request, "The alert is resolved, with your reason.")


@work.act("authorise")
def authorise(request: DeskRequest, code: str) -> None:
    facts = form(request, RemsForm).facts()
    authorising.authorise(request.actor, fill=_fill(request, code), **facts, at=request.at)
    request.outcome.forms.clear()
    tell(request, "Written down what the program gave.")


@work.act("screen_again")
def screen_again(request: DeskRequest, code: str) -> None:
    review.screen_again(request.actor, fill=_fill(request, code), at=request.at)
    tell(request, "Screened against the profile as it is now.")


@work.act("clear_review")
def clear(request: DeskRequest, code: str) -> Go:
    fill = review.clear_review(request.actor, fill=_fill(request, code), at=request.at)
    tell(request, f"{fill.prescription.number} is reviewed.")
    return go("review:desk")


@work.act("hold")
def hold(request: DeskRequest, code: str) -> Go:
    fill = review.hold(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is on hold.")
    return go("review:desk")


@work.act("cancel")
def cancel(request: DeskRequest, code: str) -> Go:
    fill = review.cancel(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is cancelled.")
    return go("review:desk")
