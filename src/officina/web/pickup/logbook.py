"""Pseudoephedrine without a prescription, sold at the counter: judged before it is rung up, and written in the logbook."""

import re

from django import forms
from django.http import HttpResponse

from officina.dispensing import logbook as book
from officina.dispensing.acts import CORRECT_LOGBOOK, SELL_PSEUDOEPHEDRINE
from officina.dispensing.logbook import Buyer, Ware
from officina.dispensing.services import logbook as selling
from officina.dispensing.services.logbook import Signed
from officina.drugs import queries as drugs
from officina.exchange import scan_in
from officina.kernel.errors import Refused
from officina.web.answers import Context, page, shown, tell
from officina.web.desks import PICKUP
from officina.web.forms import DateField, DeskForm, QuantityField, ScanField, WholeField, code, form, reason
from officina.web.http import DeskRequest

SALTS = (("hcl", "hydrochloride (HCl)"), ("sulfate", "sulfate"), ("base", "pseudoephedrine base"))
IDENTITIES = (
    ("driver's license", "Driver's license"),
    ("state ID card", "State ID card"),
    ("passport", "Passport"),
    ("military ID", "Military ID"),
    ("other photo ID", "Other photo ID"),
)
"""21 CFR 1314.30(b): a photo identification of a state or the federal government, or one that is taken for it."""
_BUYER = ("last_name", "first_name", "born_on", "address", "identity_kind", "identity_issuer", "identity_number",
          "identity_expires_on")  # fmt: skip
_WARE = ("product", "salt", "unit_mg", "units_each", "packages")


class SaleForm(DeskForm):
    """One product to one purchaser, from the identification in the clerk's hand."""

    scan = ScanField(label="Barcode of the package", required=False)
    product = forms.CharField(label="Product", max_length=120)
    salt = forms.ChoiceField(label="Salt", choices=SALTS)
    unit_mg = QuantityField(label="mg in a tablet or dose")
    units_each = WholeField(label="Tablets in a package", least=1, most=1000)
    packages = WholeField(label="Packages", least=1, most=50)
    last_name = forms.CharField(label="Last name", max_length=60)
    first_name = forms.CharField(label="First name", max_length=60)
    born_on = DateField(label="Date of birth")
    address = forms.CharField(label="Address", max_length=200)
    identity_kind = forms.ChoiceField(label="Photo identification", choices=IDENTITIES)
    identity_issuer = forms.CharField(label="Issued by", max_length=40, help_text="WI, or US")
    identity_number = forms.CharField(label="Its number", max_length=40)
    identity_expires_on = DateField(label="Expires", required=False)
    signed_by = forms.CharField(label="Signed by the purchaser", max_length=120, required=False)
    notice_read = forms.BooleanField(label="The purchaser read the notice on false statements", required=False)
    signature = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)

    def buyer(self) -> Buyer:
        """Who buys."""
        facts = self.facts()
        return Buyer(**{name: facts[name] for name in _BUYER})

    def ware(self) -> Ware:
        """What is sold."""
        facts = self.facts()
        return Ware(**{name: facts[name] for name in _WARE})


@page("pickup/logbook.html", parts=("work",), needs=(SELL_PSEUDOEPHEDRINE, CORRECT_LOGBOOK))
def logbook(request: DeskRequest) -> Context:
    return {
        "desk": PICKUP,
        "sale": form(request, SaleForm, initial={"packages": 1}),
        "answer": None,
        "lines": book.lines(request.actor, cursor=request.GET.get("after", "")),
    }


@logbook.act("check")
def check(request: DeskRequest) -> HttpResponse:
    """What may be sold to this person now; nothing is written."""
    sale = form(request, SaleForm)
    if request.POST.get("scan", "").strip() and not request.POST.get("product", "").strip():
        return _named(request)
    return shown(request, logbook, answer=book.judged(request.actor, sale.buyer(), sale.ware(), at=request.at))


def _named(request: DeskRequest) -> HttpResponse:
    """The package under the scanner, written into the form where the drug file knows it; the rest is typed from the identification."""
    scan = request.POST.get("scan", "")
    package = _package(request, scan)
    typed = {k: v for k, v in request.POST.dict().items() if k in SaleForm.base_fields}
    if package is None:
        tell(request, "The drug file does not know this package: type what it is.", "look")
    else:
        drug = package.product.drug
        strength = re.match(r"([\d.]+) mg", drug.strength)
        typed["product"] = f"{package.product.brand_name or drug.generic_name} {drug.strength} {drug.form}"
        typed["unit_mg"] = strength[1] if strength else typed.get("unit_mg", "")
        typed["units_each"] = f"{package.size:.0f}" if package.size is not None else typed.get("units_each", "")
    request.outcome.forms[SaleForm.__qualname__] = SaleForm(initial=typed)
    return shown(request, logbook)


@logbook.act("sell")
def sell(request: DeskRequest) -> None:
    sale = form(request, SaleForm)
    facts, buyer, ware = sale.facts(), sale.buyer(), sale.ware()
    signed = Signed(name=facts["signed_by"], notice_read=facts["notice_read"], strokes=facts["signature"])
    done = selling.sell(
        request.actor, buyer=buyer, ware=ware, signed=signed, package=_package(request, facts["scan"]), at=request.at
    )
    request.outcome.forms.clear()
    tell(
        request,
        f"Sold: line {done.number} of the logbook, {done.units} units with {done.base_mg.normalize():f} mg of base.",
    )


def _package(request: DeskRequest, raw: str) -> drugs.Package | None:
    """The package of the drug file that was scanned; none where nothing was, or where the file does not know it."""
    if not raw.strip():
        return None
    today = request.actor.day(request.at)
    found = scan_in.container(raw, site_id=request.actor.site_id, today=today).package_id
    if found is None:
        return None
    package = drugs.package(found)
    if "pseudoephedrine" not in package.product.drug.generic_name.lower():
        raise Refused(
            "other_product", "This is no pseudoephedrine.", {"scan": f"It is {package.product.drug}"},
            expected="pseudoephedrine", came=str(package.product.drug),
        )  # fmt: skip
    return package


@logbook.act("take_back")
def take_back(request: DeskRequest) -> None:
    line = book.line(request.actor, code(request, "line"))
    back = selling.take_back(request.actor, sale=line, why=reason(request), at=request.at)
    tell(request, f"Line {line.number} is taken back by line {back.number}; both stay in the logbook.", "look")
