"""What the inspector says of a word or a region, by kind of map, layer and head, without a page."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.interface.answers import QueryError
from lbf_model.interface.attention_choice import named_layers
from lbf_model.interface.records import search_record
from lbf_model.interface.state import Focus, View
from lbf_model.interface.views import answer
from lbf_model.interface.views.inspector import inspector, maps, telling_word
from tests.unit.views.html_tags import Tags, looking_at

# In `small_visit`, "make" looks at the dress with 90 % and at the sleeve with 10 %, "red" with 50 % each.


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
    assert [choice for _, choice in names] == ["auto", *(["1", "2", "mean"] if grounded else ["mean", "1", "2"])]
    assert any("what each word fits" in name for name, _ in names) == grounded


def test_the_last_layer_is_shown_where_the_first_prefers_nothing(small_visit):
    """As in a picture of one red dress, all parts of which "red" fits."""
    result = small_visit.answer.result
    even, telling = np.full((1, 1, 2, 2), 0.5, np.float32), result.explanation.word_to_region[:, :, ::-1]  # "red" as "make"
    said = []
    for first, last in ((even, telling), (telling, even), (even, even)):
        back = np.repeat(result.explanation.region_to_word, 2, 0)
        forth = np.concatenate([first, last])
        explanation = replace(result.explanation, word_to_region=forth, region_to_word=back, grounded=True)
        visit = replace(small_visit, answer=replace(small_visit.answer, result=replace(result, explanation=explanation)))
        said.append(str(inspector(looking_at(visit, "word", 1), None, View()).said))
    assert "gray dress 90%" in said[0] and "last layer" in said[0]
    assert "gray dress 90%" in said[1] and "first layer" in said[1]
    assert "both regions alike: by itself" in said[2]


def test_no_layer_is_spoken_of_where_a_map_has_none(small_visit, small_details):
    result = small_visit.answer.result
    grounded = replace(result, explanation=replace(result.explanation, grounded=True))
    visit = looking_at(replace(small_visit, answer=replace(small_visit.answer, result=grounded)), "word", 0)
    said = [inspector(visit, small_details, View(method)).said for method in ("attention", "relevance")]
    assert "layer looks for" in said[0] and "layer" not in said[1]


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
