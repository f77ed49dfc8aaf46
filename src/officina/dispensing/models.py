"""Fills with their steps and scans, bags with calls and deliveries, pick-ups, common dates, and the money that was taken."""

import uuid

from django.db import models
from django.db.models import Q

from officina.base.fields import MoneyField, QuantityField
from officina.base.models import Site
from officina.drugs.models import Package
from officina.inventory.models import Lot
from officina.patients.models import Patient
from officina.prescriptions.models import How, Prescription


class Bag(models.Model):
    """One patient's fills in one bag in a will-call bin."""

    class State(models.TextChoices):
        WAITING = "waiting", "In the bin"
        HANDED_OVER = "handed_over", "Handed over"
        EMPTIED = "emptied", "Emptied"
        OUT = "out", "Out for delivery"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=16)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    bin = models.CharField(max_length=12)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    since = models.DateTimeField()
    deliver_on = models.DateField(null=True)
    """The day on which a driver shall take it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_bag_a_number")]
        indexes = [models.Index(fields=["site", "state", "patient"], name="bag_waiting")]


class CommonDate(models.Model):
    """A day on which all medicines of a patient are to fall due together, as the patient agreed to it. Append-only by trigger."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    agreed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=120)
    """The patient, or who speaks for them."""
    how = models.CharField(max_length=10, choices=How)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["patient", "on"], name="common_date_of_patient")]


class Fill(models.Model):
    """One dispensing of a prescription, from the message to the hand of the patient. Its state moves only by the machine."""

    class Kind(models.TextChoices):
        FIRST = "first", "First fill"
        REFILL = "refill", "Refill"
        COMPLETION = "completion", "Completion of a partial fill"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=16)
    """'F…', printed in the barcode of the label."""
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="+")
    fill_no = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FIRST)
    state = models.CharField(max_length=20)
    since = models.DateTimeField()
    """When it came into this state."""
    version = models.PositiveIntegerField(default=0)
    """Counts every change; a page that shows an older one is stale."""
    received_at = models.DateTimeField()
    promised_at = models.DateTimeField()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = QuantityField(null=True)
    owed = QuantityField(default=0)
    rest_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="rests")
    """The fill of which this is an owed rest; of a rest's rest, the fill itself."""
    part_case = models.CharField(max_length=20, blank=True)
    """Why it was filled in part (law.partial), on the part and on its rest."""
    due_by = models.DateTimeField(null=True)
    """The last moment at which the owed rest may go out."""
    alarm_at = models.DateTimeField(null=True)
    """When the rest becomes urgent."""
    days_supply = models.PositiveSmallIntegerField(null=True)
    common_date = models.ForeignKey(CommonDate, on_delete=models.PROTECT, null=True, related_name="+")
    """The day to which this fill brings its medicine."""
    lasts_until = models.DateField(null=True)
    """Of a fill that brings its medicine to a common date: the last day on which it is used."""
    due_on = models.DateField(null=True)
    """Of a fill that auto-refill started: the day for which it did, once only whatever became of it."""
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, related_name="+")
    rems = models.CharField(max_length=40, blank=True)
    """The programs of risk (REMS) whose gates hold for this fill, by code, with a space between."""
    price = MoneyField(null=True)
    filled_by_id = models.BigIntegerField(null=True)
    filled_by = models.CharField(max_length=120, blank=True)
    filled_at = models.DateTimeField(null=True)
    verified_by_id = models.BigIntegerField(null=True)
    verified_by = models.CharField(max_length=120, blank=True)
    verified_initials = models.CharField(max_length=4, blank=True)
    labels_printed = models.PositiveSmallIntegerField(default=0)
    bag = models.ForeignKey(Bag, on_delete=models.PROTECT, null=True, related_name="fills")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prescription", "fill_no"], name="race_fill_no"),
            models.UniqueConstraint(
                fields=["prescription", "due_on"],
                condition=Q(due_on__isnull=False),
                name="race_one_auto_refill_a_day",
            ),
            models.UniqueConstraint(fields=["site", "number"], name="one_fill_a_number"),
            models.CheckConstraint(
                condition=~Q(state="sold") | Q(verified_by_id__isnull=False), name="sold_only_when_verified"
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "state", "promised_at"],
                name="fill_waiting",
                condition=~Q(state__in=["sold", "cancelled", "returned"]),
            ),
            models.Index(fields=["patient", "received_at"], name="fill_by_patient"),
        ]

    def __str__(self) -> str:
        return self.number


class FillStep(models.Model):
    """One step of a fill: who, when, from where to where, why. Append-only by trigger."""

    fill = models.ForeignKey(Fill, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    move = models.CharField(max_length=30)
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)
    user_role = models.CharField(max_length=60)
    supervisor = models.CharField(max_length=120, blank=True)
    why = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="step_returned", condition=Q(to_state="returned"))]


class FillScan(models.Model):
    """One container held under the scanner for a fill, right or wrong. Append-only by trigger."""

    fill = models.ForeignKey(Fill, on_delete=models.PROTECT, related_name="scans")
    at = models.DateTimeField()
    raw = models.CharField(max_length=120)
    manual = models.BooleanField(default=False)
    """Typed by hand instead of scanned."""
    outcome = models.CharField(max_length=30)
    """'ok' or the code of the stop."""
    expected = models.CharField(max_length=200, blank=True)
    came = models.CharField(max_length=200, blank=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    quantity = QuantityField(null=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)


class FillPart(models.Model):
    """So much of a lot is in the vial now. Emptied when the count is undone; the moves tell the history."""

    fill = models.ForeignKey(Fill, on_delete=models.PROTECT, related_name="parts")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fill", "lot"], name="one_part_a_lot")]


class PickUp(models.Model):
    """One hand-over at the counter: who came, how they were identified, which bags, counselling and signature."""

    class State(models.TextChoices):
        OPEN = "open", "At the counter"
        DONE = "done", "Handed over"
        LEFT = "left", "Left without the bags"
        OUT = "out", "With the driver"

    class Counsel(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WANTED = "wanted", "Wants counselling"
        """Said to somebody who may not counsel: nothing goes out before who may writes down how it ended."""
        NOT_REQUIRED = "not_required_refill", "Not required: refill"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    started_at = models.DateTimeField()
    identified_by = models.CharField(max_length=60)
    """Which two identifiers were given, not their values."""
    bags = models.ManyToManyField(Bag, related_name="+")
    counsel = models.CharField(max_length=20, choices=Counsel, blank=True)
    counselled_by = models.CharField(max_length=120, blank=True)
    signed_by = models.CharField(max_length=120, blank=True)
    relation = models.CharField(max_length=40, blank=True)
    signature = models.TextField(blank=True)
    """Strokes as drawn, or empty where a name was typed."""
    amount = MoneyField(null=True)
    paid_by = models.CharField(max_length=20, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["site", "state"], name="pick_up_open")]


class BagCall(models.Model):
    """One call about a bag that waits: who called, and how it ended. Append-only by trigger."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        MESSAGE = "message_left", "Message left"
        NO_ANSWER = "no_answer", "No answer"
        WRONG_NUMBER = "wrong_number", "Wrong number"

    bag = models.ForeignKey(Bag, on_delete=models.PROTECT, related_name="calls")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    note = models.CharField(max_length=200, blank=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)


class DeliveryStep(models.Model):
    """A bag left with a driver, was taken at the door, or came back; the pick-up holds the bag. Append-only by trigger."""

    class What(models.TextChoices):
        SENT = "sent", "Left with the driver"
        DELIVERED = "delivered", "Taken at the door"
        CAME_BACK = "came_back", "Came back"

    pick_up = models.ForeignKey(PickUp, on_delete=models.PROTECT, related_name="deliveries")
    at = models.DateTimeField()
    what = models.CharField(max_length=10, choices=What)
    happened_at = models.DateTimeField()
    """When it happened at the door; `at` is when it was written down."""
    driver = models.CharField(max_length=120)
    taken_by = models.CharField(max_length=120, blank=True)
    why = models.CharField(max_length=300, blank=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)


class DrawerCount(models.Model):
    """The cash of a station's drawer as a person counted it, when it was opened and when it was closed. Append-only by trigger."""

    class What(models.TextChoices):
        OPENING = "opening", "Opened"
        CLOSING = "closing", "Closed"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    station = models.CharField(max_length=60, blank=True)
    number = models.PositiveIntegerField()
    """Counts the openings and closings of this station."""
    what = models.CharField(max_length=7, choices=What)
    at = models.DateTimeField()
    day = models.DateField()
    counted = MoneyField()
    expected = MoneyField(null=True)
    """At closing: what was in it at the opening and the cash taken since."""
    totals = models.JSONField(default=dict)
    """At closing: what was taken since the opening, by kind, as decimal text."""
    opening = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="closings")
    note = models.CharField(max_length=300, blank=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "station", "number"], name="race_drawer_count")]
        indexes = [models.Index(fields=["site", "day"], name="drawer_by_day")]


class Payment(models.Model):
    """Money taken, or charged to a house account; a correction takes one back by a negative row. Append-only by trigger."""

    class Kind(models.TextChoices):
        CASH = "cash", "Cash"
        CARD = "card", "Card"
        CHECK = "check", "Check"
        ACCOUNT = "account", "House account"

    class Purpose(models.TextChoices):
        PICK_UP = "pick_up", "Hand-over"
        ACCOUNT = "account", "Payment on the house account"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    day = models.DateField()
    """The calendar day at the site, by which it is totalled."""
    purpose = models.CharField(max_length=8, choices=Purpose)
    kind = models.CharField(max_length=8, choices=Kind)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    pick_up = models.ForeignKey(PickUp, on_delete=models.PROTECT, null=True, related_name="payments")
    amount = MoneyField()
    given = MoneyField(null=True)
    """Cash as it was laid down; the change is the difference."""
    drawer = models.ForeignKey(DrawerCount, on_delete=models.PROTECT, null=True, related_name="payments")
    """The opening since which the drawer of this station was open; None where it was not."""
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    why = models.CharField(max_length=300, blank=True)
    station = models.CharField(max_length=60, blank=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reverses"], name="race_payment_reversed")]
        indexes = [
            models.Index(fields=["site", "day"], name="payment_by_day"),
            models.Index(
                fields=["site", "patient"],
                name="payment_on_account",
                condition=Q(kind="account") | Q(purpose="account"),
            ),
        ]


class RemsAuthorisation(models.Model):
    """What a program of risk gave for one fill: its number and its days. A newer row counts before an older. Append-only by trigger."""

    fill = models.ForeignKey(Fill, on_delete=models.PROTECT, related_name="rems_rows")
    program = models.CharField(max_length=40)
    number = models.CharField(max_length=60, blank=True)
    authorised_on = models.DateField(null=True)
    not_after = models.DateField(null=True)
    """The day of the program after which it may not be dispensed."""
    can_become_pregnant = models.BooleanField(default=True)
    at = models.DateTimeField()
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)


class PseudoephedrineSale(models.Model):
    """A line of the logbook: what was sold without a prescription, to whom, on which identification. Append-only by trigger."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=16)
    at = models.DateTimeField()
    product = models.CharField(max_length=120)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, related_name="+")
    """Where the drug file knows it; what was sold then left our shelf."""
    salt = models.CharField(max_length=20)
    unit_mg = QuantityField()
    units = models.PositiveIntegerField()
    """Tablets, capsules or doses in all packages together."""
    packages = models.PositiveSmallIntegerField()
    base_mg = QuantityField()
    """Pseudoephedrine base in all of it."""
    last_name = models.CharField(max_length=60)
    first_name = models.CharField(max_length=60)
    born_on = models.DateField()
    address = models.CharField(max_length=200)
    identity_kind = models.CharField(max_length=40)
    identity_issuer = models.CharField(max_length=40)
    identity_number = models.CharField(max_length=40)
    person = models.CharField(max_length=64)
    """Hash of name and date of birth, by which one person's sales are found whatever they show."""
    signed_by = models.CharField(max_length=120)
    signature = models.TextField(blank=True)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    """A line that takes an earlier one back: it was typed wrong, or nothing was handed over."""
    why = models.CharField(max_length=300, blank=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_sale_a_number")]
        indexes = [
            models.Index(fields=["site", "at", "id"], name="pse_by_time"),
            models.Index(fields=["site", "person"], name="pse_by_person"),
            models.Index(fields=["site", "identity_number"], name="pse_by_identity"),
        ]
