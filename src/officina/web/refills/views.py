"""The refills desk: by number, by label, by a telephone list, all of one patient's, to one date, or what is due on consent."""

from collections.abc import Callable
from datetime import date

from django.http import HttpResponse
from django.urls import reverse

from officina.base.access import Actor
from officina.dispensing import auto_refill, refillable, synchronising
from officina.dispensing.acts import REFILL, REFILL_EARLY, SYNCHRONISE
from officina.dispensing.queries import Fill
from officina.dispensing.rules.synchronising import refuse_date
from officina.dispensing.services import auto_refill as sweeping
from officina.dispensing.services import refills
from officina.dispensing.services import synchronising as agreeing
from officina.kernel.errors import Refused
from officina.patients import queries as patients
from officina.prescriptions import queries as prescriptions
from officina.web.answers import Context, Go, page, shown, tell
from officina.web.desks import REFILLS
from officina.web.forms import ScanForm, as_code, form, reason
from officina.web.http import DeskRequest
from officina.web.refills.forms import AgreedForm, DayForm, ListForm


@page("refills/desk.html", parts=("work",), needs=(REFILL,))
def desk(request: DeskRequest) -> Context:
    context = {"desk": REFILLS, "scan": form(request, ScanForm), "list": form(request, ListForm)}
    if request.outcome.refusal is None or request.POST.get("do") != "refill":
        return {**context, "asked": []}
    # What was asked for stays before the person who is to mend one line of it.
    asked = refillable.asked(request.actor, request.POST.get("numbers", "")[:2000], on=request.actor.day(request.at))
    return {**context, "asked": asked, "by_itself": _by_itself(asked)}


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
    asked = refillable.asked(request.actor, numbers, on=request.actor.day(request.at))
    return shown(request, desk, asked=asked, by_itself=_by_itself(asked))


def _by_itself(asked: list[refillable.Asked]) -> set[int]:
    """Which of them are refilled by themselves."""
    return prescriptions.consent_holds(a.prescription.pk for a in asked if a.prescription)


@page("refills/patient.html", parts=("work",), needs=(REFILL,))
def of_patient(request: DeskRequest, code: str) -> Context:
    patient = patients.patient(request.actor, code)
    asked = refillable.of_patient(request.actor, patient.pk, on=request.actor.day(request.at))
    return {
        "desk": REFILLS,
        "patient": patient,
        "profile": patients.profile(patient),
        "asked": asked,
        "by_itself": _by_itself(asked),
    }


def _refill(request: DeskRequest, **_: str) -> None:
    """Refill each that is marked; one that is refused does not hold up the others."""

    def one(actor: Actor, code: str, early: str) -> Fill:
        rx = prescriptions.prescription(actor, code)
        return refills.refill(actor, prescription=rx, at=request.at, early=early)

    _each(request, _marked(request), one)


def _marked(request: DeskRequest) -> list[str]:
    codes = [as_code(text) for text in request.POST.getlist("prescription")][: refillable.MOST]
    if not codes:
        raise Refused("nothing_marked", "Mark at least one prescription.")
    _refuse_unsaid(request)
    return codes


def _refuse_unsaid(request: DeskRequest) -> None:
    """Asked before anything is written: one line without its reason must not cost what else was marked."""
    early = set(request.POST.getlist("prescription")) & set(request.POST.getlist("too_soon"))
    if early and not reason(request, "early"):
        said = "A marked one is" if len(early) == 1 else f"{len(early)} of the marked are"
        raise Refused(
            "why_needed", f"{said} too soon: say why early, or unmark it. Nothing was started.", {"early": "Needed"}
        )


def _each(request: DeskRequest, codes: list[str], start: Callable[[Actor, str, str], Fill]) -> None:
    """Start a fill of each, and say of each what became of it."""
    early, refused = reason(request, "early"), []
    if early:
        request.actor.must(REFILL_EARLY, at=request.at)
    for code in codes:
        # Each is a command of its own under the one key of the page.
        actor = request.actor.for_part(code)
        try:
            fill = start(actor, code, early)
        except Refused as no:
            refused.append(no)
            tell(request, no.sentence, "no")
        else:
            tell(request, f"Rx {fill.prescription.number} is being refilled: {fill.number} waits for the review.")
    if len(refused) == len(codes) == 1:
        # It is said by the refusal itself; what was written down before it stays said.
        request.outcome.said.pop()
        raise refused[0]


desk.act("refill")(_refill)
of_patient.act("refill")(_refill)


@page("refills/one_date.html", parts=("work",), needs=(SYNCHRONISE,))
def one_date(request: DeskRequest, code: str) -> Context:
    """All medicines of a patient, and how each comes to one date."""
    patient = patients.patient(request.actor, code)
    today = request.actor.day(request.at)
    plan = synchronising.plan(request.actor, patient, on=today, anchor=_day(request.GET.get("on", ""), today))
    is_agreed = plan.agreed is not None and plan.agreed.on == plan.anchor
    return {
        "desk": REFILLS,
        "patient": patient,
        "profile": patients.profile(patient),
        "plan": plan,
        "is_agreed": is_agreed,
        "is_ahead": plan.anchor is not None and plan.anchor > today,
        "day": form(request, DayForm, initial={"on": plan.anchor}),
        "agreed": form(request, AgreedForm, initial={"agreed_by": f"{patient.first_name} {patient.last_name}"}),
    }


def _day(text: str, today: date) -> date | None:
    """The day that the page's address names; None where it names none that may be chosen."""
    try:
        day = date.fromisoformat(text)
        refuse_date(day, on=today)
    except (ValueError, Refused):
        return None
    return day


@one_date.act("look")
def look(request: DeskRequest, code: str) -> Go:
    """The same for another day."""
    day = form(request, DayForm).facts()["on"]
    refuse_date(day, on=request.actor.day(request.at))
    return Go(f"{reverse('refills:one_date', args=[code])}?on={day.isoformat()}")


@one_date.act("start")
def start(request: DeskRequest, code: str) -> None:
    """Write the agreement down, and start the fills that are marked."""
    patient = patients.patient(request.actor, code)
    today = request.actor.day(request.at)
    day = _day(request.POST.get("on", ""), today)
    if day is None:
        raise Refused("date", "The day is past or too far. Nothing was started: look at it again.")
    _refuse_unsaid(request)
    agreed = synchronising.agreed_date(request.actor, patient, on=today)
    is_new = agreed is None or agreed.on != day
    if agreed is None or is_new:
        facts = form(request, AgreedForm).facts()
        agreed = agreeing.agree(request.actor, patient=patient, anchor=day, at=request.at, **facts)
        tell(request, f"Written down: all medicines fall due on {day:%b} {day.day}, {day.year}.")
    common_date = agreed

    def one(actor: Actor, rx_code: str, early: str) -> Fill:
        rx = prescriptions.prescription(actor, rx_code)
        return agreeing.start(actor, common_date=common_date, prescription=rx, at=request.at, early=early)

    if request.POST.getlist("prescription") or not is_new:
        _each(request, _marked(request), one)


@page("refills/due.html", parts=("work",), needs=(REFILL,))
def due(request: DeskRequest) -> Context:
    """What falls due on consent, before anything is started."""
    return {"desk": REFILLS, "due": auto_refill.due(request.actor, on=request.actor.day(request.at))}


@due.act("sweep")
def sweep(request: DeskRequest) -> None:
    """Start what is marked; consents that have ended by silence are ended."""
    codes = {as_code(text) for text in request.POST.getlist("prescription")}
    if not codes:
        raise Refused("nothing_marked", "Mark at least one prescription.")
    for swept in sweeping.sweep(request.actor, at=request.at, only=codes):
        if swept.fill is not None:
            tell(request, f"Rx {swept.due.rx.number} is being refilled: {swept.fill.number} waits for the review.")
        elif swept.ended:
            tell(request, f"Rx {swept.due.rx.number}: the consent has ended. {swept.ended}", "look")
        elif swept.refusal is not None:
            tell(request, swept.refusal.sentence, "no")
