"""The logbook of pseudoephedrine: what one person bought of late, what they may buy now, and the lines for whoever inspects it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q

from officina.base.access import Actor
from officina.base.paging import Page, page
from officina.dispensing.models import PseudoephedrineSale as PseudoephedrineSale
from officina.kernel.clock import begin_of
from officina.kernel.errors import Refused
from officina.law import pseudoephedrine as law
from officina.law.pseudoephedrine import Sale, Wish
from officina.law.ruling import Ruling
from officina.patients import queries as patients
from officina.patients import rules as names

KEPT_DAYS = 31
"""How far back one person's sales are read: thirty times twenty-four hours, and the day that a zone may add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys, as the identification shows it."""

    last_name: str
    first_name: str
    born_on: date
    address: str
    identity_kind: str
    identity_issuer: str
    identity_number: str
    identity_expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ware:
    """What is sold: one product, so many packages of so many tablets or doses."""

    product: str
    salt: str
    unit_mg: Decimal
    units_each: int
    packages: int = 1

    @property
    def units(self) -> int:
        """Tablets or doses in all packages together."""
        return self.units_each * self.packages


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether all of it may be sold now, how many units may, and what was bought in the last thirty days."""

    ruling: Ruling
    units_now: int
    base_mg: Decimal
    bought: list[PseudoephedrineSale]


def person_of(buyer: Buyer) -> str:
    """One person is one, whatever they show: by folded name and date of birth."""
    return hashlib.sha256(f"{names.name_key(buyer.last_name, buyer.first_name)}|{buyer.born_on}".encode()).hexdigest()


def plain_number(identity: str) -> str:
    """The number of an identification as it is compared: letters and digits only, in capitals."""
    return "".join(c for c in identity.upper() if c.isalnum())


def bought(actor: Actor, buyer: Buyer, *, at: datetime) -> list[PseudoephedrineSale]:
    """Sales of the last thirty days to one person, by name and birth or by identification, without what was taken back.

    Who has married and shows a new licence is the same person still, where the patients' desk knows the other name.
    """
    others = patients.also_called(actor, last_name=buyer.last_name, first_name=buyer.first_name, born_on=buyer.born_on)
    asked = [buyer, *(replace(buyer, last_name=last, first_name=first) for last, first in others)]
    same = Q(person__in={person_of(one) for one in asked})
    if number := plain_number(buyer.identity_number):
        same |= Q(identity_number=number)
    rows = PseudoephedrineSale.objects.filter(same, site_id=actor.site_id, at__gt=at - timedelta(days=KEPT_DAYS))
    return list(rows.filter(reverses=None, reversed_by=None).order_by("at", "id"))


def judged(actor: Actor, buyer: Buyer, ware: Ware, *, at: datetime) -> Answer:
    """What the law says to this sale at this site now: federal limits and the state's, whichever is the stricter."""
    rows = bought(actor, buyer, at=at)
    here = at.astimezone(ZoneInfo(actor.zone))
    history = [Sale(row.at.astimezone(ZoneInfo(actor.zone)), row.base_mg) for row in rows]
    wish = Wish(salt=ware.salt, unit_mg=ware.unit_mg, units=ware.units, at=here, age=_age(buyer.born_on, actor.day(at)))
    base = law.base_mg(ware.salt, ware.unit_mg) * ware.units
    ruling = law.may_sell(wish, history, state=actor.state)
    return Answer(ruling, law.units_now(wish, history, state=actor.state), base, rows)


def _age(born_on: date, today: date) -> int:
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def lines(actor: Actor, *, cursor: str = "", size: int = 25) -> Page[PseudoephedrineSale]:
    """The logbook, newest first."""
    rows = PseudoephedrineSale.objects.filter(site_id=actor.site_id).select_related("reverses", "reversed_by")
    return page(rows, cursor=cursor, by="at", size=size)


def between(actor: Actor, first: date, last: date) -> Iterator[PseudoephedrineSale]:
    """The lines of these days at the site, oldest first."""
    begin, end = begin_of(first, actor.zone), begin_of(last + timedelta(days=1), actor.zone)
    rows = PseudoephedrineSale.objects.filter(site_id=actor.site_id, at__gte=begin, at__lt=end)
    return rows.select_related("reverses").order_by("at", "id").iterator(chunk_size=500)


def line(actor: Actor, code: str) -> PseudoephedrineSale:
    """A line by code; Refused where this site has none such."""
    rows = PseudoephedrineSale.objects.filter(site_id=actor.site_id, code=code)
    found = rows.select_related("reversed_by").first()
    if found is None:
        raise Refused("no_line", "There is no such line in this logbook.")
    return found


def by_number(actor: Actor, number: str) -> PseudoephedrineSale:
    """A line by its number; Refused where this site has none such."""
    code = (
        PseudoephedrineSale.objects.filter(site_id=actor.site_id, number=number.strip().upper()).values("code").first()
    )
    if code is None:
        raise Refused("no_line", f"There is no line {number} in this logbook.")
    return line(actor, str(code["code"]))
