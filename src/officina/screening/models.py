"""What screening found for a prescription, and what a pharmacist said to each finding."""

import uuid

from django.db import models

from officina.base.models import Site
from officina.kernel.findings import Severity
from officina.prescriptions.models import Prescription


class Screening(models.Model):
    """One run of the screening rules over a prescription and the patient's profile at that moment."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    fingerprint = models.CharField(max_length=64)
    """Hash of all that was compared: another drug, allergy or medicine makes the screening stale."""
    checked = models.JSONField(default=list)
    not_screened = models.JSONField(default=list)
    is_current = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["prescription", "is_current"], name="screening_current")]


class Alert(models.Model):
    """A finding of a screening. A serious one stops the fill until a pharmacist resolves it with a reason."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="alerts")
    rule = models.CharField(max_length=60)
    severity = models.PositiveSmallIntegerField()
    sentence = models.TextField()
    about = models.JSONField(default=list)
    source = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=120, blank=True)
    resolution = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    stops = models.BooleanField(default=False)
    """Serious, answered by nobody, and found by the screening that holds: whoever changes one of the three changes this in the same step."""

    class Meta:
        # What stops today is found without a look at what was found and dropped in years.
        indexes = [models.Index(fields=["screening"], name="alert_stops", condition=models.Q(stops=True))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stops=False)
                | models.Q(severity__lte=Severity.MAJOR.value, resolved_at__isnull=True),
                name="alert_stops_while_unanswered",
            )
        ]
