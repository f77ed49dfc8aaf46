"""The list of statements names every page and act that there is, and no other."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from officina.web.answers import Page
from web.statements import listed

A_SCAN = "filling:work scan"


def pages(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """Each page, and each act of it, by the name of its address."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern) and isinstance(pattern.callback, Page):
            name = f"{space}{pattern.name}"
            yield name
            yield from (f"{name} {act}" for act in pattern.callback.acts)


def test_every_page_and_every_act_is_listed():
    assert set(pages(get_resolver())) - set(listed()) == set()


def test_a_scan_at_the_filling_desk_takes_twenty_five_and_notes_now_and_then_that_somebody_is_there():
    assert listed()[A_SCAN] <= 25 + 1
