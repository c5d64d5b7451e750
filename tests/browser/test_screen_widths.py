"""The page on wide and narrow screens, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import PANELS, PATIENCE, example, look
from tests.shown_examples import OTHER

pytestmark = pytest.mark.usefixtures("loaded")


def test_a_phone_shows_the_query_first(browser, app_url):
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.goto(app_url, wait_until="domcontentloaded")
        expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(1000)
        assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_no_sideways_scrolling(browser, app_url, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(app_url, wait_until="domcontentloaded")
    expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
    example(page, OTHER["text"])
    expect(page.locator("#results-title")).to_be_in_viewport(timeout=PATIENCE)  # the answer does not lie out of sight
    for title in PANELS:
        look(page, title)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, title
    context.close()
