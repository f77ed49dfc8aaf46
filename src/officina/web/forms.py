"""Forms: fields that turn what was typed into the house's own values, and one way to ask for one and to read it."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from officina.kernel.errors import ParseError, Refused
from officina.kernel.ids.ndc import Ndc
from officina.kernel.quantity import QUANTITY_PLACES, D, written
from officina.web.http import DeskRequest

F = TypeVar("F", bound="DeskForm")

DAYS = ("%m/%d/%Y", "%m-%d-%Y", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y")
"""Four digits for the year: a birth year of two digits may be another century's."""


class DeskForm(forms.Form):
    """A form of a desk: `facts()` gives its values, or refuses with a sentence at each field."""

    use_required_attribute = False
    """The house's own sentences stand at the field; a browser's bubble would cover the page and is not kept."""

    def facts(self) -> dict[str, Any]:
        """The values, ready for a service."""
        if self.is_valid():
            return self.cleaned_data
        fields = {name: " ".join(map(str, errors)) for name, errors in self.errors.items()}
        raise Refused("form", "Nothing was saved: look at the marked fields.", fields)


def form(
    request: DeskRequest, kind: type[F], *, prefix: str = "", initial: dict[str, Any] | None = None, **more: Any
) -> F:
    """The form of this request: as typed while it is being answered, fresh with `initial` otherwise.

    The act asks for it to read it, the page asks for the very same one to show it; after a refusal the page so shows what was
    typed with the sentences beside it.
    """
    name = f"{prefix}{kind.__qualname__}"
    if name in request.outcome.forms:
        return cast("F", request.outcome.forms[name])
    # While the page is shown again after an act or its refusal, a form that the act never read was not sent: it starts fresh.
    sent = request.method == "POST" and request.outcome.refusal is None and not request.outcome.is_shown
    made = kind(
        request.POST if sent else None, request.FILES if sent else None, prefix=prefix or None, initial=initial, **more
    )
    if sent:
        request.outcome.forms[name] = made
    return made


def again(request: DeskRequest, kind: type[DeskForm], **typed: Any) -> None:
    """After a refusal show this form fresh but with so much of what was typed: a wrong scan must not be sent twice."""
    request.outcome.forms[kind.__qualname__] = kind(initial=typed)


def version(request: DeskRequest) -> int:
    """Which version of a thing the page showed; a page that does not say counts as older than any."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def reason(request: DeskRequest, name: str = "why") -> str:
    """A reason as it was typed, in one line: no control character reaches a database that cannot keep it."""
    return " ".join("".join(c if c.isprintable() else " " for c in request.POST.get(name, "")).split())


def code(request: DeskRequest, name: str) -> str:
    """The code of a thing that the page named in a hidden field."""
    return as_code(request.POST.get(name, ""))


def as_code(text: str) -> str:
    """A code as an address or a hidden field carries it."""
    try:
        return str(UUID(text))
    except ValueError as problem:
        raise ParseError("code", expected="one of this page: open it again", got=text) from problem


def mark_refused(request: DeskRequest) -> None:
    """Put the sentences of a refusal beside the fields they speak of."""
    for made in request.outcome.forms.values():
        bound = cast("forms.Form", made)
        for name, sentence in request.outcome.fields.items():
            if name in bound.fields and name not in bound.errors:
                bound.add_error(name, sentence)


class QuantityField(forms.CharField):
    """An exact number; never a float."""

    def __init__(self, *, least: Decimal | None = Decimal(0), **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "number", "size": 8}),
        )
        super().__init__(**kwargs)
        self.least = least

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip().replace(",", "")
        if not text:
            return None
        try:
            number = D(text)
        except ParseError as problem:
            raise ValidationError(f"Expected {problem.expected}.") from problem
        if number.scaleb(QUANTITY_PLACES) % 1:
            raise ValidationError(f"At most {QUANTITY_PLACES} decimal places.")
        if self.least is not None and number <= self.least:
            raise ValidationError(f"Must be more than {written(self.least)}.")
        return number

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, Decimal) else value


class WholeField(forms.CharField):
    """A count: digits only, within bounds."""

    def __init__(self, *, least: int = 0, most: int = 9999, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "number", "size": 5}),
        )
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or not self.least <= int(text) <= self.most:
            raise ValidationError(f"Expected a whole number from {self.least:,} to {self.most:,}.")
        return int(text)


class DateField(forms.CharField):
    """A calendar day, typed as 11/22/2026."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"placeholder": "MM/DD/YYYY", "autocomplete": "off", "size": 12})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, date):
            return value
        text = (value or "").strip()
        if not text:
            return None
        for shape in DAYS if text.isascii() else ():
            try:
                return datetime.strptime(text, shape).date()  # noqa: DTZ007  a day has no zone
            except ValueError:
                continue
        raise ValidationError("Expected a day such as 11/22/2026, with a four-digit year.")

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%m/%d/%Y}" if isinstance(value, date) else value


class NdcField(forms.CharField):
    """A National Drug Code in any of its written forms; gives `Ndc`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "size": 16, "spellcheck": "false"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip()
        if not text:
            return None
        try:
            return Ndc.parse(text)
        except ParseError as problem:
            raise ValidationError(f"Expected {problem.expected}.") from problem


class ScanField(forms.CharField):
    """What the scanner typed, untouched: separators and prefixes are for the reader of that code."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "autocomplete": "off",
            "autocapitalize": "off",
            "spellcheck": "false",
            "data-scan": "",
            "autofocus": True,
        }
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(strip=False, max_length=400, **kwargs)

    def to_python(self, value: Any) -> str:
        return re.sub(r"[\r\n\t]+$", "", str(value or ""))


class ScanForm(DeskForm):
    """The scan field of a desk. `manual` says that the code was typed by hand."""

    scan = ScanField(label="Scan", error_messages={"required": "Scan or type a code."})
    manual = forms.BooleanField(required=False, widget=forms.HiddenInput)
