"""A day with ten people in real browsers at once, at eight desks: no page fails, no work is lost, nothing is done twice.

`OFFICINA_DRILL=long` works three hundred prescriptions through; the times of each act go to the file that OFFICINA_TIMES names.
"""

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright
from playwright.async_api import TimeoutError as TooSlow

from browser.conftest import ARGUMENTS, _program
from houses import empty_house, officina, serving
from ten_people import PASSWORD

pytestmark = pytest.mark.browser

IS_LONG = os.environ.get("OFFICINA_DRILL") == "long"
PRESCRIPTIONS = 300 if IS_LONG else 4
MOST_SECONDS = 3600 if IS_LONG else 480
TESTS = Path(__file__).resolve().parents[1]


class Day:
    """What ten people did so far."""

    def __init__(self, url: str, folder: Path) -> None:
        told = json.loads((folder / "people.json").read_text())
        self.url, self.folder = url, folder
        self.people = {last: (last, first, born) for last, first, born in told["people"]}
        self.container = told["container"]
        self.ready: set[str] = set()
        """Patients who were told that their bag waits for them."""
        self.sold: set[str] = set()
        self.took: dict[str, list[float]] = defaultdict(list)
        self.said: Counter[str] = Counter()
        self.faults: list[str] = []
        self.until = time.monotonic() + MOST_SECONDS

    @property
    def is_over(self) -> bool:
        return len(self.sold) == PRESCRIPTIONS or bool(self.faults) or time.monotonic() > self.until


class Person:
    """One of them, in a browser of their own."""

    def __init__(self, day: Day, page: Page, name: str, seed: int) -> None:
        self.day, self.page, self.name = day, page, name
        self.rng = random.Random(seed)
        page.on("response", self._look)
        page.on("pageerror", lambda error: day.faults.append(f"{name}: {error}"))

    def _look(self, response) -> None:
        if response.status >= 500:
            self.day.faults.append(f"{self.name}: {response.status} at {response.url}")

    async def sign_in(self) -> None:
        await self.page.goto("/sign-in")
        await self.page.fill("[name=username]", self.name)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_selector("#rail")

    @asynccontextmanager
    async def timed(self, what: str):
        began = time.monotonic()
        yield
        self.day.took[what].append(time.monotonic() - began)

    async def goes(self, path: str) -> None:
        async with self.timed(f"page {path.split('/')[1] or 'counter'}"):
            await self.page.goto(path)

    async def press(self, what: str, button: Locator) -> bool:
        """Press it and wait for the answer; whether it was done, and not refused because somebody was faster."""
        async with self.timed(what):
            await self.page.evaluate("document.querySelector('#work')?.setAttribute('data-old', '')")
            await button.click()
            # What was on the screen has gone: the part was replaced, or another page came.
            await self.page.wait_for_selector("#work[data-old]", state="detached")
            await self.page.wait_for_selector("#answer", state="attached")
        refused = await self.page.locator("#answer .no, .stop-panel").count()
        self.day.said["refused" if refused else "done"] += 1
        return not refused

    async def row(self, desk: str, *states: str) -> bool:
        """Open one of the first pieces of work of a desk; two people who take the same one meet at it."""
        await self.goes(f"/{desk}/")
        rows = self.page.locator("ol.worklist a.row")
        if states:
            rows = rows.filter(has=self.page.locator(".row-state", has_text=re.compile("|".join(states))))
        count = await rows.count()
        if not count:
            await self.waits()
            return False
        href = await rows.nth(self.rng.randrange(min(count, 3))).get_attribute("href")
        await self.goes(href)
        return True

    async def waits(self) -> None:
        """Nothing to do: a person does not reload the page without a pause."""
        await asyncio.sleep(self.rng.uniform(5, 10) if IS_LONG else self.rng.uniform(1, 2))

    def button(self, text: str) -> Locator:
        return self.page.locator("#work").get_by_role("button", name=text).first

    async def has(self, text: str) -> bool:
        return bool(await self.page.locator("#work").get_by_role("button", name=text).count())

    # --- what each of them does, once around

    async def takes_in(self) -> None:
        for file in sorted(self.day.folder.glob("order-*.xml")):
            if self.day.is_over:
                return
            await self.goes("/intake/")
            async with self.timed("take in a message"):
                await self.page.set_input_files("[name=messages]", file)
                await self.page.get_by_role("button", name="Receive").click()
                await self.page.wait_for_selector("#answer .answer, .stop-panel")
            self.day.said["taken in"] += 1
        while not self.day.is_over:
            await self.goes(self.rng.choice(("/", "/patients/", "/stock/", "/refills/", "/requests/")))
            await self.waits()

    async def enters(self) -> None:
        if not await self.row("entry"):
            return
        if await self.has("Enter"):
            began = self.page.locator("#work button[data-key='Ctrl+Enter']").first
            if not await self.press("begin an entry", began):
                return
        submit = self.page.locator("#work button[value=submit_entry]")
        if await submit.count():
            await self.press("submit an entry", submit)

    async def reviews(self) -> None:
        if not await self.row("review"):
            return
        if await self.has("Entry is right") and not await self.press("check an entry", self.button("Entry is right")):
            return
        if await self.has("Clear review"):
            await self.press("clear a review", self.button("Clear review"))

    async def fills(self) -> None:
        if not await self.row("filling", "Waiting for payment", "Ready to fill"):
            return
        if await self.has("Accept cash price") and not await self.press("price", self.button("Accept cash price")):
            return
        take = self.page.locator("#work form:has(input[value=take]) button")
        if not await take.count() or not await self.press("take to the bench", take):
            return
        async with self.timed("print the label"), self.page.context.expect_page() as printed:
            await self.button("Print label").click()
        await (await printed.value).close()
        # The page shows the count of labels after it comes to the front again.
        await self.page.evaluate("window.dispatchEvent(new Event('focus'))")
        await self.page.wait_for_selector("#work .tally:has-text('Label printed')")
        async with self.timed("scan"):
            await self.page.fill("#work [name=scan]", self.day.container)
            await self.page.press("#work [name=scan]", "Enter")
            await self.page.wait_for_selector("#work .tally .done, .stop-panel, #answer .no")
        send = self.button("Send to check")
        if await send.count():
            async with self.timed("send to the check"):
                await send.click()
                await self.page.wait_for_url("**/filling/")

    async def checks(self) -> None:
        if await self.row("checking", "Final check") and await self.has("Check passed"):
            await self.press("pass the check", self.button("Check passed"))

    async def bags(self) -> None:
        if await self.row("checking", "Checked") and await self.page.locator("#work [name=bin_name]").count():
            shown = (await self.page.locator("main").inner_text()).lower()
            await self.page.fill("#work [name=bin_name]", f"A{self.rng.randrange(40)}")
            if await self.press("bag", self.page.locator("#work form.bag button").last):
                self.day.ready |= {last for last in self.day.people if last.lower() in shown}

    async def hands_over(self) -> None:
        await self.goes("/pickup/")
        left = sorted(self.day.ready - self.day.sold)
        if not left:
            await self.waits()
            return
        last, first, born = self.day.people[self.rng.choice(left)]
        # Who came stands at one counter only; who was not served comes again.
        self.day.ready.discard(last)
        try:
            await self.serves(last, first, born)
        finally:
            if last not in self.day.sold:
                self.day.ready.add(last)

    async def serves(self, last: str, first: str, born: str) -> None:
        for name, text in (("last_name", last), ("first_name", first), ("born_on", born)):
            await self.page.fill(f"[name={name}]", text)
        async with self.timed("find who came"):
            await self.page.get_by_role("button", name="Find").click()
            await self.page.wait_for_selector("#work, #answer .no, .stop-panel")
        if not await self.page.locator("#work .fetch li").count():
            leave = self.page.get_by_role("button", name="They left without it")
            if await leave.count():
                await leave.click()
                await self.page.wait_for_url("**/pickup/")
            return
        bag = (await self.page.locator("#work .fetch li").first.inner_text()).split("bag ")[1].split()[0]
        async with self.timed("scan a bag"):
            await self.page.fill("#work [name=scan]", bag)
            await self.page.press("#work [name=scan]", "Enter")
            await self.page.wait_for_selector("#work h2:has-text('In hand')")
        await self.page.select_option("#work [name=outcome]", "declined") if await self.page.locator(
            "#work select[name=outcome]"
        ).count() else await self.page.check("#work [name=outcome][value=declined]")
        await self.press("write down the counselling", self.button("Write it down"))
        await self.page.fill("#work [name=signed_by]", f"{first} {last}")
        if await self.press("hand over", self.page.locator("#work form:has(input[value=hand_over]) button.go")):
            self.day.sold.add(last)

    async def works(self, act) -> None:
        """Again and again until the day is over; a page that came too late is looked at anew."""
        while not self.day.is_over:
            try:
                await act()
            except TooSlow as late:
                self.day.said["too slow"] += 1
                if self.day.said["too slow"] > 5:
                    self.day.faults.append(f"{self.name}: {str(late)[:300]}")


def acts(person: Person):
    """What a person of this name does."""
    desks = {
        "intake": person.takes_in,
        "entry": person.enters,
        "review": person.reviews,
        "filling": person.fills,
        "checking": person.checks,
        "bagging": person.bags,
        "pickup": person.hands_over,
    }
    return desks[person.name.rstrip("12")]


async def whole_day(day: Day, program: str) -> None:
    from ten_people import STAFF

    async with async_playwright() as playwright:
        arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
        browser: Browser = await playwright.chromium.launch(executable_path=program, args=arguments)
        people = []
        for seed, name in enumerate(STAFF):
            context = await browser.new_context(base_url=day.url, viewport={"width": 1366, "height": 768})
            context.set_default_timeout(30_000)
            person = Person(day, await context.new_page(), name, seed)
            await person.sign_in()
            people.append(person)
        intake, *others = people
        await asyncio.gather(intake.takes_in(), *(person.works(acts(person)) for person in others))
        with suppress(Exception):
            await browser.close()


def in_a_thread_of_its_own(work: Coroutine[Any, Any, None]) -> None:
    """The browser of the other tests keeps an event loop running in this thread, and there may be only one in a thread."""
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, work).result()


@pytest.fixture
def house(tmp_path):
    """The house of ten, open on a port."""
    with empty_house(tmp_path / "home") as env:
        paths = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH", "")])])
        settings = {"PYTHONPATH": paths, "DJANGO_SETTINGS_MODULE": "officina.project.settings"}
        folder = tmp_path / "orders"
        folder.mkdir()
        command = [sys.executable, str(TESTS / "ten_people.py"), str(PRESCRIPTIONS), str(folder)]
        subprocess.run(command, env=env | settings, check=True, timeout=600)
        with serving(env, tmp_path / "server.log") as url:
            yield env, url, folder


def test_ten_people_at_once_work_every_prescription_through(house):
    env, url, folder = house
    day = Day(url, folder)
    began = time.monotonic()
    in_a_thread_of_its_own(whole_day(day, _program()))
    seconds = time.monotonic() - began
    tell(day, seconds)
    assert day.faults == []
    assert len(day.sold) == PRESCRIPTIONS, f"{len(day.sold)} of {PRESCRIPTIONS} after {seconds:.0f} s: {dict(day.said)}"
    assert json.loads(officina(env, "check", "--json")) == {"ok": True, "problems": []}


def tell(day: Day, seconds: float) -> None:
    """The times, act by act."""
    rows = []
    for what, took in sorted(day.took.items()):
        ms = sorted(1000 * t for t in took)
        rows.append({"act": what, "times": len(ms), "p50": statistics.median(ms), "p95": ms[int(0.95 * (len(ms) - 1))]})
    told = {"seconds": seconds, "sold": len(day.sold), "said": dict(day.said), "acts": rows}
    print(json.dumps(told, indent=1))
    if "OFFICINA_TIMES" in os.environ:
        Path(os.environ["OFFICINA_TIMES"]).write_text(json.dumps(told, indent=1))
