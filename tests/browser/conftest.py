"""A real Chromium, and a visitor in it."""

from urllib.parse import urlparse

import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from scripts.browser import find as browser_to_drive
from tests.browser.visiting import PATIENCE
from tests.shown_examples import EXAMPLE, EXAMPLES, OTHER


@pytest.fixture(scope="package")
def browser():
    executable = browser_to_drive()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def loaded(app_url):
    """Models are loaded: before that, a text is not checked beside its field, and the search says what is wrong with it."""
    Client(app_url, verbose=False).predict(api_name="/galleries")


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


@pytest.fixture
def own_files(tmp_path):
    """Three pictures, one of them again in another format, and a broken one."""
    files = [tmp_path / name for name in ("one.png", "two.png", "three.png", "again.bmp", "broken.jpg")]
    pictures = [EXAMPLES / e["picture"] for e in (EXAMPLE, OTHER)] + [EXAMPLES / EXAMPLE["picture"]] * 2
    for file, source, turn in zip(files[:-1], pictures, (0, 0, 180, 0), strict=True):
        with Image.open(source) as picture:
            picture.convert("RGB").rotate(turn).save(file)
    files[-1].write_bytes(files[0].read_bytes()[:200])
    return files
