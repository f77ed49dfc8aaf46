"""What is typed at the entrance."""

from typing import Any

from django import forms

from officina.web.forms import DeskForm, WholeField


class SignInForm(DeskForm):
    username = forms.CharField(
        label="Name",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    station = forms.CharField(
        label="Station",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PinForm(DeskForm):
    user = WholeField(label="Person", most=999_999_999, error_messages={"required": "Choose who you are."})
    pin = forms.CharField(
        label="PIN", max_length=12, widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Type your PIN."},
    )  # fmt: skip


class CodeForm(DeskForm):
    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}
        ),
        error_messages={"required": "Type the code that your device shows."},
    )


class OwnForm(DeskForm):
    """A new password or PIN of one's own; what is new is typed twice."""

    password = forms.CharField(
        label="Present password", max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your present password."},
    )  # fmt: skip
    new_password = forms.CharField(
        label="New password", max_length=200, strip=False, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text="12 characters or more; a few words in a row",
    )  # fmt: skip
    password_again = forms.CharField(
        label="New password once more", max_length=200, strip=False, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    new_pin = forms.CharField(
        label="New PIN", max_length=12, required=False, help_text="4 to 8 digits",
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    pin_again = forms.CharField(
        label="New PIN once more", max_length=12, required=False,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Both times the same: a slip of the finger would lock somebody out."""
        facts = dict(super().clean() or {})
        for new, more in (("new_password", "password_again"), ("new_pin", "pin_again")):
            if facts.get(new) != facts.pop(more, ""):
                self.add_error(more, "Not the same as above.")
        return facts
