"""A person at a counter in the tests: hands on the keyboard, a scanner beside it, and no mouse anywhere."""

from playwright.sync_api import Browser, BrowserContext, Page, expect

HAND = 60
"""Milliseconds between two characters of a quick typist; a scanner types at once."""


class Station:
    """A signed-in person. What they do goes through keys and scans; what they see is asked of the page."""

    def __init__(self, browser: Browser, url: str, username: str, password: str) -> None:
        self.context: BrowserContext = browser.new_context(
            base_url=url, viewport={"width": 1366, "height": 768}, locale="en-US", timezone_id="America/Chicago"
        )
        self.context.set_default_timeout(10_000)
        self.faults: list[str] = []
        self.context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.page: Page = self.context.new_page()
        self.page.goto("/sign-in")
        self.types(username)
        self.press("Tab")
        self.types(password)
        self.press("Enter")
        expect(self.page.locator("#rail")).to_be_visible()

    def close(self) -> None:
        """Go home; no script may have failed on the way."""
        self.context.close()
        assert self.faults == [], f"scripts failed: {self.faults}"

    def press(self, *keys: str) -> None:
        """One key after the other, each when the page is at rest."""
        for key in keys:
            self._rest()
            self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        """As a hand types into what has the focus."""
        self.page.keyboard.type(text, delay=HAND)

    def scan(self, code: str) -> None:
        """As a scanner types: at once, with Enter."""
        self._rest()
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")

    def go(self, letter: str, title: str) -> None:
        """To a desk, by its letter."""
        self.press("g", letter)
        expect(self.page.locator("#rail [aria-current=page] .desk-name")).to_have_text(title)

    def search(self, text: str) -> None:
        """By the search field of the head."""
        self.press("/")
        expect(self.page.locator("#search")).to_be_focused()
        self.types(text)
        self.press("Enter")

    def tab_to(self, name: str, *, most: int = 60) -> None:
        """Tab until the field of this name has the focus."""
        self._rest()
        for _ in range(most):
            if self.focused() == name:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no field {name} is reached by Tab; the focus ended on {self.focused()}")

    def focused(self) -> str:
        """The name of what has the focus."""
        return str(self.page.evaluate("document.activeElement.name || document.activeElement.dataset.key || ''"))

    def sees(self, text: str, where: str = "main") -> None:
        """Wait until it stands there."""
        expect(self.page.locator(where).first).to_contain_text(text)

    def is_told(self, mark: str, text: str) -> None:
        """Wait for the desk's answer: 'done', 'look', 'no' or 'stop'."""
        place = ".stop-panel h2" if mark == "stop" else f"#answer .{mark}"
        expect(self.page.locator(place).first).to_contain_text(text)

    def _rest(self) -> None:
        self.page.wait_for_load_state("load")
        expect(self.page.locator(".htmx-request, .htmx-settling, .htmx-swapping, body.unread")).to_have_count(0)
        self.page.wait_for_timeout(150)
