"""What is typed at the review desk."""

from django import forms

from officina.screening.services import RESOLUTIONS
from officina.web.forms import DateField, DeskForm


class ResolveForm(DeskForm):
    """A pharmacist's answer to a serious alert."""

    alert = forms.UUIDField(widget=forms.HiddenInput)
    resolution = forms.ChoiceField(label="Resolved by", choices=[("", "Choose…"), *RESOLUTIONS.items()])
    reason = forms.CharField(label="Reason", max_length=500)


class RemsForm(DeskForm):
    """What a program of risk gave for this fill."""

    program = forms.CharField(max_length=40, widget=forms.HiddenInput)
    number = forms.CharField(label="Number", max_length=60, required=False)
    authorised_on = DateField(label="Authorised on", required=False)
    not_after = DateField(label="Do not dispense after", required=False)
    can_become_pregnant = forms.BooleanField(label="Can become pregnant", required=False, initial=True)
