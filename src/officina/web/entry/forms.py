"""The entry form: an order matched to the house's own patient, prescriber, drug and product."""

from datetime import date

from django import forms

from officina.law import prescribers
from officina.web.forms import DateField, DeskForm, QuantityField, WholeField

SEXES = (("F", "Female"), ("M", "Male"), ("U", "Not known"))
DAW = (
    ("0", "0 Allowed"),
    ("1", "1 Prescriber: no"),
    ("2", "2 Patient: brand"),
    ("3", "3 Pharmacist chose"),
    ("4", "4 Generic not in stock"),
    ("5", "5 House generic"),
    ("6", "6 As the payer says"),
    ("7", "7 Brand by law"),
    ("8", "8 No generic made"),
    ("9", "9 Plan: brand"),
)
"""NCPDP 408-D8, as the law's pack has them."""
ROLES = (("", "Not known"), *((row.role, f"{row.role} ({row.title})") for row in prescribers.roles(on=date.max)))


class EntryForm(DeskForm):
    """The order as entered. `patient` and `prescriber` are codes; `package` is the product to dispense."""

    patient = forms.UUIDField(
        label="Patient", required=False, error_messages={"invalid": "Choose the patient, or add a new one."}
    )
    prescriber = forms.UUIDField(
        label="Prescriber", required=False, error_messages={"invalid": "Choose the prescriber, or add a new one."}
    )
    drug = forms.IntegerField(label="Medicine", required=False)
    package = forms.IntegerField(label="Product to dispense", required=False)
    quantity = QuantityField(label="Quantity")
    days_supply = WholeField(label="Days' supply", least=1, most=366, required=False)
    refills = WholeField(label="Refills", most=99)
    daw = forms.ChoiceField(label="Substitution", choices=DAW)
    daw_words = forms.CharField(
        label="Whose words (1, 2, 6, 7)",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12}),
    )
    directions = forms.CharField(
        label="Directions on the label",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "data-codes": ""}),
    )
    written_on = DateField(label="Written on")
    fill_from = DateField(label="Not before", required=False)
    note = forms.CharField(label="Note", required=False, max_length=500)
    why = forms.CharField(label="Why is it changed?", required=False, max_length=300)
    as_entered = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)
    """What was asked about before and is kept: differences from what was written, in the words of the question."""


class NewPatientForm(DeskForm):
    """A patient who is not here yet, as the order names them."""

    last_name = forms.CharField(label="Last name", max_length=60)
    first_name = forms.CharField(label="First name", max_length=60)
    born_on = DateField(label="Date of birth")
    sex = forms.ChoiceField(label="Sex", choices=SEXES)
    street = forms.CharField(label="Street", required=False, max_length=120)
    city = forms.CharField(label="City", required=False, max_length=60)
    state = forms.CharField(label="State", required=False, max_length=30)
    postal_code = forms.CharField(label="ZIP", required=False, max_length=10)
    phone = forms.CharField(label="Phone", required=False, max_length=20)


class NewPrescriberForm(DeskForm):
    """A prescriber who is not here yet, as the order names them."""

    last_name = forms.CharField(label="Last name", max_length=60)
    first_name = forms.CharField(label="First name", required=False, max_length=60)
    role = forms.ChoiceField(label="What they are", choices=ROLES, required=False)
    npi = forms.CharField(label="NPI", required=False, max_length=10)
    dea = forms.CharField(label="DEA number", required=False, max_length=14)
    street = forms.CharField(label="Street", required=False, max_length=120)
    city = forms.CharField(label="City", required=False, max_length=60)
    state = forms.CharField(label="State", required=False, max_length=30)
    postal_code = forms.CharField(label="ZIP", required=False, max_length=10)
    phone = forms.CharField(label="Phone", required=False, max_length=20)


class RoleForm(DeskForm):
    """What a prescriber is."""

    who = forms.UUIDField(widget=forms.HiddenInput)
    role = forms.ChoiceField(label="What they are", choices=ROLES, required=False)


class AddressForm(DeskForm):
    """Where a prescriber practises."""

    who = forms.UUIDField(widget=forms.HiddenInput)
    street = forms.CharField(label="Street", max_length=120)
    city = forms.CharField(label="City", max_length=60)
    state = forms.CharField(label="State", required=False, max_length=30)
    postal_code = forms.CharField(label="ZIP", required=False, max_length=10)


class DrugForm(DeskForm):
    """A search for the medicine."""

    text = forms.CharField(label="Find the medicine", max_length=100)
