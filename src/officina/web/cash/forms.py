"""What is typed at the cash desk."""

from decimal import Decimal

from django import forms

from officina.dispensing.rules.payments import KINDS
from officina.web.forms import DeskForm, QuantityField


class DrawerForm(DeskForm):
    """The cash that lies in the drawer, as counted."""

    counted = QuantityField(label="Cash counted, dollars", least=Decimal(-1))
    note = forms.CharField(label="Note", max_length=300, required=False)


class CorrectForm(DeskForm):
    """How a payment was really made."""

    kind = forms.ChoiceField(label="Really", choices=tuple(KINDS.items()))


class FindForm(DeskForm):
    """Whose account it is."""

    who = forms.CharField(label="Patient", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class AccountForm(DeskForm):
    """A payment on a house account."""

    amount = QuantityField(label="Amount, dollars")
    kind = forms.ChoiceField(label="Paid by", choices=[(k, said) for k, said in KINDS.items() if k != "account"])
    given = QuantityField(label="Cash given", required=False)
