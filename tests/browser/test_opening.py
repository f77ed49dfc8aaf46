"""A house opens in a real browser: from its own address alone, and to those who sign in."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_stranger_is_asked_to_sign_in(page: Page):
    page.goto("/")
    expect(page.locator("input[type=password]")).to_be_visible()


def test_the_styles_of_the_house_reach_the_page(page: Page):
    page.goto("/")
    sheets = page.evaluate("[...document.styleSheets].filter(sheet => sheet.cssRules.length).length")
    assert sheets > 0
