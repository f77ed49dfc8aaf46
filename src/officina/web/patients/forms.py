"""What is typed into a patient's profile."""

from typing import Any

from django import forms

from officina.patients import likeness
from officina.web.forms import DateField, DeskForm, QuantityField

SEXES = (("F", "Female"), ("M", "Male"), ("U", "Not known"))
SEVERITIES = (
    ("unknown", "Reaction not known"),
    ("anaphylaxis", "Anaphylaxis"),
    ("severe", "Severe"),
    ("mild", "Mild"),
    ("intolerance", "Intolerance, not an allergy"),
)


class FindForm(DeskForm):
    """A search: name and birth date, phone or number."""

    text = forms.CharField(
        label="Name and birth date, phone or number",
        max_length=120,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class DetailsForm(DeskForm):
    """A patient's details."""

    last_name = forms.CharField(label="Last name", max_length=60)
    first_name = forms.CharField(label="First name", max_length=60)
    middle_name = forms.CharField(label="Middle name", max_length=60, required=False)
    born_on = DateField(label="Date of birth")
    sex = forms.ChoiceField(label="Sex", choices=SEXES)
    street = forms.CharField(label="Street", required=False, max_length=120)
    city = forms.CharField(label="City", required=False, max_length=60)
    state = forms.CharField(label="State", required=False, max_length=30)
    postal_code = forms.CharField(label="ZIP", required=False, max_length=10)
    phone = forms.CharField(label="Phone", required=False, max_length=20)
    language = forms.ChoiceField(label="Language", choices=lambda: [(name, name) for name in likeness.languages()])
    weight_kg = QuantityField(label="Weight in kg", required=False)


class NewForm(DetailsForm):
    """Somebody who is not here yet."""

    notes = forms.CharField(label="First note", required=False, max_length=500)


class AllergyForm(DeskForm):
    """What the patient reacts to; named as the drug file names it, it can be screened."""

    text = forms.CharField(label="Allergic to", max_length=120)
    reaction = forms.CharField(label="What happens", required=False, max_length=120)
    severity = forms.ChoiceField(label="How severe", choices=SEVERITIES)


class ConditionForm(DeskForm):
    """A disease or state."""

    text = forms.CharField(label="Condition", max_length=160)
    icd10 = forms.CharField(label="ICD-10", required=False, max_length=8)


class NoteForm(DeskForm):
    """Something that everybody at the counter should know."""

    text = forms.CharField(label="Note", max_length=500)


class NameForm(DeskForm):
    """Another name of the same person."""

    last_name = forms.CharField(label="Last name", required=False, max_length=60)
    first_name = forms.CharField(label="First name", required=False, max_length=60)
    kind = forms.ChoiceField(
        label="What kind", choices=(("maiden", "Maiden name"), ("former", "Former name"), ("called", "Also called"))
    )


class CapForm(DeskForm):
    """Who asked for caps that are easy to open, and for what."""

    asked_by = forms.ChoiceField(
        label="Asked by", choices=(("patient", "The patient"), ("prescriber", "The prescriber"))
    )
    asked_name = forms.CharField(label="Name of who asked", max_length=120)
    rx_number = forms.ChoiceField(label="For", required=False)

    def __init__(self, *args: Any, numbers: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", "Everything")
        self.fields["rx_number"].choices = (everything, *((n, f"Rx {n} only") for n in numbers))  # type: ignore[attr-defined]


class NumberForm(DeskForm):
    """Another record, by its number."""

    number = forms.CharField(
        label="Number of the other record",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14}),
    )


class WhyForm(DeskForm):
    """By what one knows."""

    why = forms.CharField(label="How do you know?", required=False, max_length=300)
