"""What is typed on a prescription's own page."""

from typing import Any

from django import forms

from officina.exchange.asking import REASONS
from officina.web.forms import DeskForm, QuantityField, WholeField


class RefillForm(DeskForm):
    """How much, and why so early where it is too soon."""

    quantity = QuantityField(label="Quantity")
    early = forms.CharField(label="Why early", max_length=200, required=False)

    def __init__(self, *args: Any, early: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not early:
            del self.fields["early"]


class RenewalForm(DeskForm):
    """How many refills are asked for."""

    refills = WholeField(label="Refills", most=11)
    note = forms.CharField(label="Note to the prescriber", max_length=200, required=False)


class ChangeForm(DeskForm):
    """Why, and what instead."""

    reason = forms.ChoiceField(label="Why", choices=list(REASONS.items()))
    wanted = forms.CharField(label="What should be ordered instead", max_length=200)
