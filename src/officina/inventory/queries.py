"""Reading stock: what is on hand where, which lot a scan means, and whether the ledger adds up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, CharField, Q, QuerySet, Sum

from officina.base.access import Actor
from officina.base.paging import Page, page
from officina.base.rows import Question
from officina.inventory import rules
from officina.inventory.models import Balance, Move
from officina.inventory.models import Lot as Lot
from officina.inventory.models import Place as Place
from officina.kernel.quantity import written


@dataclass(frozen=True, slots=True)
class Shelf:
    """A package on our shelves: how much, in how many lots, the earliest expiry."""

    package_id: int
    on_hand: Decimal
    lots: int
    earliest: date


def places(site_id: int) -> dict[str, Place]:
    """The site's places by kind, asked for until the site has them all: what was furnished stays. At most one statement."""
    found = _furnished.get(site_id)
    if found is None:
        found = {p.kind: p for p in _PLACES(site=site_id)}
        if len(found) == len(Place.Kind):
            _furnished[site_id] = found
    return found


def forget() -> None:
    """Ask anew for the places: for a process whose database was put back to what it was."""
    _furnished.clear()


def place_list(actor: Actor) -> list[Place]:
    """The places inside the house."""
    return [p for p in Place.objects.filter(site_id=actor.site_id).order_by("id") if p.is_inside]


def on_shelf(site_id: Any) -> QuerySet[Balance]:
    """Balances from which stock is dispensed: shelf and safe."""
    return Balance.objects.filter(site_id=site_id, place__kind__in=[Place.Kind.SHELF, Place.Kind.SAFE])


_furnished: dict[int, dict[str, Place]] = {}
_PLACES = Question(lambda site: Place.objects.filter(site=site), site=BigIntegerField())
_VIAL = Question(
    lambda site, number: (
        Lot.objects.select_related("package__product__drug").filter(site=site, vial_number=number).order_by("id")[:1]
    ),
    site=BigIntegerField(),
    number=CharField(),
)
_ON_SHELF_OF = Question(
    lambda site, package: (
        on_shelf(site)
        .filter(lot__package=package, on_hand__gt=0)
        .select_related("lot", "place")
        .order_by("lot__expires_on", "lot_id")
    ),
    site=BigIntegerField(),
    package=BigIntegerField(),
)
_LOTS = Question(
    lambda site, package, number: Lot.objects.filter(
        site=site, package=package, number=number, vial_number=""
    ).order_by("expires_on"),
    site=BigIntegerField(),
    package=BigIntegerField(),
    number=CharField(),
)
_ABOUT = Question(
    lambda site, about: (
        Move.objects.filter(site=site, about=about)
        .select_related("lot", "from_place", "to_place", "reversed_by")
        .order_by("id")
    ),
    site=BigIntegerField(),
    about=CharField(),
)


def on_shelf_of(site_id: int, package_id: int) -> list[Balance]:
    """What is on hand of a package on shelf and in the safe, with lot and place, earliest expiry first. One statement."""
    return _ON_SHELF_OF(site=site_id, package=package_id)


def lots_of(site_id: int, package_id: int) -> list[rules.LotFact]:
    """The lots of a package on shelf and in the safe, earliest expiry first."""
    return lot_facts(on_shelf_of(site_id, package_id))


def lot_facts(balances: list[Balance]) -> list[rules.LotFact]:
    """Balances as far as choosing a lot goes."""
    return [
        rules.LotFact(
            lot_id=b.lot_id,
            number=str(b.lot),
            expires_on=b.lot.expires_on,
            on_hand=b.on_hand,
            quarantined=b.lot.state != Lot.State.GOOD,
        )
        for b in balances
    ]


def shelves(site_id: int, package_ids: list[int], *, on: date) -> dict[int, Shelf]:
    """What could be dispensed of each package today. One statement."""
    rows = on_shelf(site_id).filter(
        lot__package_id__in=package_ids, on_hand__gt=0, lot__state=Lot.State.GOOD, lot__expires_on__gte=on
    )
    found: dict[int, Shelf] = {}
    for b in rows.select_related("lot"):
        seen = found.get(b.lot.package_id)
        if seen is None:
            found[b.lot.package_id] = Shelf(b.lot.package_id, b.on_hand, 1, b.lot.expires_on)
        else:
            found[b.lot.package_id] = Shelf(
                seen.package_id, seen.on_hand + b.on_hand, seen.lots + 1, min(seen.earliest, b.lot.expires_on)
            )
    return found


def find_lot(site_id: int, package_id: int, number: str, expires_on: date | None) -> Lot | None:
    """The maker's lot of that number as received here; the expiry tells two of one number apart."""
    rows = _LOTS(site=site_id, package=package_id, number=number)
    return next((lot for lot in rows if expires_on in {None, lot.expires_on}), None)


def vial(site_id: int, vial_number: str) -> Lot | None:
    """A returned vial by its house number."""
    return _VIAL.first(site=site_id, number=vial_number) if vial_number else None


def vial_made_from(site_id: int, fill_number: str) -> str:
    """The number of the vial that a returned fill became; empty where it became none."""
    made = Lot.objects.filter(site_id=site_id, made_from__startswith=f"{fill_number} ").exclude(vial_number="")
    return made.values_list("vial_number", flat=True).first() or ""


def vials_from(site_id: int, fill_numbers: list[str]) -> list[Lot]:
    """The vials that these returned fills became, newest first."""
    rows = Lot.objects.filter(site_id=site_id, moves__cause="relabelled", moves__about__in=fill_numbers)
    return list(rows.exclude(vial_number="").select_related("package__product__drug").distinct().order_by("-id"))


def lot(actor: Actor, code: str) -> Lot | None:
    """A lot of the actor's site by code."""
    return Lot.objects.select_related("package__product__drug").filter(site_id=actor.site_id, code=code).first()


def balances_of(lot_id: int) -> list[Balance]:
    """Where a lot is and how much of it."""
    return list(Balance.objects.filter(lot_id=lot_id, on_hand__gt=0).select_related("place").order_by("place_id"))


def on_hand(lot_id: int, place_id: int) -> Decimal:
    """What is on hand of a lot at a place; zero where nothing ever was."""
    return Balance.objects.filter(lot_id=lot_id, place_id=place_id).values_list(
        "on_hand", flat=True
    ).first() or Decimal(0)


def _stock(site: Any) -> QuerySet[Balance]:
    by = "lot__package__product__drug__generic_name", "lot__package__product__drug_id", "lot__expires_on", "id"
    rows = Balance.objects.filter(site=site, on_hand__gt=0).select_related("lot__package__product__drug", "place")
    return rows.order_by(*by)


@cache
def _all_stock(most: int) -> Question[Balance]:
    return Question(lambda site: _stock(site)[:most], site=BigIntegerField())


def stock(actor: Actor, *, drugs: Sequence[int] | None = None, ndc: str = "", most: int = 100) -> list[Balance]:
    """Stock on hand by medicine and expiry, for the stockroom; of these drugs only, in their order, or where the NDC so begins."""
    if drugs is None and not ndc:
        return _all_stock(most)(site=actor.site_id)
    wanted = Q(lot__package__product__drug__in=drugs or ())
    if ndc:
        wanted |= Q(lot__package__ndc__startswith=ndc)
    found = _stock(actor.site_id).filter(wanted)[:most]
    place = {drug: i for i, drug in enumerate(drugs or ())}
    return sorted(found, key=lambda row: place.get(row.lot.package.product.drug_id, len(place)))


def drugs_on_hand(actor: Actor) -> list[int]:
    """The drugs of which anything is on hand here. One statement."""
    rows = Balance.objects.filter(site_id=actor.site_id, on_hand__gt=0)
    return list(rows.order_by().values_list("lot__package__product__drug_id", flat=True).distinct())


def moves_of(lot_id: int, *, cursor: str = "") -> Page[Move]:
    """What happened to a lot, newest first."""
    return page(Move.objects.filter(lot_id=lot_id).select_related("from_place", "to_place"), cursor=cursor)


def moves_about(site_id: int, about: str) -> list[Move]:
    """The moves that a document of the site caused, in order. Another site's document may have the same number."""
    return _ABOUT(site=site_id, about=about)


def moves_about_each(site_id: int, about: list[str]) -> dict[str, list[Move]]:
    """The same for several documents, in one statement."""
    found: dict[str, list[Move]] = {one: [] for one in about}
    rows = Move.objects.filter(site_id=site_id, about__in=about).select_related("lot", "from_place", "to_place")
    for move in rows.order_by("id"):
        found[move.about].append(move)
    return found


def vials_made_from(lot: Lot) -> list[Lot]:
    """The returned vials that hold some of a lot, told by the moves; of a vial that was filled again, its vials too."""
    found: dict[int, Lot] = {}
    new = [lot.pk]
    while new:
        fills = Move.objects.filter(site_id=lot.site_id, lot_id__in=new, cause="returned").values("about")
        into = Lot.objects.filter(moves__site_id=lot.site_id, moves__cause="relabelled", moves__about__in=fills)
        new = [v.pk for v in into.distinct() if found.setdefault(v.pk, v) is v]
    return sorted(found.values(), key=lambda v: v.pk)


def differences() -> Iterator[str]:
    """A sentence for each balance that is not the sum of its moves. Recomputes the whole ledger in the database."""
    sums: dict[tuple[int, int], Decimal] = {}
    inside = [p.pk for p in Place.objects.all() if p.is_inside]
    for sign, side in ((1, "to_place_id"), (-1, "from_place_id")):
        rows = (
            Move.objects.filter(**{f"{side}__in": inside}).values_list("lot_id", side).annotate(total=Sum("quantity"))
        )
        for lot_id, place_id, total in rows.iterator():
            sums[lot_id, place_id] = sums.get((lot_id, place_id), Decimal(0)) + sign * total
    for lot_id, place_id, on_hand in Balance.objects.values_list("lot_id", "place_id", "on_hand").iterator():
        ought = sums.pop((lot_id, place_id), Decimal(0))
        if on_hand != ought:
            yield f"ledger: lot {lot_id} at place {place_id} says {written(on_hand)} on hand, its moves say {written(ought)}"
    for (lot_id, place_id), ought in sums.items():
        if ought != 0:
            yield f"ledger: lot {lot_id} at place {place_id} has moves of {written(ought)} and no balance"


def engine() -> str:
    """The database in use, as people call it."""
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)
