"""What is owed to patients: the rests of partial fills that are still to go out, the most urgent first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, F

from officina.base.access import Actor
from officina.base.rows import Question
from officina.dispensing.models import Fill
from officina.dispensing.rules.machine import FINAL, OPEN
from officina.law import partial


@dataclass(frozen=True, slots=True)
class Owed:
    """One rest that is owed."""

    fill: Fill
    is_urgent: bool
    """Most of its time is over."""
    is_void: bool
    """Its time is over: nothing of it may go out any more."""
    source: str
    """Where the deadline comes from; empty where there is none."""


_OWED = Question(
    lambda site: (
        # Said twice, so that the database takes the small index of what waits.
        Fill.objects.filter(site=site, state__in=OPEN, kind=Fill.Kind.COMPLETION)
        .exclude(state__in=FINAL)
        .select_related("prescription__drug", "patient", "package__product__drug")
        .order_by(F("due_by").asc(nulls_last=True), "id")[:20]
    ),
    site=BigIntegerField(),
)


def owed(actor: Actor, *, at: datetime) -> list[Owed]:
    """The rests that are owed, twenty at most, those with the earliest deadline first. One statement."""
    return [_owed(fill, at=at) for fill in _OWED(site=actor.site_id)]


def _owed(fill: Fill, *, at: datetime) -> Owed:
    source = ""
    if fill.due_by is not None and fill.prescription.schedule:
        source = partial.case_of(fill.part_case, fill.prescription.schedule).source
    return Owed(
        fill,
        is_urgent=fill.alarm_at is not None and at >= fill.alarm_at,
        is_void=fill.due_by is not None and at > fill.due_by,
        source=source,
    )
