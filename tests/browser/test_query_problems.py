"""What the page says of a query that is incomplete or not wholly understood, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE, ask, search_in, upload
from tests.shown_examples import EXAMPLE, EXAMPLES, SCENE

pytestmark = pytest.mark.usefixtures("loaded")


def test_errors_stand_beside_their_field(page, tmp_path):
    search_in(page, "Scenes")
    if page.locator("#picture img").count():
        page.locator('#picture [aria-label="Remove Image"]').click()
    ask(page, "make cube red")
    expect(page.locator("#picture")).to_contain_text("Add a picture", timeout=PATIENCE)
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, "elephant")
    expect(page.locator("#text")).to_contain_text("None of these words is known: elephant", timeout=PATIENCE)
    ask(page, "")
    expect(page.locator("#text")).to_contain_text("Type what should change", timeout=PATIENCE)


def test_unknown_words_are_named_and_the_rest_is_searched(page):
    search_in(page, "Scenes")
    upload(page, EXAMPLES / SCENE["picture"])
    ask(page, SCENE["text"] + " quickly")
    expect(page.locator("#status")).to_contain_text("left out: quickly", timeout=PATIENCE)


def test_free_text_has_no_unknown_words_and_slips_are_read(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, "would you have this in pnik, please?")
    expect(page.locator("#status")).to_contain_text("Read “pnik” as “pink”", timeout=PATIENCE)
