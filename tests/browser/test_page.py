"""The page as a visitor meets it, in a real Chromium."""

import json
import re
import zipfile
from urllib.parse import urlparse

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.server import ROOT

EXAMPLES = ROOT / "assets" / "examples"
SHOWN = json.loads((EXAMPLES / "examples.json").read_text())
EXAMPLE, OTHER = SHOWN[:2]  # garments, which the page offers first
SCENE = next(e for e in SHOWN if e["gallery"] == "css")
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


def search_in(page, title):
    page.locator("#gallery label", has_text=title).click()
    expect(page.locator("#gallery label", has_text=title).locator("input")).to_be_checked(timeout=PATIENCE)


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
    search_in(page, "Scenes")
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
    first_result(page)


def test_free_text_has_no_unknown_words_and_slips_are_read(page):
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, "would you have this in pnik, please?")
    expect(page.locator("#status")).to_contain_text("Read “pnik” as “pink”", timeout=PATIENCE)
    first_result(page)


def test_each_example_searches_its_own_gallery(page):
    page.locator("#examples").get_by_text(SCENE["text"]).first.click()
    assert SCENE["answer"] in first_result(page)
    expect(page.locator("#gallery label", has_text="Scenes").locator("input")).to_be_checked()


def test_a_strange_picture_still_gets_an_answer(page, tmp_path):
    path = tmp_path / "cmyk.jpg"
    Image.new("CMYK", (300, 40), (10, 200, 90, 30)).save(path)
    upload(page, path)
    ask(page, "add red cube")
    first_result(page)


def bring(page, files):
    """Upload own pictures and wait for the report."""
    page.locator("#own").get_by_text("Your own pictures").click()
    page.set_input_files("#own-files input[type=file]", [str(f) for f in files])
    expect(page.locator("#own-files")).to_contain_text(files[0].name[:3], timeout=PATIENCE)
    page.click("#own-index")
    expect(page.locator("#own-report")).to_contain_text("indexed", timeout=PATIENCE)


@pytest.fixture
def own_files(tmp_path):
    """Three pictures, one of them again in another format, and a broken one."""
    files = [tmp_path / name for name in ("one.png", "two.png", "three.png", "again.bmp", "broken.jpg")]
    pictures = [EXAMPLES / e["picture"] for e in (EXAMPLE, OTHER)] + [EXAMPLES / EXAMPLE["picture"]] * 2
    for file, source, turn in zip(files, pictures, (0, 0, 180, 0), strict=False):
        with Image.open(source) as picture:
            picture.convert("RGB").rotate(turn).save(file)
    files[-1].write_bytes(files[0].read_bytes()[:200])
    return files


def test_own_pictures_are_searched_by_their_owner_alone(page, browser, app_url, own_files):
    bring(page, own_files)
    report = page.locator("#own-report")
    expect(report).to_contain_text("3 pictures indexed")
    expect(report).to_contain_text("again.bmp = one.png")
    expect(report).to_contain_text("broken.jpg: ")
    expect(page.locator("#gallery label", has_text="My pictures (3)").locator("input")).to_be_checked()
    upload(page, EXAMPLES / EXAMPLE["picture"])
    ask(page, EXAMPLE["text"])
    first_result(page)
    expect(page.locator("#results")).to_contain_text(re.compile(r"3 · -?[0-9.]+ · (one|two|three)[.]png"))
    expect(page.locator("#results")).not_to_contain_text("4 · ")

    with browser.new_context() as context:
        other = context.new_page()
        other.goto(app_url, wait_until="domcontentloaded")
        expect(other.locator("#gallery label").first).to_be_visible(timeout=PATIENCE)
        expect(other.locator("#gallery")).not_to_contain_text("My pictures")

    page.locator("#examples").get_by_text(OTHER["text"]).first.click()
    expect(page.locator("#gallery label", has_text="My pictures").locator("input")).not_to_be_checked(timeout=PATIENCE)
    expect(page.locator("#results")).not_to_contain_text(".png", timeout=PATIENCE)


def test_indexing_needs_files_and_can_be_stopped(page, tmp_path):
    page.locator("#own").get_by_text("Your own pictures").click()
    page.click("#own-index")
    expect(page.locator("#own-files")).to_contain_text("Add pictures or a zip first", timeout=PATIENCE)
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((ROOT / "assets" / "galleries" / "css" / "pictures").iterdir())[:200]:
            archive.write(file, file.name)
    page.set_input_files("#own-files input[type=file]", str(path))
    expect(page.locator("#own-files")).to_contain_text("many", timeout=PATIENCE)
    page.click("#own-index")
    expect(page.locator("#own-report progress")).to_be_visible(timeout=PATIENCE)
    page.click("#own-stop")
    expect(page.locator("#own-report")).to_contain_text("Stopped", timeout=PATIENCE)
    expect(page.locator("#gallery")).not_to_contain_text("My pictures")


def test_own_pictures_work_from_the_keyboard_on_a_phone(browser, app_url, own_files):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(app_url, wait_until="domcontentloaded")
    expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
    page.locator("#own button").first.focus()
    page.keyboard.press("Enter")
    page.set_input_files("#own-files input[type=file]", [str(f) for f in own_files])
    expect(page.locator("#own-files")).to_contain_text("one", timeout=PATIENCE)
    page.locator("#own-index").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#own-report")).to_contain_text("3 pictures indexed", timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_no_sideways_scrolling(browser, app_url, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(app_url, wait_until="domcontentloaded")
    expect(page.locator("#search")).to_be_visible(timeout=PATIENCE)
    page.locator("#examples").get_by_text(OTHER["text"]).first.click()
    first_result(page)
    expect(page.locator("#status")).to_be_in_viewport(timeout=PATIENCE)  # the answer does not lie out of sight
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
