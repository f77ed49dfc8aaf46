"""Take the pictures of the user guide: a training pharmacy in the middle of its day, each desk as a person sees it.

    make screenshots

Opens a fresh house, plays a short day, serves it, and walks through it in Chromium. Writes docs/guide/pictures/*.png.
"""

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from houses import empty_house, officina, serving

ROOT = Path(__file__).resolve().parent.parent

PICTURES = ROOT / "docs" / "guide" / "pictures"
SIZE: ViewportSize = {"width": 1366, "height": 768}
PRESCRIPTIONS = "70"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def _row(page: Page, desk: str, state: str = "") -> None:
    """Open the first thing that waits at a desk, in this state where one is named."""
    page.goto(desk)
    page.locator("[data-rows] a", has_text=state).first.click()
    page.wait_for_url(f"**{desk}*-*/")


def _entry(page: Page) -> None:
    _row(page, "/entry/")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[name=directions]")


def _filling(page: Page) -> None:
    _row(page, "/filling/", "Filling")


def _stop(page: Page) -> None:
    """The wrong bottle under the scanner: metformin 850 mg, which no vial in this picture asks for."""
    _filling(page)
    page.wait_for_timeout(300)
    page.keyboard.type("]d201003231551030141727123110NOTTHIS")
    page.keyboard.press("Enter")
    page.wait_for_selector(".stop-panel, #answer .no")


def _prescribers(page: Page) -> None:
    """Somebody asks for a change of two orders."""
    for desk, wanted in (
        ("/review/", "The 90-day supply, the plan pays no other"),
        ("/filling/", "Another strength: none to be had"),
    ):
        _row(page, desk)
        page.get_by_role("link", name="Prescription", exact=False).first.click()
        page.locator("summary", has_text="Ask for a change").click()
        page.fill("[name=wanted]", wanted)
        page.keyboard.press("Enter")
        page.wait_for_selector("#answer .answer")
    page.goto("/requests/")


def _hand_over(page: Page) -> None:
    """A vial is checked and bagged, and its patient comes to the counter and says who it is."""
    _row(page, "/checking/")
    last, first = (part.strip() for part in page.locator(".banner-name").first.inner_text().split(",", 1))
    born = page.locator(".banner dd").first.inner_text().partition(" (")[0]
    page.keyboard.press("Control+Enter")
    page.fill("[name=bin_name]", "C7")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Print bag tag")
    page.wait_for_load_state("networkidle")
    page.goto("/pickup/")
    page.fill("[name=last_name]", last)
    page.fill("[name=first_name]", first)
    page.fill("[name=born_on]", f"{datetime.strptime(born, '%b %d, %Y'):%m/%d/%Y}")  # noqa: DTZ007  a day has no zone
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/pickup/*-*/")
    for bag in page.locator(".fetch li").all_inner_texts():
        page.wait_for_timeout(300)
        page.keyboard.type(bag.split("bag ")[1].split()[0])
        page.keyboard.press("Enter")
        page.wait_for_selector("#answer .done")


def _patient(page: Page) -> None:
    _row(page, "/checking/")
    page.locator(".banner-name a").click()
    page.wait_for_url("**/patients/*-*/")


def _prescription(page: Page) -> None:
    _row(page, "/checking/")
    page.get_by_role("link", name="Prescription", exact=True).click()
    page.wait_for_url("**/rx/*/")


def _refills(page: Page) -> None:
    """All medicines of somebody who was here today: each too soon, with the day."""
    page.goto("/pickup/")
    page.goto("/patients/")
    page.fill("[name=text]", "P")
    _patient(page)
    page.goto(page.url.replace("/patients/", "/refills/"))


def _drug(page: Page) -> None:
    page.goto("/stock/")
    page.locator("#found td a").first.click()
    page.wait_for_url("**/drugs/*/")


def _sig_codes(page: Page) -> None:
    """Three codes of the house, and one that may not be kept."""
    page.goto("/sig-codes/")
    for code, stands in (
        ("t1b", "take 1 tablet by mouth twice daily"),
        ("bp", "for high blood pressure"),
        ("aa1", "apply to the affected area twice daily"),
        ("qd", "every day"),
    ):
        page.fill("[name=typed]", code)
        page.fill("[name=expansion]", stands)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#answer .answer")
        page.wait_for_timeout(400)


def _pseudoephedrine(page: Page) -> None:
    """One sale is written down; more to the same person would be over the day."""
    page.goto("/pickup/pseudoephedrine/")
    facts = {
        "product": "Sudafed 30 mg", "unit_mg": "30", "units_each": "96", "packages": "1", "last_name": "Doe", "first_name": "Kim",
        "born_on": "05/01/1980", "address": "1 Oak St, Madison WI", "identity_issuer": "WI", "identity_number": "D123-4567",
        "signed_by": "Kim Doe",
    }  # fmt: skip
    for key in ("Control+Enter", "Alt+c"):
        for name, text in facts.items():
            page.fill(f"[name={name}]", text)
        page.check("[name=notice_read]")
        page.keyboard.press(key)
        page.wait_for_timeout(600)


SCENES: tuple[tuple[str, str, Callable[[Page], object]], ...] = (
    ("counter", "tess", lambda page: page.goto("/")),
    ("intake", "tess", lambda page: page.goto("/intake/")),
    ("intake-message", "tess", lambda page: _row(page, "/intake/")),
    ("intake-by-hand", "tess", lambda page: page.goto("/intake/by-hand/")),
    ("entry", "tess", _entry),
    ("refills", "ada", _refills),
    ("prescribers", "ada", _prescribers),
    ("review-entry", "ada", lambda page: _row(page, "/review/", "Entry check")),
    ("review", "ada", lambda page: _row(page, "/review/", "Clinical review")),
    ("filling", "tess", _filling),
    ("filling-stop", "tess", _stop),
    ("checking", "ada", lambda page: _row(page, "/checking/")),
    ("pickup", "tess", lambda page: page.goto("/pickup/")),
    ("patient", "tess", _patient),
    ("prescription", "ada", _prescription),
    ("hand-over", "ada", _hand_over),
    ("sig-codes", "ada", _sig_codes),
    ("pseudoephedrine", "ada", _pseudoephedrine),
    ("emergency", "ada", lambda page: page.goto("/intake/emergency/")),
    ("stock", "tess", lambda page: page.goto("/stock/")),
    ("drug", "ada", _drug),
    ("audit", "ada", lambda page: page.goto("/audit/")),
)


def main() -> None:
    """Take them all; names on the command line take only those."""
    wanted = set(sys.argv[1:])
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("screenshots: no Chromium is installed; set CHROMIUM to one")
    with tempfile.TemporaryDirectory(prefix="officina-pictures-") as folder, empty_house(Path(folder) / "home") as env:
        print("playing a short day")
        officina(env, "demo", "--prescriptions", PRESCRIPTIONS, "--no-serve", "--json")
        with serving(env, Path(folder) / "server.log") as url, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            for name, who, scene in SCENES:
                if not wanted or name in wanted:
                    page = chromium.new_page(base_url=url, viewport=SIZE, timezone_id="America/Chicago", locale="en-US")
                    _take(page, name, who, scene)
                    page.context.close()
            chromium.close()


def _take(page: Page, name: str, who: str, scene: Callable[[Page], object]) -> None:
    page.goto("/sign-in")
    page.fill("[name=username]", who)
    page.fill("[name=password]", "officina")
    page.keyboard.press("Enter")
    page.wait_for_selector("#rail")
    scene(page)
    page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # Few colours are enough for a desk, and keep a clone small.
    PICTURES.mkdir(parents=True, exist_ok=True)
    file = PICTURES / f"{name}.png"
    picture.quantize(96).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
