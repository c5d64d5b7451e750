"""The events that come back to a query, called with plain values: a step of the trail, and a link."""

import json
from types import SimpleNamespace
from urllib.parse import parse_qsl

import gradio as gr
import pytest

from lbf_model.interface.answers import MINE
from lbf_model.interface.events.ask import Ask
from lbf_model.interface.events.come_back import ComeBack
from lbf_model.interface.state import Focus, View
from lbf_model.types import Feedback
from tests.unit.conftest import TEXT
from tests.unit.page_changes import NOW, changed, ended


@pytest.fixture
def ask(scenes, answering):
    return Ask(scenes, answering)


@pytest.fixture
def come_back(scenes, answering):
    return ComeBack(scenes, answering)


def test_steps_follow_one_another_and_can_be_returned_to(ask, come_back, path):
    first = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)).visit
    second = ended(ask.ask(path, "make blue cube small", "scenes", 2, first, *NOW[1:]))
    assert len(second.visit.turns) == 2 and second.trail.count("data-pick") == 3
    back = ended(come_back.return_to("turn:0", second.visit, *NOW[1:]))
    assert back.visit.current == 0 and back.visit.turns == second.visit.turns and (back.text, back.count) == (TEXT, 3)
    assert back.visit.answer.token != first.answer.token


def test_all_steps_but_the_one_on_show_can_be_forgotten(ask, come_back, path):
    first = ended(ask.ask(path, TEXT, "scenes", 3, *NOW)).visit
    second = ended(ask.ask(path, "make blue cube small", "scenes", 2, first, *NOW[1:])).visit
    (changes,) = come_back.return_to("turn:clear", second, *NOW[1:])
    assert changed(changes) == {"visit", "trail", "address"} and changes.trail == ""
    assert changes.visit.turns == second.turns[1:] and changes.visit.answer is second.answer
    assert "back" not in changes.address


def test_a_new_page_opens_on_the_stored_answer_or_on_nothing(come_back, scenes, visit, monkeypatch):
    monkeypatch.setattr(scenes, "worked_answer", lambda: None)
    assert come_back.opening() is None
    monkeypatch.setattr(scenes, "worked_answer", lambda: visit.answer)
    monkeypatch.setattr(scenes, "worked", SimpleNamespace(suggestions=("make red cube blue",)))
    opening = come_back.opening()
    assert opening.visit.opened and opening.visit.answer is visit.answer and opening.text == visit.answer.query.text
    assert opening.address is None and "make red cube blue" in opening.suggestions and 'class="maps' in opening.panel


@pytest.mark.parametrize("pick", ["turn:0", "turn:-1", "other:0", ""])
def test_a_step_that_is_not_there_is_refused(come_back, pick):
    with pytest.raises(gr.Error, match="no longer on the page"):
        list(come_back.return_to(pick, *NOW))


def test_a_link_restores_what_was_asked_for_besides(ask, come_back, path):
    shown = ended(ask.ask_example("example:0", 3, *NOW)).visit
    id = shown.answer.result.matches[1].id
    shown = ended(ask.refine(f"less:{id}", shown, *NOW[1:])).visit
    shown = ended(ask.ask(path, TEXT, "scenes", 3, shown, *NOW[1:], but_not="red sphere"))
    changes = ended(come_back.restore(json.dumps(dict(parse_qsl(shown.address))), *NOW))
    assert changes.visit.answer.query.feedback == Feedback((), (id,), "red sphere") and changes.but_not == "red sphere"
    assert [turn.query.feedback for turn in changes.visit.turns] == [turn.query.feedback for turn in shown.visit.turns]
    assert changes.address == shown.address


def test_a_step_whose_picture_is_gone_is_left_out_of_a_link(ask, come_back, path):
    first = ended(ask.ask_example("example:0", 3, *NOW)).visit
    shown = ended(ask.ask(path, "make blue cube small", "scenes", 2, first, *NOW[1:]))
    address = dict(parse_qsl(shown.address))
    gone = address["steps"].replace(first.turns[0].source, "example:gone.png")
    assert gone != address["steps"]
    changes = ended(come_back.restore(json.dumps({**address, "steps": gone}), *NOW))
    assert [turn.query.text for turn in changes.visit.turns] == ["make blue cube small"]


def test_a_link_restores_steps_and_what_was_looked_at(ask, come_back, path):
    first = ended(ask.ask_example("example:0", 3, *NOW)).visit
    shown = ended(ask.ask(path, "make blue cube small", "scenes", 2, first, *NOW[1:])).visit
    view = View("attention", "1", "2", "soft", True, "why")
    last = shown.answer.result.matches[-1].id
    shown = shown.looking(shown.look(chosen=last, focus=Focus("region", 0)))
    address = json.dumps(dict(parse_qsl(shown.link(view))))
    changes = ended(come_back.restore(address, *NOW))
    assert [t.query.text for t in changes.visit.turns] == [TEXT, "make blue cube small"] and changes.visit.current == 1
    assert changes.view == view and (changes.look.chosen.id, changes.look.focused.focus) == (last, Focus("region", 0))
    assert "listened most to" in changes.said and f'data-pick="why:{last}"' in changes.results
    assert (changes.text, changes.count) == ("make blue cube small", 2) and changes.address == shown.link(view)


def test_a_link_restores_what_was_pointed_at(come_back, path):
    plain = ended(come_back.restore(json.dumps({"picture": "scenes:s1", "text": TEXT, "count": "3"}), *NOW))
    marked = ended(come_back.restore(json.dumps({"picture": "scenes:s1", "text": TEXT, "count": "3", "regions": "1"}), *NOW))
    assert plain.visit.answer.result.pointed_at is None and "regions=" not in plain.address
    assert marked.visit.answer.result.pointed_at == (1,) and "regions=1" in marked.address
    assert "was to change" in marked.status or "All regions" in marked.status


def test_a_link_restores_what_the_gallery_was_narrowed_to(ask, come_back, path):
    label = ask._service.filters("scenes")[0]
    narrowed = ended(ask.ask(path, TEXT, "scenes", 3, *NOW, filters=[label]))
    assert narrowed.visit.answer.result.filters == (label,) and narrowed.filters is None, "what was chosen stays as it is"
    again = ended(come_back.restore(json.dumps(dict(parse_qsl(narrowed.address))), *NOW))
    assert again.filters == [label] and again.visit.answer.result.matches == narrowed.visit.answer.result.matches
    plain = ended(ask.ask_example("example:0", 3, *NOW[:3], NOW[3]))
    assert plain.filters == [] and plain.visit.answer.result.filters == ()
    with pytest.raises(gr.Error, match="There is no filter 'smell' here"):
        ended(ask.ask(path, TEXT, "scenes", 3, *NOW, filters=["smell:sweet"]))


def test_no_link_restores_nothing(come_back):
    assert (
        changed(come_back.read_address({})) == {"opened_address"}
        and come_back.read_address({"text": "red"}).opened_address == ""
    )
    assert [changed(step) for step in come_back.restore("", *NOW)] == [set()]
    assert json.loads(come_back.read_address({"picture": "scenes:s1", "at": "0"}).opened_address) == {
        "picture": "scenes:s1",
        "at": "0",
    }


@pytest.mark.parametrize(
    "link, said",
    [
        ({"picture": "scenes:gone", "text": "red"}, "no picture 'gone'"),
        ({"picture": "x", "text": "red"}, "not here"),
        ({"picture": "scenes:s1", "count": "many"}, "cut off"),
        ({"picture": "scenes:s1", "text": TEXT, "gallery": "nowhere"}, "no gallery 'nowhere'"),
        ({"picture": "scenes:s1", "text": TEXT, "gallery": MINE}, "no longer here"),
        ({"picture": "scenes:s1", "text": TEXT, "regions": "99"}, "no region 99"),
        ({"picture": "scenes:s1", "text": TEXT, "regions": "<b>"}, "is not a list of regions"),
    ],
)
def test_a_link_that_cannot_be_restored_says_why(come_back, link, said):
    seen = []
    with pytest.raises(gr.Error, match=said):
        for changes in come_back.restore(json.dumps(link), *NOW):
            seen.append(changes)
    assert all(changed(changes) == {"status"} for changes in seen) and "<progress" not in seen[-1].status
