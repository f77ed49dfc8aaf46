"""What waits too long: whom to call, and what goes back to stock in one sweep with the labels of its vials."""

from uuid import UUID

from django.http import HttpResponse

from officina.dispensing import queries, will_call
from officina.dispensing.acts import CALL, RETURN
from officina.dispensing.services import reminders as calls
from officina.kernel.errors import Refused
from officina.labels import tag as labels
from officina.web.answers import Context, document, page, tell
from officina.web.desks import PICKUP
from officina.web.forms import as_code, code, form, reason
from officina.web.http import DeskRequest
from officina.web.pickup.forms import OUTCOMES, CallForm


@page("pickup/reminders.html", parts=("work",), needs=(CALL,))
def reminders(request: DeskRequest) -> Context:
    return {
        "desk": PICKUP,
        "lines": will_call.to_call(request.actor, on=request.actor.day(request.at)),
        "outcomes": OUTCOMES,
    }


@reminders.act("call")
def call(request: DeskRequest) -> None:
    bag = will_call.bag_to_call(request.actor, code(request, "bag"))
    made = calls.call(request.actor, bag=bag, **form(request, CallForm).facts(), at=request.at)
    tell(request, f"Bag {bag.number}: {made.get_outcome_display().lower()}.")


@page("pickup/returns.html", parts=("work",), needs=(RETURN,))
def returns(request: DeskRequest) -> Context:
    today = request.actor.day(request.at)
    return {
        "desk": PICKUP,
        "due": queries.due_for_return(request.actor, on=today),
        "vials": will_call.vials_of(request.actor, on=today),
    }


@returns.act("sweep")
def sweep(request: DeskRequest) -> None:
    marked = [UUID(as_code(text)) for text in request.POST.getlist("fill")]
    fills = will_call.due_among(request.actor, marked, on=request.actor.day(request.at))
    if not fills:
        raise Refused("nothing_marked", "None of the marked fills is due any more, or none was marked.")
    went = calls.sweep(request.actor, fills=fills, why=reason(request) or "Nobody came in time.", at=request.at)
    back = [s for s in went if not s.refused]
    for s in went:
        if s.refused:
            tell(request, f"{s.fill.number} stays: {s.refused}", "no")
    if back:
        tell(request, f"{len(back)} back in stock. Print the vials' own labels, and take the patients' off.")


@document
def tags(request: DeskRequest) -> HttpResponse:
    """The labels of all vials that came back today, a page each."""
    request.actor.must(RETURN, at=request.at)
    vials = will_call.vials_of(request.actor, on=request.actor.day(request.at))
    if not vials:
        raise Refused("no_vial", "No vial came back to stock today.")
    made = [will_call.vial_tag(v, training=request.actor.training) for v in vials]
    answer = HttpResponse(labels.render_pages(made, title="Vials that came back"), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="vials.pdf"'
    return answer
