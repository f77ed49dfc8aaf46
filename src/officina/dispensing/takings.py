"""Reading money: what was taken on a day, by kind, person and station; the drawers; house accounts; and what a receipt says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from officina.base import queries as house
from officina.base.access import Actor
from officina.dispensing.models import DrawerCount as DrawerCount
from officina.dispensing.models import Fill, PickUp
from officina.dispensing.models import Payment as Payment
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.payments import KINDS
from officina.kernel.clock import said
from officina.kernel.errors import Refused
from officina.kernel.quantity import to_cents
from officina.labels.receipt import Line, ReceiptFacts
from officina.labels.tallman import display
from officina.patients import queries as patients
from officina.patients.models import Patient

_NOTHING = Decimal(0)
_CHARGED = Q(kind=Payment.Kind.ACCOUNT)
_PAID_OFF = Q(purpose=Payment.Purpose.ACCOUNT)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one person took at one station on a day, in dollars by kind."""

    person: str
    station: str
    by_kind: dict[str, Decimal] = field(default_factory=dict)

    @property
    def money(self) -> Decimal:
        """What came in: a charge to a house account is none yet."""
        return sum((v for kind, v in self.by_kind.items() if kind != Payment.Kind.ACCOUNT), _NOTHING)


@dataclass(frozen=True, slots=True)
class Account:
    """A patient who owes on a house account."""

    patient: Patient
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a house account: a charge is above zero, a payment below, and what was owed after it."""

    payment: Payment
    change: Decimal
    owed: Decimal


def _payments(actor: Actor) -> QuerySet[Payment]:
    return Payment.objects.filter(site_id=actor.site_id)


def payment(actor: Actor, code: str) -> Payment:
    """A payment by code; Refused where this site has none such."""
    found = _payments(actor).select_related("pick_up").filter(code=code).first()
    if found is None:
        raise Refused("no_payment", "There is no such payment here.")
    return found


def standing(pick_up: PickUp) -> list[Payment]:
    """The payments of a pick-up that were not taken back."""
    rows = Payment.objects.filter(pick_up=pick_up, reverses=None, reversed_by=None)
    return list(rows.order_by("id"))


def change_said(pick_up: PickUp) -> str:
    """' Change $3.50.', where cash was laid down for a pick-up; nothing where it was not."""
    change = [p.given - p.amount for p in standing(pick_up) if p.given is not None]
    return f" Change ${sum(change, _NOTHING):.2f}." if change else ""


def of_day(actor: Actor, on: date, *, most: int = 200) -> list[Payment]:
    """The payments of a day, newest first, each with what took it back."""
    rows = _payments(actor).filter(day=on).select_related("patient", "pick_up").prefetch_related("reversed_by")
    return list(rows.order_by("-id")[:most])


def totals(actor: Actor, on: date, *, user_id: int | None = None) -> list[Taken]:
    """What each person took at each station that day; of one person only where `user_id` is given. One statement."""
    rows = _payments(actor).filter(day=on)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    found: dict[tuple[str, str], Taken] = {}
    summed = rows.values_list("user_name", "station", "kind").annotate(total=Sum("amount"))
    for person, station, kind, total in summed.order_by("user_name", "station", "kind"):
        found.setdefault((person, station), Taken(person, station)).by_kind[kind] = total or _NOTHING
    return list(found.values())


def together(rows: Iterable[Taken]) -> Taken:
    """The totals of all."""
    whole = Taken("", "")
    for row in rows:
        for kind, amount in row.by_kind.items():
            whole.by_kind[kind] = whole.by_kind.get(kind, _NOTHING) + amount
    return whole


def drawer(actor: Actor) -> DrawerCount | None:
    """The last count of this station's drawer: whether it is open, and since when."""
    rows = DrawerCount.objects.filter(site_id=actor.site_id, station=actor.station)
    return rows.order_by("-number").first()


def counts(actor: Actor, on: date) -> list[DrawerCount]:
    """The openings and closings of a day, at all stations."""
    rows = DrawerCount.objects.filter(site_id=actor.site_id, day=on).select_related("opening")
    return list(rows.order_by("station", "number"))


def difference(count: DrawerCount) -> Decimal | None:
    """Of a closing: counted less expected; above zero is too much in the drawer."""
    return None if count.expected is None else count.counted - count.expected


def _owed(rows: QuerySet[Payment]) -> Decimal:
    sums = rows.aggregate(charged=Sum("amount", filter=_CHARGED), paid=Sum("amount", filter=_PAID_OFF))
    return (sums["charged"] or _NOTHING) - (sums["paid"] or _NOTHING)


def balance(actor: Actor, person_id: int) -> Decimal:
    """What a person owes on the house account, in dollars; `person_id` is the key of the record that stands."""
    return _owed(_payments(actor).filter(_CHARGED | _PAID_OFF, patient__in=patients.records(person_id)))


def accounts(actor: Actor, *, most: int = 200) -> list[Account]:
    """The patients who owe, by name. Two statements."""
    rows = _payments(actor).filter(_CHARGED | _PAID_OFF).values_list(Coalesce("patient__merged_into", "patient"))
    sums = rows.annotate(charged=Sum("amount", filter=_CHARGED), paid=Sum("amount", filter=_PAID_OFF)).order_by()
    owed = {pk: (charged or _NOTHING) - (paid or _NOTHING) for pk, charged, paid in sums}
    owing = {pk: amount for pk, amount in owed.items() if amount}
    people = Patient.objects.filter(site_id=actor.site_id, pk__in=owing).order_by("name_key", "id")
    return [Account(p, owing[p.pk]) for p in people[:most]]


def statement(actor: Actor, patient: Patient) -> list[Entry]:
    """A house account from its beginning, oldest first."""
    rows = (
        _payments(actor)
        .filter(_CHARGED | _PAID_OFF, patient__in=patients.records(patient.person_id))
        .select_related("pick_up")
        .order_by("id")
    )
    owed, found = _NOTHING, []
    for p in rows:
        change = p.amount if p.purpose == Payment.Purpose.PICK_UP else -p.amount
        owed += change
        found.append(Entry(p, change, owed))
    return found


def sold_in(pick_up: PickUp) -> list[Fill]:
    """The fills that were handed over with a pick-up."""
    rows = Fill.objects.filter(bag__in=pick_up.bags.all(), state=State.SOLD)
    return list(rows.select_related("prescription", "package__product__drug").order_by("id"))


def receipt(actor: Actor, pick_up: PickUp, *, with_medicines: bool) -> ReceiptFacts:
    """What the receipt of a hand-over says; names of medicine and patient only where the patient wants them."""
    if pick_up.state != PickUp.State.DONE or pick_up.done_at is None:
        raise Refused("no_receipt", "There is a receipt once the bags are handed over.")
    site, paid = house.site(pick_up.site_id), standing(pick_up)
    given = sum((p.given for p in paid if p.given is not None), _NOTHING)
    change = sum((p.given - p.amount for p in paid if p.given is not None), _NOTHING)
    who = pick_up.patient
    return ReceiptFacts(
        pharmacy_name=site.name,
        pharmacy_street=site.street,
        pharmacy_city_line=site.city_line,
        pharmacy_phone=site.phone,
        at=said(pick_up.done_at, site.zone),
        patient_name=f"{who.first_name} {who.last_name}" if with_medicines else "",
        lines=tuple(_line(f, with_medicines=with_medicines) for f in sold_in(pick_up)),
        total=to_cents(pick_up.amount or _NOTHING),
        paid=tuple((KINDS[p.kind], to_cents(p.amount)) for p in paid),
        given=to_cents(given) if given else None,
        change=to_cents(change) if given else None,
        training=site.training,
    )


def _line(fill: Fill, *, with_medicines: bool) -> Line:
    drug = fill.package.product.drug if fill.package else None
    named = f"{display(drug.generic_name)} {drug.strength} {drug.form}" if drug and with_medicines else ""
    return Line(rx_number=fill.prescription.number, medicine=named, amount=to_cents(fill.price or _NOTHING))
