"""What is typed at the review desk."""

from django import forms

from officina.screening.services import RESOLUTIONS
from officina.web.forms import DeskForm


class ResolveForm(DeskForm):
    """A pharmacist's answer to a serious alert."""

    alert = forms.UUIDField(widget=forms.HiddenInput)
    resolution = forms.ChoiceField(label="Resolved by", choices=[("", "Choose…"), *RESOLUTIONS.items()])
    reason = forms.CharField(label="Reason", max_length=500)
