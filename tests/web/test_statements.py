"""The list of statements names every page and act that there is, and no other; no table that grows is read through unseen."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from officina.web.answers import Page
from web.statements import listed, reads_through

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


IN_BOTH = (
    "SELECT a.id FROM screening_alert AS a JOIN screening_screening s ON s.id = a.screening_id WHERE a.severity < 3"
)


@pytest.mark.parametrize(
    ("how", "sql"),
    [
        ("SCAN dispensing_fill", "SELECT 1 FROM dispensing_fill WHERE number > 3"),
        ("SCAN a USING INDEX screening_alert_pkey", IN_BOTH),
        ("SCAN s", IN_BOTH),
        (
            "SCAN U0",
            'SELECT 1 FROM base_site WHERE id IN (SELECT U0.id FROM "screening_alert" U0 INNER JOIN "x" U1 ON 1)',
        ),
        ("SEARCH f USING INDEX fill_by_number (site_id=?)", "SELECT 1 FROM dispensing_fill AS f WHERE f.site_id = ?"),
    ],
)
def test_what_grows_is_seen(how, sql):
    assert reads_through(how, sql)


@pytest.mark.parametrize(
    ("how", "sql"),
    [
        ("SCAN a USING INDEX alert_stops", IN_BOTH),
        ("SCAN s USING COVERING INDEX alert_stops", IN_BOTH),
        ("SCAN base_site", "SELECT 1 FROM base_site JOIN dispensing_fill ON 1"),
        ("SCAN stopping", "SELECT 1 FROM (SELECT 1) AS stopping, dispensing_fill AS f"),
        ("SEARCH a USING INDEX screening_alert_screening (screening_id=?)", IN_BOTH),
        ("SEARCH dispensing_fill USING INDEX fill_waiting (site_id=? AND state=?)", "SELECT 1 FROM dispensing_fill"),
        ("SEARCH dispensing_fill USING INDEX fill_waiting (site_id=?)", "SELECT 1 FROM dispensing_fill"),
    ],
)
def test_what_does_not_is_let_be(how, sql):
    assert not reads_through(how, sql)
