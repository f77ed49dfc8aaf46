"""Messages as received, prescribers, prescriptions with what was written and what was entered, and consents to refill them."""

import uuid

from django.db import models
from django.db.models import Q

from officina.base.fields import QuantityField
from officina.base.models import Site
from officina.drugs.models import Drug
from officina.patients.models import Patient


class Received(models.Model):
    """A message exactly as it arrived, kept before anything reads it. Append-only by trigger."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
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

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
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

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    last_name = models.CharField(max_length=60)
    first_name = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=10, blank=True)
    """MD, NP … as the law's pack of prescribers names it; empty where nobody has said it."""
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

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
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
    daw_words = models.CharField(max_length=200, blank=True)
    """What the code of product selection rests on: the prescriber's own words, or who asked."""
    directions = models.TextField(blank=True)
    """Label text in plain words."""
    written_on = models.DateField(null=True)
    fill_from = models.DateField(null=True)
    """The first day on which the prescriber lets it be filled."""
    expires_on = models.DateField(null=True)
    schedule = models.PositiveSmallIntegerField(default=0)
    note = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    order_number = models.CharField(max_length=80, blank=True)
    """The prescriber system's own number of the order; a cancellation names it."""
    stopped_at = models.DateTimeField(null=True)
    """The prescriber took it back: nothing goes out until a pharmacist has decided."""
    supply_from = models.DateField(null=True)
    supply_until = models.DateField(null=True)
    """The last day that what was handed over should last; for screening."""
    entered_by_id = models.BigIntegerField(null=True)
    entered_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_prescription_a_number")]
        indexes = [
            models.Index(fields=["patient", "is_active"], name="prescription_by_patient"),
            models.Index(fields=["site", "order_number"], name="prescription_by_order", condition=~Q(order_number="")),
        ]

    def __str__(self) -> str:
        return self.number


class How(models.TextChoices):
    """How somebody told the pharmacy what they want."""

    IN_PERSON = "in_person", "At the counter"
    TELEPHONE = "telephone", "By telephone"
    WRITING = "writing", "In writing"
    ONLINE = "online", "Online"


class RefillConsent(models.Model):
    """The patient's word that one prescription is refilled by itself when it falls due, until it ends."""

    class Ending(models.TextChoices):
        WITHDRAWN = "withdrawn", "Withdrawn"
        RETURNED = "returned", "Nobody came for a refill"
        SILENT = "silent", "Nothing was handed over any more"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="consents")
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=120)
    """The patient, or who speaks for them."""
    how = models.CharField(max_length=10, choices=How)
    taken_by_id = models.BigIntegerField()
    taken_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)
    """Who withdrew it, or who was at work when it ended."""
    ended_how = models.CharField(max_length=10, choices=How, blank=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prescription"], condition=Q(ended_at__isnull=True), name="race_one_consent_holds"
            ),
        ]
        indexes = [models.Index(fields=["site"], name="consent_holds", condition=Q(ended_at__isnull=True))]


class Attachment(models.Model):
    """A picture of the paper or fax. Append-only by trigger; shown as an image, never run."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="attachments")
    at = models.DateTimeField()
    media_type = models.CharField(max_length=40)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)


class Enquiry(models.Model):
    """Something asked of a prescriber about a prescription, and what came back."""

    class Kind(models.TextChoices):
        RENEWAL = "renewal", "Renewal"
        CHANGE = "change", "Change"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for an answer"
        APPROVED = "approved", "Approved"
        CHANGED = "changed", "Approved with changes"
        REPLACED = "replaced", "Answered with another prescription"
        DENIED = "denied", "Denied"
        UNCLEAR = "unclear", "Answer not clear"
        WITHDRAWN = "withdrawn", "No longer asked"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="enquiries")
    kind = models.CharField(max_length=8, choices=Kind)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    by_wire = models.BooleanField()
    """Sent electronically; else somebody calls or faxes."""
    what = models.CharField(max_length=300)
    """What is asked, in words."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    """The prescriber's words and reasons."""
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    renewed_as = models.ForeignKey(Prescription, on_delete=models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)
    """Somebody took note of the answer."""
    seen_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prescription", "kind"], condition=Q(state="waiting"), name="race_one_enquiry_waits"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "asked_at"], name="enquiry_open", condition=Q(seen_at__isnull=True)),
        ]


class Withdrawal(models.Model):
    """A prescriber's message that takes an order back, and what the pharmacist decided about it."""

    class State(models.TextChoices):
        WAITING = "waiting", "To be decided"
        CANCELLED = "cancelled", "Cancelled as asked"
        DENIED = "denied", "Not cancelled"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="withdrawal")
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, null=True, related_name="withdrawals")
    at = models.DateTimeField()
    what = models.CharField(max_length=300)
    """The order as the message names it."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=120, blank=True)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["site", "at"], name="withdrawal_waiting", condition=Q(state="waiting"))]


class Transfer(models.Model):
    """A prescription that went to another pharmacy or came from one, with the record that both must keep. Append-only by trigger."""

    class Way(models.TextChoices):
        OUT = "out", "To another pharmacy"
        IN = "in", "From another pharmacy"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="transfers")
    way = models.CharField(max_length=3, choices=Way)
    at = models.DateTimeField()
    pharmacy = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    phone = models.CharField(max_length=20, blank=True)
    dea = models.CharField(max_length=9, blank=True)
    pharmacist = models.CharField(max_length=120)
    """The pharmacist of the other pharmacy."""
    refills = models.PositiveSmallIntegerField()
    """Refills that went or came with it."""
    record = models.JSONField(default=dict)
    """The rest of what the law asks to be written down, field by field."""
    made_by_id = models.BigIntegerField()
    made_by = models.CharField(max_length=120)


class EmergencyOrder(models.Model):
    """A prescription of Schedule II that came by telephone in an emergency, and the signed prescription that must follow it."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prescription = models.OneToOneField(Prescription, on_delete=models.PROTECT, related_name="emergency")
    ordered_at = models.DateTimeField()
    ordered_on = models.DateField()
    """The calendar day at the site, from which the days are counted."""
    due_on = models.DateField()
    checks = models.JSONField(default=list)
    """The points of the checklist that were answered with yes."""
    knows_prescriber = models.BooleanField()
    taken_by = models.CharField(max_length=120)
    came_on = models.DateField(null=True)
    """Delivered, postmarked, or sent electronically on this day."""
    is_marked = models.BooleanField(default=False)
    has_oral_date = models.BooleanField(default=False)
    noted_by = models.CharField(max_length=120, blank=True)
    told_at = models.DateTimeField(null=True)
    """The DEA was told that nothing came."""
    told_by = models.CharField(max_length=120, blank=True)
    told_how = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["site", "due_on"],
                name="emergency_open",
                condition=Q(came_on__isnull=True, told_at__isnull=True),
            )
        ]


class SigCode(models.Model):
    """A code of the house for directions, with what it stands for as it would be typed."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    typed = models.CharField(max_length=20)
    """In small letters, without spaces."""
    expansion = models.CharField(max_length=300)
    is_active = models.BooleanField(default=True)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "typed"], name="race_sig_code")]

    def __str__(self) -> str:
        return self.typed
