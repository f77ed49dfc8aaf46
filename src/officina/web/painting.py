"""Painting a page, or one named block of it, with the same words and macros in both."""

from collections.abc import Mapping
from typing import Any, cast

import jinja2
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.backends.utils import csrf_input, csrf_token_lazy
from django.utils.safestring import mark_safe

from officina.web import rail
from officina.web.http import DeskRequest, Said


def _env() -> jinja2.Environment:
    env = cast("Jinja2", engines["jinja2"]).env
    assert isinstance(env, jinja2.Environment)
    return env


def page(request: DeskRequest, template: str, context: Mapping[str, Any], said: list[Said]) -> str:
    """The whole page."""
    found = _env().get_template(template)
    return found.render(_names(request, context, said))


def block(request: DeskRequest, template: str, name: str, context: Mapping[str, Any], said: list[Said]) -> str:
    """One named block of the page, and beside it what there is to say and how much waits now."""
    env = _env()
    found = env.get_template(template)
    names = _names(request, context, said)
    body = "".join(found.blocks[name](found.new_context(names)))
    return body + env.get_template("beside.html").render(names)


def beside(request: DeskRequest, said: list[Said]) -> str:
    """Only what there is to say."""
    return _env().get_template("beside.html").render(_names(request, {}, said))


def _names(request: DeskRequest, context: Mapping[str, Any], said: list[Said]) -> dict[str, Any]:
    """What every template knows: the request, the person, the instant, the macros as `ui`, and the rail when it is drawn."""
    actor = getattr(request, "actor", None)
    names: dict[str, Any] = {
        "request": request, "actor": actor, "at": request.at, "said": said, "refusal": request.outcome.refusal,
        "csrf_input": mark_safe(csrf_input(request)), "csrf_token": csrf_token_lazy(request),  # noqa: S308  Django's own input
        # What refreshes itself answers nobody: what was said last stays in sight.
        "posted": request.META["REQUEST_METHOD"] == "POST" and "X-Refresh" not in request.headers,
    }  # fmt: skip
    names["rail"] = lambda: rail.stops(actor, request.path, at=request.at) if actor else []
    names["ui"] = _env().get_template("macros.html").make_module(names)
    return {**names, **context}
