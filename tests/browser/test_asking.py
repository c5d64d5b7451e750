"""Asking by picture and text, by an example, a suggestion, a result or chosen regions, in a real Chromium."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.visiting import FIELD, PATIENCE, STEPS, ask, example, found, upload
from tests.shown_examples import EXAMPLE, EXAMPLES, OTHER, SCENE

pytestmark = pytest.mark.usefixtures("loaded")


def test_upload_type_search_and_read_the_top_result(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    assert found(page, EXAMPLE["text"]) == EXAMPLE["answer"]
    expect(page.locator("#results")).to_contain_text(re.compile(r"1 · 0\.\d+"))
    expect(page.locator("#status [title]")).to_have_attribute("title", re.compile("detect [0-9]+ ms, compose"))
    expect(page.locator("#figure img")).to_be_visible()


def test_an_example_runs_with_one_click(page):
    assert example(page, OTHER["text"]) == OTHER["answer"]


def test_each_example_searches_its_own_gallery(page):
    assert example(page, SCENE["text"]) == SCENE["answer"]
    expect(page.locator("#gallery label", has_text="Scenes").locator("input")).to_be_checked(timeout=PATIENCE)


def test_suggestions_fit_the_picture_and_ask(page):
    example(page, EXAMPLE["text"])
    chips = page.locator("#suggestions button")
    expect(chips.first).to_have_text(re.compile("replace gray color to "), timeout=PATIENCE)
    text = chips.first.inner_text()
    chips.first.click()
    expect(page.locator(FIELD).first).to_have_value(text, timeout=PATIENCE)
    expect(page.locator(STEPS)).to_have_count(2, timeout=PATIENCE)


def test_a_result_becomes_the_next_reference_and_every_step_can_be_returned_to(page):
    first = example(page, EXAMPLE["text"])
    page.locator("#results .go").first.click()
    field = page.locator(FIELD).first
    expect(field).to_have_value("", timeout=PATIENCE)
    expect(field).to_be_focused()
    expect(page.locator("#picture img")).to_have_attribute("src", re.compile(first), timeout=PATIENCE)
    found(page, "same but in blue")
    steps = page.locator(STEPS)
    expect(steps).to_have_count(2, timeout=PATIENCE)
    assert first not in [b.get_attribute("data-pick") for b in page.locator("#results .go").all()], "it answers itself"
    steps.first.click()
    expect(field).to_have_value(EXAMPLE["text"], timeout=PATIENCE)
    expect(page.locator("#trail [aria-current]")).to_contain_text(EXAMPLE["text"], timeout=PATIENCE)
    expect(page.locator("#results .go").first).to_have_attribute("data-pick", f"next:{first}")
    page.locator("#trail .clear").click()
    expect(steps).to_have_count(0, timeout=PATIENCE)


def test_the_next_search_changes_the_regions_alone_that_were_pointed_at(page):
    example(page, SCENE["text"])
    second = page.locator('#pointing [data-pick="point:1"]')
    second.click(timeout=PATIENCE)
    expect(page.locator("#pointing")).to_contain_text("Only region 2 will change.", timeout=PATIENCE)
    ask(page, "make object red")
    expect(page.locator("#status")).to_contain_text(re.compile(r"Only region 2 \(.+\) was to change\."), timeout=PATIENCE)
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(r"[?&]regions=2(&|$)"), timeout=PATIENCE)
    page.locator("#pointing .clear").click()
    expect(page.locator("#pointing")).not_to_contain_text("will change", timeout=PATIENCE)
    ask(page, "make object blue")
    expect(page).to_have_url(re.compile(r"[?&]text=make\+object\+blue&"), timeout=PATIENCE)
    expect(page.locator("#status")).not_to_contain_text("to change", timeout=PATIENCE)
    expect(page.locator("#trail")).to_contain_text("make object red (only region 2)", timeout=PATIENCE)


def test_a_strange_picture_still_gets_an_answer(page, tmp_path):
    path = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (300, 40), (10, 200, 90, 30)).save(path)
    upload(page, path)
    found(page, "add red cube")


def test_a_search_tells_what_is_being_done(page):
    page.evaluate("""() => {
        window.told = [];
        new MutationObserver(() => window.told.push(document.querySelector("#status").textContent))
            .observe(document.querySelector("#status"), { childList: true, subtree: true, characterData: true });
    }""")
    example(page, EXAMPLE["text"])
    told = " ".join(page.evaluate("window.told"))
    assert "Searching" in told and "regions found" in told
