"""What is typed at the pick-up counter."""

from django import forms

from officina.web.forms import DateField, DeskForm

COUNSEL = (
    ("declined", "Declined"),
    ("accepted", "Accepted: I counselled"),
    ("not_required_refill", "Not required: refill only"),
)
RELATIONS = (("self", "Patient"), ("family", "Family"), ("caregiver", "Caregiver"), ("other", "Other"))
PAID = (("cash", "Cash"), ("card", "Card"), ("check", "Check"), ("account", "House account"))


class IdentifyForm(DeskForm):
    """Two identifiers as the person gives them."""

    last_name = forms.CharField(
        label="Last name", max_length=60, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    first_name = forms.CharField(label="First name", max_length=60)
    born_on = DateField(label="Date of birth")


class CounselForm(DeskForm):
    """How the offer to counsel ended."""

    outcome = forms.ChoiceField(label="Offer to counsel", choices=COUNSEL, widget=forms.RadioSelect)


class HandOverForm(DeskForm):
    """Who takes the bags, and how they pay."""

    signed_by = forms.CharField(label="Signed by", max_length=120)
    relation = forms.ChoiceField(label="Who", choices=RELATIONS)
    paid_by = forms.ChoiceField(label="Paid by", choices=PAID)
    signature = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)
