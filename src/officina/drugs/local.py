"""Products of the house's own: what it sells or compounds with, and no directory lists."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.drugs.acts import SET_PRICES
from officina.drugs.models import Drug, Package, Product
from officina.kernel.errors import Refused
from officina.kernel.ids.check_digits import is_gs1

ADDED = audit.verb("drugs.local_added", "entered a product of the house")


class Kind(StrEnum):
    """What a product of the house is for."""

    FRONT_SHOP = "LOCAL FRONT SHOP"
    COMPOUND_BASE = "LOCAL COMPOUND BASE"


UNITS = ("each", "tablet", "capsule", "mL", "g")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product as the owner describes it."""

    name: str
    kind: Kind
    strength: str = ""
    form: str = ""
    unit: str = "each"
    size: Decimal = Decimal(1)
    maker: str = ""
    gtin: str = ""
    """The number under its barcode, where it has one: 12 to 14 digits."""
    unit_cost: Decimal | None = None
    """Dollars a unit; None where it is not known, and no price is made of it then."""


@command
def add(actor: Actor, *, product: NewProduct, at: datetime) -> Package:
    """Enter a product of the house under a number of its own, LOCAL-0000001, which no NDC can be."""
    allowed = actor.must(SET_PRICES, at=at)
    gtin = _checked(product)
    name = " ".join(product.name.split())
    drug, _ = Drug.objects.get_or_create(
        generic_name=name.lower(),
        strength=product.strength.strip(),
        form=product.form.strip(),
        is_house=True,
        defaults={"route": "", "unit": product.unit},
    )
    made, _ = Product.objects.get_or_create(
        drug=drug, brand_name="", labeler=product.maker.strip(), listing=None, defaults={"kind": product.kind.value}
    )
    number = _free_number(actor.site_id)
    package = Package.objects.create(
        product=made,
        ndc12=f"LOCAL{number}",
        ndc=f"LOCAL-{number}",
        gtin=gtin,
        size=product.size,
        unit=product.unit,
        unit_of_use=product.unit == "each",
        unit_cost=product.unit_cost,
        cost_as_of=actor.day(at) if product.unit_cost is not None else None,
    )
    after = {"number": package.ndc, "name": name, "kind": product.kind.value, "cost": str(product.unit_cost or "")}
    audit.record(actor, ADDED, at=at, after=after, under=allowed.under)
    return package


def _free_number(site_id: int) -> str:
    """The next number that no site of this database gave out."""
    while True:
        number = f"{numbering.take(site_id, 'local'):07}"
        if not Package.objects.filter(ndc12=f"LOCAL{number}").exists():
            return number


def _checked(product: NewProduct) -> str | None:
    """The barcode in 14 digits; Refused with a sentence at each field that cannot be."""
    wrong: dict[str, str] = {}
    if not product.name.strip():
        wrong["name"] = "Needed"
    if product.unit not in UNITS:
        wrong["unit"] = f"One of {', '.join(UNITS)}"
    if product.size <= 0:
        wrong["size"] = "More than nothing"
    if product.unit_cost is not None and (product.unit_cost <= 0 or product.unit_cost != round(product.unit_cost, 4)):
        wrong["unit_cost"] = "More than nothing, at most 4 places"
    digits = product.gtin.strip()
    if digits and not (len(digits) in (12, 13, 14) and is_gs1(digits)):
        wrong["gtin"] = "12 to 14 digits with a right check digit"
    gtin = digits.zfill(14) if digits else None
    if gtin and "gtin" not in wrong and Package.objects.filter(gtin=gtin).exists():
        wrong["gtin"] = "Another package has this barcode"
    if wrong:
        raise Refused("local_product", "Nothing was saved: look at the marked fields.", wrong)
    return gtin


def packages(*, most: int = 60) -> list[Package]:
    """The products of the house, newest first."""
    rows = Package.objects.filter(ndc12__startswith="LOCAL").select_related("product__drug")
    return list(rows.order_by("-pk")[:most])
