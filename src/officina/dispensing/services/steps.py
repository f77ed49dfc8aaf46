"""One step of a fill: asked of the machine and of the actor, written by compare-and-set, kept as a row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField

from officina.base import access, audit, rows
from officina.base.access import Actor, Allowed
from officina.dispensing.models import Fill, FillStep
from officina.dispensing.rules.machine import FILL, TOLD, State
from officina.kernel.clock import said
from officina.kernel.errors import Refused
from officina.kernel.machine import BACK, Move
from officina.law import partial
from officina.prescriptions.models import Prescription
from officina.prescriptions.services import emergency

_STILL = rows.Question(
    lambda pk, state, version: (
        Fill.objects.select_for_update(no_key=True).filter(pk=pk, state=state, version=version).values_list("pk")
    ),
    pk=BigIntegerField(),
    state=CharField(),
    version=BigIntegerField(),
)
VERBS = {m.name: audit.verb(f"fill.{m.name}", TOLD[m.name]) for m in FILL.moves}


ONWARD = (State.FILLING, State.FINAL_CHECK, State.CHECKED, State.BIN, State.SOLD)
"""Towards the patient, once counting begins."""
SET_ASIDE = (State.CANCELLED, State.RETURNED, State.HELD, State.ENTERING)
"""Where a fill may still go whose order was taken back."""


def advance(
    actor: Actor,
    fill: Fill,
    name: str,
    *,
    at: datetime,
    why: str = "",
    told: Mapping[str, str] | None = None,
    **values: Any,
) -> Fill:
    """Make the move called `name` if the table, the actor's acts and nobody's faster hand allow it. Three writes.

    `values` are columns of the fill that change with the step; `told` is what else the history keeps of it.
    """
    step, allowed = ask(actor, fill, name, at=at, why=why)
    before = fill.state
    to = held_from(fill) if step.to == BACK else step.to
    values |= {"state": to, "since": at}
    touch(fill, **values)
    rows.note(
        FillStep,
        fill_id=fill.pk,
        at=at,
        move=name,
        from_state=before,
        to_state=to,
        user_id=actor.user_id,
        user_name=actor.name,
        user_role=actor.role_title,
        supervisor=allowed.under,
        why=why,
    )
    after = {"state": to, **(told or {})}
    audit.record(
        actor, VERBS[name], at=at, on=fill, why=why, before={"state": before}, after=after, under=allowed.under
    )
    return fill


def ask(actor: Actor, fill: Fill, name: str, *, at: datetime, why: str) -> tuple[Move, Allowed]:
    """May this move be made, from here, by this person, with this reason? Asked before any stock is touched."""
    step = FILL.move(name, fill.state)
    if fill.prescription.stopped_at is not None and step.to not in SET_ASIDE:
        raise Refused(
            "stopped",
            f"The prescriber takes Rx {fill.prescription.number} back: a pharmacist decides before it goes on.",
        )
    if step.to in ONWARD:
        refuse_over(actor, fill, at=at)
    allowed = actor.must(access.act(step.needs), at=at, site_id=fill.site_id, filler=fill.filled_by_id)
    if step.why and not why.strip():
        raise Refused("why_needed", "Say why.", {"why": "Needed"})
    return step, allowed


def refuse_over(actor: Actor, fill: Fill, *, at: datetime) -> None:
    """Refused where the prescription has expired, or the time for the signed one or for the owed rest is over: nothing may go out any more."""
    first, last = fill.prescription.fill_from, fill.prescription.expires_on
    if first is not None and actor.day(at) < first:
        raise Refused(
            "too_early",
            f"The prescriber lets Rx {fill.prescription.number} be filled from {first:%b} {first.day}, {first.year} on.",
        )
    if last is not None and actor.day(at) > last:
        raise Refused(
            "expired",
            f"Rx {fill.prescription.number} expired on {last:%b} {last.day}, {last.year}. A new prescription is needed.",
        )
    if fill.prescription.schedule == 2 and fill.prescription.origin == Prescription.Origin.TELEPHONE:
        emergency.refuse_overdue(actor, fill.prescription, at=at)
    if fill.due_by is not None and at > fill.due_by:
        case = partial.case_of(fill.part_case, fill.prescription.schedule)
        raise Refused(
            "rest_void",
            f"The rest was due by {said(fill.due_by, actor.zone)} and is void. Cancel it, and tell the prescriber. ({case.source})",
        )


def touch(fill: Fill, **values: Any) -> None:
    """Change columns of a fill only if it is still as it was read; Refused('stale') where somebody was faster."""
    if not rows.change(Fill, {"pk": fill.pk, "state": fill.state, "version": fill.version}, values):
        raise _stale()
    for field, value in values.items():
        setattr(fill, field, value)
    fill.version += 1


def lock(fill: Fill) -> None:
    """Keep others off a fill until the transaction ends, before any stock is touched; Refused('stale') where it changed since it was read."""
    if not _STILL(pk=fill.pk, state=fill.state, version=fill.version):
        raise _stale()


def _stale() -> Refused:
    return Refused(
        "stale", "Somebody else changed this fill a moment ago. Nothing of yours was done; look at it again."
    )


def held_from(fill: Fill) -> str:
    """Where the fill stood when it was set aside, from its own steps."""
    return str(fill.steps.filter(to_state="held").order_by("-id").values_list("from_state", flat=True).first())
