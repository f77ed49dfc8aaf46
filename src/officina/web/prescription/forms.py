"""What is typed on a prescription's own page."""

from typing import Any

from django import forms

from officina.web.forms import DeskForm, QuantityField


class RefillForm(DeskForm):
    """How much, and why so early where it is too soon."""

    quantity = QuantityField(label="Quantity")
    early = forms.CharField(label="Why early", max_length=200, required=False)

    def __init__(self, *args: Any, early: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not early:
            del self.fields["early"]
