"""The panels that look closer at an answer, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE, example, look
from tests.shown_examples import EXAMPLE, SCENE

pytestmark = pytest.mark.usefixtures("loaded")


def test_all_words_are_shown_at_once_and_open_large(page):
    example(page, EXAMPLE["text"])
    maps = page.locator("#panel .maps button")
    expect(maps).to_have_count(len(EXAMPLE["text"].split()), timeout=PATIENCE)
    maps.nth(1).click()
    expect(page.locator("#words .word[aria-pressed=true]")).to_have_text("grey", timeout=PATIENCE)


def test_why_shows_both_pictures_and_what_changed(page):
    example(page, EXAMPLE["text"])
    page.locator("#results .why").nth(1).click()
    expect(page.locator("#closer label", has_text="Why this result?").locator("input")).to_be_checked(timeout=PATIENCE)
    expect(page.locator("#panel figcaption").nth(1)).to_contain_text("Result 2", timeout=PATIENCE)
    expect(page.locator("#panel img")).to_have_count(2)
    expect(page.locator("#panel .changes li").first).to_be_visible()
    expect(page.locator("#results .card.chosen")).to_contain_text("2 ·")


def test_what_mattered_is_measured_for_every_region_and_word(page):
    example(page, EXAMPLE["text"])
    look(page, "What mattered")
    tables = page.locator("#panel table")
    expect(tables).to_have_count(3, timeout=PATIENCE)
    assert tables.nth(2).locator("tbody tr").count() == len(EXAMPLE["text"].split())
    for table in (0, 1):  # what the sentence acts on, and what carries the result
        assert tables.nth(table).locator("tbody tr").count() == page.locator("#figure .region").count()
        expect(tables.nth(table)).to_contain_text(re.compile(r"rank 1 (→ \d+|stays)"))
    expect(page.locator("#panel")).to_contain_text("by chance", timeout=PATIENCE)


def test_where_it_lies_and_other_compositors(page):
    example(page, EXAMPLE["text"])
    look(page, "Where it lies")
    expect(page.locator("#panel .single img")).to_have_attribute("alt", re.compile("arrow"), timeout=PATIENCE)
    look(page, "Compare")
    titles = page.locator("#panel .compare-columns h3")
    expect(titles).to_have_text(["LBF", "concat", "image + text", "text only", "image only"], timeout=PATIENCE)
    expect(page.locator("#panel section").first).to_contain_text("expected result: rank 1")
    expect(page.locator("#panel section").first.locator(".hit")).to_have_count(1)


def test_scenes_are_compared_with_tirg_too(page):
    example(page, SCENE["text"])
    look(page, "Compare")
    titles = page.locator("#panel .compare-columns h3")
    expect(titles).to_have_text(["LBF", "TIRG", "concat", "text only", "image only"], timeout=PATIENCE)


def test_whoever_clicks_fast_sees_the_last_thing_clicked(page):
    example(page, EXAMPLE["text"])
    for title in ("Why this result?", "Where it lies", "What mattered", "Compare"):
        page.locator("#closer label", has_text=title).click()
    expect(page.locator("#panel .compare-columns")).to_be_visible(timeout=PATIENCE)
    for place in (2, 1, 3):
        page.locator("#results .why").nth(place).click()
    expect(page.locator("#panel figcaption").nth(1)).to_contain_text("Result 4", timeout=PATIENCE)
    expect(page.locator("#results .card.chosen")).to_contain_text("4 ·")
