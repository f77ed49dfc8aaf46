"""Messages as received, prescribers, and prescriptions with what was written and what was entered."""

import uuid

from django.db import models
from django.db.models import Q

from officina.base.fields import QuantityField
from officina.base.models import Site
from officina.drugs.models import Drug
from officina.patients.models import Patient


class Received(models.Model):
    """A message exactly as it arrived, kept before anything reads it. Append-only by trigger."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    name = models.CharField(max_length=200, blank=True)
    """File name or line it came by."""
    raw = models.BinaryField()
    sha256 = models.CharField(max_length=64)


class Message(models.Model):
    """What was made of a received message; a row that a person can see and settle, never a lost one."""

    class Status(models.TextChoices):
        KEPT = "kept", "Kept, not read yet"
        ACCEPTED = "accepted", "Understood"
        QUESTION = "question", "Understood, with questions"
        DUPLICATE = "duplicate", "Came before"
        REFUSED = "refused", "Could not be used"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    received = models.OneToOneField(Received, on_delete=models.PROTECT, related_name="message")
    at = models.DateTimeField()
    format = models.CharField(max_length=20, blank=True)
    version = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    message_id = models.CharField(max_length=255, blank=True)
    sender = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.KEPT)
    is_first = models.BooleanField(default=False)
    """The one that counts among those with the same sender and message id."""
    first = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="repeats")
    reasons = models.JSONField(default=list)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=120, blank=True)
    settled_how = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "sender", "message_id"], condition=Q(is_first=True), name="race_first_message"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "at", "id"], name="message_newest"),
            models.Index(
                fields=["site", "at"],
                name="message_unsettled",
                condition=Q(settled_at__isnull=True, status__in=["kept", "refused", "duplicate"]),
            ),
        ]


class Prescriber(models.Model):
    """Somebody with authority to prescribe."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    last_name = models.CharField(max_length=60)
    first_name = models.CharField(max_length=60, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    dea = models.CharField(max_length=14, blank=True)
    street = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["site", "npi"], name="prescriber_by_npi"),
            models.Index(fields=["site", "last_name"], name="prescriber_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}".rstrip(", ")


class Prescription(models.Model):
    """One medicine ordered for one patient: what was written stands beside what was entered."""

    class Origin(models.TextChoices):
        UNKNOWN = "0", "Not known"
        WRITTEN = "1", "Written"
        TELEPHONE = "2", "Telephone"
        ELECTRONIC = "3", "Electronic"
        FAX = "4", "Fax"
        PHARMACY = "5", "Other pharmacy"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=16)
    origin = models.CharField(max_length=1, choices=Origin)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="prescriptions")
    received_at = models.DateTimeField()
    written = models.JSONField(default=dict)
    """The order as read, field by field, with where each came from."""
    questions = models.JSONField(default=list)
    read_back = models.BooleanField(default=False)
    """A telephone order was read back to the caller."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    prescriber = models.ForeignKey(Prescriber, on_delete=models.PROTECT, null=True, related_name="+")
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = QuantityField(null=True)
    days_supply = models.PositiveSmallIntegerField(null=True)
    refills = models.PositiveSmallIntegerField(default=0)
    daw = models.CharField(max_length=1, default="0")
    directions = models.TextField(blank=True)
    """Label text in plain words."""
    written_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    schedule = models.PositiveSmallIntegerField(default=0)
    note = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    supply_from = models.DateField(null=True)
    supply_until = models.DateField(null=True)
    """The last day that what was handed over should last; for screening."""
    entered_by_id = models.BigIntegerField(null=True)
    entered_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_prescription_a_number")]
        indexes = [models.Index(fields=["patient", "is_active"], name="prescription_by_patient")]

    def __str__(self) -> str:
        return self.number


class Attachment(models.Model):
    """A picture of the paper or fax. Append-only by trigger; shown as an image, never run."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="attachments")
    at = models.DateTimeField()
    media_type = models.CharField(max_length=40)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
