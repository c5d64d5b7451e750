"""What a visitor meets before anything was asked, and while asking: in a real Chromium."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.visiting import FIELD, PATIENCE, answered, bring, example, found, on_show
from tests.shown_examples import EXAMPLE, EXAMPLES, SCENE

pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture
def picture(tmp_path):
    """A file that is none of the examples."""
    with Image.open(EXAMPLES / EXAMPLE["picture"]) as shown:
        shown.convert("RGB").rotate(180).save(tmp_path / "mine.png")
    return tmp_path / "mine.png"


def test_the_page_opens_on_a_whole_answer(page):
    expect(page.locator("#results .go")).to_have_count(8)
    for part in ("#picture img", "#figure img", "#words .word >> nth=0", "#panel .maps", "#suggestions button >> nth=0"):
        expect(page.locator(part)).to_be_visible()
    assert page.locator(FIELD).input_value() == page.locator("#results [data-asked]").get_attribute("data-asked")
    page.locator("#how button").first.click()
    expect(page.locator("#how .steps li")).to_have_count(4, timeout=PATIENCE)
    expect(page.locator("#trail")).to_be_hidden()
    page.locator("#results .why").nth(1).click()  # and all of it answers
    expect(page.locator("#panel figcaption").nth(1)).to_contain_text("Result 2", timeout=PATIENCE)


def test_an_own_picture_replaces_the_example_in_one_move(page, picture):
    shown, below = page.locator("#picture img"), page.locator("#examples")
    for part in ("#suggestions button >> nth=0", "#filters input"):  # the page is whole
        expect(page.locator(part)).to_be_visible(timeout=PATIENCE)
    before, place = shown.get_attribute("src"), below.bounding_box()["y"]
    with page.expect_file_chooser() as chooser:
        page.locator("#bring .own").click()
    chooser.value.set_files(picture)
    expect(shown).not_to_have_attribute("src", before, timeout=PATIENCE)
    expect(page.locator("body")).to_have_class("stale")
    text = page.locator(FIELD).first.input_value()
    for typed in ("something else", text):
        page.fill(FIELD, typed)
        expect(page.locator("body")).to_have_class("stale")  # whatever the text, it is another picture
    page.wait_for_timeout(1500)  # suggestions arrive
    assert abs(below.bounding_box()["y"] - place) < 2, "nothing jumps"
    found(page, "same but in blue")
    expect(page.locator("body")).not_to_have_class("stale")


def test_an_answer_to_another_text_is_dim(page):
    example(page, EXAMPLE["text"])
    page.fill(FIELD, EXAMPLE["text"] + " now")
    expect(page.locator("body")).to_have_class("stale")
    page.fill(FIELD, EXAMPLE["text"])
    expect(page.locator("body")).not_to_have_class("stale")


def test_a_broken_picture_is_told_as_soon_as_it_is_there(page, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes((EXAMPLES / EXAMPLE["picture"]).read_bytes()[:60])
    page.set_input_files("#picture input[type=file]", str(broken))
    expect(page.locator("#ask")).to_contain_text("broken.png", timeout=PATIENCE)
    page.set_input_files("#picture input[type=file]", str(EXAMPLES / EXAMPLE["picture"]))
    expect(page.locator("#ask")).not_to_contain_text("broken.png", timeout=PATIENCE)


def test_few_stops_of_the_tab_key_lie_between_the_text_and_the_first_result(page):
    example(page, EXAMPLE["text"])
    page.locator(FIELD).focus()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.pick || ''"))
    assert any(pick.startswith("next:") for pick in reached), reached
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator(FIELD).first).to_be_focused()


def test_radio_buttons_are_groups(page):
    look = page.get_by_role("radiogroup", name="Look closer at")
    look.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    expect(look.get_by_role("radio").nth(1)).to_be_checked()
    expect(page.locator("#panel .pair")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") != "radio", "one stop"


def test_a_number_in_the_picture_points_at_its_region(page):
    example(page, SCENE["text"])
    number = page.locator('#figure .number[data-pick="point:1"]')
    expect(number).to_have_text("2")
    number.click()
    expect(page.locator("#pointing")).to_contain_text("Only region 2 will change.", timeout=PATIENCE)
    expect(number).to_have_attribute("aria-pressed", "true")
    page.locator("#pointing .clear").click()
    expect(number).to_have_attribute("aria-pressed", "false", timeout=PATIENCE)


def test_controls_of_attention_are_there_for_attention_alone(page):
    page.locator("#view button").first.click()
    expect(page.locator("#layer")).to_be_visible()
    page.locator("#method label", has_text="relevance").click()
    expect(page.locator("#layer")).to_be_hidden(timeout=PATIENCE)
    page.locator("#method label", has_text="attention").click()
    expect(page.locator("#layer")).to_be_visible(timeout=PATIENCE)


def test_a_phone_shows_the_parts_in_their_order(browser, app_url):
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        phone = context.new_page()
        phone.goto(app_url, wait_until="domcontentloaded")
        expect(phone.locator("#search")).to_be_visible(timeout=PATIENCE)
        parts = ("#picture", "#text", "#search", "#results", "#figure", "#gallery", "#examples")
        tops = [phone.locator(part).bounding_box()["y"] for part in parts]
        assert tops == sorted(tops)
        before = on_show(phone)
        phone.locator("#search").click()
        answered(phone, before)
        expect(phone.locator("#results-title")).to_be_in_viewport()


def test_back_goes_one_answer_back(page):
    example(page, EXAMPLE["text"])
    page.wait_for_url("**picture=example**", timeout=PATIENCE)
    found(page, "same but in blue")
    page.wait_for_url("**blue**", timeout=PATIENCE)
    before = on_show(page)
    page.go_back()
    answered(page, before)
    expect(page.locator(FIELD).first).to_have_value(EXAMPLE["text"])


def test_more_like_a_result_is_part_of_the_query_until_it_is_taken_back(page):
    first = example(page, EXAMPLE["text"])
    third = page.locator("#results .go").nth(2).get_attribute("data-pick").removeprefix("next:")
    before = on_show(page)
    page.locator(f'#results [data-pick="more:{third}"]').click()
    assert answered(page, before) == third
    expect(page.locator("#parts .part")).to_have_count(1)
    expect(page.locator(f'#results [data-pick="more:{third}"]')).to_have_attribute("aria-pressed", "true")
    page.fill("#but-not input, #but-not textarea", "striped")
    expect(page.locator("body")).to_have_class("stale")
    before = on_show(page)
    page.press("#but-not input, #but-not textarea", "Enter")
    answered(page, before)
    expect(page.locator("#parts")).to_contain_text("striped")
    expect(page.locator("#status")).to_contain_text("more like 1 result, but not “striped”")
    page.wait_for_url("**feedback=**striped**", timeout=PATIENCE)
    before = on_show(page)
    page.locator("#parts .clear").click()
    assert answered(page, before) == first
    expect(page.locator("#parts .part")).to_have_count(0)
    expect(page.locator("#but-not input, #but-not textarea").first).to_have_value("")


def test_a_box_is_drawn_on_the_picture_and_changes_alone(page):
    example(page, SCENE["text"])
    regions = page.locator("#figure .region").count()
    page.locator("#pointing .draw").click()
    frame = page.locator("#figure .figure img").bounding_box()
    page.mouse.move(frame["x"] + 0.2 * frame["width"], frame["y"] + 0.3 * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.6 * frame["width"], frame["y"] + 0.8 * frame["height"], steps=4)
    page.mouse.up()
    expect(page.locator("#pointing")).to_contain_text("Only your box will change.", timeout=PATIENCE)
    left, top, right, bottom = map(int, page.locator("#figure .drawn").get_attribute("data-box").split(","))
    assert (left, top, right, bottom) == pytest.approx((200, 300, 600, 800), abs=6)
    page.locator("#words .word").first.click()  # the map is drawn anew, and the box stays on it
    expect(page.locator("#said")).to_contain_text("“make”", timeout=PATIENCE)
    expect(page.locator("#figure .drawn")).to_be_visible()
    found(page, "make object red")
    expect(page.locator("#figure .region")).to_have_count(regions + 1)
    expect(page.locator("#status")).to_contain_text(f"Only region {regions + 1} (")
    expect(page.locator("#figure .drawn")).to_have_count(0)
    page.wait_for_url("**regions=box**", timeout=PATIENCE)


def test_a_box_is_drawn_with_the_keyboard_alone(page):
    example(page, SCENE["text"])
    page.focus("#pointing .draw")
    page.keyboard.press("Enter")
    new = page.locator("#figure .drawn.new")
    expect(new).to_be_focused()
    expect(new).to_have_attribute("aria-label", re.compile("Box from 30 to 70 percent across and 30 to 70 down"))
    page.keyboard.press("Escape")
    expect(new).to_have_count(0)
    expect(page.locator("#pointing .draw")).to_be_focused()
    page.keyboard.press("Enter")
    for key in ["ArrowLeft"] * 30 + ["ArrowDown"] * 2 + ["Shift+ArrowRight"] * 3 + ["Shift+ArrowUp"]:
        page.keyboard.press(key)
    expect(new).to_have_attribute("data-edges", "0,340,460,720")
    page.keyboard.press("Enter")
    expect(page.locator("#pointing")).to_contain_text("Only your box will change.", timeout=PATIENCE)
    box = page.locator("#figure .drawn").get_attribute("data-box").split(",")
    assert list(map(int, box)) == pytest.approx((0, 340, 460, 720), abs=6), "as far as pixels go"


def test_another_gallery_dims_what_is_on_show_and_a_filter_takes_effect_at_once(page):
    page.get_by_label("Scenes (drawn)").check()
    expect(page.locator("body")).to_have_class("stale")
    text = page.locator(FIELD).first.input_value()
    page.fill(FIELD, "something else")
    page.fill(FIELD, text)
    expect(page.locator("body")).to_have_class("stale")  # the same text, but in another gallery
    page.get_by_label("Garments (drawn)").check()
    expect(page.locator("body")).not_to_have_class("stale")
    before = on_show(page)
    page.locator("#filters input").click()
    page.get_by_role("option", name="color: blue").click()
    expect(page.locator("#results [data-answer]")).not_to_have_attribute("data-answer", before, timeout=PATIENCE)
    page.wait_for_url(re.compile("color.*blue"), timeout=PATIENCE)
    expect(page.locator("#filters input")).to_be_focused()


def test_another_number_of_results_takes_effect_at_once(page):
    before = on_show(page)
    page.locator("#count input[type=number]").fill("3")
    expect(page.locator("#results .go")).to_have_count(3, timeout=PATIENCE)
    assert on_show(page) == before, "the same answer"


def test_clear_leaves_nothing_to_ask(page):
    page.locator("#clear").click()
    expect(page.locator("#picture img")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(FIELD).first).to_have_value("")
    expect(page.locator("#suggestions button")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator("body")).to_have_class("stale")


def test_examples_stand_where_an_answer_would_as_long_as_there_is_none(page):
    page.locator("#figure img").first.evaluate("image => image.remove()")
    expect(page.locator("#answer")).to_be_hidden()
    first, ask = page.locator("#examples button").first.bounding_box(), page.locator("#ask").bounding_box()
    assert first["x"] > ask["x"] + ask["width"] and first["y"] < ask["y"] + 200


def test_why_is_pressed_while_its_panel_is_open(page):
    pressed = page.locator('#results .why[aria-pressed="true"]')
    expect(pressed).to_have_count(0)
    page.locator("#results .why").nth(1).click()
    expect(page.locator("#panel .pair")).to_be_visible(timeout=PATIENCE)
    expect(pressed).to_have_count(1)
    page.locator("#closer label", has_text="All words").click()
    expect(page.locator("#panel .maps")).to_be_visible(timeout=PATIENCE)
    expect(pressed).to_have_count(0)


def test_own_pictures_are_added_and_removed(page, own_files):
    bring(page, own_files[:2])
    expect(page.locator("#own-index")).to_have_text("Start over")
    page.locator('#own-files [aria-label="Clear"]').click()
    page.set_input_files("#own-files input[type=file]", str(own_files[2]))
    expect(page.locator("#own-files")).to_contain_text("three", timeout=PATIENCE)
    page.locator("#own-add").click()
    expect(page.locator("#own-report")).to_contain_text("1 added; you can search 3 pictures now.", timeout=PATIENCE)
    expect(page.locator("#gallery")).to_contain_text("My pictures (3)", timeout=PATIENCE)
    page.locator("#own-list summary").click()
    page.get_by_role("button", name="Remove one.png").click()
    expect(page.locator("#gallery")).to_contain_text("My pictures (2)", timeout=PATIENCE)
    expect(page.locator("#own-list")).not_to_contain_text("one.png")
