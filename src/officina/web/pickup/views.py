"""The pick-up counter: who is it, which bags, a word with the pharmacist, a signature; and what nobody came for."""

import re
from decimal import Decimal
from uuid import UUID

from officina.dispensing import leaflets, people, queries, takings, will_call
from officina.dispensing.acts import COUNSEL, HAND_OVER, RETURN
from officina.dispensing.services import checking, pickup
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.patients import queries as patients
from officina.web.answers import Context, Go, go, page, tell
from officina.web.desks import PICKUP
from officina.web.forms import ScanForm, form, reason
from officina.web.http import DeskRequest
from officina.web.pickup.counselling import counsel_form, tell_counsel
from officina.web.pickup.forms import RELATIONS, HandOverForm, IdentifyForm

_STROKES = re.compile(r"[ML0-9 .]*", re.ASCII)


@page("pickup/desk.html", parts=("desk",), needs=(HAND_OVER, COUNSEL, RETURN))
def desk(request: DeskRequest) -> Context:
    return {
        "desk": PICKUP,
        "who": form(request, IdentifyForm),
        "open": queries.pick_ups_open(request.actor),
        "bags": will_call.shelved(request.actor, queries.bags_waiting(request.actor), on=request.actor.day(request.at)),
        "due": queries.due_for_return(request.actor, on=request.actor.day(request.at)),
    }


@desk.act("identify")
def identify(request: DeskRequest) -> Go:
    came = pickup.identify(request.actor, **form(request, IdentifyForm).facts(), at=request.at)
    return go("pickup:work", came.code)


@desk.act("return_to_stock")
def return_to_stock(request: DeskRequest) -> None:
    fill = queries.fill(request.actor, _code(request.POST.get("fill", "")))
    why = reason(request) or "Nobody came in time."
    fill = checking.return_to_stock(request.actor, fill=fill, why=why, at=request.at)
    vial = queries.vial_of(fill)
    tell(
        request,
        f"{fill.number} is back in stock as vial {vial}. Put the vial's own label on it, and take the patient's off.",
    )


def _code(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as problem:
        raise ParseError("fill", expected="one of the list: open the page again", got=text) from problem


@page("pickup/work.html", parts=("work",), needs=(HAND_OVER, COUNSEL))
def work(request: DeskRequest, code: str) -> Context:
    came = queries.pick_up(request.actor, code)
    scanned = queries.bags_in(came)
    have = {b.pk for b in scanned}
    fills = pickup.fills_of(came) if came.state == "open" else []
    sign = form(request, HandOverForm)
    if came.counsel not in {"", "wanted"}:
        # The word was offered: a signature is next. A bag that is still to be scanned is heard from there, too.
        sign.fields["signed_by"].widget.attrs["autofocus"] = True
    return {
        "desk": PICKUP,
        "came": came,
        "profile": patients.profile(came.patient),
        "relation": dict(RELATIONS).get(came.relation, came.relation),
        "scanned": scanned,
        "waiting": [b for b in queries.bags_of(request.actor, came.patient.person_id) if b.pk not in have],
        "fills": fills,
        "housemates": people.waiting_for_housemates(request.actor, came.patient),
        "along": leaflets.of(fills, on=request.actor.day(request.at)),
        "due": sum((f.price or Decimal(0) for f in fills), Decimal(0)),
        "scan": form(request, ScanForm),
        "counsel": counsel_form(request, came),
        "sign": sign,
    }


@work.act("scan")
def scan(request: DeskRequest, code: str) -> None:
    came = queries.pick_up(request.actor, code)
    number = HouseNumber.parse(form(request, ScanForm).facts()["scan"])
    if number.series != "B":
        raise Refused("not_a_bag", "Scan the bag, not what is in it.", {"scan": "A bag's number begins with B"})
    bag = pickup.scan_bag(request.actor, pick_up=came, bag_number=number.text, at=request.at)
    request.outcome.forms.clear()
    tell(request, f"Bag {bag.number} is this patient's.")


@work.act("counsel")
def counsel(request: DeskRequest, code: str) -> None:
    came = queries.pick_up(request.actor, code)
    facts = counsel_form(request, came).facts()
    came = pickup.counsel(request.actor, pick_up=came, outcome=facts["outcome"], at=request.at)
    tell_counsel(request, came)


@work.act("hand_over")
def hand_over(request: DeskRequest, code: str) -> None:
    came = queries.pick_up(request.actor, code)
    sign = form(request, HandOverForm)
    facts = sign.facts()
    if not _STROKES.fullmatch(facts["signature"]):
        raise Refused(
            "signature_unreadable",
            "The signature was not read. Sign again, or type the name.",
            {"signed_by": "Sign again"},
        )
    tenders = sign.tenders()
    who = {name: facts[name] for name in ("signed_by", "relation", "signature", "paid_by")}
    done = pickup.hand_over(request.actor, pick_up=came, **who, tenders=tenders, at=request.at)
    tell(request, f"Handed over. ${done.amount:.2f} {done.paid_by}.{takings.change_said(done)}")


@work.act("leave")
def leave(request: DeskRequest, code: str) -> Go:
    pickup.leave(request.actor, pick_up=queries.pick_up(request.actor, code), at=request.at)
    tell(request, "Ended without handing over. Put the bags back in their bins.", "look")
    return go("pickup:desk")
