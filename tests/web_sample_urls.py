"""A desk that is nobody's: it shows what the frame does with any desk."""

from typing import ClassVar

from django.urls import path

from officina.dispensing import queries
from officina.dispensing.acts import FILL
from officina.dispensing.services import filling, review
from officina.kernel.errors import ParseError, Refused
from officina.patients import queries as patients
from officina.project.urls import handler404 as handler404
from officina.project.urls import urlpatterns as house
from officina.web.answers import go, page, stop, tell
from officina.web.desks import FILLING
from officina.web.forms import DateField, DeskForm, NdcField, QuantityField, ScanForm, WholeField, form


class CountForm(DeskForm):
    quantity = QuantityField(label="Quantity", help_text="tablets")
    expires_on = DateField(label="Expires", required=False)
    ndc = NdcField(label="NDC", required=False)
    times = WholeField(label="Times", most=9, required=False)


class Counted:
    facts: ClassVar[list[dict]] = []


@page("sample/bench.html", parts=("work", "rows"), needs=(FILL,))
def bench(request, code):
    fill = queries.fill(request.actor, code)
    return {
        "desk": FILLING, "fill": fill, "rows": queries.worklist(request.actor, *FILLING.states), "scan": form(request, ScanForm),
        "count": form(request, CountForm, initial={"quantity": fill.quantity}), "entries": queries.timeline(fill.prescription),
        "profile": patients.profile(fill.patient) if fill.patient else None,
    }  # fmt: skip


@bench.act("scan")
def scan(request, code):
    facts = form(request, ScanForm).facts()
    if facts["scan"] == "wrong":
        raise Refused(
            "wrong_drug",
            "This is another medicine.",
            expected="metFORMIN 500 mg tablet",
            came="metFORMIN 1,000 mg tablet",
        )
    if facts["scan"] == "soft":
        return stop(request, "This lot expired.", expected="a lot in date", came="lot A1")
    if facts["scan"] == "garbled":
        raise ParseError("GTIN", expected="14 digits", got="garbled")
    return tell(request, "Right container." if not facts["manual"] else "Right container, typed by hand.")


@bench.act("count")
def count(request, code):
    facts = form(request, CountForm).facts()
    if facts["quantity"] == 13:
        raise Refused("unlucky", "Thirteen is not counted here.", {"quantity": "Not thirteen."})
    Counted.facts.append(facts)
    tell(request, "Counted.")
    return go("counter:counter")


@bench.act("take")
def take(request, code):
    version = request.POST.get("version")
    fill = queries.fill(request.actor, code, version=int(version) if version else None)
    filling.take(request.actor, fill=fill, at=request.at)
    tell(request, "Taken.")


@bench.act("hold")
def hold(request, code):
    review.hold(request.actor, fill=queries.fill(request.actor, code), why=request.POST.get("why", ""), at=request.at)


urlpatterns = [path("bench/<uuid:code>/", bench, name="bench"), *house]
