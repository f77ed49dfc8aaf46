"""What is typed at the desk of sig codes."""

from django import forms

from officina.dosing.house_codes import LONGEST, LONGEST_EXPANSION
from officina.web.forms import DeskForm


class CodeForm(DeskForm):
    """A code, and what it stands for as it would be typed."""

    typed = forms.CharField(
        label="Code",
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "size": 12, "autofocus": True}),
    )
    expansion = forms.CharField(
        label="Stands for",
        max_length=LONGEST_EXPANSION,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 60}),
        help_text="a whole direction, or a piece of one: for high blood pressure",
    )
