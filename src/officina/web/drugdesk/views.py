"""The drug desk of the owner: how prices are made, prices of single packages, products of the house."""

from typing import Any

from django.http import HttpResponse

from officina.drugs import local, prices
from officina.drugs.acts import SET_PRICES
from officina.kernel.errors import Refused
from officina.web.answers import Context, Go, go, page, shown, tell
from officina.web.desks import DRUGS
from officina.web.drugdesk.forms import PackagePriceForm, ProductForm, TermsForm, initial_terms
from officina.web.forms import form
from officina.web.http import DeskRequest


@page("drugdesk/desk.html", parts=("preview",), needs=(SET_PRICES,))
def desk(request: DeskRequest) -> Context:
    today = request.actor.day(request.at)
    in_force = prices.standing(request.actor.site_id, None, on=today).terms
    return {
        "desk": DRUGS,
        "form": form(request, TermsForm, initial={**initial_terms(in_force), "starts_on": today}),
        "in_force": in_force,
        "history": prices.history(request.actor.site_id),
        "today": today,
        "preview": None,
    }


@desk.act("preview")
def preview(request: DeskRequest) -> HttpResponse:
    """What the terms as typed would make of a quantity of a package; nothing is written."""
    request.actor.must(SET_PRICES, at=request.at)
    return shown(request, desk, preview=_tried(request))


def _tried(request: DeskRequest) -> dict[str, Any]:
    """The price with its working; while somebody types, what still lacks is said quietly and refuses nothing."""
    typed = form(request, TermsForm)
    typed.is_valid()
    facts = typed.cleaned_data
    if "terms" not in facts:
        wrong = [str(typed[name].label) for name in typed.errors if name in typed.fields]
        return {"lacks": f"The terms cannot be read yet: look at {', '.join(wrong)}."}
    if not facts.get("ndc") or facts.get("quantity") is None:
        return {"lacks": "Type an NDC and a quantity to see what the terms make of it."}
    try:
        package = prices.package_named(facts["ndc"])
    except Refused as no:
        return {"lacks": no.sentence}
    today = request.actor.day(request.at)
    quoted = prices.quote(request.actor.site_id, package, facts["quantity"], on=today, terms=facts["terms"])
    return {"lacks": "", "package": package, "quantity": facts["quantity"], "quoted": quoted}


@desk.act("set_terms")
def set_terms(request: DeskRequest) -> Go:
    facts = form(request, TermsForm).facts()
    if facts["starts_on"] is None:
        raise Refused("form", "Say from which day on.", {"starts_on": "Needed"})
    prices.set_terms(request.actor, terms=facts["terms"], starts_on=facts["starts_on"], at=request.at)
    tell(request, f"From {facts['starts_on']:%b} {facts['starts_on'].day} on prices are made so.")
    return go("drugdesk:desk")


@page("drugdesk/packages.html", parts=(), needs=(SET_PRICES,))
def packages(request: DeskRequest) -> Context:
    return {
        "desk": DRUGS,
        "own": prices.own_prices(request.actor.site_id),
        "local": local.packages(),
        "price_form": form(
            request, PackagePriceForm, prefix="price", initial={"starts_on": request.actor.day(request.at)}
        ),
        "product_form": form(request, ProductForm, prefix="new", initial={"size": "1"}),
    }


@packages.act("set_price")
def set_price(request: DeskRequest) -> Go:
    facts = form(request, PackagePriceForm, prefix="price").facts()
    package = prices.package_named(facts["ndc"])
    prices.set_price(
        request.actor, package=package, per_unit=facts["per_unit"], starts_on=facts["starts_on"], at=request.at
    )
    ended = "has no price of its own any more" if facts["per_unit"] is None else "has a price of its own"
    tell(request, f"{package.product.drug} {ended}.")
    return go("drugdesk:packages")


@packages.act("add")
def add(request: DeskRequest) -> Go:
    facts = form(request, ProductForm, prefix="new").facts()
    made = local.add(
        request.actor, product=local.NewProduct(**{**facts, "kind": local.Kind(facts["kind"])}), at=request.at
    )
    tell(request, f"{made.product.drug} is entered as {made.ndc}.")
    return go("drugdesk:packages")
