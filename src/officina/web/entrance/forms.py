"""What is typed at the entrance."""

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
