"""The page as a visitor meets it, in a real Chromium."""

import json
import re
from urllib.parse import urlparse

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.server import ROOT

EXAMPLES = ROOT / "assets" / "examples"
EXAMPLE, OTHER = json.loads((EXAMPLES / "examples.json").read_text())[:2]
PATIENCE = 60_000  # milliseconds, for a busy machine


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, app_url):
    """A fresh visitor; `page.elsewhere` collects requests to anything but the local server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.elsewhere = []
    page.on("request", lambda r: urlparse(r.url).hostname in ("127.0.0.1", None, "") or page.elsewhere.append(r.url))
    page.goto(app_url, wait_until="domcontentloaded")
    expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
    yield page
    assert page.elsewhere == []
    context.close()


def upload(page, path):
    page.set_input_files("#picture input[type=file]", str(path))
    expect(page.locator("#picture img")).to_be_visible(timeout=PATIENCE)


def ask(page, text):
    page.fill("#text textarea, #text input", text)
    page.press("#text textarea, #text input", "Enter")


def first_result(page):
    caption = page.locator("#results .caption-label, #results .thumbnail-lg").first
    expect(caption).to_be_visible(timeout=PATIENCE)
    return page.locator("#results img").first.get_attribute("src")


def test_upload_type_search_and_read_the_top_result(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, EXAMPLE["text"])
    assert EXAMPLE["answer"] in first_result(page)
    expect(page.locator("#results")).to_contain_text(re.compile(r"1 · 0\.\d+"))
    expect(page.locator("#status")).to_contain_text("detect")
    expect(page.locator("#regions img")).to_be_attached()


def test_a_click_on_a_word_changes_the_heat_map(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, EXAMPLE["text"])
    heat = page.locator("#heat img")
    expect(heat).to_be_attached(timeout=PATIENCE)
    heat.scroll_into_view_if_needed()  # pictures below the fold load when they are scrolled to
    expect(heat).to_be_visible(timeout=PATIENCE)
    chips = page.locator("#words label")
    assert chips.count() >= len(EXAMPLE["text"].split())
    for choice in (chips.nth(0), chips.nth(chips.count() - 1), page.locator("#layer label").nth(1)):
        before = heat.get_attribute("src")
        if choice.locator("input").is_checked():
            continue
        choice.click()
        expect(heat).not_to_have_attribute("src", before, timeout=PATIENCE)


def test_an_example_runs_with_one_click(page):
    page.locator("#examples").get_by_text(OTHER["text"]).first.click()
    assert OTHER["answer"] in first_result(page)


def test_errors_stand_beside_their_field(page, tmp_path):
    ask(page, "make cube red")
    expect(page.locator("#picture")).to_contain_text("Add a picture", timeout=PATIENCE)
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, "elephant")
    expect(page.locator("#text")).to_contain_text("None of these words is known: elephant", timeout=PATIENCE)
    ask(page, "")
    expect(page.locator("#text")).to_contain_text("Type what should change", timeout=PATIENCE)


def test_unknown_words_are_named_and_the_rest_is_searched(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, EXAMPLE["text"] + " quickly")
    expect(page.locator("#status")).to_contain_text("left out: quickly", timeout=PATIENCE)
    first_result(page)


def test_a_strange_picture_still_gets_an_answer(page, tmp_path):
    path = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (300, 40), (10, 200, 90, 30)).save(path)
    upload(page, path)
    ask(page, "add red cube")
    first_result(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_no_sideways_scrolling(browser, app_url, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(app_url, wait_until="domcontentloaded")
    expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
    page.locator("#examples").get_by_text(OTHER["text"]).first.click()
    first_result(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
