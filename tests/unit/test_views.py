"""What the page shows of a visit, without a page."""

import base64
import io
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from lbf_model.explain.drawing import draw_heat
from lbf_model.interface.answers import Query, QueryError
from lbf_model.interface.attention_choice import named_layers
from lbf_model.interface.records import explanation_record, search_record
from lbf_model.interface.state import Focus, View
from lbf_model.interface.uploads import UploadReport
from lbf_model.interface.views import answer, detail_panels
from lbf_model.interface.views.inspector import all_maps, inspector, maps, number_spots, telling_word, word_pictures
from lbf_model.interface.views.own_pictures import upload_summary
from lbf_model.interface.views.pictures import thumbnail
from lbf_model.types import Tokens
from tests.small import random_regions
from tests.unit.conftest import TEXT


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text in each."""

    def __init__(self, html):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(str(html))

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.texts.append("")

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] += data

    def of_class(self, name):
        return [text.strip() for (_, a), text in zip(self.found, self.texts, strict=True) if a.get("class") == name]

    def picks(self):
        return [a["data-pick"] for _, a in self.found if "data-pick" in a]

    def pressed(self):
        return [a["data-pick"] for _, a in self.found if a.get("aria-pressed") == "true"]

    def alts(self):
        return [a.get("alt") for tag, a in self.found if tag == "img"]


def looking_at(visit, kind, index):
    return replace(visit, focus=Focus(kind, index))


# Results, examples, trail


def test_results_can_be_picked_explained_and_told_apart(visit):
    tags = Tags(answer.results(visit))
    ids = [m.id for m in visit.answer.result.matches]
    assert tags.picks() == [f"{kind}:{id}" for id in ids for kind in ("next", "why", "more", "less")]
    assert tags.alts() == [m.caption for m in visit.answer.result.matches]
    assert tags.pressed() == [] and Tags(answer.results(visit, True)).pressed() == [f"why:{ids[0]}"]
    assert Tags(answer.results(replace(visit, chosen=ids[2]), True)).pressed() == [f"why:{ids[2]}"]


def test_the_known_target_is_marked_where_it_is_and_copies_are_counted(small_visit):
    html = str(answer.results(small_visit))
    first, second = html.split("<li ")[1:]
    assert "✓ the expected result" in second and "✓" not in first
    assert "2 · 0.400 · 3×" in second and "has this picture 3 times" in second and "×" not in first and "times" not in first


def test_captions_are_shown(small_visit):
    assert Tags(answer.results(small_visit)).of_class("name") == ["a", "b"]


def test_examples_stand_below_the_title_of_their_gallery():
    html = answer.example_cards([("data:1", "one", "A"), ("data:2", "two", "A"), ("data:3", "three", "B")])
    tags = Tags(html)
    assert html.count("<h3>") == 2 and html.index("<h3>A</h3>") < html.index("one") < html.index("two")
    assert tags.picks() == ["example:0", "example:1", "example:2"] and html.index("two") < html.index(
        "<h3>B</h3>"
    ) < html.index("three")


def test_a_suggestion_comes_back_as_it_was():
    assert Tags(answer.suggestion_chips(['make "it" <b> red'])).picks() == ['ask:make "it" <b> red']
    assert answer.suggestion_chips([]) == ""


def test_a_trail_is_shown_from_the_second_step_on(small_visit):
    assert answer.trail(small_visit) == ""
    asked = replace(small_visit.answer, query=replace(small_visit.answer.query, text="make blue"))
    visit = small_visit.asked(asked, "", "data:,", None, Focus("word", 0))
    tags = Tags(answer.trail(visit))
    assert tags.picks() == ["turn:0", "turn:1", "turn:clear"]
    assert [a["data-pick"] for _, a in tags.found if "aria-current" in a] == ["turn:1"]


def test_the_status_says_what_was_left_out(scenes, visit, small_visit):
    assert "ms" in answer.status(visit.answer) and "Not understood" not in answer.status(visit.answer)
    query = Query(visit.answer.query.picture, f"{TEXT} mauve", "scenes", 1)
    assert "Not understood, and left out: mauve." in answer.status(scenes.answer(query))
    result = small_visit.answer.result
    changed = replace(
        result,
        matches=(),
        left_out=("s1",),
        regions=replace(result.regions.top(1), whole_image=True),
        tokens=Tokens(("red",), np.arange(1), (), (("rde", "red"),)),
    )
    said = answer.status(replace(small_visit.answer, result=changed))
    assert "searched by the whole picture" in said and "so there is no result" in said and "Read “rde” as “red”." in said
    assert "This picture is in the gallery, so it was left out." in said
    said = answer.status(small_visit.answer)
    assert "2 regions found." in said and "left out" not in said and "no result" not in said


# The inspector. In `small_visit`, "make" looks at the dress with 90 % and at the sleeve with 10 %, "red" with 50 % each.


def test_the_word_that_names_a_colour_is_shown_first(small_visit):
    assert telling_word(small_visit.answer, View()) == Focus("word", 1)
    result = small_visit.answer.result
    words, maps = ("tall", "red"), np.array([[[[0.9, 0.1], [0.5, 0.5]]]], np.float32)
    for grounded, told in ((False, 1), (True, 0)):  # a map that was taught is shown for what it tells, not for its word
        explanation = replace(result.explanation, words=words, word_to_region=maps, grounded=grounded)
        tokens = replace(result.tokens, words=words)
        answer = replace(small_visit.answer, result=replace(result, tokens=tokens, explanation=explanation))
        assert telling_word(answer, View()) == Focus("word", told)


def test_a_word_that_mattered_through_nothing_is_told_in_a_whole_sentence(small_visit, small_details):
    small_details.relevance.word_to_region[:] = 0
    shown = inspector(looking_at(small_visit, "word", 1), small_details, View("relevance"))
    assert shown.said == "<p>“red” mattered through no region.</p>"


COMPARED = "Compared with the other words, "


@pytest.mark.parametrize(
    "index, view, shares, said",
    [
        (0, View(), ("90%", "10%"), "“make” looked at gray dress 90%, gray sleeve 10%."),
        # The mean over both words is 70 % and 30 %.
        (0, View(contrast=True), ("+20%", "-20%"), f"{COMPARED}“make” looked at gray dress +20%, gray sleeve -20%."),
        (1, View(contrast=True), ("-20%", "+20%"), f"{COMPARED}“red” looked at gray sleeve +20%, gray dress -20%."),
        (0, View("relevance"), ("30%", "70%"), "“make” mattered through gray sleeve 70%, gray dress 30%."),
        (1, View("relevance"), ("100%", "0%"), "“red” mattered through gray dress 100%."),
        (
            1,
            View("relevance", contrast=True),
            ("+35%", "-35%"),
            f"{COMPARED}“red” mattered through gray dress +35%, gray sleeve -35%.",
        ),
    ],
)
def test_a_word_is_shown_over_regions(small_visit, small_details, index, view, shares, said):
    shown = inspector(looking_at(small_visit, "word", index), small_details, view)
    assert shown.said == f"<p>{said}</p>"
    assert Tags(shown.words).pressed() == [f"word:{index}"] and Tags(shown.words).of_class("share") == []
    word = ("make", "red")[index]
    titles = {a["data-pick"]: a["title"] for _, a in Tags(shown.figure).found if a.get("data-pick", "").startswith("region:")}
    assert titles == {
        "region:0": f"gray dress, score 0.90, {shares[0]} of “{word}”",
        "region:1": f"gray sleeve, score 0.60, {shares[1]} of “{word}”",
    }


@pytest.mark.parametrize(
    "grounded, layer, index, said",
    [
        (False, "1", 1, "“red” looked at both regions alike: it prefers none."),
        (True, "1", 1, "“red” looked at both regions alike: by itself it fits none better than another."),
        (True, "2", 1, "“red” looked at both regions alike: the sentence is about none more than another."),
        (
            True,
            "1",
            0,
            "“make” looked at gray dress 90%, gray sleeve 10%. The first layer looks for what the word fits by itself.",
        ),
        (
            True,
            "2",
            0,
            "“make” looked at gray dress 90%, gray sleeve 10%. The last layer looks for what the sentence is about.",
        ),
        (True, "mean", 0, "“make” looked at gray dress 90%, gray sleeve 10%."),
    ],
)
def test_what_a_layer_shows_is_said_where_it_was_taught(small_visit, grounded, layer, index, said):
    result = small_visit.answer.result
    forth, back = (np.repeat(m, 2, 0) for m in (result.explanation.word_to_region, result.explanation.region_to_word))
    explanation = replace(result.explanation, word_to_region=forth, region_to_word=back, grounded=grounded)
    visit = replace(small_visit, answer=replace(small_visit.answer, result=replace(result, explanation=explanation)))
    assert inspector(looking_at(visit, "word", index), None, View(layer=layer)).said == f"<p>{said}</p>"
    names = named_layers(explanation)
    assert [choice for _, choice in names] == (["1", "2", "mean"] if grounded else ["mean", "1", "2"])
    assert any("what each word fits" in name for name, _ in names) == grounded


def test_no_layer_is_spoken_of_where_a_map_has_none(small_visit, small_details):
    result = small_visit.answer.result
    grounded = replace(result, explanation=replace(result.explanation, grounded=True))
    visit = looking_at(replace(small_visit, answer=replace(small_visit.answer, result=grounded)), "word", 0)
    said = [inspector(visit, small_details, View(method)).said for method in ("attention", "relevance")]
    assert "layer looks for" in said[0] and "layer" not in said[1]


def test_the_numbers_of_regions_do_not_hide_each_other():
    boxes = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 0.5, 1, 1], [0.4, 0.4, 0.41, 0.41], [0.4, 0.4, 0.42, 0.42]], np.float32)
    for size, shares in (((100, 100), ()), ((800, 200), ()), ((200, 800), ()), ((100, 100), (1, 3))):
        regions = replace(random_regions(5, size=size), boxes=boxes * [*size, *size])
        spots = np.array(number_spots(regions, shares))
        # On the page, in pixels: a picture is at most 330 wide and 440 high, a number 26, and 66 wide with a share.
        page = np.array(size) * min(330 / size[0], 440 / size[1])
        sizes = np.array([[66 if place in shares else 26, 26] for place in range(5)])
        middles = spots / 100 * page
        for one, other in combinations(range(5), 2):
            assert (np.abs(middles[one] - middles[other]) >= sizes[[one, other]].mean(0) - 1e-6).any(), (size, one, other)
        assert (middles >= sizes / 2 - 1e-6).all() and (middles <= page - sizes / 2 + 1e-6).all()
        assert (np.abs(middles[3] - 0.405 * page) < 1.5 * sizes[3] + 0.02 * page).all(), "a number stands at its region"


def test_the_numbers_of_the_heaviest_regions_tell_their_share(small_visit):
    shown = inspector(looking_at(small_visit, "word", 0), None, View())
    assert Tags(shown.figure).of_class("share") == ["90%", "10%"]
    shown = inspector(looking_at(small_visit, "word", 0), None, View(contrast=True))
    assert Tags(shown.figure).of_class("share") == ["+20%", "-20%"]
    for kind, index in (("word", 1), ("region", 0)):  # a word that prefers none, and what is no word
        assert Tags(inspector(looking_at(small_visit, kind, index), None, View()).figure).of_class("share") == []


def test_a_picture_of_several_regions_has_a_number_to_point_at_each(small_visit):
    assert Tags(inspector(small_visit, None, View()).figure).picks() == ["region:0", "region:1", "point:0", "point:1"]


@pytest.mark.parametrize(
    "index, view, said, shares",
    [
        (0, View(), "“gray dress” listened most to “red” 80%, “make” 20%.", ["20%", "80%"]),
        (1, View(), "“gray sleeve” listened most to “make” 60%, “red” 40%.", ["60%", "40%"]),
        (0, View(contrast=True), "“gray dress” listened most to “red” 80%, “make” 20%.", ["20%", "80%"]),
        (0, View("relevance"), "“gray dress” mattered most through “make” 75%, “red” 25%.", ["75%", "25%"]),
        (1, View("relevance"), "“gray sleeve” mattered most through “red” 100%, “make” 0%.", ["0%", "100%"]),
    ],
)
def test_a_region_is_shown_over_words(small_visit, small_details, index, view, said, shares):
    shown = inspector(looking_at(small_visit, "region", index), small_details, view)
    assert shown.said == f"<p>{said}</p>" and Tags(shown.words).of_class("share") == shares
    assert Tags(shown.words).pressed() == [] and Tags(shown.figure).pressed() == [f"region:{index}"]


def test_every_control_changes_the_drawing(small_visit, small_details):
    visit = looking_at(small_visit, "word", 0)
    views = [View(), View("relevance"), View(style="soft"), View(contrast=True), View(style="soft", contrast=True)]
    for shown in (
        [inspector(visit, small_details, view).figure for view in views],
        [all_maps(visit, small_details, view) for view in views],
    ):
        assert len(set(shown)) == len(views)
    focused = [inspector(looking_at(small_visit, "region", r), None, View()).figure for r in (0, 1)]
    assert focused[0] != focused[1]


def test_all_maps_show_the_difference_where_it_is_asked_for(small_visit):
    """The mean over both words is 70 % and 30 %."""
    picture, regions = small_visit.answer.picture, small_visit.answer.result.regions
    for view, rows in ((View(), [[0.9, 0.1], [0.5, 0.5]]), (View(contrast=True), [[0.2, -0.2], [-0.2, 0.2]])):
        rows = np.array(rows, np.float32)
        expected = [draw_heat(picture, regions, row, "boxes", view.contrast, labels=False, long_side=200) for row in rows]
        drawn = word_pictures(small_visit, None, view, side=200)
        assert all(np.abs(np.asarray(d, int) - np.asarray(e, int)).max() <= 2 for d, e in zip(drawn, expected, strict=True))


def test_a_region_lies_where_its_box_is_and_small_ones_lie_on_top(small_visit):
    buttons = [a for _, a in Tags(inspector(small_visit, None, View()).figure).found if "data-pick" in a]
    assert [b["data-pick"] for b in buttons][:2] == ["region:0", "region:1"]
    # x from 10 to 30 of 100, y from 20 to 40 of 80
    assert buttons[1]["style"] == "left:10.00%;top:25.00%;width:20.00%;height:25.00%"
    result = small_visit.answer.result
    turned = replace(result.regions, boxes=result.regions.boxes[::-1])
    visit = replace(small_visit, answer=replace(small_visit.answer, result=replace(result, regions=turned)))
    assert Tags(inspector(visit, None, View()).figure).picks()[:2] == ["region:1", "region:0"]


def test_the_chosen_layer_and_head_are_shown(small_visit):
    result = small_visit.answer.result
    forth = np.array([[[[1, 0]] * 2, [[0.8, 0.2]] * 2], [[[0.6, 0.4]] * 2, [[0.2, 0.8]] * 2]], np.float32)
    explanation = replace(result.explanation, word_to_region=forth, region_to_word=forth)
    answer = replace(small_visit.answer, result=replace(result, explanation=explanation))
    visit = replace(small_visit, answer=answer)
    for layer, head, dress in (("1", "1", 1), ("1", "2", 0.8), ("2", "1", 0.6), ("2", "2", 0.2), ("1", "mean", 0.9),
                               ("mean", "2", 0.5), ("mean", "mean", 0.65)):  # fmt: skip
        view = View(layer=layer, head=head)
        for shown in maps(visit, None, view):
            assert shown == pytest.approx(np.array([[dress, 1 - dress]] * 2)), (layer, head)
        said = f"gray dress {dress:.0%}" if dress != 0.5 else "both regions alike"
        assert said in inspector(visit, None, view).said


def test_a_region_that_was_not_to_change_heard_no_word(small_visit):
    result = replace(small_visit.answer.result, pointed_at=(2,))
    visit = replace(small_visit, answer=replace(small_visit.answer, result=result))
    said = [inspector(looking_at(visit, "region", index), None, View()).said for index in (0, 1)]
    assert (
        "“gray dress” was not meant to change, so it listened to no words." in said[0]
        and "“gray sleeve” listened most" in said[1]
    )
    assert "Only region 2 (gray sleeve) was to change." in answer.status(visit.answer)
    record = search_record(result, ["", ""])
    assert record["pointed_at"] == [2] and search_record(small_visit.answer.result, ["", ""])["pointed_at"] is None


def test_one_region_alone_is_explained(small_visit):
    result = small_visit.answer.result
    ones = np.ones((1, 1, 2, 1), np.float32)
    explanation = replace(result.explanation, word_to_region=ones, region_to_word=np.full((1, 1, 1, 2), 0.5, np.float32))
    answer = replace(small_visit.answer, result=replace(result, regions=result.regions.top(1), explanation=explanation))
    assert "no word can look anywhere else" in inspector(replace(small_visit, answer=answer), None, View()).said
    assert "anywhere else" not in inspector(small_visit, None, View()).said


@pytest.mark.parametrize("layer, head", [("7", "mean"), ("mean", "7"), ("x", "mean"), ("0", "mean"), ("²", "mean")])
def test_layers_and_heads_that_are_not_there_are_refused(small_visit, layer, head):
    with pytest.raises(QueryError, match=r"There is no (layer|head) 7|a number from 1"):
        inspector(small_visit, None, View(layer=layer, head=head))


def test_each_word_has_a_map(small_visit):
    drawn = [np.asarray(p) for p in word_pictures(small_visit, None, View(), side=200)]
    assert len(drawn) == 2 and all(max(d.shape) == 200 for d in drawn) and not np.array_equal(*drawn)
    tags = Tags(all_maps(small_visit, None, View()))
    assert tags.picks() == ["word:0", "word:1"] and tags.alts() == ["Where “make” looked", "Where “red” looked"]


def test_a_map_of_relevance_does_not_claim_that_words_looked(small_visit, small_details):
    view = View("relevance")
    assert Tags(all_maps(small_visit, small_details, view)).alts() == ["Where “make” mattered", "Where “red” mattered"]
    large = inspector(small_visit, small_details, view).figure
    assert Tags(large).alts() == ["Where “red” mattered: gray dress 100%"]


# Detail panels


def test_why_and_what_mattered_speak_of_the_chosen_result(visit, details):
    said = str(detail_panels.why(visit, details))
    assert len(Tags(said).alts()) == 2 and f"fits {visit.answer.result.matches[0].score:.3f}" in said
    said = str(detail_panels.mattered(visit, details, "Measured & told."))
    assert said.count("<table") == 3 and "Measured &amp; told." in said
    assert all(f">{word}</th>" in said for word in visit.answer.result.tokens.words)
    assert "<details>" not in detail_panels.mattered(visit, details, "")


def test_compositors_stand_in_columns(scenes, visit):
    columns = scenes.columns(visit.answer, "s3")
    said = str(detail_panels.compared(columns, "s3", visit.chosen))
    sections = said.split("<section>")[1:]
    assert len(sections) == len(columns) == len(scenes.catalog().by_name["scenes"].compared) + 1
    for section, column in zip(sections, columns, strict=True):
        assert f"<h3>{column.title}</h3>" in section and f"expected result: rank {column.rank_of_target}" in section
        marks = [a.get("class", "").split() for tag, a in Tags(section).found if tag == "li"]
        assert marks == [[m for m, id in (("hit", "s3"), ("mine", visit.chosen)) if id == match.id] for match in column.matches]
    assert "no other compositors" in detail_panels.compared(columns[:1], None)
    unread = replace(columns[1], matches=(), problem="cannot read it")
    assert "cannot read it" in detail_panels.compared([columns[0], unread], None)


def test_where_it_lies_is_one_picture_with_words(scenes, visit):
    said = detail_panels.landscape(visit, scenes.landscape(visit.answer, visit.chosen))
    (alt,) = Tags(said).alts()
    assert "among 8 results" in alt and "arrow" in alt


# Records and uploads


def test_records_say_the_whole_answer(visit):
    result = visit.answer.result
    record = search_record(replace(result, left_out=("s1", "s7")), [m.path for m in result.matches])
    assert [m["rank"] for m in record["matches"]] == [1, 2, 3, 4, 5] and record["item"] == "s1"
    assert set(record["matches"][0]) == {"rank", "id", "score", "caption", "duplicates", "picture"}
    assert set(record["regions"][0]) == {"box", "score", "label"}
    assert record["words"] == ["make", "red", "cube", "large"]
    attention = explanation_record(result)
    assert np.array(attention["word_to_region"]).shape == (4, len(record["regions"]))
    assert np.array(attention["region_to_word"]).sum(1) == pytest.approx(1, abs=1e-3)


def test_an_upload_is_reported_file_by_file():
    unreadable = tuple((f"broken {i}.jpg", "why & how") for i in range(25))
    said = str(upload_summary(1, UploadReport(("a",), (("b.bmp", "a.png"),), unreadable, (), 2)))
    assert "1 picture indexed" in said and "<b>b.bmp</b> = a.png" in said and "2 system files were ignored" in said
    assert "not readable: 25" in said and said.count("why &amp; how") == 20 and "and 5 more" in said
    assert "Refused" not in said
    said = str(upload_summary(2, UploadReport(("a", "b"), (), (), (("z.zip", "a link"),), 1)))
    assert "2 pictures indexed" in said and "Refused: 1" in said and "<b>z.zip</b>: a link" in said
    assert "1 system file was ignored" in said and "more" not in said
    assert "nothing to search" in upload_summary(0, UploadReport((), (), unreadable, (), 0))


# Pictures of cards


def shown(path) -> Image.Image:
    """What a browser gets to see of a file."""
    kind, _, data = thumbnail(path).removeprefix("data:").partition(";base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert Image.MIME[picture.format] == kind
    return picture


def striped(size=(90, 60)) -> Image.Image:
    """Red on the left, white on the right."""
    picture = Image.new("RGB", size, "white")
    picture.paste((200, 30, 30), (0, 0, size[0] // 2, size[1]))
    return picture


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_small_files_are_shown_as_they_are(form, tmp_path):
    striped().save(tmp_path / "a.picture", form)
    assert base64.b64encode((tmp_path / "a.picture").read_bytes()).decode() in thumbnail(tmp_path / "a.picture")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_small_files_are_shown_upright(form, tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6  # lies on its left side
    striped().save(tmp_path / "a.jpg", form, exif=tags)
    picture = shown(tmp_path / "a.jpg")
    assert picture.size == (60, 90) and picture.getexif().get(0x0112) is None
    top, bottom = picture.convert("RGB").getpixel((30, 10)), picture.convert("RGB").getpixel((30, 80))
    assert top == pytest.approx((200, 30, 30), abs=20) and min(bottom) > 240


@pytest.mark.parametrize("form, mode", [("TIFF", "RGB"), ("JPEG", "CMYK"), ("BMP", "RGB"), ("AVIF", "RGB")])
def test_what_browsers_may_not_show_is_made_into_what_they_do(form, mode, tmp_path):
    striped().convert(mode).save(tmp_path / "a.jpg", form)
    picture = shown(tmp_path / "a.jpg")
    assert picture.format == "WEBP" and picture.size == (90, 60)


def test_a_card_stays_where_the_file_of_its_picture_went(visit, tmp_path):
    matches = visit.answer.result.matches
    moved = (replace(matches[0], path=str(tmp_path / "gone.png")), *matches[1:])
    left = replace(visit, answer=replace(visit.answer, result=replace(visit.answer.result, matches=moved)))
    assert Tags(answer.results(left)).picks() == Tags(answer.results(visit)).picks()
    assert shown(tmp_path / "gone.png").convert("L").getextrema()[0] > 200
