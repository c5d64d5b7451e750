"""The page as a visitor meets it, in a real Chromium."""

import json
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.visiting import (
    AXE,
    FIELD,
    PANELS,
    PATIENCE,
    STEPS,
    answered,
    ask,
    example,
    found,
    look,
    on_show,
    search_in,
    upload,
)
from tests.shown_examples import EXAMPLE, EXAMPLES, OTHER, SCENE

pytestmark = pytest.mark.usefixtures("loaded")


def test_upload_type_search_and_read_the_top_result(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    assert found(page, EXAMPLE["text"]) == EXAMPLE["answer"]
    expect(page.locator("#results")).to_contain_text(re.compile(r"1 · 0\.\d+"))
    expect(page.locator("#status [title]")).to_have_attribute("title", re.compile("detect [0-9]+ ms, compose"))
    expect(page.locator("#figure img")).to_be_visible()


def test_words_and_regions_answer_each_other_without_a_search(page):
    example(page, EXAMPLE["text"])

    def said():  # above it, Gradio may still count the seconds of the answer
        return page.locator("#status").inner_text().splitlines()[-1]

    before = said()
    words, figure = page.locator("#words .word"), page.locator("#figure img")
    assert words.count() == len(EXAMPLE["text"].split())
    (opened,) = page.locator("#words .word[aria-pressed=true]").all_inner_texts()
    shown = figure.get_attribute("src")
    assert opened != "replace"
    words.first.click()
    expect(figure).not_to_have_attribute("src", shown, timeout=PATIENCE)
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


def test_suggestions_fit_the_picture_and_ask(page):
    example(page, EXAMPLE["text"])
    chips = page.locator("#suggestions button")
    expect(chips.first).to_have_text(re.compile("replace gray color to "), timeout=PATIENCE)
    text = chips.first.inner_text()
    chips.first.click()
    expect(page.locator(FIELD).first).to_have_value(text, timeout=PATIENCE)
    expect(page.locator(STEPS)).to_have_count(2, timeout=PATIENCE)


def test_answers_can_be_saved(page, tmp_path):
    example(page, EXAMPLE["text"])
    page.locator("#save button").first.click()
    page.click("#make-files")
    links = page.locator("#files a")
    expect(links.first).to_be_visible(timeout=PATIENCE)
    saved = {}
    for link in links.all():
        with page.expect_download() as download:
            link.click()
        saved[download.value.suggested_filename] = download.value.path()
    assert {"report.html", "results.csv", "results.json", "regions.png", "map-1-replace.png"} <= set(saved)
    with Image.open(saved["map-1-replace.png"]) as picture:
        assert max(picture.size) == 720
    record = json.loads(saved["results.json"].read_text())
    assert record["matches"][0]["id"] == EXAMPLE["answer"]
    assert saved["results.csv"].read_text().splitlines()[1].startswith(f"1,{EXAMPLE['answer']},")
    report = saved["report.html"].read_text()
    assert EXAMPLE["text"] in report and "http://" not in report and "<script" not in report


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


def test_an_example_runs_with_one_click(page):
    assert example(page, OTHER["text"]) == OTHER["answer"]


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


def test_each_example_searches_its_own_gallery(page):
    assert example(page, SCENE["text"]) == SCENE["answer"]
    expect(page.locator("#gallery label", has_text="Scenes").locator("input")).to_be_checked(timeout=PATIENCE)


def test_a_strange_picture_still_gets_an_answer(page, tmp_path):
    path = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (300, 40), (10, 200, 90, 30)).save(path)
    upload(page, path)
    found(page, "add red cube")


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


def test_whoever_clicks_fast_sees_the_last_thing_clicked(page):
    example(page, EXAMPLE["text"])
    for title in ("Why this result?", "Where it lies", "What mattered", "Compare"):
        page.locator("#closer label", has_text=title).click()
    expect(page.locator("#panel .compare-columns")).to_be_visible(timeout=PATIENCE)
    for place in (2, 1, 3):
        page.locator("#results .why").nth(place).click()
    expect(page.locator("#panel figcaption").nth(1)).to_contain_text("Result 4", timeout=PATIENCE)
    expect(page.locator("#results .card.chosen")).to_contain_text("4 ·")


def test_a_phone_shows_the_query_first(browser, app_url):
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.goto(app_url, wait_until="domcontentloaded")
        expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(1000)
        assert page.evaluate("scrollY") == 0


def test_answers_are_read_out(page):
    for place in ("#status", "#said"):
        assert page.evaluate(
            f"!!document.querySelector('{place}').closest('[aria-live]') || "
            f"!!document.querySelector('{place} [aria-live], {place}[aria-live]')"
        ), place


def test_a_search_tells_what_is_being_done(page):
    page.evaluate("""() => {
        window.told = [];
        new MutationObserver(() => window.told.push(document.querySelector("#status").textContent))
            .observe(document.querySelector("#status"), { childList: true, subtree: true, characterData: true });
    }""")
    example(page, EXAMPLE["text"])
    told = " ".join(page.evaluate("window.told"))
    assert "Searching" in told and "regions found" in told


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
