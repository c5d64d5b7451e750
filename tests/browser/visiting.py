"""What a visitor does on the page, for browser tests: upload, ask, click an example, look closer, bring own pictures."""

from importlib.resources import files

from playwright.sync_api import expect

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
PATIENCE = 60_000  # milliseconds, for a busy machine
FIELD = "#text textarea, #text input"
STEPS = "#trail [data-pick]:not(.clear)"


def upload(page, path):
    """Bring a picture in place of the one that is there, and wait until it is shown."""
    with page.expect_response(lambda response: "/upload" in response.url and response.ok, timeout=PATIENCE):
        page.set_input_files("#picture input[type=file]", str(path))
    page.wait_for_timeout(300)  # the same picture has the same address, so nothing on the page tells when it is there
    expect(page.locator("#picture img")).to_be_visible(timeout=PATIENCE)


def ask(page, text):
    page.fill(FIELD, text)
    page.press(FIELD, "Enter")


def on_show(page):
    """What names the answer on show, "" where there is none."""
    cards = page.locator("#results [data-answer]")
    return cards.get_attribute("data-answer") if cards.count() else ""


def answered(page, before):
    """Wait for the answer after the one named, and until the page has brought its visitor there; gives the first result."""
    cards = page.locator("#results [data-answer]")
    expect(cards).to_be_visible(timeout=PATIENCE)
    expect(cards).not_to_have_attribute("data-answer", before, timeout=PATIENCE)
    expect(page.locator("#results-title")).to_be_focused(timeout=PATIENCE)
    return page.locator("#results .go").first.get_attribute("data-pick").removeprefix("next:")


def found(page, text):
    """Ask, and give the first result of the answer."""
    before = on_show(page)
    ask(page, text)
    return answered(page, before)


def search_in(page, title):
    page.locator("#gallery label", has_text=title).click()
    expect(page.locator("#gallery label", has_text=title).locator("input")).to_be_checked(timeout=PATIENCE)


def example(page, text):
    """Click an example and wait for its answer."""
    before = on_show(page)
    page.locator("#examples button", has_text=text).first.click()
    expect(page.locator(FIELD).first).to_have_value(text, timeout=PATIENCE)
    return answered(page, before)


# What is looked at closer, and what only that panel holds.
PANELS = {
    "All words": ".maps",
    "Why this result?": ".pair",
    "What mattered": "table",
    "Where it lies": ".single",
    "Compare": ".compare-columns",
}


def look(page, title):
    """Look closer in one of the ways there are, until it is there."""
    page.locator("#closer label", has_text=title).click()
    expect(page.locator(f"#panel {PANELS[title]}").first).to_be_visible(timeout=PATIENCE)


def bring(page, files):
    """Upload own pictures and wait for the report."""
    page.locator("#own").get_by_text("Your own pictures").click()
    page.set_input_files("#own-files input[type=file]", [str(f) for f in files])
    expect(page.locator("#own-files")).to_contain_text(files[0].name[:3], timeout=PATIENCE)
    page.click("#own-index")
    expect(page.locator("#own-report")).to_contain_text("indexed", timeout=PATIENCE)
