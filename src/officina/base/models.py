"""Sites, people, roles and licences; counters; the audit trail; done commands; the outbox."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from officina.base.access import KEY_LENGTH


class Site(models.Model):
    """One pharmacy. Every table that grows carries its site."""

    class Setting(models.TextChoices):
        COMMUNITY = "community", "Community pharmacy"
        HOSPITAL = "hospital", "Hospital"
        LONG_TERM_CARE = "long_term_care", "Long-term care"
        ASSISTED_LIVING = "assisted_living", "Assisted living"
        SCHOOL = "school", "School"

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    setting = models.CharField(max_length=20, choices=Setting, default=Setting.COMMUNITY)
    training = models.BooleanField(default=False)
    """A training site runs the same code on synthetic patients: everything printed says TRAINING, nothing leaves its outbox."""
    zone = models.CharField(max_length=40, default="America/Chicago")
    jurisdiction = models.CharField(max_length=8, default="US-WI")
    street = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    dea = models.CharField(max_length=9, blank=True)
    ncpdp_id = models.CharField(max_length=7, blank=True)

    @property
    def city_line(self) -> str:
        """City, state and ZIP code as they stand under the street; empty where the house was not told."""
        return f"{self.city}, {self.state} {self.postal_code}".strip(" ,")

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser):
    """A person who logs in. What they may do stands in their membership and licences, not here."""

    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    initials = models.CharField(max_length=4)
    pin_hash = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    entrance = models.IntegerField(default=0)
    """Goes up when password or second factor change: what was opened with the old ones is closed."""

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name", "initials"]
    objects = BaseUserManager["User"]()

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A site's bundle of acts: `grants` maps an act's code to 'alone' or 'supervised'."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="roles")
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=60)
    grants = models.JSONField(default=dict)
    licences = models.JSONField(default=list)
    """Kinds of licence of which one must be valid for the role to count."""
    asks_second_factor = models.BooleanField(default=False)
    """Whoever signs in by this role must give a code of their device, too."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="one_role_a_key")]


class Membership(models.Model):
    """A person works at a site in a role, under a supervisor where the role needs one."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    supervisor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="supervises")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site"], name="one_membership_a_site")]


class Licence(models.Model):
    """A licence or registration with its number and last day."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=40)
    jurisdiction = models.CharField(max_length=8)
    number = models.CharField(max_length=40)
    expires_on = models.DateField()


class SecondFactor(models.Model):
    """A device that shows a person's codes (RFC 6238). It counts from the first right code on."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="second_factor")
    secret = models.BinaryField()
    """Needed as it is to judge a code; who can read the database can make codes, and still lacks the password."""
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    """The interval of the last code that was taken: a code seen over a shoulder opens nothing a second time."""


class RecoveryCode(models.Model):
    """A hashed code that stands in once for a lost device; deleted when it is used."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    hashed = models.CharField(max_length=200)


class Tries(models.Model):
    """Wrong passwords, codes or PINs of late, counted where every worker of the server sees them."""

    key = models.CharField(max_length=64)
    """Hash of what is counted (account and address, person and station): a password typed as a name is not kept."""
    failures = models.IntegerField(default=0)
    last_at = models.DateTimeField()
    right_at = models.DateTimeField(null=True)
    """When it was last right here."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="race_tries_key")]


class Counter(models.Model):
    """The last number given out in a series at a site."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    series = models.CharField(max_length=20)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "series"], name="one_counter_a_series")]


class AuditEntry(models.Model):
    """Who did what to what, when, by which role and licence, and why. Append-only by trigger."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    user_id = models.BigIntegerField()
    """A plain number beside the name: history outlives the account."""
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=60)
    licence = models.CharField(max_length=200, blank=True)
    supervisor = models.CharField(max_length=120, blank=True)
    station = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=32)
    verb = models.CharField(max_length=60)
    on_type = models.CharField(max_length=40, blank=True)
    on_code = models.CharField(max_length=40, blank=True)
    why = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["site", "id"], name="audit_by_site"),
            models.Index(fields=["on_code", "id"], name="audit_by_thing"),
            models.Index(fields=["site", "verb", "id"], name="audit_by_verb"),
        ]


class AuditSeal(models.Model):
    """A closed span of audit entries, hashed with the seal before it, so that tampering shows. Append-only by trigger."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    after_id = models.BigIntegerField()
    """The span begins after this entry…"""
    last_id = models.BigIntegerField()
    """…and ends with this one."""
    entries = models.IntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "after_id"], name="one_seal_a_span")]


class DoneCommand(models.Model):
    """A command that was carried out under an idempotency key, with its answer, so that a repeat changes nothing."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)
    service = models.CharField(max_length=120)
    content = models.CharField(max_length=64)
    """A hash of what was given and by whom: something else under the same key is refused, not answered."""
    answer = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "key", "service"], name="race_answer_key")]


class Outgoing(models.Model):
    """A message that must leave the house: written with the work that caused it, sent later by the worker."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up: a person must look"
        TRAINING = "training", "Training: never sent"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.CharField(max_length=80)
    """Messages to one partner leave in order."""
    kind = models.CharField(max_length=40)
    payload = models.BinaryField()
    about = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    not_before = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    last_problem = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "partner", "id"], name="outbox_in_order")]
