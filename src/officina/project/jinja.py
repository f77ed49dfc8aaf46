"""The template environment of the pages."""

from typing import Any

import jinja2
from django.conf import settings
from django.templatetags.static import static

from officina.web import words

SHEETS = ("tokens", "frame", "worklist", "banner", "forms", "answers", "desks", "print")


def environment(**options: Any) -> jinja2.Environment:
    """Made once by Django's template engine. A name that a template does not know is an error, not a blank."""
    options["undefined"] = jinja2.StrictUndefined
    env = jinja2.Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  Django's engine passes autoescape on
    env.filters.update(words.FILTERS)
    env.globals.update(words.GLOBALS)
    env.globals.update(static=static, sheets=SHEETS, lock_seconds=settings.IDLE_LOCK_SECONDS)
    return env
