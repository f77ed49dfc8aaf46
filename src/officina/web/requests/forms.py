"""What is typed at the prescribers desk."""

from django import forms

from officina.web.forms import DateField, DeskForm

ANSWERS = (("approved", "Approved"), ("changed", "Approved with changes"), ("denied", "Denied"))


class AnswerForm(DeskForm):
    """An answer that came by telephone or fax."""

    outcome = forms.ChoiceField(label="Answer", choices=ANSWERS)
    words = forms.CharField(label="Who answered, and what", max_length=300)


class SignedForm(DeskForm):
    """The signed prescription that followed an emergency order."""

    came_on = DateField(label="Delivered, postmarked or sent on")
    is_marked = forms.BooleanField(label="“Authorization for Emergency Dispensing” stands on it", required=False)
    has_oral_date = forms.BooleanField(label="The date of the order by telephone stands on it", required=False)
