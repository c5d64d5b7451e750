"""The page for those who use the keyboard or listen to it, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import AXE, PATIENCE, example, found, look, upload
from tests.shown_examples import EXAMPLE, EXAMPLES

pytestmark = pytest.mark.usefixtures("loaded")


def test_the_page_is_used_by_keyboard(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    found(page, EXAMPLE["text"])
    page.locator("#results .go").first.focus()
    for key, place in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowDown", None), ("ArrowUp", 1)):
        page.keyboard.press(key)
        if place is not None:
            expect(page.locator("#results .go").nth(place)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#results .why").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel figcaption").nth(1)).to_contain_text("Result 2", timeout=PATIENCE)
    page.locator("#words .word").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#words .word").nth(1)).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)


def test_every_picture_says_what_it_shows(page):
    example(page, EXAMPLE["text"])
    for title in ("Why this result?", "What mattered", "Where it lies", "Compare"):
        look(page, title)
        named = page.evaluate("[...document.querySelectorAll('#results img, #figure img, #panel img')].map((i) => i.alt)")
        assert len(named) > 8 and all(named), title
    assert all(b.get_attribute("aria-label") or b.inner_text() for b in page.locator("[data-pick]").all())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_serious_fault_of_accessibility(browser, app_url, scheme):
    """By axe-core, of all that is on the page: contrast, names, roles, headings."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{app_url}/?__theme={scheme}", wait_until="domcontentloaded")
        expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
        example(page, EXAMPLE["text"])
        for part in ("#how", "#view", "#own", "#save"):
            page.locator(f"{part} button").first.click()
        look(page, "What mattered")
        page.evaluate(AXE)
        found = page.evaluate("axe.run()")["violations"]
        assert [
            (fault["id"], node["target"], node["failureSummary"])
            for fault in found
            if fault["impact"] in ("serious", "critical") or fault["id"].startswith("heading")
            for node in fault["nodes"]
        ] == []


def test_answers_are_read_out(page):
    for place in ("#status", "#said"):
        assert page.evaluate(
            f"!!document.querySelector('{place}').closest('[aria-live]') || "
            f"!!document.querySelector('{place} [aria-live], {place}[aria-live]')"
        ), place
