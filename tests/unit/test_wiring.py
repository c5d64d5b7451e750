"""Handlers and Gradio: names instead of places."""

import inspect
from dataclasses import fields

import gradio as gr
import pytest

from lbf_model.interface.events.wiring import Changes, Memory, Page, StopRequest, picked_index
from lbf_model.interface.layout import lay_out
from lbf_model.interface.service import Service
from lbf_model.interface.state import Chosen, Focus, Focused, Look, View, Visit


@pytest.fixture(scope="module")
def page():
    with gr.Blocks():
        memory = Memory(gr.State(Visit()), *(gr.State(None) for _ in range(5)), gr.State(StopRequest()))
        return Page(lay_out(Service({"scenes": "Scenes"}, lambda: None)), memory)


CONTROLS = {"method": "relevance", "layer": "2", "head": "mean", "style": "soft", "contrast": True, "detail_panel": "why"}
VIEW = View("relevance", "2", "mean", "soft", True, "why")


def request(**query):
    return gr.Request(session_hash="a visitor", query_params=query)


def test_a_handler_reads_what_its_parameters_name(page):
    seen = []

    def handler(text, view, pick, session, parameters):
        seen.append((text, view, pick, session, parameters))
        return Changes(status="done")

    event = page.event(handler, ["status"])
    layout = page.layout
    assert event["inputs_kwargs"] == {"text": layout.text, **{name: getattr(layout, name) for name in CONTROLS}}
    assert event["outputs"] == [layout.status]
    click = gr.EventData(None, {"pick": "word:1"})
    assert event["fn"](request(picture="x"), click, text="red", **CONTROLS) == {layout.status: "done"}
    assert seen == [("red", VIEW, "word:1", "a visitor", {"picture": "x"})]


def test_a_generator_stays_one(page):
    def handler(visit):
        yield Changes(status="soon")
        yield Changes(status="done", visit=visit)

    event = page.event(handler, ["status", "visit"])
    assert inspect.isgeneratorfunction(event["fn"])
    visit = Visit()
    assert [*event["fn"](request(), visit=visit)] == [
        {page.layout.status: "soon"},
        {page.layout.status: "done", page.memory.visit: visit},
    ]


def test_a_change_is_the_value_of_the_component_of_that_name(page):
    """But for those that are a property of one, and a view, which are the values of several."""
    changes = Changes(
        view=VIEW, layers=["mean", "1"], text="red", placeholder="type", gallery="b", galleries=[("B", "b")], can_stop=False
    )
    updates = page.updates(changes)
    layout = page.layout
    assert {name: updates[getattr(layout, name)] for name in CONTROLS if name != "layer"} == {
        name: value for name, value in CONTROLS.items() if name != "layer"
    }
    assert updates[layout.layer] == gr.update(choices=["mean", "1"], value="2")
    assert updates[layout.text] == gr.update(value="red", placeholder="type")
    assert updates[layout.gallery] == gr.update(value="b", choices=[("B", "b")])
    assert updates[layout.stop_own] == gr.update(interactive=False)
    assert len(updates) == len(CONTROLS) + 3


def test_every_field_of_changes_has_a_component(page):
    for field in fields(Changes):
        event = page.event(lambda: None, [field.name])
        assert len(event["outputs"]) == {"view": len(CONTROLS), "look": 2}.get(field.name, 1), field.name


def test_one_part_of_a_look_leaves_the_other_as_it_is(page):
    """A click on a word and one on a result may be handled at once."""
    memory, chosen, focused = page.memory, Chosen("t", "a"), Focused("t", Focus("word", 1))
    assert page.updates(Changes(look=Look(focused=focused))) == {memory.focused: focused}
    assert page.updates(Changes(look=Look(chosen=chosen))) == {memory.chosen: chosen}
    event = page.event(lambda look: Changes(look=Look(focused=look.focused)), ["look"])
    assert event["inputs_kwargs"] == {"chosen": memory.chosen, "focused": memory.focused}
    assert event["fn"](request(), chosen=chosen, focused=focused) == {memory.focused: focused}


@pytest.mark.parametrize("empty", [{"text": ""}, {"status": ""}, {"can_stop": False}, {"count": 0}, {"galleries": []}])
def test_empty_values_are_changes_too(page, empty):
    assert len(page.updates(Changes(**empty))) == 1 and page.updates(Changes(**empty)) != gr.skip()


def test_nothing_changed_is_nothing_sent(page):
    assert page.updates(None) == page.updates(Changes()) == gr.skip()
    assert page.event(lambda: None, [])["fn"](request()) is None


def test_problems_stand_beside_their_field(page):
    def handler(picture, text, view):
        raise AssertionError("the handler runs only if nothing is wrong")

    event = page.event(handler, ["status"], problems=lambda text: {"text": "say more"} if not text else {})
    said = event["validator"](picture=None, text="", **CONTROLS)
    assert [answer for answer in said if not answer["is_valid"]] == [gr.validate(False, "say more")]
    assert said[list(event["inputs_kwargs"]).index("text")] == gr.validate(False, "say more")
    assert len(said) == len(event["inputs_kwargs"])
    assert all(answer["is_valid"] for answer in event["validator"](picture=None, text="red", **CONTROLS))


def test_a_pick_names_one_of_those_that_are_there():
    assert picked_index("turn:2", "turn", 3) == 2
    for wrong in ("turn:3", "turn:-1", "word:0", "turn:", "turn", "turn:1.5", "turn:²"):
        with pytest.raises(gr.Error, match="no longer on the page"):
            picked_index(wrong, "turn", 3)
