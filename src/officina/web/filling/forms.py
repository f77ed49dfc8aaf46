"""What is typed at the filling desk."""

from typing import Any, cast

from django import forms

from officina.law.partial import Case
from officina.web.forms import DeskForm, QuantityField, ScanField


class ContainerForm(DeskForm):
    """A container under the scanner: its code, how much goes into the vial, and the lot where the code tells none."""

    scan = ScanField(label="Scan the container", error_messages={"required": "Scan or type a code."})
    manual = forms.BooleanField(required=False, widget=forms.HiddenInput)
    quantity = QuantityField(label="Count", required=False)
    lot = forms.CharField(required=False, max_length=40)


class SecondCountForm(DeskForm):
    """Schedule II is counted twice."""

    second_count = QuantityField(label="Second count", required=False)


class ProductForm(DeskForm):
    """Another package of the same drug."""

    package = forms.IntegerField(label="Product")


class PartForm(DeskForm):
    """Why a fill is partial: which case of the law, and in words."""

    case = forms.ChoiceField(label="Case", choices=())
    why = forms.CharField(label="Why in part?", max_length=300)

    def __init__(self, *args: Any, cases: tuple[Case, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = cast("forms.ChoiceField", self.fields["case"])
        chosen.choices = [(case.case, case.title) for case in cases]
