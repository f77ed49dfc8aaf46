"""What is typed at the checking desk."""

from django import forms

from officina.web.forms import DeskForm


class BagForm(DeskForm):
    """Where a checked fill goes: into a bag that waits for the same patient, or a new one in a bin."""

    bin_name = forms.CharField(
        label="Bin",
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    into = forms.CharField(required=False, max_length=16)
