"""Reading what screening found."""

from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet

from officina.base.access import Actor
from officina.base.rows import Question
from officina.kernel.errors import Refused
from officina.kernel.findings import Severity
from officina.screening.models import Alert as Alert
from officina.screening.models import Screening as Screening


def stopping(**which: Any) -> "QuerySet[Alert, Alert]":
    """Serious alerts of the screening that holds which nobody has resolved: each stops its prescription."""
    return Alert.objects.filter(stops=True, **which)


STOPPED = (
    "SELECT DISTINCT s.prescription_id FROM screening_alert AS a JOIN screening_screening AS s ON s.id = a.screening_id "
    "WHERE a.stops"
)
"""The prescriptions that those stop, worded by hand to stand inside another statement."""
_STOPPING = Question(
    lambda prescription: stopping(screening__prescription=prescription)[:1], prescription=BigIntegerField()
)


def unsound() -> list[str]:
    """A sentence for each alert that stops its fill and ought not to, or ought to and does not; over all sites."""
    ought = Q(severity__lte=Severity.MAJOR, resolved_at__isnull=True, screening__is_current=True)
    missed = Alert.objects.filter(ought, stops=False).values_list("screening__prescription__number", "rule")
    over = Alert.objects.filter(stops=True).exclude(ought).values_list("screening__prescription__number", "rule")
    return [
        *(
            f"prescription {number}: the serious alert {rule} is unanswered and does not stop it"
            for number, rule in missed
        ),
        *(f"prescription {number}: the alert {rule} stops it and no longer counts" for number, rule in over),
    ]


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
