"""What is typed at the prescribers desk."""

from django import forms

from officina.web.forms import DeskForm

ANSWERS = (("approved", "Approved"), ("changed", "Approved with changes"), ("denied", "Denied"))


class AnswerForm(DeskForm):
    """An answer that came by telephone or fax."""

    outcome = forms.ChoiceField(label="Answer", choices=ANSWERS)
    words = forms.CharField(label="Who answered, and what", max_length=300)
