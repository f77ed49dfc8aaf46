"""The owed rest of a partial fill, as a fill of its own."""

from datetime import datetime, timedelta
from decimal import Decimal

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.rows import keep
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import OPEN, State
from officina.dispensing.services import amounts
from officina.dispensing.services.steps import advance, touch
from officina.kernel.ids.numbers import HouseNumber
from officina.law import partial
from officina.prescriptions import queries as orders
from officina.prescriptions.services import orders as prescriptions
from officina.screening import services as screening

PARTIAL = audit.verb("fill.partial", "filled in part")


def split(actor: Actor, fill: Fill, *, have: Decimal, case: partial.Case, at: datetime, why: str) -> Fill:
    """Cut a fill to what is in its vial and open the completion for the rest; in the running transaction.

    The two prices add up to the one that was agreed: the rest is the difference, never rounded again.
    """
    assert fill.quantity is not None
    assert fill.package is not None
    owed, agreed = fill.quantity - have, fill.price
    now = amounts.of_part(actor, fill, have, at=at)
    since = _since(actor, fill, case, at=at)
    due_by = _due_by(actor, fill, case, since=since)
    touch(fill, quantity=have, owed=owed, price=now, labels_printed=0, part_case=case.case)
    rest = Fill.objects.create(
        site_id=fill.site_id,
        number=HouseNumber.issue("F", numbering.take(fill.site_id, "fill")).text,
        prescription_id=fill.prescription_id,
        fill_no=Fill.objects.filter(prescription_id=fill.prescription_id).count(),
        kind=Fill.Kind.COMPLETION,
        rest_of_id=fill.rest_of_id or fill.pk,
        state=State.READY_TO_FILL,
        since=at,
        received_at=at,
        promised_at=fill.promised_at,
        patient_id=fill.patient_id,
        quantity=owed,
        days_supply=None,
        package=fill.package,
        price=agreed - now if agreed is not None and now is not None else None,
        part_case=case.case,
        rems=fill.rems,
        due_by=due_by,
        alarm_at=partial.alarm(since, due_by) if due_by else None,
    )
    audit.record(
        actor,
        PARTIAL,
        at=at,
        on=fill,
        why=why,
        after={"dispensed": str(have), "owed": str(owed), "completion": rest.number, "case": case.case},
    )
    return fill


def _since(actor: Actor, fill: Fill, case: partial.Case, *, at: datetime) -> datetime:
    """From when the time for the rest is counted; `at` is when the first part is dispensed."""
    prescription = fill.prescription
    assert prescription.written_on is not None
    ordered = orders.emergency_of(prescription) if case.counted_from == "order" else None
    return partial.begins(
        case,
        written_on=prescription.written_on,
        first_at=at,
        ordered_at=ordered.ordered_at if ordered else None,
        zone=actor.zone,
    )


def _due_by(actor: Actor, fill: Fill, case: partial.Case, *, since: datetime) -> datetime | None:
    """Until when the rest may go out; a rest that is filled in part again gets no longer than it had."""
    prescription = fill.prescription
    assert prescription.written_on is not None
    due = partial.due(
        case, written_on=prescription.written_on, since=since, expires_on=prescription.expires_on, zone=actor.zone
    )
    return min((moment for moment in (due, fill.due_by) if moment is not None), default=None)


def shorten(rest: Fill) -> None:
    """Its rest will not be filled: what went out lasts only as long as there is of it, or the next refill would seem too soon. In the
    running transaction, after the rest is cancelled or back in stock; days are counted down, so that nobody is left without for a part of one.
    """
    first = rest.rest_of
    if first is None or not first.days_supply or not first.quantity or not rest.quantity:
        return
    others = Fill.objects.filter(rest_of=first).exclude(state__in=[State.CANCELLED, State.RETURNED])
    kept = first.quantity + sum((one or Decimal(0) for one in others.values_list("quantity", flat=True)), Decimal(0))
    days = int(first.days_supply * kept / (kept + rest.quantity))
    rx = rest.prescription
    if first.state == State.SOLD and rx.supply_from is not None and rx.supply_until is not None:
        lost = timedelta(days=first.days_supply - days)
        prescriptions.note_supply(rx, since=rx.supply_from, until=max(rx.supply_until - lost, rx.supply_from))
    first.days_supply = days
    keep(first, "days_supply")


def close_screening(fill: Fill) -> None:
    """Nothing of the order is under way any more: what was found about it no longer counts, nor the medicine against another one."""
    if not Fill.objects.filter(prescription_id=fill.prescription_id, state__in=OPEN).exists():
        screening.void(fill.prescription)


def drop(actor: Actor, fill: Fill, *, at: datetime, why: str) -> None:
    """Nobody wants the part any more, so nobody wants its rest: what of it was not begun is no longer owed. In the running transaction."""
    if fill.kind == Fill.Kind.COMPLETION:
        return
    rests = Fill.objects.filter(rest_of=fill, state=State.READY_TO_FILL).select_related("prescription")
    for rest in rests.order_by("fill_no"):
        advance(actor, rest, "drop_rest", at=at, why=f"{fill.number}: {why}")
