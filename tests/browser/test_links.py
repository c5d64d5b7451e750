"""Links to an answer, in a real Chromium: what they restore, and what they never name."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.visiting import FIELD, PATIENCE, STEPS, example, found, upload
from tests.server import ROOT
from tests.shown_examples import EXAMPLE, EXAMPLES

pytestmark = pytest.mark.usefixtures("loaded")


def test_a_link_restores_everything_that_can_be_named(page, browser, app_url):
    example(page, EXAMPLE["text"])
    page.locator("#results .go").first.click()
    expect(page.locator(FIELD).first).to_have_value("", timeout=PATIENCE)
    found(page, "same but in blue")
    expect(page.locator(STEPS)).to_have_count(2, timeout=PATIENCE)
    ids = [b.get_attribute("data-pick") for b in page.locator("#results .go").all()]
    page.locator("#words .word").first.click()
    page.locator("#view button").first.click()
    page.locator("#style label", has_text="soft").click()
    page.locator("#results .why").nth(1).click()
    page.wait_for_url(re.compile("drawn=soft.*closer=why|closer=why.*drawn=soft"), timeout=PATIENCE)
    page.locator("#trail button").first.click()
    expect(page.locator("#trail [aria-current]")).to_contain_text(EXAMPLE["text"], timeout=PATIENCE)
    page.locator("#trail button").nth(1).click()
    expect(page.locator("#trail [aria-current]")).to_contain_text("same but in blue", timeout=PATIENCE)
    page.locator("#words .word").first.click()
    page.locator("#results .why").nth(1).click()
    page.wait_for_url(re.compile("same\\+but\\+in\\+blue.*result=.*focus=word%3A0"), timeout=PATIENCE)
    page.locator("#save button").first.click()
    expect(page.locator("#link textarea, #link input").first).to_have_value(page.url, timeout=PATIENCE)
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(page.url, wait_until="domcontentloaded")
        expect(other.locator(STEPS)).to_have_count(2, timeout=PATIENCE)
        expect(other.locator("#trail [aria-current]")).to_contain_text("same but in blue")
        expect(other.locator("#results .go").first).to_be_visible(timeout=PATIENCE)
        assert [b.get_attribute("data-pick") for b in other.locator("#results .go").all()] == ids
        expect(other.locator(FIELD).first).to_have_value("same but in blue", timeout=PATIENCE)
        expect(other.locator("#words .word").first).to_have_attribute("aria-pressed", "true")
        other.locator("#view button").first.click()
        expect(other.locator("#style label", has_text="soft").locator("input")).to_be_checked()
        expect(other.locator("#results .card.chosen")).to_contain_text("2 ·")
        expect(other.locator("#panel figcaption").nth(1)).to_contain_text("Result 2", timeout=PATIENCE)
        expect(other.locator("#trail button").first).to_contain_text(EXAMPLE["text"])


def test_a_link_that_cannot_be_restored_says_why(browser, app_url):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{app_url}/?picture=fashion:gone&text=red&gallery=fashion", wait_until="domcontentloaded")
        expect(page.locator(".toast-body")).to_contain_text("no picture 'gone'", timeout=PATIENCE)
        expect(page.locator("#status")).to_contain_text("no picture 'gone'", timeout=PATIENCE)
        expect(page.locator("#status progress")).to_have_count(0)
        assert str(ROOT) not in page.locator("body").inner_text(), "visitors learn nothing of the server's folders"


def test_an_upload_is_never_part_of_a_link(page, tmp_path):
    with Image.open(EXAMPLES / EXAMPLE["picture"]) as picture:
        picture.convert("RGB").rotate(180).save(tmp_path / "mine.png")
    upload(page, tmp_path / "mine.png")
    found(page, EXAMPLE["text"])
    assert "picture=" not in page.url and "mine" not in page.url
