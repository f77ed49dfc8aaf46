"""What is typed at the drug desk."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from officina.drugs import local
from officina.drugs.rules import pricing
from officina.kernel.errors import ParseError
from officina.kernel.quantity import CENT, written
from officina.web.forms import DateField, DeskForm, QuantityField


class TermsForm(DeskForm):
    """How prices are made, and a package on which to try it."""

    percent = QuantityField(label="Percent on cost", least=None, help_text="20 adds a fifth")
    fee = QuantityField(label="Fee, dollars", least=None)
    minimum = QuantityField(label="Minimum, dollars", least=None)
    tiers = forms.CharField(
        label="Other percent from a quantity on",
        required=False,
        max_length=200,
        help_text="180: 15; 360: 10 is 15 % from 180 units on",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 24}),
    )
    round_to = forms.ChoiceField(
        label="Round to",
        choices=[(str(step), "the cent" if step == CENT else f"${step:.2f}, up") for step in pricing.STEPS],
    )
    starts_on = DateField(label="From", required=False)
    ndc = forms.CharField(
        label="Try on NDC",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 16}),
    )
    quantity = QuantityField(label="Quantity", required=False)

    def clean_tiers(self) -> Any:
        try:
            return pricing.read_tiers(self.cleaned_data["tiers"])
        except ParseError as problem:
            raise ValidationError(f"Expected {problem.expected}.") from problem

    def clean(self) -> dict[str, Any]:
        """The terms as one thing, under `terms`."""
        facts = self.cleaned_data
        names = ("percent", "fee", "minimum", "tiers", "round_to")
        if all(name in facts for name in names):
            try:
                facts["terms"] = pricing.Terms(
                    percent=facts["percent"],
                    fee=facts["fee"],
                    minimum=facts["minimum"],
                    tiers=facts["tiers"],
                    round_to=Decimal(facts["round_to"]),
                )
            except ParseError as problem:
                field = problem.thing if problem.thing in names else "tiers"
                self.add_error(field, f"Expected {problem.expected}.")
        return facts


def initial_terms(terms: pricing.Terms | None) -> dict[str, Any]:
    """What the form begins with: the terms in force."""
    if terms is None:
        return {}
    return {
        "percent": written(terms.percent),
        "fee": f"{terms.fee:.2f}",
        "minimum": f"{terms.minimum:.2f}",
        "tiers": pricing.tiers_text(terms.tiers),
        "round_to": next(str(step) for step in pricing.STEPS if step == terms.round_to),
    }


class PackagePriceForm(DeskForm):
    """A price of one package; an empty one ends it."""

    ndc = forms.CharField(
        label="NDC or local number", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "size": 16})
    )
    per_unit = QuantityField(label="Dollars a unit", required=False, help_text="empty: its own price ends")
    starts_on = DateField(label="From")


class ProductForm(DeskForm):
    """A product of the house."""

    name = forms.CharField(label="Name", max_length=200)
    kind = forms.ChoiceField(
        label="For",
        choices=[(local.Kind.FRONT_SHOP, "Front shop"), (local.Kind.COMPOUND_BASE, "Compounding")],
    )
    strength = forms.CharField(label="Strength", max_length=60, required=False)
    form = forms.CharField(label="Form", max_length=60, required=False)
    size = QuantityField(label="Holds")
    unit = forms.ChoiceField(label="Unit", choices=[(u, u) for u in local.UNITS])
    maker = forms.CharField(label="Maker", max_length=120, required=False)
    gtin = forms.CharField(label="Barcode number", max_length=14, required=False)
    unit_cost = QuantityField(label="Cost of a unit, dollars", required=False)
