"""The files that an answer is saved as, in a real Chromium."""

import json

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE, example
from tests.shown_examples import EXAMPLE

pytestmark = pytest.mark.usefixtures("loaded")


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
