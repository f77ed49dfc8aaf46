"""Clinical review, payment, holding and cancelling."""

from datetime import datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.dispensing import acts
from officina.dispensing.models import Fill
from officina.dispensing.rems import programs
from officina.dispensing.rules.machine import COUNTED, FINAL, UNSCREENED, State
from officina.dispensing.services import amounts, completion, counting, rems
from officina.dispensing.services.steps import advance, ask, held_from, lock
from officina.kernel.errors import Refused
from officina.prescriptions.services import orders as prescriptions
from officina.screening import services as screening
from officina.screening.models import Alert

RESOLVED = audit.verb("alert.resolved", "resolved an alert")


@command
def resolve_alert(actor: Actor, *, alert: Alert, resolution: str, reason: str, at: datetime) -> Alert:
    """Say why a serious alert does not stop the prescription; only who may review may say so."""
    allowed = actor.must(acts.REVIEW, at=at, site_id=alert.screening.site_id)
    resolved = screening.resolve(actor, alert, resolution=resolution, reason=reason, at=at)
    audit.record(
        actor,
        RESOLVED,
        at=at,
        on=alert.screening.prescription,
        why=reason,
        after={"alert": alert.rule, "resolution": resolution},
        under=allowed.under,
    )
    return resolved


@command
def clear_review(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Nothing clinical stands in the way: every serious alert is resolved and the screening is of today's profile."""
    ask(actor, fill, "clear_review", at=at, why="")
    refuse_unreviewed(actor, fill, at=at)
    drug = fill.prescription.drug
    found = programs(drug, on=actor.day(at)) if drug else []
    rems.refuse_ungated(actor, fill, found, at=at)
    return advance(actor, fill, "clear_review", at=at, rems=" ".join(row.code for row in found))


def refuse_unreviewed(actor: Actor, fill: Fill, *, at: datetime) -> None:
    """Refused where an alert is open, or the profile changed since the screening."""
    state = screening.standing(fill.prescription)
    if state.is_missing:
        raise Refused("not_screened", "This prescription was never screened.")
    if state.is_stale:
        raise Refused(
            "screening_stale", "The profile changed since the screening: screen again and look at what it finds."
        )
    if state.open_alerts:
        n = state.open_alerts
        raise Refused("alerts_open", f"{n} serious alert{'s' if n > 1 else ''} must be resolved by a pharmacist first.")


@command
def screen_again(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Screen against the profile as it is now. What was found new waits for a pharmacist."""
    actor.must(acts.REVIEW, at=at, site_id=fill.site_id)
    state = held_from(fill) if fill.state == State.HELD else fill.state
    if state in (*UNSCREENED, *FINAL):
        raise Refused("not_in_review", "Only an order whose entry was checked is screened. Check the entry first.")
    lock(fill)
    screening.screen(actor, prescription=fill.prescription, at=at)
    return fill


@command
def settle_payment(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """The cash price stands; claims will have their place here."""
    ask(actor, fill, "settle_payment", at=at, why="")
    return advance(actor, fill, "settle_payment", at=at, price=amounts.agreed(actor, fill, at=at))


@command
def hold(actor: Actor, *, fill: Fill, why: str, at: datetime) -> Fill:
    """Set a fill aside with the reason; it comes back to where it stood."""
    return advance(actor, fill, "hold", at=at, why=why)


@command
def release(actor: Actor, *, fill: Fill, at: datetime) -> Fill:
    """Take a held fill up again where it stood."""
    return advance(actor, fill, "release", at=at)


@command
def cancel(actor: Actor, *, fill: Fill, why: str, at: datetime) -> Fill:
    """The fill will not be dispensed: what was counted goes back to its lots, and an order whose fills are all cancelled ends."""
    ask(actor, fill, "cancel", at=at, why=why)
    lock(fill)
    if fill.state in {*COUNTED, State.HELD}:
        counting.undo(actor, fill, at=at, why=why)
    fill = advance(actor, fill, "cancel", at=at, why=why)
    completion.drop(actor, fill, at=at, why=why)
    if fill.kind == Fill.Kind.COMPLETION:
        completion.shorten(fill)
    if not Fill.objects.filter(prescription_id=fill.prescription_id).exclude(state=State.CANCELLED).exists():
        prescriptions.end(fill.prescription)
    completion.close_screening(fill)
    return fill
