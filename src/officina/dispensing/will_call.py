"""Reading what waits in the bins: how long, who is to be called, what goes back to stock, what a driver takes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, Prefetch, QuerySet

from officina.base.access import Actor
from officina.base.rows import Question
from officina.dispensing import queries
from officina.dispensing.models import Bag as Bag
from officina.dispensing.models import BagCall, DeliveryStep, Fill, FillStep, PickUp
from officina.dispensing.rules import returns
from officina.dispensing.rules.machine import State
from officina.dispensing.rules.reminders import Reminder, reminder
from officina.inventory import queries as stock
from officina.inventory.queries import Lot as Lot
from officina.kernel.clock import begin_of
from officina.kernel.errors import Refused
from officina.labels import tag, tallman


@dataclass(frozen=True, slots=True)
class Shelved:
    """A bag in its bin, and how its promise was kept."""

    bag: Bag
    days: int
    promised_at: datetime | None
    """The earliest promise of what is in it."""
    late_by: timedelta
    """How long after its promise it came into the bin; zero where it was in time."""


@dataclass(frozen=True, slots=True)
class ToCall:
    """A line of the reminders: a bag, where its calls stand, and the calls made."""

    bag: Bag
    days: int
    reminder: Reminder
    calls: list[BagCall]


@dataclass(frozen=True, slots=True)
class Out:
    """A bag with a driver."""

    pick_up: PickUp
    bag: Bag
    sent: DeliveryStep
    tried: int
    """How often it came back before."""


def _waiting(actor: Actor) -> QuerySet[Bag]:
    return Bag.objects.filter(site_id=actor.site_id, state=Bag.State.WAITING).select_related("patient")


def _days(actor: Actor, bag: Bag, on: date) -> int:
    return (on - actor.day(bag.since)).days


def shelved(actor: Actor, bags: list[Bag], *, on: date) -> list[Shelved]:
    """Those bags with age and promise. No statement, where their fills were read with them."""
    return [_shelved(actor, bag, on) for bag in bags]


def _shelved(actor: Actor, bag: Bag, on: date) -> Shelved:
    promised = min((f.promised_at for f in bag.fills.all()), default=None)
    late = max(bag.since - promised, timedelta()) if promised else timedelta()
    return Shelved(bag, _days(actor, bag, on), promised, late)


def to_call(actor: Actor, *, on: date, most: int = 200) -> list[ToCall]:
    """The bags about which somebody calls: those due first, then those called already; longest waiting first. Three statements."""
    first = on - timedelta(days=returns.will_call().call_days[0] - 1)
    rows = _waiting(actor).filter(since__lt=begin_of(first, actor.zone)).order_by("since", "id")
    inside = Fill.objects.filter(state=State.BIN).select_related("prescription__drug", "package__product__drug")
    calls = BagCall.objects.order_by("-id")
    rows = rows.prefetch_related(Prefetch("fills", inside.order_by("id")), Prefetch("calls", calls))
    found = []
    for bag in rows[:most]:
        made = list(bag.calls.all())
        where = reminder(actor.day(bag.since), [(actor.day(c.at), c.outcome) for c in made], on=on)
        if where is not None:
            found.append(ToCall(bag, _days(actor, bag, on), where, made))
    return sorted(found, key=lambda line: line.reminder.is_called)


def bag_to_call(actor: Actor, code: str) -> Bag:
    """A bag by code; Refused where this site has none such."""
    found = Bag.objects.filter(site_id=actor.site_id, code=code).select_related("patient").first()
    if found is None:
        raise Refused("no_bag", "There is no such bag here.")
    return found


def due_among(actor: Actor, codes: list[UUID], *, on: date) -> list[Fill]:
    """Of the fills due for return those that were marked; what is not due any more is left out."""
    marked = set(codes)
    return [f for f in queries.due_for_return(actor, on=on) if f.code in marked]


_CAME_BACK = Question(
    lambda begin, end: (
        FillStep.objects.filter(to_state=State.RETURNED, at__gte=begin, at__lt=end)
        .order_by("-id")
        .values_list("fill__site_id", "fill__number")
    ),
    begin=DateTimeField(),
    end=DateTimeField(),
)


def vials_of(actor: Actor, *, on: date, most: int = 200) -> list[Lot]:
    """The vials that came back to stock on a day and are to be labelled, newest first."""
    here = (begin_of(on, actor.zone), begin_of(on + timedelta(days=1), actor.zone))
    came_back = _CAME_BACK(begin=here[0], end=here[1])
    return stock.vials_from(actor.site_id, [number for site, number in came_back if site == actor.site_id][:most])


def vial_tag(vial: Lot, *, training: bool) -> tag.Tag:
    """The tag of a vial that came back: what it is, from which lot, until when; nobody's name."""
    drug = vial.package.product.drug
    return tag.vial(
        vial.vial_number,
        medicine=f"{tallman.display(drug.generic_name)} {drug.strength} {drug.form}",
        ndc=vial.package.ndc,
        lot=vial.number,
        expires_on=vial.expires_on,
        training=training,
    )


def to_deliver(actor: Actor, *, on: date) -> list[Bag]:
    """The bags in their bins that a driver takes on this day, or should have taken before, by place."""
    rows = _waiting(actor).filter(deliver_on__lte=on).prefetch_related("fills")
    return list(rows.order_by("deliver_on", "patient__postal_code", "patient__street", "id"))


def out(actor: Actor) -> list[Out]:
    """The bags that are with a driver now, longest first."""
    rows = PickUp.objects.filter(site_id=actor.site_id, state=PickUp.State.OUT).select_related("patient")
    rows = rows.prefetch_related("bags", "deliveries").order_by("started_at", "id")
    bags = {p.pk: p.bags.all()[0] for p in rows}
    tried: dict[int, int] = {}
    back = DeliveryStep.objects.filter(what=DeliveryStep.What.CAME_BACK, pick_up__bags__in=bags.values())
    for bag_id in back.values_list("pick_up__bags", flat=True):
        tried[bag_id] = tried.get(bag_id, 0) + 1
    return [Out(p, bags[p.pk], p.deliveries.all()[0], tried.get(bags[p.pk].pk, 0)) for p in rows]


def delivered(actor: Actor, *, on: date, most: int = 100) -> list[DeliveryStep]:
    """How the deliveries of a day ended, newest first."""
    here = (begin_of(on, actor.zone), begin_of(on + timedelta(days=1), actor.zone))
    rows = DeliveryStep.objects.filter(pick_up__site_id=actor.site_id, at__gte=here[0], at__lt=here[1])
    rows = rows.exclude(what=DeliveryStep.What.SENT).select_related("pick_up__patient")
    return list(rows.prefetch_related("pick_up__bags").order_by("-id")[:most])
