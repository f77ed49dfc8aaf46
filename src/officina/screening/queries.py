"""Reading what screening found."""

from django.db.models import BigIntegerField

from officina.base.access import Actor
from officina.base.rows import Question
from officina.kernel.errors import Refused
from officina.screening.models import Alert as Alert
from officina.screening.models import Screening as Screening

_STOPPING = Question(
    lambda prescription: Alert.objects.filter(
        screening__prescription=prescription,
        screening__is_current=True,
        severity__lte=2,
        resolved_at__isnull=True,
    )[:1],
    prescription=BigIntegerField(),
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
    return Alert.objects.filter(
        screening__prescription_id=prescription_id,
        screening__is_current=True,
        severity__lte=2,
        resolved_at__isnull=True,
    ).count()


def alarmed(prescription_ids: list[int]) -> set[int]:
    """Those of the prescriptions that a serious alert still stops. One statement."""
    if len(prescription_ids) == 1:
        return set(prescription_ids) if _STOPPING(prescription=prescription_ids[0]) else set()
    rows = Alert.objects.filter(
        screening__prescription__in=prescription_ids,
        screening__is_current=True,
        severity__lte=2,
        resolved_at__isnull=True,
    )
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
