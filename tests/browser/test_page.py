"""The page as a visitor meets it, in a real Chromium."""

import json
import re
import tempfile
import zipfile
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlparse

import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from scripts.browser import find as browser_to_drive
from tests.server import ROOT

EXAMPLES = ROOT / "assets" / "examples"
SHOWN = json.loads((EXAMPLES / "examples.json").read_text())
EXAMPLE, OTHER = SHOWN[:2]  # garments, which the page lists first
SCENE = next(e for e in SHOWN if e["gallery"] == "css")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
PATIENCE = 60_000  # milliseconds, for a busy machine


@pytest.fixture(scope="module")
def browser():
    executable = browser_to_drive()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module", autouse=True)
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
    expect(page.locator("#panel section").first).to_contain_text("the result in mind: rank 1")
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


def test_a_link_restores_everything_that_can_be_named(page, browser, app_url):
    example(page, EXAMPLE["text"])
    page.locator("#results .go").first.click()
    expect(page.locator(FIELD).first).to_have_value("", timeout=PATIENCE)
    found(page, "same but in blue")
    expect(page.locator(STEPS)).to_have_count(2, timeout=PATIENCE)
    ids = [b.get_attribute("data-pick") for b in page.locator("#results .go").all()]
    page.locator("#words .word").first.click()
    page.locator("#view button").first.click()
    page.locator("#style label", has_text="soft").click()
    page.locator("#results .why").nth(1).click()
    page.wait_for_url(re.compile("drawn=soft.*closer=why|closer=why.*drawn=soft"), timeout=PATIENCE)
    page.locator("#trail button").first.click()
    expect(page.locator("#trail [aria-current]")).to_contain_text(EXAMPLE["text"], timeout=PATIENCE)
    page.locator("#trail button").nth(1).click()
    expect(page.locator("#trail [aria-current]")).to_contain_text("same but in blue", timeout=PATIENCE)
    page.locator("#words .word").first.click()
    page.locator("#results .why").nth(1).click()
    page.wait_for_url(re.compile("same\\+but\\+in\\+blue.*result=.*focus=word%3A0"), timeout=PATIENCE)
    page.locator("#save button").first.click()
    expect(page.locator("#link textarea, #link input").first).to_have_value(page.url, timeout=PATIENCE)
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(page.url, wait_until="domcontentloaded")
        expect(other.locator(STEPS)).to_have_count(2, timeout=PATIENCE)
        expect(other.locator("#trail [aria-current]")).to_contain_text("same but in blue")
        expect(other.locator("#results .go").first).to_be_visible(timeout=PATIENCE)
        assert [b.get_attribute("data-pick") for b in other.locator("#results .go").all()] == ids
        expect(other.locator(FIELD).first).to_have_value("same but in blue", timeout=PATIENCE)
        expect(other.locator("#words .word").first).to_have_attribute("aria-pressed", "true")
        other.locator("#view button").first.click()
        expect(other.locator("#style label", has_text="soft").locator("input")).to_be_checked()
        expect(other.locator("#results .card.chosen")).to_contain_text("2 ·")
        expect(other.locator("#panel figcaption").nth(1)).to_contain_text("Result 2", timeout=PATIENCE)
        expect(other.locator("#trail button").first).to_contain_text(EXAMPLE["text"])


def test_a_link_that_cannot_be_restored_says_why(browser, app_url):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{app_url}/?picture=fashion:gone&text=red&gallery=fashion", wait_until="domcontentloaded")
        expect(page.locator(".toast-body")).to_contain_text("no picture 'gone'", timeout=PATIENCE)
        expect(page.locator("#status")).to_contain_text("no picture 'gone'", timeout=PATIENCE)
        expect(page.locator("#status progress")).to_have_count(0)
        assert str(ROOT) not in page.locator("body").inner_text(), "visitors learn nothing of the server's folders"


def test_an_upload_is_never_part_of_a_link(page, tmp_path):
    with Image.open(EXAMPLES / EXAMPLE["picture"]) as picture:
        picture.convert("RGB").rotate(180).save(tmp_path / "mine.png")
    upload(page, tmp_path / "mine.png")
    found(page, EXAMPLE["text"])
    assert "picture=" not in page.url and "mine" not in page.url


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
    for file, source, turn in zip(files[:-1], pictures, (0, 0, 180, 0), strict=True):
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
