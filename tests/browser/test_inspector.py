"""The words and regions of an answer, and the controls of their map, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE, example
from tests.shown_examples import EXAMPLE

pytestmark = pytest.mark.usefixtures("loaded")


def test_words_and_regions_answer_each_other_without_a_search(page):
    example(page, EXAMPLE["text"])

    def said():  # above it, Gradio may still count the seconds of the answer
        return page.locator("#status").inner_text().splitlines()[-1]

    before = said()
    words, figure = page.locator("#words .word"), page.locator("#figure img")
    assert words.count() == len(EXAMPLE["text"].split())
    (opened,) = page.locator("#words .word[aria-pressed=true]").all_inner_texts()
    assert opened != "replace"
    words.first.click()
    expect(figure).to_have_attribute("alt", re.compile("“replace” looked"), timeout=PATIENCE)
    expect(page.locator("#said")).to_contain_text("“replace”")
    region = page.locator("#figure .region").last
    assert re.search(r"score [01]\.\d+, label \d+% sure, \d+% of “replace”", region.get_attribute("title"))
    region.click()
    expect(page.locator("#said")).to_contain_text("listened most to", timeout=PATIENCE)
    expect(page.locator("#words .share")).to_have_count(words.count())
    page.locator("#figure .region[aria-pressed=true]").click()
    expect(page.locator("#said")).to_contain_text(f"“{opened}”", timeout=PATIENCE)
    assert said() == before, "nothing was searched again"


def test_method_style_contrast_layer_and_head_change_the_map(page):
    example(page, EXAMPLE["text"])
    figure = page.locator("#figure img")
    page.locator("#view button").first.click()
    for control in (
        "#method label:has-text('relevance')",
        "#style label:has-text('soft')",
        "#contrast label",
        "#method label:has-text('attention')",
        "#layer label:last-of-type",
        "#head label:has-text('2')",
    ):
        shown = figure.get_attribute("src")
        page.locator(control).first.click()
        expect(figure).not_to_have_attribute("src", shown, timeout=PATIENCE)
    expect(page.locator("#said")).to_contain_text("Compared with the other words")
