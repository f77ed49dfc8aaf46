"""The prices of the house: its terms, the fixed prices of single packages, what is known of cost, and the quote made of them."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import BigIntegerField, CharField, DateField, Q

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import Question
from officina.drugs import queries
from officina.drugs.acts import SET_PRICES
from officina.drugs.models import HousePrice, Package, Price
from officina.drugs.rules import pricing
from officina.drugs.rules.pricing import Cost, Quote, Terms
from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.ndc import Ndc
from officina.kernel.quantity import MONEY_PLACES

TERMS_SET = audit.verb("prices.terms_set", "set how prices are made")
PACKAGE_PRICED = audit.verb("prices.package_priced", "set the price of a package")

_STANDING = Question(
    lambda site, package, on: HousePrice.objects.filter(
        Q(package=None) | Q(package=package), site=site, starts_on__lte=on
    ).order_by("-starts_on", "-pk"),
    site=BigIntegerField(),
    package=BigIntegerField(),
    on=DateField(),
)
_SURVEYED = Question(
    lambda ndc12, on: Price.objects.filter(ndc12=ndc12, starts_on__lte=on, ended_on=None).order_by("-starts_on", "pk")[
        :1
    ],
    ndc12=CharField(),
    on=DateField(),
)
_MEASURED = {"mL", "g"}
_LARGEST_UNIT_PRICE = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a package at a site on a day: the terms of all, and its own price where it has one."""

    terms: Terms | None
    own: HousePrice | None

    @property
    def is_set(self) -> bool:
        """Whether the house said anything; where not, the starting price of dispensing holds."""
        return self.terms is not None or self.own is not None


def standing(site_id: int, package_id: int | None, *, on: date) -> Standing:
    """The rows in force. One statement."""
    rows = _STANDING(site=site_id, package=package_id or 0, on=on)
    terms = next((r for r in rows if r.package_id is None), None)
    own = next((r for r in rows if r.package_id is not None), None)
    return Standing(terms_of(terms) if terms else None, own if own and own.per_unit is not None else None)


def terms_of(row: HousePrice) -> Terms:
    """The terms that a row keeps."""
    assert row.percent is not None
    assert row.fee is not None
    assert row.minimum is not None
    assert row.round_to is not None
    return Terms(
        percent=row.percent,
        fee=row.fee,
        minimum=row.minimum,
        tiers=pricing.read_tiers(row.tiers),
        round_to=row.round_to,
    )


def cost_of(package: Package, *, on: date) -> Cost | None:
    """What a unit costs: the later of the house's own figure and NADAC's; None where neither is known for its unit.

    A NADAC price of a millilitre says nothing of a bottle that is dispensed as one piece: the units must agree.
    """
    surveyed = _SURVEYED.first(ndc12=package.ndc12, on=on)
    found = []
    if surveyed is not None and _same_unit(surveyed.unit, package.unit):
        found.append(Cost(surveyed.per_unit, "NADAC", surveyed.starts_on))
    if package.unit_cost is not None:
        found.append(Cost(package.unit_cost, "the house's own list", package.cost_as_of))
    return max(found, key=lambda c: c.as_of or date.min, default=None)


def _same_unit(surveyed: str, dispensed: str) -> bool:
    if surveyed in _MEASURED or dispensed in _MEASURED:
        return surveyed == dispensed
    return surveyed == "each"


def quote(site_id: int, package: Package, quantity: Decimal, *, on: date, terms: Terms | None = None) -> Quote | None:
    """What a quantity of a package costs here on a day; None where the house set nothing. `terms` tries others than those in force."""
    holds = standing(site_id, package.pk, on=on)
    if holds.own is not None:
        assert holds.own.per_unit is not None
        return pricing.fixed(quantity, holds.own.per_unit, holds.own.starts_on)
    terms = terms or holds.terms
    return pricing.quote(quantity, cost_of(package, on=on), terms) if terms else None


def package_named(text: str) -> Package:
    """The package of an NDC or of the house's own number as a person types it; Refused where there is none."""
    typed = text.strip().upper()
    try:
        ndc12 = typed if typed.startswith("LOCAL") else Ndc.parse(typed).digits12
    except ParseError as problem:
        raise Refused("not_an_ndc", str(problem), {"ndc": str(problem)}) from problem
    found = queries.package_by_ndc12(ndc12.replace("-", ""))
    if found is None:
        raise Refused("no_such_package", "The drug file has no such package.", {"ndc": "Not in the drug file"})
    return found


def history(site_id: int, *, most: int = 12) -> list[HousePrice]:
    """The terms of the house, those that begin last first."""
    rows = HousePrice.objects.filter(site_id=site_id, package=None).order_by("-starts_on", "-pk")
    return list(rows[:most])


def own_prices(site_id: int, *, most: int = 60) -> list[HousePrice]:
    """The fixed prices that were set for single packages, newest first."""
    rows = HousePrice.objects.filter(site_id=site_id).exclude(package=None)
    return list(rows.select_related("package__product__drug").order_by("-pk")[:most])


@command
def set_terms(actor: Actor, *, terms: Terms, starts_on: date, at: datetime) -> HousePrice:
    """From a day on prices are made so. What was handed over or priced before keeps its price."""
    allowed = actor.must(SET_PRICES, at=at)
    _refuse_past(actor, starts_on, at=at)
    before = standing(actor.site_id, None, on=starts_on).terms
    row = HousePrice.objects.create(
        site_id=actor.site_id,
        starts_on=starts_on,
        set_at=at,
        set_by=actor.name,
        percent=terms.percent,
        fee=terms.fee,
        minimum=terms.minimum,
        round_to=terms.round_to,
        tiers=pricing.tiers_text(terms.tiers),
    )
    audit.record(
        actor,
        TERMS_SET,
        at=at,
        on=row,
        before=_told(before) if before else None,
        after={"from": starts_on.isoformat(), **_told(terms)},
        under=allowed.under,
    )
    return row


@command
def set_price(actor: Actor, *, package: Package, per_unit: Decimal | None, starts_on: date, at: datetime) -> HousePrice:
    """Fix what a unit of a package costs from a day on; None ends its own price, and the terms of all hold again."""
    allowed = actor.must(SET_PRICES, at=at)
    _refuse_past(actor, starts_on, at=at)
    if per_unit is not None and not (0 < per_unit <= _LARGEST_UNIT_PRICE and per_unit == round(per_unit, MONEY_PLACES)):
        said = f"More than nothing, at most {MONEY_PLACES} places"
        raise Refused("no_such_price", f"A price is {said.lower()}.", {"per_unit": said})
    before = standing(actor.site_id, package.pk, on=starts_on).own
    row = HousePrice.objects.create(
        site_id=actor.site_id, package=package, starts_on=starts_on, set_at=at, set_by=actor.name, per_unit=per_unit
    )
    audit.record(
        actor,
        PACKAGE_PRICED,
        at=at,
        on=row,
        before={"per_unit": str(before.per_unit)} if before else None,
        after={
            "ndc": package.ndc,
            "from": starts_on.isoformat(),
            "per_unit": None if per_unit is None else str(per_unit),
        },
        under=allowed.under,
    )
    return row


def _refuse_past(actor: Actor, starts_on: date, *, at: datetime) -> None:
    """A price of yesterday would make what was sold yesterday wrong."""
    if starts_on < actor.day(at):
        raise Refused("in_the_past", "Prices begin today or later.", {"starts_on": "Today or later"})


def _told(terms: Terms) -> dict[str, str]:
    plain = {name: str(value) for name, value in asdict(terms).items() if name != "tiers"}
    return plain | {"tiers": pricing.tiers_text(terms.tiers)}
