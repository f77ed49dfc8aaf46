"""Deliveries: what a driver takes today, what is under way, and what happened at the door."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from officina.dispensing import queries, will_call
from officina.dispensing.acts import DELIVER
from officina.dispensing.services import deliveries as drives
from officina.dispensing.services import pickup
from officina.kernel.errors import Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.web.answers import Context, Go, go, page, tell
from officina.web.desks import PICKUP
from officina.web.forms import code as named
from officina.web.forms import form, reason
from officina.web.http import DeskRequest
from officina.web.pickup.counselling import counsel_form, tell_counsel
from officina.web.pickup.forms import PlanForm, ProofForm, SendForm


@page("pickup/deliveries.html", parts=("work",), needs=(DELIVER,))
def deliveries(request: DeskRequest) -> Context:
    today = request.actor.day(request.at)
    return {
        "desk": PICKUP,
        "today": today,
        "bags": will_call.to_deliver(request.actor, on=today),
        "out": will_call.out(request.actor),
        "ended": will_call.delivered(request.actor, on=today),
        "plan": form(request, PlanForm, initial={"on": today}),
    }


@deliveries.act("plan")
def plan(request: DeskRequest) -> None:
    facts = form(request, PlanForm).facts()
    number = HouseNumber.parse(facts["bag"])
    bag = queries.bag(request.actor, number.text)
    if bag is None:
        raise Refused("unknown_bag", "There is no bag of this number here.", {"bag": "A bag's number begins with B"})
    drives.plan(request.actor, bag=bag, on=facts["on"], at=request.at)
    tell(request, f"Bag {bag.number} is on the list.")


@deliveries.act("unplan")
def unplan(request: DeskRequest) -> None:
    bag = will_call.bag_to_call(request.actor, named(request, "bag"))
    drives.plan(request.actor, bag=bag, on=None, at=request.at)
    tell(request, f"Bag {bag.number} waits for somebody to come.")


@deliveries.act("send")
def send(request: DeskRequest) -> None:
    bag = will_call.bag_to_call(request.actor, named(request, "bag"))
    facts = form(request, SendForm).facts()
    drives.send(request.actor, bag=bag, driver=facts["driver"], at=request.at)
    tell(request, f"Bag {bag.number} is with {facts['driver']}.")


@page("pickup/delivery.html", parts=("work",), needs=(DELIVER,))
def delivery(request: DeskRequest, code: str) -> Context:
    came = queries.pick_up(request.actor, code)
    return {
        "desk": PICKUP,
        "came": came,
        "bags": queries.bags_in(came),
        "counsel": counsel_form(request, came),
        "sign": form(request, ProofForm),
    }


@delivery.act("counsel")
def counsel(request: DeskRequest, code: str) -> None:
    out = queries.pick_up(request.actor, code)
    facts = counsel_form(request, out).facts()
    out = pickup.counsel(request.actor, pick_up=out, outcome=facts["outcome"], at=request.at)
    tell_counsel(request, out)


@delivery.act("prove")
def prove(request: DeskRequest, code: str) -> Go:
    sign = form(request, ProofForm)
    facts, tenders = sign.facts(), sign.tenders()
    done = drives.prove(
        request.actor,
        pick_up=queries.pick_up(request.actor, code),
        taken_by=facts["signed_by"],
        relation=facts["relation"],
        happened_at=_today_at(request, facts["taken_at"]),
        paid_by=facts["paid_by"],
        tenders=tenders,
        at=request.at,
    )
    tell(request, f"Delivered and sold. ${done.amount:.2f} {done.paid_by}.")
    return go("pickup:deliveries")


def _today_at(request: DeskRequest, clock: time | None) -> datetime | None:
    if clock is None:
        return None
    return datetime.combine(request.actor.day(request.at), clock, ZoneInfo(request.actor.zone))


@delivery.act("came_back")
def came_back(request: DeskRequest, code: str) -> Go:
    out = queries.pick_up(request.actor, code)
    drives.came_back(request.actor, pick_up=out, why=reason(request), at=request.at)
    tell(request, "Put the bag back into its bin.", "look")
    return go("pickup:deliveries")
