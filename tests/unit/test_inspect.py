"""The events that look into an answer, called with plain values."""

from dataclasses import fields, replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from lbf_model.interface.answers import QueryError
from lbf_model.interface.events.inspect import Inspect, chosen_details
from lbf_model.interface.events.wiring import Changes
from lbf_model.interface.state import Chosen, Focus, Focused, Look, Pointed, View, Visit
from lbf_model.interface.views.pointing import region_chips


class Recorder:
    """A service and session files that note what is asked of them, and answer what the tests can tell apart."""

    def __init__(self, details=None):
        self.calls, self.remembered, self.details_made = [], [], details

    def details(self, answer, id):
        self.calls.append(("details", answer.token, id))
        return replace_id(self.details_made, answer.token, id)

    def item_path(self, answer, id):
        return f"/gallery/{id}.png"

    def columns(self, answer, target):
        self.calls.append(("columns", answer.token, target))
        return ()

    def remember(self, session, path):
        self.remembered.append((session, path))


def replace_id(details, token, id):
    return SimpleNamespace(**{**vars(details), "token": token, "item": SimpleNamespace(id=id)})


@pytest.fixture
def recorder(small_details):
    return Recorder(small_details)


@pytest.fixture
def inspect(recorder):
    return Inspect(recorder, recorder, lambda path: f"/served{path}")


def changed(changes):
    return {f.name for f in fields(Changes) if getattr(changes, f.name) is not None}


@pytest.fixture
def later(small_visit):
    """The same visitor after another query, and the look at the answer before."""
    look = small_visit.look(chosen="b", focus=Focus("region", 1))
    answer = replace(small_visit.answer, token="later", query=replace(small_visit.answer.query, text="make blue"))
    return small_visit.asked(answer, "example:a.webp", "data:,", None, Focus("word", 0)), look


# Words and regions


def test_a_click_on_a_word_shows_its_map_and_asks_nothing(inspect, recorder, small_visit):
    changes = inspect.focus("word:0", small_visit, None, None, View())
    assert changed(changes) == {"look", "words", "figure", "said", "layers_shown"}
    assert changes.look == Look(focused=Focused(small_visit.answer.token, Focus("word", 0)))
    assert "“make” looked at gray dress 90%" in changes.said and recorder.calls == []


def test_how_it_works_is_told_when_it_is_opened(inspect, visit):
    told = inspect.tell_how(visit)
    assert changed(told) == {"how"} and told.how.count("<li>") == 4
    assert inspect.tell_how(Visit()) is None


def test_regions_are_pointed_at_one_by_one_and_let_go(inspect, later):
    visit, _ = later
    one = inspect.point("point:1", visit, None)
    assert changed(one) == {"pointed", "pointing"} and one.pointed == Pointed("later", (2,))
    assert "Only region 2 will change." in one.pointing and one.pointing.count('aria-pressed="true"') == 1
    both = inspect.point("point:0", visit, one.pointed)
    assert both.pointed.numbers == (1, 2) and "Only regions 1 and 2 will change." in both.pointing
    assert inspect.point("point:1", visit, both.pointed).pointed.numbers == (1,)
    cleared = inspect.point("point:all", visit, both.pointed)
    assert cleared.pointed == Pointed("later") and "will change" not in cleared.pointing
    assert inspect.point("point:0", visit, Pointed("earlier", (2,))).pointed == Pointed("later", (1,)), "of another answer"
    assert inspect.point("point:0", Visit(), None) is None
    assert inspect.point("region:0", visit, None) is None, "a region in the picture is looked at, not pointed at"
    assert inspect.focus("point:0", visit, None, None, View()) is None, "and the other way round"
    for pick in ("point:2", "point:-1"):
        with pytest.raises(gr.Error, match="no longer on the page"):
            inspect.point(pick, visit, None)


def test_one_region_alone_cannot_be_chosen(small_visit):
    answer = small_visit.answer
    one = replace(answer, result=replace(answer.result, regions=answer.result.regions.top(1)))
    assert str(region_chips(one, Pointed(""))).count("data-pick") == 0
    assert str(region_chips(answer, Pointed(""))).count("data-pick") == 2


def test_a_box_that_is_drawn_is_to_change_until_it_is_taken_back(inspect, later):
    visit, _ = later
    drawn = inspect.point("box:100,250,500,750", visit, Pointed("later", (2,)))
    assert drawn.pointed == Pointed("later", (2,), (10, 20, 50, 60)), "the picture is 100 by 80"
    assert "Only region 2 and your box will change." in drawn.pointing and 'data-box="100,250,500,750"' in drawn.pointing
    assert inspect.point("box:0,0,1000,1000", visit, drawn.pointed).pointed.box == (0, 0, 100, 80), "another in its place"
    assert inspect.point("point:box", visit, drawn.pointed).pointed == Pointed("later", (2,))
    assert inspect.point("point:all", visit, drawn.pointed).pointed == Pointed("later")
    assert inspect.focus("box:1,2,3,4", visit, None, None, View()) is None
    for pick, said in (("box:1,2,3", "not a box"), ("box:a", "not a box"), ("box:500,0,500,900", "too small")):
        with pytest.raises(gr.Error, match=said):
            inspect.point(pick, visit, None)


def test_a_click_on_a_region_shows_its_words_and_a_second_one_returns_to_the_word(inspect, small_visit):
    changes = inspect.focus("region:1", small_visit, None, None, View())
    assert "“gray sleeve” listened most to “make” 60%" in changes.said
    changes = inspect.focus("region:1", small_visit, changes.look, None, View())
    assert changes.look.focused.focus == Focus("word", 1) and "“red” looked at both regions alike" in changes.said
    changes = inspect.focus("region:0", small_visit, small_visit.look(focus=Focus("region", 1)), None, View())
    assert changes.look.focused.focus == Focus("region", 0)


@pytest.mark.parametrize("pick", ["word:2", "region:2", "word:-1", "word:", "other:0", "", "word:²"])
def test_a_click_on_what_is_not_there_is_refused(inspect, small_visit, pick):
    with pytest.raises(gr.Error, match="no longer on the page"):
        inspect.focus(pick, small_visit, None, None, View())


def test_the_address_follows_what_is_looked_at(inspect, small_visit):
    turn = replace(small_visit.turns[0], source="example:a.webp")
    visit = replace(small_visit, turns=(turn,))
    look = inspect.focus("region:1", visit, None, None, View()).look
    assert "focus=region%3A1" in inspect.update_address(visit, look, View()).address
    assert "result=b" in inspect.update_address(visit, inspect.choose("why:b", visit, None, "session").look, View()).address
    changes = inspect.update_address(visit, None, View(contrast=True, detail_panel="why"))
    assert changed(changes) == {"address"} and "contrast=1" in changes.address and "closer=why" in changes.address


def test_a_word_and_a_result_clicked_at_once_are_both_kept(inspect, small_visit):
    """Both events begin before either has ended."""
    word = inspect.focus("word:0", small_visit, Look(), None, View())
    result = inspect.choose("why:b", small_visit, Look(), "session")
    both = small_visit.looking(Look(result.look.chosen, word.look.focused))
    assert (both.chosen, both.focus) == ("b", Focus("word", 0))
    assert word.look.chosen is None and result.look.focused is None, "neither overwrites the part of the other"


# Controls


def test_a_control_redraws_what_is_looked_at(inspect, recorder, small_visit):
    look = small_visit.look(focus=Focus("word", 0))
    changes = inspect.redraw(small_visit, look, None, View(contrast=True))
    assert changed(changes) == {"words", "figure", "said", "layers_shown"} and changes.layers_shown
    assert "Compared with the other words, “make” looked at gray dress +20%" in changes.said and recorder.calls == []


def test_a_layer_that_is_not_there_is_a_message(inspect, small_visit):
    with pytest.raises(gr.Error, match="There is no layer 2"):
        inspect.redraw(small_visit, None, None, View(layer="2"))


def test_relevance_needs_details_of_the_chosen_result_once(inspect, recorder, small_visit):
    view, look = View("relevance"), small_visit.look(chosen="b")
    changes = inspect.redraw(small_visit, look, None, view)
    assert recorder.calls == [("details", small_visit.answer.token, "b")] and changes.details.item.id == "b"
    assert "“red” mattered through gray dress 100%" in changes.said
    inspect.redraw(small_visit, look, changes.details, view)
    assert len(recorder.calls) == 1, "those at hand are used"
    inspect.redraw(small_visit, small_visit.look(chosen="a"), changes.details, view)
    assert recorder.calls[1:] == [("details", small_visit.answer.token, "a")], "but not for another result"


def test_details_of_a_result_that_is_gone_are_a_message(small_visit):
    def gone(answer, id):
        raise QueryError("no longer here")

    with pytest.raises(gr.Error, match="no longer here"):
        chosen_details(SimpleNamespace(details=gone), small_visit, None)
    assert chosen_details(SimpleNamespace(details=gone), replace(small_visit, chosen=None), None) is None


# Late events


@pytest.mark.parametrize("view", [View(), View("relevance"), View(contrast=True)])
def test_a_look_at_an_earlier_answer_changes_nothing(inspect, recorder, small_details, later, view):
    visit, look = later
    even = np.full((2, 2), 0.5, np.float32)
    relevance = SimpleNamespace(word_to_region=even, region_to_word=even)
    old = SimpleNamespace(token=small_details.token, item=SimpleNamespace(id=visit.chosen), relevance=relevance)
    for late, fresh in (
        (inspect.redraw(visit, look, old, view), inspect.redraw(visit, None, None, view)),
        (inspect.fill(visit, look, old, view), inspect.fill(visit, None, None, view)),
        (inspect.update_address(visit, look, view), inspect.update_address(visit, None, view)),
        (inspect.focus("word:1", visit, look, old, view), inspect.focus("word:1", visit, None, None, view)),
    ):
        for field in ("look", "address", "words", "figure", "said", "panel"):
            assert getattr(late, field) == getattr(fresh, field), field
    assert {token for _, token, _ in recorder.calls} <= {"later"}, "nothing is asked about the earlier answer"


def test_a_card_of_an_answer_that_is_no_longer_shown_does_nothing(inspect, recorder, small_visit):
    for pick in ("why:gone", "next:gone", "", "why:", "a"):
        assert inspect.choose(pick, small_visit, None, "session") is None
    assert recorder.remembered == []


def test_before_the_first_answer_nothing_changes(inspect):
    none = Visit()
    assert inspect.focus("word:0", none, None, None, View()) is None
    assert inspect.redraw(none, None, None, View()) is None
    assert inspect.fill(none, None, None, View()) is None
    assert inspect.update_address(none, None, View()) is None
    assert inspect.choose("why:a", none, None, "session") is None


# Results


def test_why_explains_a_result(inspect, small_visit):
    changes = inspect.choose("why:b", small_visit, None, "session")
    assert changed(changes) == {"look", "results", "detail_panel"} and changes.detail_panel == "why"
    assert changes.look == Look(chosen=Chosen(small_visit.answer.token, "b"))
    assert 'data-pick="why:b" aria-label="Why result 2?" aria-pressed="true"' in changes.results


def test_a_result_becomes_the_next_reference(inspect, recorder, small_visit):
    changes = inspect.choose("next:b", small_visit, None, "session")
    assert changed(changes) == {"picture", "text", "status"}
    assert (changes.picture, changes.text) == ("/served/gallery/b.png", "") and "Now say what should change" in changes.status
    assert recorder.remembered == [], "pictures of the server's own galleries stay"
    own = replace(small_visit, answer=replace(small_visit.answer, own=object()))
    inspect.choose("next:b", own, None, "session")
    assert recorder.remembered == [("session", "/served/gallery/b.png")], "a visitor's own picture goes when they leave"


# The detail panel


def test_each_panel_is_filled_for_the_chosen_result(scenes, visit):
    inspect = Inspect(scenes, None, str)
    look = visit.look(chosen=visit.answer.result.matches[1].id)
    marks = {"maps": 'class="maps"', "why": "about result 2", "mattered": "about result 2", "landscape": 'class="single"',
             "compare": 'class="compare-columns"'}  # fmt: skip
    for panel, mark in marks.items():
        changes = inspect.fill(visit, look, None, View(detail_panel=panel))
        assert mark in changes.panel, panel
        assert (changes.details is None) == (panel not in ("why", "mattered")), "details take long, and are made where needed"


def test_small_maps_follow_the_view(inspect, recorder, small_visit):
    panels = [inspect.fill(small_visit, None, None, view).panel for view in (View(), View(contrast=True), View("relevance"))]
    assert len(set(panels)) == 3 and recorder.calls == [("details", small_visit.answer.token, "a")]
    inspect.fill(small_visit, small_visit.look(chosen="b"), None, View("relevance"))
    assert recorder.calls[1:] == [("details", small_visit.answer.token, "b")], "of the result that is looked at"


def test_the_known_target_is_compared(inspect, recorder, small_visit):
    inspect.fill(small_visit, None, None, View(detail_panel="compare"))
    assert recorder.calls == [("columns", small_visit.answer.token, "b")]


def test_without_a_result_only_the_maps_have_something_to_show(inspect, recorder, small_visit):
    empty = replace(small_visit, chosen=None)
    assert "no result" in inspect.fill(empty, None, None, View(detail_panel="why")).panel
    assert 'class="maps"' in inspect.fill(empty, None, None, View()).panel and recorder.calls == []


def test_a_panel_that_does_not_exist_is_a_message(inspect, small_visit):
    with pytest.raises(gr.Error, match="no panel 'other'"):
        inspect.fill(small_visit, None, None, View(detail_panel="other"))
