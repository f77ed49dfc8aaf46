"""The counter: what waits where and how long, what this person does next, and finding anything by what was said or scanned."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from officina.dispensing import owed
from officina.dispensing import queries as dispensing
from officina.dispensing.rules.machine import State
from officina.drugs import freshness
from officina.prescriptions import queries as prescriptions
from officina.web.answers import Context, page, show
from officina.web.counter import finding, waiting
from officina.web.desks import DESKS
from officina.web.http import DeskRequest


@page("counter/counter.html", parts=("waiting",))
def counter(request: DeskRequest) -> Context:
    actor = request.actor
    return {
        "lines": waiting.lines(actor, at=request.at),
        "next": waiting.next_for(actor, at=request.at),
        "owed": owed.owed(actor, at=request.at),
        "stopped": dispensing.stopped_by_alert(actor, most=20),
        "held": dispensing.worklist(actor, State.HELD, most=10),
        "bags": dispensing.bags_waiting(actor, most=8),
        "due": dispensing.due_for_return(actor, on=actor.day(request.at), most=20),
        "pick_ups": dispensing.pick_ups_open(actor),
        "stale": freshness.stale(on=actor.day(request.at)),
        "messages": prescriptions.unsettled(actor, most=20),
    }


def search(request: HttpRequest) -> HttpResponse:
    """Found at once: go there. Found more: choose. What is searched stands in no address and so in no log and no history."""
    desk = cast("DeskRequest", request)
    text = request.POST.get("q", "")[:200]
    found = finding.find(desk.actor, text, today=desk.actor.day(desk.at)) if text.strip() else finding.Found()
    if found.only:
        return HttpResponseRedirect(found.only, status=303)
    return show(desk, "counter/search.html", {"q": text, "found": found})


@page("counter/keys.html")
def keys(request: DeskRequest) -> Context:
    return {"desks": DESKS}
