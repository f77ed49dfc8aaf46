"""A page of the entrance shown once more, with what was wrong."""

from typing import Any

from django.http import HttpResponse

from officina.kernel.errors import Refused
from officina.web.answers import show, tell
from officina.web.forms import mark_refused
from officina.web.http import DeskRequest


def again(request: DeskRequest, template: str, no: Refused, context: dict[str, Any]) -> HttpResponse:
    """The same page with what was wrong; what was typed stays, save the secret."""
    request.outcome.refusal = no
    mark_refused(request)
    if not no.fields:
        tell(request, no.sentence, "no")
    return show(request, template, context, status=422)
