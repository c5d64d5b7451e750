"""Pictures that visitors bring to search in, in a real Chromium."""

import tempfile
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE, bring, example, found, upload
from tests.server import ROOT
from tests.shown_examples import EXAMPLE, EXAMPLES, OTHER

pytestmark = pytest.mark.usefixtures("loaded")


def test_own_pictures_are_searched_by_their_owner_alone(page, browser, app_url, own_files):
    bring(page, own_files)
    report = page.locator("#own-report")
    expect(report).to_contain_text("3 pictures indexed")
    expect(report).to_contain_text("again.bmp = one.png")
    expect(report).to_contain_text("broken.jpg: ")
    expect(page.locator("#gallery label", has_text="My pictures (3)").locator("input")).to_be_checked()
    upload(page, EXAMPLES / EXAMPLE["picture"])
    found(page, EXAMPLE["text"])
    expect(page.locator("#results .name")).to_have_count(2)
    assert {n.inner_text() for n in page.locator("#results .name").all()} == {"two.png", "three.png"}
    expect(page.locator("#status")).to_contain_text("This picture is in the gallery, so it was left out")

    with browser.new_context() as context:
        other = context.new_page()
        other.goto(app_url, wait_until="domcontentloaded")
        expect(other.locator("#gallery label").first).to_be_visible(timeout=PATIENCE)
        expect(other.locator("#gallery")).not_to_contain_text("My pictures")

    example(page, OTHER["text"])
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


def test_a_visitor_who_leaves_frees_the_queue_and_takes_the_uploads_along(page, browser, app_url, tmp_path, own_files):
    with browser.new_context() as context:
        leaving = context.new_page()
        leaving.goto(app_url, wait_until="domcontentloaded")
        expect(leaving.locator("#search")).to_be_visible(timeout=PATIENCE)
        leaving.locator("#own").get_by_text("Your own pictures").click()
        path = tmp_path / "many-of-one-who-leaves.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted((ROOT / "assets" / "galleries" / "css" / "pictures").iterdir())[-200:]:
                archive.write(file, file.name)
        leaving.set_input_files("#own-files input[type=file]", str(path))
        expect(leaving.locator("#own-files")).to_contain_text("many", timeout=PATIENCE)
        leaving.click("#own-index")
        expect(leaving.locator("#own-report progress")).to_be_visible(timeout=PATIENCE)
    bring(page, own_files)  # one visitor is indexed at a time
    expect(page.locator("#own-report")).to_contain_text("3 pictures indexed")
    cache = Path(tempfile.gettempdir()) / "gradio"
    for _ in range(100):
        if not list(cache.glob("*/many-of-one-who-leaves.zip")):
            break
        page.wait_for_timeout(200)
    assert not list(cache.glob("*/many-of-one-who-leaves.zip")), "the upload went with its visitor"


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
