"""The request as a desk sees it: who acts, at which instant, and what the page has to say back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.forms import BaseForm
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from officina.base.access import Actor
from officina.kernel.errors import Refused

Mark = Literal["done", "look", "no", "stop"]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to the person: what happened, in words. A stop shows both sides and waits until it was seen."""

    mark: Mark
    sentence: str
    expected: str = ""
    came: str = ""
    beside: str = ""


@dataclass(slots=True)
class Outcome:
    """What a request led to, gathered while it is handled."""

    said: list[Said] = field(default_factory=list)
    refusal: Refused | None = None
    forms: dict[str, BaseForm] = field(default_factory=dict)
    """Forms that were asked for in this request, so that a refused one is shown again with what was typed."""

    is_shown: bool = False
    """The act is done and its page is being gathered: a form that it did not read by now was not sent."""

    @property
    def fields(self) -> Mapping[str, str]:
        """Sentences of the refusal beside form fields."""
        return (self.refusal.fields or {}) if self.refusal else {}


class DeskRequest(HttpRequest):
    """A request of a person who is signed in. Never made: the door puts these on Django's own request."""

    actor: Actor
    at: datetime
    """The clock, read once; every service of this request is given the same instant."""
    outcome: Outcome
    htmx: HtmxDetails
    session: SessionBase
    resolver_match: Any


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. What a proxy says of it counts only where the owner named that proxy: anybody can write it."""
    near = str(request.META.get("REMOTE_ADDR", ""))
    if near not in settings.PROXIES:
        return near[:45]
    return request.headers.get("X-Forwarded-For", near).split(",")[-1].strip()[:45]
