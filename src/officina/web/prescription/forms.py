"""What is typed on a prescription's own page."""

from typing import Any

from django import forms

from officina.exchange.asking import REASONS
from officina.prescriptions.queries import How
from officina.prescriptions.services.orders import PICTURE_BYTES
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


class TransferForm(DeskForm):
    """To whom a prescription goes, and who asked for it."""

    pharmacy = forms.CharField(label="Other pharmacy", max_length=120)
    address = forms.CharField(label="Its address", max_length=200)
    phone = forms.CharField(label="Its telephone", max_length=20, required=False)
    dea = forms.CharField(label="Its DEA number", max_length=9, required=False)
    pharmacist = forms.CharField(label="Its pharmacist", max_length=120)
    asked_by = forms.CharField(label="Who asked for the transfer", max_length=120)


SAID_HOW = [("", "choose"), *How.choices]
"""Nothing is chosen beforehand: a key pressed too soon must not write down what nobody said."""


class ConsentForm(DeskForm):
    """Who consents to refills by themselves, and how."""

    given_by = forms.CharField(label="Who consents", max_length=120)
    how = forms.ChoiceField(label="How", choices=SAID_HOW, error_messages={"required": "Say how they said so."})


class WithdrawalForm(DeskForm):
    """Who wants no more refills by themselves, and how they said so."""

    withdrawn_by = forms.CharField(label="Who withdraws it", max_length=120)
    how = forms.ChoiceField(label="How", choices=SAID_HOW, error_messages={"required": "Say how they said so."})


class PictureForm(DeskForm):
    """A scan or photo of the paper."""

    picture = forms.FileField(label="Scan or photo", help_text="PNG or JPEG, at most 10 MB")

    def clean_picture(self) -> Any:
        """Too large is said before the bytes are read."""
        picture = self.cleaned_data["picture"]
        if picture and picture.size > PICTURE_BYTES:
            raise forms.ValidationError(f"{picture.name} is larger than 10 MB.")
        return picture
