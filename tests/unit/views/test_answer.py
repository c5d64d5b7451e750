"""Results, examples, suggestions, the trail and the status of an answer, without a page."""

from dataclasses import replace

import numpy as np

from lbf_model.interface.answers import Query
from lbf_model.interface.state import Focus
from lbf_model.interface.views import answer
from lbf_model.types import Tokens
from tests.unit.conftest import TEXT
from tests.unit.views.html_tags import Tags


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
