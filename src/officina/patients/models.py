"""Patients with their allergies and conditions."""

import uuid

from django.db import models

from officina.base.fields import QuantityField
from officina.base.models import Site
from officina.drugs.models import Ingredient


class Patient(models.Model):
    """A person whom the pharmacy looks after. `code` stands in addresses, `number` is said at the counter."""

    class Sex(models.TextChoices):
        FEMALE = "F", "Female"
        MALE = "M", "Male"
        UNKNOWN = "U", "Not known"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
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
    weight_kg = QuantityField(null=True)
    weight_on = models.DateField(null=True)
    allergies_asked_on = models.DateField(null=True)
    """When somebody last asked; None is 'allergies not asked', a warning."""
    notes = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="one_patient_a_number")]
        indexes = [
            models.Index(fields=["site", "name_key", "born_on"], name="patient_by_name"),
            models.Index(fields=["site", "born_on"], name="patient_by_birth"),
            models.Index(fields=["site", "phone"], name="patient_by_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}"


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
