"""Two visitors who ask at the same time see answers of their own, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE, STEPS, answered, look, on_show
from tests.shown_examples import EXAMPLE, SCENE

pytestmark = pytest.mark.usefixtures("loaded")


def test_two_visitors_at_once_see_their_own(browser, app_url):
    contexts = [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(app_url, wait_until="domcontentloaded")
        expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
    wanted = [EXAMPLE, SCENE]
    before = [on_show(page) for page in pages]
    for page, one in zip(pages, wanted, strict=True):
        page.locator("#examples button", has_text=one["text"]).first.click()
    for page, one, token in zip(pages, wanted, before, strict=True):
        assert answered(page, token) == one["answer"]
    pages[0].locator("#words .word").first.click()
    expect(pages[0].locator("#said")).to_contain_text("“replace”", timeout=PATIENCE)
    for page, one in zip(pages, wanted, strict=True):
        look(page, "What mattered")
        expect(page.locator("#panel table").nth(2).locator("tbody tr")).to_have_count(
            len(re.findall(r"\w+", one["text"])), timeout=PATIENCE
        )
        expect(page.locator(STEPS)).to_have_count(0)
    expect(pages[1].locator("#said")).not_to_contain_text("“replace”")
    for context in contexts:
        context.close()
