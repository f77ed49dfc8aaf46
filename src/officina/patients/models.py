"""Patients with their allergies and conditions, names, notes, wishes about caps, households, and which records are one person's."""

import uuid

from django.db import models
from django.db.models import Q

from officina.base.fields import QuantityField
from officina.base.models import Site
from officina.drugs.models import Ingredient


class Household(models.Model):
    """People who live together or share a telephone: what waits for one is told when another comes, and nothing else."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)


class Patient(models.Model):
    """A person whom the pharmacy looks after. `code` stands in addresses, `number` is said at the counter."""

    class Sex(models.TextChoices):
        FEMALE = "F", "Female"
        MALE = "M", "Male"
        UNKNOWN = "U", "Not known"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=16)
    last_name = models.CharField(max_length=60)
    first_name = models.CharField(max_length=60)
    middle_name = models.CharField(max_length=60, blank=True)
    name_key = models.CharField(max_length=130)
    """Folded 'last first' for search: lower case, no accents, no punctuation."""
    born_on = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    street = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=20, default="English")
    easy_open = models.BooleanField(default=False)
    """Asked for caps that are easy to open on everything; who asked and when stands in CapWish."""
    weight_kg = QuantityField(null=True)
    weight_on = models.DateField(null=True)
    allergies_asked_on = models.DateField(null=True)
    """When somebody last asked; None is 'allergies not asked', a warning."""
    notes = models.TextField(blank=True)
    """The notes that hold now, signed, as the banner shows them; each is a Note."""
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="members")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    """The record under which this one's history shows; it then says of the person what that one says, and its own is kept in Merge."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_patient_a_number")]
        indexes = [
            models.Index(fields=["site", "name_key", "born_on"], name="patient_by_name"),
            models.Index(fields=["site", "born_on"], name="patient_by_birth"),
            models.Index(fields=["site", "phone"], name="patient_by_phone"),
            models.Index(fields=["site", "street"], name="patient_by_street"),
        ]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}"

    @property
    def person_id(self) -> int:
        """The key of the record that stands for this person: its own, or that of the one it was merged into."""
        return self.merged_into_id or self.pk


class Allergy(models.Model):
    """A substance or class that a patient reacts to. `ended_on` keeps what was struck out."""

    class Kind(models.TextChoices):
        ANAPHYLAXIS = "anaphylaxis", "Anaphylaxis"
        SEVERE = "severe", "Severe"
        MILD = "mild", "Mild"
        INTOLERANCE = "intolerance", "Intolerance, not an allergy"
        UNKNOWN = "unknown", "Reaction not known"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    text = models.CharField(max_length=120)
    ingredient = models.ForeignKey(Ingredient, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    drug_class = models.CharField(max_length=60, blank=True)
    reaction = models.CharField(max_length=120, blank=True)
    severity = models.CharField(max_length=12, choices=Kind, default=Kind.UNKNOWN)
    noted_on = models.DateField()
    ended_on = models.DateField(null=True)


class Condition(models.Model):
    """A disease or state that matters for medicines."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="conditions")
    text = models.CharField(max_length=160)
    icd10 = models.CharField(max_length=8, blank=True)
    noted_on = models.DateField()
    ended_on = models.DateField(null=True)


class FormerName(models.Model):
    """A name by which the person was known, or is called: found by it, never printed. `ended_on` keeps what was a mistake."""

    class Kind(models.TextChoices):
        FORMER = "former", "Former name"
        MAIDEN = "maiden", "Maiden name"
        CALLED = "called", "Also called"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="former_names")
    last_name = models.CharField(max_length=60, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.FORMER)
    noted_on = models.DateField()
    ended_on = models.DateField(null=True)

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.last_name, self.first_name)))


class NameWord(models.Model):
    """A word of any name of a patient, folded: how one is found by a former, a misspelt or a swapped name."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="name_words")
    word = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "word"], name="race_name_word")]
        indexes = [models.Index(fields=["site", "word", "patient"], name="patient_by_word")]


class Note(models.Model):
    """Something to know about a patient at the counter: who wrote it, when, and who ended it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="signed_notes")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    user_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)
    why_ended = models.CharField(max_length=300, blank=True)


class CapWish(models.Model):
    """Somebody asked for a cap that is easy to open: 16 CFR 1700 otherwise wants a child-resistant one."""

    class Asker(models.TextChoices):
        PATIENT = "patient", "The patient"
        PRESCRIBER = "prescriber", "The prescriber"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="cap_wishes")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rx_number = models.CharField(max_length=16, blank=True)
    """Of the one prescription it is for; empty is everything."""
    asked_by = models.CharField(max_length=10, choices=Asker)
    asked_name = models.CharField(max_length=120)
    """Who it was, by name."""
    at = models.DateTimeField()
    user_name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)


class Merge(models.Model):
    """Two records of one person: what each said before and what was chosen, so that it can be taken back exactly."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    at = models.DateTimeField()
    user_name = models.CharField(max_length=120)
    why = models.CharField(max_length=300, blank=True)
    survivor_before = models.JSONField()
    merged_before = models.JSONField()
    survivor_after = models.JSONField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)
    why_ended = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(ended_at__isnull=True), name="race_merged_once")
        ]


class TwoPeople(models.Model):
    """Somebody looked at two records that are alike and said that they are two people. The lower key is `one`."""

    one = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    user_name = models.CharField(max_length=120)
    why = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="race_two_people")]
