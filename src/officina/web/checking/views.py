"""The checking desk: the final check by somebody else's eyes, and the bag."""

from functools import partial

from django.http import HttpResponse

from officina.base import queries as house
from officina.dispensing import leaflets, queries
from officina.dispensing.acts import BAG, VERIFY
from officina.dispensing.queries import Fill
from officina.dispensing.services import checking, review
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.labels import sheet
from officina.labels import tag as tags
from officina.patients import queries as patients
from officina.patients.acts import SEE
from officina.prescriptions import suggestions
from officina.screening import queries as screening
from officina.web.answers import Context, Go, document, go, page, tell
from officina.web.checking.forms import BagForm
from officina.web.desks import CHECKING
from officina.web.forms import ScanForm, form, reason, version
from officina.web.http import DeskRequest


@page("checking/desk.html", parts=("rows",), needs=(VERIFY, BAG))
def desk(request: DeskRequest) -> Context:
    return {
        "desk": CHECKING,
        "rows": partial(queries.worklist, request.actor, *CHECKING.states),
        "scan": form(request, ScanForm),
    }


@desk.act("scan")
def find(request: DeskRequest) -> Go:
    """The label of a vial opens its fill."""
    number = HouseNumber.parse(form(request, ScanForm).facts()["scan"]).text
    fill = queries.fill_by_number(request.actor, number)
    if fill is None:
        raise Refused("unknown_fill", f"There is no fill {number} here.", {"scan": "No such fill"})
    return go("checking:work", fill.code)


@page("checking/work.html", parts=("work", "rows"), needs=(VERIFY, BAG))
def work(request: DeskRequest, code: str) -> Context:
    fill = queries.fill(request.actor, code)
    parts = queries.parts(fill)
    return {
        "desk": CHECKING,
        "rows": partial(queries.worklist, request.actor, *CHECKING.states),
        "fill": fill,
        "profile": patients.profile(fill.patient) if fill.patient else None,
        "order": suggestions.written(fill.prescription),
        "parts": parts,
        "counted": queries.in_vial(parts),
        "scans": queries.scans(fill),
        "screening": screening.current(fill.prescription_id),
        "bags": queries.bags_of(request.actor, fill.patient.person_id) if fill.patient else [],
        "bag": form(request, BagForm),
        "along": leaflets.of([fill], on=request.actor.day(request.at)).get(fill.pk, ()),
    }


def _fill(request: DeskRequest, code: str) -> Fill:
    """The fill as the page showed it: an older page changes nothing."""
    return queries.fill(request.actor, code, version=version(request))


@work.act("verify")
def verify(request: DeskRequest, code: str) -> None:
    fill = checking.verify(request.actor, fill=_fill(request, code), at=request.at)
    tell(request, f"{fill.number} passed the check. Bag it.")


@work.act("reject")
def reject(request: DeskRequest, code: str) -> Go:
    fill = checking.reject(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} went back to filling, its vial is to be emptied.")
    return go("checking:desk")


@work.act("bag")
def bag(request: DeskRequest, code: str) -> Go:
    facts = form(request, BagForm).facts()
    into = queries.bag(request.actor, HouseNumber.parse(facts["into"]).text) if facts["into"] else None
    if facts["into"] and into is None:
        raise Refused("unknown_bag", "There is no bag of this number here.", {"into": "No such bag"})
    fill = checking.bag(request.actor, fill=_fill(request, code), bin_name=facts["bin_name"], into=into, at=request.at)
    assert fill.bag is not None
    tell(request, f"{fill.number} is in bag {fill.bag.number}, bin {fill.bag.bin}. Print its tag.")
    return go("checking:work", code)


@work.act("return_to_stock")
def return_to_stock(request: DeskRequest, code: str) -> Go:
    fill = checking.return_to_stock(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is returned to stock as a vial of its own.")
    return go("checking:desk")


@work.act("hold")
def hold(request: DeskRequest, code: str) -> Go:
    fill = review.hold(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is on hold.")
    return go("checking:desk")


@document
def label(request: DeskRequest, code: str) -> HttpResponse:
    """The label as it was printed, to be held beside the vial."""
    request.actor.must(SEE, at=request.at)
    fill = queries.fill(request.actor, code)
    facts = queries.label_facts(fill, on=request.actor.day(fill.filled_at or request.at))
    return HttpResponse(sheet.render(facts, kind="png"), content_type="image/png")


@document
def tag(request: DeskRequest, code: str, kind: str) -> HttpResponse:
    """The tag of the bag that a fill is in: number, patient and bin; no medicine, since others see the bag too."""
    if kind not in tags.FORMS:
        raise ParseError("tag format", expected=" or ".join(tags.FORMS), got=kind)
    request.actor.must(BAG, at=request.at)
    fill = queries.fill(request.actor, code)
    if fill.bag is None or fill.patient is None:
        raise Refused("not_bagged", f"{fill.number} is in no bag. Bag it first, then print the tag.")
    site = house.site(request.actor.site_id)
    name = f"{fill.patient.first_name} {fill.patient.last_name}"
    made = tags.bag(fill.bag.number, patient_name=name, bin_name=fill.bag.bin, training=site.training)
    answer = HttpResponse(tags.render(made, kind=kind), content_type=tags.MEDIA_TYPES[kind])
    answer["Content-Disposition"] = f'inline; filename="{fill.bag.number}.{kind}"'
    return answer
