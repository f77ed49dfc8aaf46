"""A real Chromium, a real server in a process of its own, and a page that tells on anything fetched from outside."""

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import cast as standing
from cast import PASSWORD
from houses import empty_house, officina, serving
from officina.kernel import clock
from station import Station

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PRESCRIPTIONS = 24
PATIENCE = 10_000


def _program() -> str:
    given = os.environ.get("CHROMIUM", "")
    found = given or next(filter(None, map(shutil.which, PROGRAMS)), "")
    if not found:
        pytest.skip(f"no Chromium: none of {', '.join(PROGRAMS)} is installed and CHROMIUM names none")
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once."""
    program = _program()
    # Playwright keeps an event loop running in this thread; Django would take that for a mistake at every query of a test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    # Whatever the driver misses on this machine, the rest of the suite still runs and the summary says so.
    driver = sync_playwright()
    try:
        playwright = driver.start()
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
    except Exception as problem:  # noqa: BLE001  the driver reports its own death as a bare Exception
        pytest.skip(f"no Chromium: {program} could not be started: {str(problem).splitlines()[0]}")
    yield browser
    browser.close()
    playwright.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a house in the middle of its day, shared by the tests that only look."""
    folder = tmp_path_factory.mktemp("house")
    with empty_house(folder / "home") as env:
        officina(env, "demo", "--prescriptions", str(PRESCRIPTIONS), "--no-serve", "--json")
        with serving(env, folder / "server.log") as url:
            yield url


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    """A fresh page at the counter's usual size; afterwards no script may have failed and nothing may have come from outside."""
    context = chromium.new_context(
        base_url=server, viewport={"width": 1366, "height": 768}, locale="en-US", timezone_id="America/Chicago"
    )
    context.set_default_timeout(PATIENCE)
    fetched: list[str] = []
    faults: list[str] = []
    context.on("request", lambda request: fetched.append(request.url))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield context.new_page()
    context.close()
    home = urlsplit(server).netloc
    outside = [url for url in fetched if urlsplit(url).scheme.startswith("http") and urlsplit(url).netloc != home]
    assert not outside, f"fetched from outside: {outside}"
    assert not faults, f"scripts failed: {faults}"


@pytest.fixture
def cast(live_server):
    """The pharmacy behind the live server."""
    return standing.assemble()


@pytest.fixture
def sits(chromium, live_server, cast, monkeypatch):
    """Call somebody of the cast to a desk: `sits("tess", "/filling/…/")`."""
    monkeypatch.setattr(clock, "now", lambda: cast.clock)
    stations = []

    def call(name, path):
        station = Station(chromium, live_server.url, name, PASSWORD)
        stations.append(station)
        station.page.goto(path)
        return station

    yield call
    for station in stations:
        station.close()
