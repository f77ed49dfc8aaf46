"""What is typed at the refills desk."""

from django import forms

from officina.prescriptions.queries import How
from officina.web.forms import DateField, DeskForm


class ListForm(DeskForm):
    """Many numbers at once: what the telephone took overnight."""

    numbers = forms.CharField(
        label="Rx numbers, one after the other",
        max_length=2000,
        error_messages={"required": "Type or paste at least one number."},
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )


class DayForm(DeskForm):
    """The day on which all medicines shall fall due."""

    on = DateField(label="One date", error_messages={"required": "Type the day."})


class AgreedForm(DeskForm):
    """Who agreed to that day, and how."""

    agreed_by = forms.CharField(
        label="Who agrees",
        max_length=120,
        error_messages={"required": "Ask first: who agreed?"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 30}),
    )
    how = forms.ChoiceField(
        label="How",
        # Nothing is chosen beforehand: a key pressed too soon must not write down what nobody said.
        choices=[("", "choose"), *How.choices],
        error_messages={"required": "Ask the patient first, then say how they agreed."},
    )
