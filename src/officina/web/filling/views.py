"""The filling desk: take, print the label, scan every container, send to the check."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.http import HttpResponse

from officina.dispensing import people, queries
from officina.dispensing.acts import FILL, PRICE
from officina.dispensing.queries import Fill
from officina.dispensing.rules.machine import State
from officina.dispensing.services import amounts, filling, review
from officina.drugs import queries as drugs
from officina.exchange import scan_in
from officina.inventory import queries as stock
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.quantity import written
from officina.labels import sheet
from officina.law import partial as partial_law
from officina.patients import queries as patients
from officina.patients.acts import SEE
from officina.web.answers import Context, Go, document, go, page, tell
from officina.web.desks import FILLING
from officina.web.filling.forms import ContainerForm, PartForm, ProductForm, SecondCountForm
from officina.web.forms import ScanForm, again, form, reason, version
from officina.web.http import DeskRequest


@page("filling/desk.html", parts=("rows",), needs=(FILL, PRICE))
def desk(request: DeskRequest) -> Context:
    return {
        "desk": FILLING,
        "rows": partial(queries.worklist, request.actor, *FILLING.states),
        "scan": form(request, ScanForm),
    }


@desk.act("scan")
def find(request: DeskRequest) -> Go:
    """The label of a fill opens it."""
    number = HouseNumber.parse(form(request, ScanForm).facts()["scan"]).text
    fill = queries.fill_by_number(request.actor, number)
    if fill is None:
        raise Refused("unknown_fill", f"There is no fill {number} here.", {"scan": "No such fill"})
    return go("filling:work", fill.code)


@page("filling/work.html", parts=("work", "rows"), needs=(FILL, PRICE))
def work(request: DeskRequest, code: str) -> Context:
    fill = queries.fill(request.actor, code)
    parts = queries.parts(fill)
    counted = queries.in_vial(parts)
    missing = (fill.quantity or Decimal(0)) - counted
    at_bench = fill.state in {State.READY_TO_FILL, State.FILLING} and fill.package is not None
    today = request.actor.day(request.at)
    held = queries.usable_lots(fill, on=today) if at_bench and missing else []
    return {
        "desk": FILLING,
        "rows": partial(queries.worklist, request.actor, *FILLING.states),
        "part_form": partial(form, request, PartForm, cases=partial_law.cases(fill.prescription.schedule)),
        "fill": fill,
        "back": queries.came_back(fill),
        "profile": patients.profile(fill.patient) if fill.patient else None,
        "language": people.language_note(fill),
        "counted": counted,
        "missing": missing,
        "lots": queries.suggested_lots(fill, on=today, held=held, missing=missing) if held else [],
        "held": held,
        "others": _others(request, fill) if at_bench and not counted else [],
        "parts": parts,
        "scans": queries.scans(fill),
        "asked": _asked(request, fill),
        "container": partial(form, request, ContainerForm, initial={"quantity": missing}),
        "second": partial(form, request, SecondCountForm),
    }


def _asked(request: DeskRequest, fill: Fill) -> Decimal | None:
    """What the patient would pay, before somebody agrees to it; None where nothing is to be agreed, or no price is known."""
    if fill.state != State.WAITING_FOR_PAYMENT or fill.package is None or fill.quantity is None:
        return None
    try:
        return amounts.agreed(request.actor, fill, at=request.at)
    except Refused:
        return None  # Said in words by who presses the button


def _others(request: DeskRequest, fill: Fill) -> list[dict[str, Any]]:
    """Other packages of the same drug, with what is on hand of each."""
    assert fill.package is not None
    packages = [p for p in drugs.packages_of(fill.package.product.drug_id) if p.pk != fill.package.pk]
    shelves = stock.shelves(fill.site_id, [p.pk for p in packages], on=request.actor.day(request.at))
    return [{"package": p, "shelf": shelves.get(p.pk)} for p in packages]


def _fill(request: DeskRequest, code: str) -> Fill:
    """The fill as the page showed it: an older page changes nothing."""
    return queries.fill(request.actor, code, version=version(request))


@work.act("settle_payment")
def settle(request: DeskRequest, code: str) -> None:
    fill = review.settle_payment(request.actor, fill=_fill(request, code), at=request.at)
    tell(request, f"Cash price ${fill.price:.2f}. Ready to fill.")


@work.act("take")
def take(request: DeskRequest, code: str) -> None:
    fill = filling.take(request.actor, fill=_fill(request, code), at=request.at)
    tell(request, f"{fill.number} is yours. Print the label, then scan the container.")


@work.act("print")
def print_label(request: DeskRequest, code: str) -> HttpResponse:
    fill = queries.fill(request.actor, code)
    answer = _label(request, fill, "pdf")
    filling.label_printed(request.actor, fill=fill, at=request.at)
    return answer


@work.act("scan")
def scan(request: DeskRequest, code: str) -> None:
    """A wrong container is a stop with both sides shown, and the scan is kept; a right one goes into the vial."""
    facts = form(request, ContainerForm).facts()
    actor, today = request.actor, request.actor.day(request.at)
    fill = queries.fill(actor, code)
    scanned = scan_in.container(
        facts["scan"], site_id=actor.site_id, today=today, manual=facts["manual"], likely=fill.package
    )
    if facts["lot"] and not scanned.lot_number:
        scanned = scan_in.with_lot(scanned, facts["lot"], site_id=actor.site_id)
    answer = filling.scan(actor, fill=fill, scanned=scanned, quantity=facts["quantity"], at=request.at)
    if not answer.ok:
        # The scan is written already; only this answer says no. The next scan starts empty, the count stays as typed.
        again(request, ContainerForm, quantity=facts["quantity"])
        raise Refused(answer.code, answer.sentence, expected=answer.expected, came=answer.came)
    if answer.lot_needed:
        raise Refused(
            "lot_needed",
            "Right product, but its code tells no lot. Choose the lot you hold, then Enter.",
            {"lot": "Which lot do you hold?"},
        )
    tell(request, answer.sentence)
    if answer.earlier_lot:
        tell(request, f"Lot {answer.earlier_lot} expires earlier and should go first.", "look")


@work.act("change_product")
def change_product(request: DeskRequest, code: str) -> None:
    package = drugs.package(form(request, ProductForm).facts()["package"])
    before = _fill(request, code)
    price = before.price
    fill = filling.change_product(request.actor, fill=before, package=package, at=request.at)
    costs = f" It costs ${fill.price:.2f}." if fill.price is not None and fill.price != price else ""
    tell(request, f"Now {package.product.labeler}, NDC {package.ndc}.{costs} Print the new label.")


@work.act("partial")
def fill_in_part(request: DeskRequest, code: str) -> None:
    fill = _fill(request, code)
    facts = form(request, PartForm, cases=partial_law.cases(fill.prescription.schedule)).facts()
    fill = filling.partial(request.actor, fill=fill, at=request.at, **facts)
    tell(request, f"{written(fill.quantity or Decimal(0))} now, {written(fill.owed)} owed. Print the label again.")
    record = partial_law.case_of(facts["case"], fill.prescription.schedule).record
    if record:
        tell(request, record, "look")


@work.act("submit_fill")
def submit(request: DeskRequest, code: str) -> Go:
    second = form(request, SecondCountForm).facts()["second_count"]
    fill = filling.submit_fill(request.actor, fill=_fill(request, code), second_count=second, at=request.at)
    tell(request, f"{fill.number} waits for the check.")
    return go("filling:desk")


@work.act("put_back")
def put_back(request: DeskRequest, code: str) -> None:
    filling.put_back(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, "Put back. The vial is empty and the lots have their count again.")


@work.act("hold")
def hold(request: DeskRequest, code: str) -> Go:
    fill = review.hold(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is on hold.")
    return go("filling:desk")


@work.act("cancel")
def cancel(request: DeskRequest, code: str) -> Go:
    fill = review.cancel(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is cancelled. What was counted is back in its lots.")
    return go("filling:desk")


@document
def label(request: DeskRequest, code: str, kind: str) -> HttpResponse:
    """The label to look at; printing is an act of its own, which counts."""
    request.actor.must(SEE, at=request.at)
    return _label(request, queries.fill(request.actor, code), kind)


def _label(request: DeskRequest, fill: Fill, kind: str) -> HttpResponse:
    if kind not in sheet.FORMS:
        raise ParseError("label format", expected=", ".join(sheet.FORMS), got=kind)
    facts = queries.label_facts(fill, on=request.actor.day(fill.filled_at or request.at))
    answer = HttpResponse(sheet.render(facts, kind=kind), content_type=sheet.MEDIA_TYPES[kind])
    answer["Content-Disposition"] = f'inline; filename="{fill.number}.{kind}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
