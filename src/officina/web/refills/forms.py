"""What is typed at the refills desk."""

from django import forms

from officina.web.forms import DeskForm


class ListForm(DeskForm):
    """Many numbers at once: what the telephone took overnight."""

    numbers = forms.CharField(
        label="Rx numbers, one after the other",
        max_length=2000,
        error_messages={"required": "Type or paste at least one number."},
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )
