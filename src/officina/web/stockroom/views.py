"""The stockroom: what is on hand, what was delivered, and what happened to a lot."""

import re
from typing import Any

from django.http import HttpResponse

from officina.base import queries as house
from officina.dispensing import medicines
from officina.dispensing.services.filling import Scanned
from officina.drugs import queries as drugs
from officina.exchange import scan_in
from officina.inventory import queries, services
from officina.inventory.acts import COUNT, QUARANTINE, RECEIVE, SEE
from officina.kernel.errors import ParseError, Refused
from officina.kernel.quantity import written
from officina.labels import tag as tags
from officina.labels import tallman
from officina.web.answers import Context, Go, document, go, page, shown, tell
from officina.web.desks import STOCK
from officina.web.forms import ScanForm, form, reason
from officina.web.http import DeskRequest
from officina.web.stockroom.forms import CountForm, FindForm, ReceiveForm

_NDC_BEGINS = re.compile(r"[0-9]{4,6}-?[0-9-]*", re.ASCII)


@page("stock/desk.html", parts=("found", "receive"), needs=(SEE,))
def desk(request: DeskRequest) -> Context:
    return {
        "desk": STOCK,
        "find": form(request, FindForm, prefix="find-"),
        "scan": form(request, ScanForm),
        **_looked_up(request),
        "text": "",
        "mean": [],
        "marks": {},
        "rows": queries.stock(request.actor, most=60),
        "today": request.actor.day(request.at),
    }


@desk.act("find")
def find(request: DeskRequest) -> HttpResponse:
    """What is on hand of a medicine; nothing is written."""
    request.actor.must(SEE, at=request.at)
    text = request.POST.get("text", "").replace("\x00", "").strip()[:100]
    if not text:
        return shown(request, desk, rows=queries.stock(request.actor, most=60))
    found = medicines.search(request.actor, text, limit=60, among=queries.drugs_on_hand(request.actor))
    listed = [listing.drug_id for hit in found.hits for listing in hit.listings]
    marks = {listing.drug_id: hit.unlike for hit in found.hits for listing in hit.listings if hit.unlike}
    ndc = text if _NDC_BEGINS.fullmatch(text) else ""
    rows = queries.stock(request.actor, drugs=listed, ndc=ndc, most=60)
    return shown(request, desk, text=text, rows=rows, marks=marks, mean=[] if rows else found.did_you_mean)


def _looked_up(request: DeskRequest) -> dict[str, Any]:
    """While a delivery that was sent is not right yet: what it is, and what was typed of it."""
    if request.POST.get("do") != "receive" or request.outcome.refusal is None:
        return {}
    try:
        scanned, package = _container(request, request.POST.get("scan", ""))
    except (Refused, ParseError):
        return {}
    return _delivery(request, scanned, package)


def _delivery(request: DeskRequest, scanned: Scanned, package: drugs.Package) -> dict[str, Any]:
    """What a code says of a container, and the form that asks for the rest; the hand goes to the first that is missing."""
    made = form(request, ReceiveForm, initial={"scan": scanned.raw, "bottles": "1"})
    known = {"lot_number": bool(scanned.lot_number), "expires_on": scanned.expires_on is not None}
    asked = [name for name in ("lot_number", "expires_on", "bottles") if not known.get(name)]
    made.fields[asked[0]].widget.attrs["data-home"] = ""
    return {"receive": made, "asked": [*asked, "invoice"], "scanned": scanned, "package": package}


def _container(request: DeskRequest, code: str) -> tuple[Scanned, drugs.Package]:
    actor = request.actor
    scanned = scan_in.container(code, site_id=actor.site_id, today=actor.day(request.at))
    if scanned.package_id is None:
        raise Refused(
            "unknown_product",
            "This code is not in the drug file: put the delivery aside.",
            {"scan": "Not in the drug file"},
        )
    return scanned, drugs.package(scanned.package_id)


@desk.act("look_up")
def look_up(request: DeskRequest) -> HttpResponse:
    """What a container is that was delivered; nothing is written before a person says how many."""
    request.actor.must(RECEIVE, at=request.at)
    scanned, package = _container(request, form(request, ScanForm).facts()["scan"])
    request.outcome.forms.clear()
    request.outcome.is_shown = True
    return shown(request, desk, **_delivery(request, scanned, package))


@desk.act("receive")
def receive(request: DeskRequest) -> None:
    facts = form(request, ReceiveForm).facts()
    actor = request.actor
    scanned, package = _container(request, facts["scan"])
    lot_number, expires_on = facts["lot_number"] or scanned.lot_number, facts["expires_on"] or scanned.expires_on
    if expires_on is None:
        raise Refused("expiry_missing", "Scan or type the expiry date.", {"expires_on": "Needed"})
    if scanned.lot_number and facts["lot_number"] and scanned.lot_number != facts["lot_number"].strip().upper():
        raise ParseError(
            "lot", where="Lot", expected=f"{scanned.lot_number}, as the code says", got=facts["lot_number"]
        )
    lot = services.receive(
        actor,
        package=package,
        lot_number=lot_number,
        expires_on=expires_on,
        quantity=facts["bottles"] * package.holds,
        invoice=facts["invoice"],
        at=request.at,
    )
    request.outcome.forms.clear()
    tell(
        request,
        f"{written(facts['bottles'] * package.holds)} {package.unit} of {package.product.drug}, lot {lot.number}, received.",
    )


def _lot(request: DeskRequest, code: str) -> queries.Lot:
    found = queries.lot(request.actor, code)
    if found is None:
        raise Refused("no_lot", "There is no such lot here.")
    return found


@page("stock/lot.html", parts=("work",), needs=(SEE,))
def lot(request: DeskRequest, code: str) -> Context:
    found = _lot(request, code)
    return {
        "desk": STOCK,
        "lot": found,
        "balances": queries.balances_of(found.pk),
        "moves": queries.moves_of(found.pk, cursor=request.GET.get("after", "")),
        "count": form(request, CountForm),
        "blank": CountForm(auto_id="blank_%s"),
        "today": request.actor.day(request.at),
        "acts": {"count": COUNT.code, "quarantine": QUARANTINE.code, "receive": RECEIVE.code},
    }


@lot.act("quarantine")
def quarantine(request: DeskRequest, code: str) -> None:
    found = _lot(request, code)
    services.quarantine(request.actor, lot=found, why=reason(request), at=request.at)
    tell(request, f"Lot {found} is in quarantine. No scan of it passes from now on.", "look")


@lot.act("count")
def count(request: DeskRequest, code: str) -> Go:
    found = _lot(request, code)
    facts = form(request, CountForm).facts()
    place = next((p for p in queries.place_list(request.actor) if str(p.pk) == request.POST.get("place")), None)
    if place is None:
        raise Refused("unknown_place", "Choose where it was counted.", {"counted": "Choose the place"})
    difference = services.count(
        request.actor, lot=found, place=place, counted=facts["counted"], why=facts["why"], at=request.at
    )
    tell(request, "The count agrees." if not difference else f"Difference {written(difference)}, with your reason.")
    return go("stockroom:lot", code)


@document
def tag(request: DeskRequest, code: str, kind: str) -> HttpResponse:
    """The tag of a vial that came back: its own number and what it is, so that the patient's label can come off."""
    if kind not in tags.FORMS:
        raise ParseError("tag format", expected=" or ".join(tags.FORMS), got=kind)
    request.actor.must(SEE, at=request.at)
    found = _lot(request, code)
    if not found.vial_number:
        raise Refused(
            "not_a_vial", "Only a vial that came back to stock has a tag; this lot has the maker's own label."
        )
    drug = found.package.product.drug
    made = tags.vial(
        found.vial_number,
        medicine=f"{tallman.display(drug.generic_name)} {drug.strength} {drug.form}",
        ndc=found.package.ndc,
        lot=found.number,
        expires_on=found.expires_on,
        training=house.site(request.actor.site_id).training,
    )
    answer = HttpResponse(tags.render(made, kind=kind), content_type=tags.MEDIA_TYPES[kind])
    answer["Content-Disposition"] = f'inline; filename="{found.vial_number}.{kind}"'
    return answer
