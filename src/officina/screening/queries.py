"""Reading what screening found."""

from typing import Any

from django.db.models import BigIntegerField, QuerySet

from officina.base.access import Actor
from officina.base.rows import Question
from officina.kernel.errors import Refused
from officina.screening.models import Alert as Alert
from officina.screening.models import Screening as Screening


def stopping(**which: Any) -> "QuerySet[Alert, Alert]":
    """Serious alerts of the screening that holds which nobody has resolved: each stops its prescription."""
    return Alert.objects.filter(screening__is_current=True, severity__lte=2, resolved_at__isnull=True, **which)


STOPPED = (
    "SELECT DISTINCT s.prescription_id FROM screening_alert AS a JOIN screening_screening AS s ON s.id = a.screening_id "
    "WHERE a.severity <= 2 AND a.resolved_at IS NULL AND s.is_current"
)
"""The prescriptions that those stop, worded by hand to stand inside another statement."""
_STOPPING = Question(
    lambda prescription: stopping(screening__prescription=prescription)[:1], prescription=BigIntegerField()
)


def current(prescription_id: int) -> Screening | None:
    """The screening that holds for a prescription now."""
    return (
        Screening.objects.filter(prescription_id=prescription_id, is_current=True)
        .prefetch_related("alerts")
        .order_by("-id")
        .first()
    )


def open_alerts(prescription_id: int) -> int:
    """How many serious alerts still stop the prescription."""
    return stopping(screening__prescription_id=prescription_id).count()


def alarmed(prescription_ids: list[int]) -> set[int]:
    """Those of the prescriptions that a serious alert still stops. One statement."""
    if len(prescription_ids) == 1:
        return set(prescription_ids) if _STOPPING(prescription=prescription_ids[0]) else set()
    rows = stopping(screening__prescription__in=prescription_ids)
    return set(rows.values_list("screening__prescription_id", flat=True))


def alert(actor: Actor, code: str) -> Alert:
    """An alert by code; Refused where this site has none such."""
    found = (
        Alert.objects.select_related("screening__prescription")
        .filter(code=code, screening__site_id=actor.site_id)
        .first()
    )
    if found is None:
        raise Refused("no_alert", "There is no such alert here.")
    return found


def dismissed_today(actor: Actor, *, since: object) -> int:
    """How many alerts were resolved at the site since then: a figure for the pharmacist."""
    return Alert.objects.filter(screening__site_id=actor.site_id, resolved_at__gte=since).count()
