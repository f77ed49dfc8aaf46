"""What is typed into a patient's profile."""

from django import forms

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
    """A search: name, birth date, phone or number."""

    text = forms.CharField(
        label="Name, birth date, phone or number",
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
    language = forms.CharField(label="Language", required=False, max_length=20)
    weight_kg = QuantityField(label="Weight in kg", required=False)
    easy_open = forms.BooleanField(label="Easy-open caps", required=False)
    notes = forms.CharField(label="Notes", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class AllergyForm(DeskForm):
    """What the patient reacts to; named as the drug file names it, it can be screened."""

    text = forms.CharField(label="Allergic to", max_length=120)
    reaction = forms.CharField(label="What happens", required=False, max_length=120)
    severity = forms.ChoiceField(label="How severe", choices=SEVERITIES)


class ConditionForm(DeskForm):
    """A disease or state."""

    text = forms.CharField(label="Condition", max_length=160)
    icd10 = forms.CharField(label="ICD-10", required=False, max_length=8)
