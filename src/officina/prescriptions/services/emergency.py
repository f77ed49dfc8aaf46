"""Schedule II by telephone in an emergency: the checklist before it, and the signed prescription that must follow (21 CFR 1306.11(d))."""

from collections.abc import Iterable
from datetime import date, datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append, keep
from officina.kernel.errors import Refused
from officina.law import emergency as law
from officina.prescriptions import acts
from officina.prescriptions.models import EmergencyOrder, Prescription

TAKEN = audit.verb("emergency.taken", "took Schedule II by telephone in an emergency")
CAME = audit.verb("emergency.signed_came", "wrote down that the signed prescription came")
TOLD = audit.verb("emergency.dea_told", "told the DEA that no signed prescription came")


def refuse_unlawful(actor: Actor, answered: Iterable[str], *, knows_prescriber: bool, at: datetime) -> None:
    """Refused where a point of the checklist is not answered with yes, or the person is no pharmacist."""
    actor.must(acts.RECEIVE_EMERGENCY, at=at)
    ruling = law.may_dispense(set(answered), on=actor.day(at), state=actor.state, knows_prescriber=knows_prescriber)
    if not ruling.allowed:
        raise Refused("emergency_unlawful", ruling.sentence, {"checks": "Every point must be so."})


def record(
    actor: Actor, prescription: Prescription, answered: Iterable[str], *, knows_prescriber: bool, at: datetime
) -> EmergencyOrder:
    """Write the order down with its checklist and the last day for the signed one; in the running transaction."""
    today = actor.day(at)
    order = EmergencyOrder(
        site_id=actor.site_id,
        prescription=prescription,
        ordered_at=at,
        ordered_on=today,
        due_on=law.due_on(today, state=actor.state),
        checks=sorted(set(answered)),
        knows_prescriber=knows_prescriber,
        taken_by=actor.name,
    )
    append(order)
    audit.record(
        actor, TAKEN, at=at, on=prescription, after={"checks": order.checks, "due_on": order.due_on.isoformat()}
    )
    return order


@command
def signed_came(
    actor: Actor, *, order: EmergencyOrder, came_on: date, is_marked: bool, has_oral_date: bool, at: datetime
) -> EmergencyOrder:
    """The signed prescription came; refused where it is not what the law asks for, so that somebody calls the prescriber."""
    actor.must(acts.RECEIVE, at=at, site_id=order.site_id)
    order = _open(order)
    _refuse_unsound(actor, order, law.Received(on=came_on, is_marked=is_marked, oral_date_on_it=has_oral_date), at=at)
    order.came_on, order.is_marked, order.has_oral_date, order.noted_by = came_on, is_marked, has_oral_date, actor.name
    keep(order, "came_on", "is_marked", "has_oral_date", "noted_by")
    audit.record(actor, CAME, at=at, on=order.prescription, after={"came_on": came_on.isoformat()})
    return order


def _refuse_unsound(actor: Actor, order: EmergencyOrder, received: law.Received, *, at: datetime) -> None:
    today = actor.day(at)
    if not order.ordered_on <= received.on <= today:
        raise Refused(
            "day_wrong",
            "The day must lie between the order by telephone and today.",
            {"came_on": f"From {order.ordered_on:%m/%d/%Y} to {today:%m/%d/%Y}"},
        )
    ruling = law.follow_up(order.ordered_on, received, on=today, state=actor.state)
    if not ruling.allowed:
        raise Refused("signed_unsound", " ".join((ruling.sentence, *ruling.notes)))


def refuse_overdue(actor: Actor, prescription: Prescription, *, at: datetime) -> None:
    """Refused once the days for the signed prescription are over and it has not come: what is left in the house stays there.

    Telling the DEA does not open it again: an emergency of last week needs a prescription of its own.
    """
    today = actor.day(at)
    order = EmergencyOrder.objects.filter(prescription=prescription, came_on=None, due_on__lt=today).first()
    if order is not None:
        ruling = law.follow_up(order.ordered_on, None, on=today, state=actor.state)
        raise Refused("signed_overdue", " ".join((f"Rx {prescription.number}:", ruling.sentence, *ruling.notes)))


@command
def tell_dea(actor: Actor, *, order: EmergencyOrder, how: str, at: datetime) -> EmergencyOrder:
    """Nothing came in time and the DEA was told; only a pharmacist says so, and only once the days are over."""
    actor.must(acts.RECEIVE_EMERGENCY, at=at, site_id=order.site_id)
    order = _open(order)
    if actor.day(at) <= order.due_on:
        raise Refused("not_overdue", f"The signed prescription may still come until {order.due_on:%b %d, %Y}.")
    if not how.strip():
        raise Refused("why_needed", "Say which office was told, and how.", {"how": "Needed"})
    order.told_at, order.told_by, order.told_how = at, actor.name, how.strip()[:300]
    keep(order, "told_at", "told_by", "told_how")
    audit.record(actor, TOLD, at=at, on=order.prescription, why=order.told_how)
    return order


def _open(order: EmergencyOrder) -> EmergencyOrder:
    rows = EmergencyOrder.objects.select_for_update(no_key=True, of=("self",)).select_related("prescription")
    now = rows.get(pk=order.pk)
    if now.came_on is not None or now.told_at is not None:
        raise Refused("stale", "Somebody else has settled this a moment ago.")
    return now
