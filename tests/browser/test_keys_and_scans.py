"""The keyboard and the scanner at a desk: scans from anywhere, bare keys in an empty scan field, drafts, stops, the lock."""

from pathlib import Path

import pytest

from cast import PASSWORD, PIN, TODAY, assemble
from officina.kernel import clock

pytestmark = pytest.mark.browser

SAMPLE = Path(__file__).parent.parent / "web" / "sample" / "templates"


@pytest.fixture
def bench(chromium, settings, live_server, monkeypatch):
    """A page at the sample desk, with Tess signed in and one fill ready."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], SAMPLE]}]
    settings.ROOT_URLCONF = "web_sample_urls"
    cast = assemble()
    fill = cast.ready()
    now = cast.at()
    monkeypatch.setattr(clock, "now", lambda: now)
    assert fill.prescription.written_on == TODAY
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("console", lambda m: problems.append(m.text) if "Content Security" in m.text else None)
    page.goto(f"{live_server.url}/sign-in")
    page.fill("[name=username]", "tess")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/bench/{fill.code}/")
    page.wait_for_timeout(150)
    yield page
    context.close()
    assert problems == []


def scan(page, code):
    """As a scanner types: at once, with Enter."""
    page.wait_for_timeout(120)
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def focused(page):
    return page.evaluate("document.activeElement.name || document.activeElement.className")


def test_the_scan_field_has_the_focus_and_gets_it_back(bench):
    assert focused(bench) == "scan"
    scan(bench, "ABCDEF12")
    bench.wait_for_selector("#answer .done")
    assert bench.inner_text("#answer .done span") == "Right container."
    assert focused(bench) == "scan"
    assert bench.input_value("[data-scan]") == ""


@pytest.mark.parametrize("code", ["jABCDEF12", "gABCDEF12", "/BCDEF12", "?BCDEF12", "]d2010030"])
def test_a_scan_reaches_the_field_from_anywhere_and_is_no_command(bench, code):
    bench.evaluate("document.activeElement.blur()")
    with bench.expect_request(lambda r: r.method == "POST") as sent:
        scan(bench, code)
    assert sent.value.post_data_json["scan"] == code
    assert sent.value.post_data_json["manual"] == ""


def test_a_scan_while_typing_elsewhere_leaves_what_was_typed(bench):
    bench.fill("[name=quantity]", "7")
    bench.focus("[name=quantity]")
    scan(bench, "ABCDEF12")
    bench.wait_for_selector("#answer .done")
    assert bench.input_value("[name=quantity]") == "7"


def test_a_code_typed_by_hand_is_told_apart(bench):
    bench.keyboard.type("ABCDEF", delay=110)
    bench.keyboard.press("Enter")
    bench.wait_for_selector("#answer .done")
    assert bench.inner_text("#answer .done span") == "Right container, typed by hand."


def test_two_scans_in_a_row_are_two_acts(bench):
    keys = []
    bench.on("request", lambda r: keys.append(r.post_data_json["key"]) if r.method == "POST" else None)
    for _ in range(2):
        scan(bench, "ABCDEF12")
        bench.wait_for_timeout(500)
    assert len(keys) == len(set(keys)) == 2


def test_a_stop_holds_scans_until_it_is_put_aside(bench):
    scan(bench, "wrong")
    bench.wait_for_selector("[data-stop]")
    assert focused(bench) == "stop-panel"
    posted = []
    bench.on("request", lambda r: posted.append(r.url) if r.method == "POST" else None)
    scan(bench, "ABCDEF12")
    bench.wait_for_timeout(300)
    assert posted == []
    assert bench.locator("[data-stop]").count() == 1
    bench.keyboard.press("Escape")
    assert bench.locator("[data-stop]").count() == 0
    assert focused(bench) == "scan"
    scan(bench, "ABCDEF12")
    bench.wait_for_selector("#answer .done")


def test_bare_keys_work_from_the_empty_scan_field(bench):
    bench.keyboard.press("j")
    bench.wait_for_timeout(150)
    assert focused(bench) == "row"
    bench.keyboard.press("/")
    bench.wait_for_timeout(150)
    assert bench.evaluate("document.activeElement.id") == "search"
    bench.keyboard.press("Escape")
    assert focused(bench) == "scan"
    bench.keyboard.press("?")
    bench.wait_for_selector("#keys[open]")
    assert "Ctrl Enter" in bench.inner_text("#keys")
    bench.keyboard.press("Escape")
    bench.wait_for_timeout(100)
    bench.keyboard.press("g")
    bench.wait_for_timeout(150)
    bench.keyboard.press("h")
    bench.wait_for_selector(".counter")


def test_a_refused_form_keeps_what_was_typed_and_shows_the_first_wrong_field(bench):
    bench.fill("[name=quantity]", "many")
    bench.keyboard.press("Control+Enter")
    bench.wait_for_selector("#answer .no")
    assert focused(bench) == "quantity"
    assert bench.input_value("[name=quantity]") == "many"


def test_a_draft_is_back_after_the_telephone(bench):
    here = bench.url
    bench.fill("[name=quantity]", "42")
    bench.goto(here.split("/bench")[0])
    bench.goto(here)
    bench.wait_for_selector(".draft-back")
    assert bench.input_value("[name=quantity]") == "42"
    assert bench.evaluate("Object.keys(localStorage).filter(k => k !== 'theme')") == []


def test_a_covered_page_opens_by_pin_and_is_as_it_was(bench):
    bench.fill("[name=quantity]", "42")
    bench.evaluate("document.body.dispatchEvent(new Event('officina:locked'))")
    assert bench.evaluate("document.querySelector('#lock-cover').open")
    bench.keyboard.press("Escape")
    assert bench.evaluate("document.querySelector('#lock-cover').open")
    bench.keyboard.type("1111")
    bench.keyboard.press("Enter")
    bench.wait_for_selector("[data-lock-error]:not([hidden])")
    bench.keyboard.type(PIN)
    bench.keyboard.press("Enter")
    bench.wait_for_selector("#lock-cover:not([open])", state="attached")
    assert bench.input_value("[name=quantity]") == "42"


def test_the_theme_is_chosen_and_kept(bench):
    bench.click("[data-theme-switch]")
    chosen = bench.evaluate("document.documentElement.dataset.theme")
    bench.reload()
    assert bench.evaluate("document.documentElement.dataset.theme") == chosen == "dark"
