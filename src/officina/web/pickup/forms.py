"""What is typed at the pick-up counter."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from officina.dispensing.rules.payments import KINDS, Tender
from officina.kernel.errors import Refused
from officina.web.forms import DateField, DeskForm, QuantityField

NO_COUNSEL = ("not_required_refill", "Not required: refill only")
COUNSEL = (("declined", "Declined"), ("accepted", "Accepted: I counselled"), NO_COUNSEL)
OFFER = (("declined", "Declined"), ("wanted", "Wants counselling: call the pharmacist"), NO_COUNSEL)
"""For who offers and may not counsel: a yes leads to somebody who may, not to a refusal."""
RELATIONS = (("self", "The patient"), ("family", "Family"), ("caregiver", "Caregiver"), ("other", "Other"))
PAID = tuple(KINDS.items())
OUTCOMES = (
    ("reached", "Reached"),
    ("message_left", "Message left"),
    ("no_answer", "No answer"),
    ("wrong_number", "Wrong number"),
)
CLOCKS = ("%I:%M %p", "%I:%M%p", "%H:%M")


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

    def __init__(self, *args: Any, may_counsel: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = COUNSEL if may_counsel else OFFER  # type: ignore[attr-defined]


class PaidForm(DeskForm):
    """How it is paid: one way, or a part of it a second way; for cash what was laid down."""

    paid_by = forms.ChoiceField(label="Paid by", choices=PAID)
    given = QuantityField(label="Cash given", required=False)
    second = forms.ChoiceField(label="And a part by", required=False, choices=(("", "Nothing else"), *PAID))
    second_amount = QuantityField(label="Of that part, dollars", required=False)

    def tenders(self) -> tuple[Tender, ...]:
        """How it is paid, as the service takes it."""
        facts = self.facts()
        kind, given, second, amount = (facts[n] for n in ("paid_by", "given", "second", "second_amount"))
        if not second:
            if amount is not None:
                raise Refused("split_unknown", "Say how the second part is paid.", {"second": "Choose one"})
            return (Tender(kind=kind, given=given),)
        is_second_cash = second == "cash"
        first = Tender(kind=kind, given=None if is_second_cash else given)
        return (first, Tender(kind=second, amount=amount, given=given if is_second_cash else None))


class HandOverForm(PaidForm):
    """Who takes the bags, and how they pay."""

    signed_by = forms.CharField(label="Signed by", max_length=120)
    relation = forms.ChoiceField(label="Who takes it", choices=RELATIONS)
    signature = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)


class CallForm(DeskForm):
    """How a call about a bag ended."""

    outcome = forms.ChoiceField(label="Outcome", choices=OUTCOMES)
    note = forms.CharField(label="Note", max_length=200, required=False)


class PlanForm(DeskForm):
    """Which bag a driver takes, and when."""

    bag = forms.CharField(label="Bag", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12}))
    on = DateField(label="Day")


class SendForm(DeskForm):
    """Who takes the bag along."""

    driver = forms.CharField(label="Driver", max_length=120)


class ClockField(forms.CharField):
    """A time of day, typed as 3:40 PM or 15:40."""

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip().upper()
        if not text:
            return None
        for shape in CLOCKS if text.isascii() else ():
            try:
                return datetime.strptime(text, shape).time()  # noqa: DTZ007  a time of day has no zone
            except ValueError:
                continue
        raise ValidationError("Expected a time such as 3:40 PM.")


class ProofForm(HandOverForm):
    """Who took the bag at the door, when, and how it was paid."""

    signed_by = forms.CharField(label="Taken by", max_length=120)
    taken_at = ClockField(label="At what time today", required=False)
