"""Everything of one medicine on one sheet: the drug file's facts, what may stand for it, our shelves, and where it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from officina.base.access import Actor
from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.drugs import notices, opioids
from officina.drugs import particulars as lists
from officina.drugs.equivalents import Cost, Equivalents, Offer, costs_of, equivalents, product_by_code
from officina.drugs.models import Package, Product
from officina.drugs.rules.approvals import Approved
from officina.drugs.rules.schedules import strictest
from officina.inventory import queries as stock
from officina.inventory.models import Balance
from officina.prescriptions.services.orders import schedule_of

LAST = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One product among those with the same ingredients: whether it may be given, what is on the shelf, what a unit costs."""

    offer: Offer
    on_hand: Decimal
    per_unit: Decimal | None
    """The lowest known price of a unit; None where none is known."""
    unit: str

    @property
    def package(self) -> Package | None:
        """The package by which it is opened; None where none could be had."""
        return self.offer.packages[0].package if self.offer.packages else None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What may be dispensed, best first: on the shelf, then the cheapest; and what may not, by reason."""

    found: Equivalents
    allowed: list[Line]
    excluded: list[Line]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One product as the drug file and this house know it."""

    product: Product
    package: Package | None
    """The one that was asked for by its code."""
    packages: list[Package]
    costs: Mapping[int, Cost]
    alternatives: Alternatives
    prices: list[notices.Dated]
    notices: list[notices.Notice]
    particulars: lists.Particulars
    factors: list[opioids.Factor]
    """What its opioids count as in oral morphine; empty where no list tells it."""
    schedule: int
    """As it would be entered here: the strictest of its drug's, its own listing's, the lists' and the state's."""

    @property
    def priced(self) -> Package | None:
        """The package whose price history is told: that which was asked for, else the first."""
        return self.package or (self.packages[0] if self.packages else None)


def alternatives(actor: Actor, product: Product, *, on: date, daw: int = 0) -> Alternatives:
    """What may be dispensed for a product with stock and price beside each; the statements do not grow with the candidates."""
    found = equivalents(product, on=on, daw=daw)
    offers = [*found.allowed, *found.excluded]
    ids = [p.package.pk for o in offers for p in o.packages]
    shelves = stock.shelves(actor.site_id, ids, on=on)
    allowed = [_line(o, shelves) for o in found.allowed]
    excluded = [_line(o, shelves) for o in found.excluded]
    return Alternatives(found, sorted(allowed, key=_best_first), sorted(excluded, key=_by_reason))


def _line(offer: Offer, shelves: Mapping[int, stock.Shelf]) -> Line:
    on_hand = sum((shelves[p.package.pk].on_hand for p in offer.packages if p.package.pk in shelves), Decimal(0))
    return Line(offer, on_hand, offer.cheapest, offer.product.drug.unit)


def _best_first(line: Line) -> tuple[object, ...]:
    price = line.per_unit if line.per_unit is not None else Decimal("Infinity")
    return line.on_hand <= 0, price, line.offer.sold.name.lower(), line.offer.product.pk


def _by_reason(line: Line) -> tuple[object, ...]:
    return line.offer.verdict.reason, line.on_hand <= 0, line.offer.sold.name.lower(), line.offer.product.pk


def sheet(actor: Actor, code: str, *, on: date, daw: int = 0) -> Sheet:
    """The sheet of an NDC; Refused where it is none, or where the drug file does not have it."""
    product, package = product_by_code(code)
    packages = notices.packages_of_product(product.pk)
    told = package or (packages[0] if packages else None)
    ndc12s = [p.ndc12 for p in packages]
    may = alternatives(actor, product, on=on, daw=daw)
    approved = may.found.written.sold.approved
    row = approved if isinstance(approved, Approved) else None
    return Sheet(
        product,
        package,
        packages,
        costs_of(packages, on=on),
        may,
        notices.prices_of(told.ndc12, on=on) if told else [],
        notices.notices_of(ndc12s),
        lists.particulars(
            ndc12s,
            rxcui=product.drug.rxcui,
            application=row.application if row else "",
            product_number=row.product_number if row else "",
            on=on,
        ),
        opioids.factors_of(product.drug),
        strictest(schedule_of(product.drug, on=on, state=actor.state), may.found.written.sold.schedule),
    )


def on_shelves(actor: Actor, product: Product) -> list[Balance]:
    """Where the product stands in this house, lot by lot, earliest expiry first. One statement."""
    rows = Balance.objects.filter(site_id=actor.site_id, on_hand__gt=0, lot__package__product=product)
    return list(rows.select_related("lot__package", "place").order_by("lot__expires_on", "id"))


def last_fills(actor: Actor, product: Product) -> list[Fill]:
    """The last twenty fills of this house that it went into, newest first. Three statements."""
    # By the keys first: all that a page shows of a fill would else be read of each of thousands before twenty are taken.
    packages = list(Package.objects.filter(product=product).values_list("pk", flat=True))
    of_it = Fill.objects.filter(package__in=packages, site_id=actor.site_id)
    last = list(of_it.order_by("-id").values_list("pk", flat=True)[:LAST])
    return list(queries.fills(actor).filter(pk__in=last).order_by("-id"))
