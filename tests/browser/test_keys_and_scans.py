"""The keyboard and the scanner at a desk: scans from anywhere, bare keys in an empty scan field, drafts, stops, the lock.

And at every page: held keys, the focus after an answer, the keys that scroll.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from cast import PASSWORD, PIN, TODAY, assemble
from officina.dispensing import queries
from officina.dispensing.services import entry
from officina.drugs.models import Ingredient
from officina.kernel import clock
from officina.patients import services as patients

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


# --- Every page: none of these has a scan field of its own.


def state(cast, fill):
    return queries.fill(cast.ada, str(fill.code)).state


@pytest.mark.parametrize(("path", "keys"), [("/", []), ("/entry/", ["j"]), ("/entry/", []), ("/intake/", [])])
def test_a_scan_where_nothing_asks_for_one_opens_what_was_scanned_and_nothing_else(cast, sits, path, keys):
    first, other = cast.received(), cast.received()
    tess = sits("tess", path)
    if path == "/":
        # The most urgent has the focus: the Enter of the scanner must not open it.
        assert str(first.code) in tess.page.evaluate("document.activeElement.href")
    tess.press(*keys)
    tess.scan(other.number)
    tess.page.wait_for_url(f"**/rx/{other.prescription.code}/")


def test_a_bag_and_a_bottle_are_told_at_the_counter(cast, sits):
    bag = cast.bagged().bag
    cast.received()
    tess = sits("tess", "/")
    tess.scan(bag.number)
    tess.sees(f"Bag {bag.number}")
    tess.press("Escape")
    tess.go("h", "Counter")
    tess.scan(f"]d201{cast.metformin.gtin}17271031101A2B")
    tess.sees("metFORMIN 500 mg tablet")
    # The search has the focus now, with the last code in it: the next scan takes its place.
    tess.scan("ABC-123456")
    tess.sees("Nothing here has the code ABC-123456")


def test_a_scan_into_a_field_of_the_entry_leaves_what_was_typed(cast, sits):
    fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
    other = cast.received()
    tess = sits("tess", f"/entry/{fill.code}/")
    tess.tab_to("note")
    tess.types("Called")
    tess.scan(other.number)
    tess.page.wait_for_url(f"**/rx/{other.prescription.code}/")
    tess.page.goto(f"/entry/{fill.code}/")
    expect(tess.page.locator("[name=note]")).to_have_value("Called")


def hold(tess, *, times=12):
    """Both keys stay down: the keyboard repeats the last of them."""
    tess.page.keyboard.down("Control")
    for _ in range(times):
        tess.page.keyboard.down("Enter")
        tess.page.wait_for_timeout(120)
    tess.page.keyboard.up("Enter")
    tess.page.keyboard.up("Control")


def test_a_held_key_takes_one_step(cast, sits):
    fill = cast.entered()
    ada = sits("ada", f"/review/{fill.code}/")
    hold(ada)
    assert state(cast, fill) == "clinical_review"
    fill = cast.received()
    tess = sits("tess", f"/entry/{fill.code}/")
    hold(tess)
    assert state(cast, fill) == "entering"
    # Enter alone, held on a row, opens it and presses nothing there.
    ada.page.goto("/")
    ada.page.wait_for_timeout(150)
    for _ in range(10):
        ada.page.keyboard.down("Enter")
        ada.page.wait_for_timeout(120)
    ada.page.keyboard.up("Enter")
    assert state(cast, fill) == "entering"


def test_the_main_key_pressed_twice_in_haste_passes_no_step_unread(cast, sits):
    fill = cast.entered()
    ada = sits("ada", f"/review/{fill.code}/")
    ada.press("Control+Enter")
    ada.page.wait_for_selector("button:has-text('Clear review')")
    ada.page.keyboard.press("Control+Enter")
    ada.page.wait_for_timeout(300)
    assert state(cast, fill) == "clinical_review"
    ada.press("Control+Enter")
    ada.is_told("done", "is reviewed")


def test_the_focus_follows_the_work(cast, sits):
    fill = cast.received()
    tess = sits("tess", f"/entry/{fill.code}/")
    tess.press("Control+Enter")
    expect(tess.page.locator("[name=quantity]")).to_be_focused()
    fill = cast.filled()
    ada = sits("ada", f"/checking/{fill.code}/")
    ada.press("Control+Enter")
    expect(ada.page.locator("[name=bin_name]")).to_be_focused()
    ada.types("C7")
    ada.press("Control+Enter")
    ada.is_told("done", "bin C7")


def test_a_serious_alert_has_the_focus_until_it_is_answered(cast, sits):
    metformin = Ingredient.objects.get(key="metformin")
    patients.note_allergy(
        cast.tess, patient=cast.rosa, text="metformin", ingredient=metformin, severity="severe", at=cast.at()
    )
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    ada = sits("ada", f"/review/{fill.code}/")
    answer = ada.page.locator("[name=resolution]").first
    expect(answer).to_be_focused()
    ada.page.evaluate("document.activeElement.blur()")
    ada.press("Control+Enter")
    ada.is_told("no", "")
    expect(answer).to_be_focused()
    ada.press("ArrowDown", "Tab")
    ada.types("Prescriber confirms tolerance")
    ada.press("Alt+R")
    ada.sees("Prescriber confirms tolerance", ".alert.done")


def test_once_counselled_the_signature_is_next(cast, sits):
    bag = cast.bagged().bag
    ada = sits("ada", "/pickup/")
    for words in ("Flórez", "Rosa", "03/14/1961"):
        ada.types(words)
        ada.press("Tab")
    ada.press("Control+Enter")
    ada.sees(bag.number, ".fetch")
    ada.scan(bag.number)
    ada.sees("In hand", "#work")
    ada.tab_to("outcome")
    ada.press("ArrowDown", "Alt+C")
    expect(ada.page.locator("[name=signed_by]")).to_be_focused()


def test_what_is_opened_by_tab_and_enter_has_the_focus(cast, sits):
    fill = cast.filled()
    ada = sits("ada", f"/checking/{fill.code}/")
    ada.page.locator("summary", has_text="Hold").focus()
    ada.press("Enter")
    expect(ada.page.locator("details[open] [name=why]")).to_be_focused()


@pytest.mark.parametrize("key", ["PageDown", "End", " "])
def test_a_long_page_scrolls_by_keyboard(cast, sits, key):
    fill = cast.filled()
    ada = sits("ada", "/help/keys")
    ada.page.set_viewport_size({"width": 1366, "height": 400})
    for path, pane in (("/help/keys", "#main"), (f"/checking/{fill.code}/", "#work")):
        ada.page.goto(path)
        ada.press(key)
        ada.page.wait_for_timeout(400)
        assert ada.page.locator(pane).evaluate("e => e.scrollTop") > 100


def test_a_slash_on_the_search_page_searches_anew(cast, sits):
    tess = sits("tess", "/")
    tess.search("zzz")
    tess.sees("No patient fits")
    tess.press("/")
    tess.types("flor")
    tess.press("Enter")
    tess.page.wait_for_url(f"**/patients/{cast.rosa.code}/")


def test_a_slash_in_a_birth_date_is_typed(cast, sits):
    tess = sits("tess", "/")
    tess.search("07/02/1975")
    tess.page.wait_for_url(f"**/patients/{cast.omar.code}/")


def test_a_letter_without_a_desk_is_told_and_the_next_goes_where_it_says(cast, sits):
    tess = sits("tess", "/")
    tess.press("g", "q")
    tess.is_told("no", "No desk of yours has the letter q")
    tess.page.keyboard.press("g")
    # The moment of the first g ends here; it is not the moment of the second.
    tess.page.wait_for_timeout(1100)
    tess.page.keyboard.press("e")
    expect(tess.page.locator("#rail [aria-current=page] .desk-name")).to_have_text("Entry")


def test_the_entry_shows_what_differs_while_it_is_typed_and_asks_once(cast, sits):
    fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
    tess = sits("tess", f"/entry/{fill.code}/")
    line = tess.page.locator("#written tr", has_text="Quantity")
    expect(line).to_have_text("Quantity60 tablets60 tablets")
    tess.press("Control+a")
    tess.types("90")
    expect(line).to_contain_text("90 tablets")
    expect(line).to_contain_text("differs")
    # What shows itself beside takes nobody's focus away.
    expect(tess.page.locator("[name=quantity]")).to_be_focused()
    tess.press("Control+Enter")
    tess.is_told("look", "Quantity 90, written 60")
    expect(tess.page.locator("[name=quantity]")).to_be_focused()
    # The same keys at once, before anybody has read it, keep nothing.
    tess.page.keyboard.press("Control+Enter")
    tess.page.wait_for_timeout(300)
    assert state(cast, fill) == "entering"
    tess.press("Control+Enter")
    tess.is_told("done", "waits for its entry check")
    assert queries.fill(cast.ada, str(fill.code)).quantity == 90


@pytest.mark.parametrize(("width", "height"), [(683, 384), (390, 844)])
def test_large_print_and_small_windows_show_the_work_and_nothing_beside_the_page(cast, sits, width, height):
    fill, _ = cast.filled(), cast.filled(patient=cast.omar)
    ada = sits("ada", "/")
    ada.page.set_viewport_size({"width": width, "height": height})
    for path in ("/", f"/checking/{fill.code}/", "/stock/"):
        ada.page.goto(path)
        ada.press("Shift")
        assert ada.page.evaluate("document.documentElement.scrollWidth") == width
        assert ada.page.locator("#rail").bounding_box()["height"] < 80
    ada.page.goto(f"/checking/{fill.code}/")
    ada.press("Shift")
    assert ada.page.locator("#work").bounding_box()["y"] < height / 2
