"""One prescription, from the message to the patient's hand, by keyboard and scanner alone, by a technician and a pharmacist."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from houses import empty_house, officina, serving
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from station import Station

pytestmark = pytest.mark.browser

MESSAGE = Path(__file__).resolve().parent.parent / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"
PASSWORD = "officina"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with a stocked shelf where one more prescription just came: its address, environment and the Rx number."""
    folder = tmp_path_factory.mktemp("thread")
    with empty_house(folder / "home") as env:
        officina(env, "demo", "--prescriptions", "8", "--no-serve", "--json")
        yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        message = folder / "newrx.xml"
        message.write_text(MESSAGE.read_text().replace("2026-11-20", yesterday))
        answer = json.loads(officina(env, "receive", str(message), "--json"))
        [number] = answer["files"][0]["prescriptions"]
        with serving(env, folder / "server.log") as url:
            yield url, env, number


@pytest.fixture
def stations(chromium, house):
    """Tess, the technician, and Ada, the pharmacist, each at a screen of her own."""
    url, _, _ = house
    tess, ada = (Station(chromium, url, name, PASSWORD) for name in ("tess", "ada"))
    yield tess, ada
    tess.close()
    ada.close()


def bottle(station):
    """The DataMatrix of the bottle that the page asks for: read as it stands on the shelf, lot and expiry on it."""
    facts = station.page.locator("#work").inner_text()
    ndc = Ndc.parse(re.search(r"NDC ([\d-]+)", facts)[1])
    row = station.page.locator("h2:has-text('First expired first') + table tbody tr").first
    lot, expires = row.locator("td").nth(0).inner_text(), row.locator("td").nth(1).inner_text()
    day = datetime.strptime(expires, "%b %d, %Y")
    return f"]d201{Gtin.for_ndc(ndc).digits}17{day:%y%m%d}10{lot}"


def test_one_prescription_through_every_desk_without_a_mouse(house, stations):
    _, env, number = house
    tess, ada = stations

    # Entry: Tess finds the number that `officina receive` gave, adds who is new, and takes over what was understood.
    tess.search(number)
    tess.sees(number)
    tess.press("Alt+O", "Control+Enter")
    tess.sees("Nobody here fits")
    tess.press("Alt+A")
    tess.is_told("look", "Ruth Sample is added")
    tess.press("Alt+D")
    tess.is_told("done", "Molina")
    tess.press("Control+Enter")
    tess.is_told("done", "waits for its entry check")

    # Patients: somebody asks about allergies before anything is screened.
    tess.go("t", "Patients")
    tess.types("sample ru")
    tess.press("Enter")
    tess.sees("Allergies not asked", ".banner")
    tess.press("Alt+N")
    tess.sees("No known allergies", ".banner")

    # Review: Ada holds the entry against the message, then looks at what was screened.
    ada.search(number)
    ada.press("Alt+O")
    ada.sees("Metformin HCl 500 mg tablet")
    ada.press("Control+Enter")
    ada.sees("Not screened", "#work")
    ada.press("Control+Enter")
    ada.is_told("done", "is reviewed")

    # Filling: the price, the label, the wrong bottle, the right bottle.
    tess.search(number)
    tess.press("Alt+O", "Control+Enter")
    tess.sees("Ready to fill", "#work")
    tess.press("Control+Enter")
    tess.sees("0 of 180 tablets", ".tally")
    with tess.context.expect_page() as printed:
        tess.press("Alt+P")
    printed.value.close()
    tess.page.bring_to_front()
    tess.page.evaluate("window.dispatchEvent(new Event('focus'))")
    tess.sees("Label printed 1 time", ".tally")
    right = bottle(tess)
    other_strength = Gtin.for_ndc(Ndc.parse("23155-103-01")).digits
    tess.scan(right.replace(right[5:19], other_strength))
    tess.is_told("stop", "strength")
    tess.press("Escape")
    tess.scan(right)
    tess.sees("complete", ".tally")
    tess.press("Control+Enter")
    tess.is_told("done", "waits for the check")

    # Checking: Tess may not, Ada does; Tess bags.
    tess.search(number)
    tess.press("Alt+O")
    tess.sees("A pharmacist passes the final check")
    ada.search(number)
    ada.press("Alt+O", "Control+Enter")
    ada.is_told("done", "passed the check")
    tess.page.reload()
    tess.tab_to("bin_name")
    tess.types("C7")
    tess.press("Control+Enter")
    tess.is_told("done", "bin C7")
    bag = re.search(r"bag (B\d+)", tess.page.locator("#answer .done").first.inner_text())[1]

    # Pick-up: two identifiers as the patient says them, the bag, the offer to counsel, the signature.
    tess.go("p", "Pick-up")
    tess.types("Sample")
    tess.press("Tab")
    tess.types("Ruth")
    tess.press("Tab")
    tess.types("03/14/1958")
    tess.press("Control+Enter")
    tess.sees("C7", ".fetch")
    tess.scan(bag)
    tess.is_told("done", bag)
    # After the check the bin has the focus: Escape leaves it, and the letters are keys again.
    ada.press("Escape")
    ada.go("p", "Pick-up")
    ada.press("Escape", "j", "Enter")
    ada.sees("In hand", "#work")
    ada.tab_to("outcome")
    ada.press("ArrowDown")
    ada.press("Alt+C")
    ada.sees("Accepted", "#work")
    tess.page.reload()
    tess.tab_to("signed_by")
    tess.types("Ruth Sample")
    tess.press("Control+Enter")
    tess.is_told("done", "Handed over")

    # The prescription tells the whole story, and so does the trail. Where the signature has the focus, Escape leaves it.
    ada.press("Escape")
    ada.search(number)
    ada.sees("handed over", "#work")
    ada.go("a", "Audit")
    ada.sees("Tess Young")
    assert json.loads(officina(env, "check", "--json")) == {"ok": True, "problems": []}
