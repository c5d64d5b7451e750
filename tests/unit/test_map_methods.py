"""What the page offers, shows and says of each method of "Map of" is as its record says."""

from dataclasses import replace
from urllib.parse import parse_qsl

import gradio as gr
import numpy as np
import pytest

from lbf_model.interface.events.inspect import Inspect
from lbf_model.interface.layout import lay_out
from lbf_model.interface.links import read_link
from lbf_model.interface.map_methods import MAP_METHODS
from lbf_model.interface.service import Service
from lbf_model.interface.state import Focus, View, Visit
from lbf_model.interface.views.inspector import all_maps, inspector, maps

each_method = pytest.mark.parametrize("method", MAP_METHODS.values(), ids=MAP_METHODS)


@pytest.fixture(scope="module")
def offered():
    """The choices of "Map of" on a new page."""
    with gr.Blocks():
        return lay_out(Service({"scenes": "Scenes"}, lambda: None)).method.choices


@each_method
def test_a_method_can_be_chosen_and_survives_a_link(method, offered, visit):
    assert (method.title, method.name) in offered and MAP_METHODS[method.name] is method
    view = View(method.name)
    assert View.from_link(read_link(dict(parse_qsl(visit.link(view))), ["scenes"]).look) == view


@each_method
def test_maps_are_shares_of_regions_and_of_words(method, visit, details):
    result = visit.answer.result
    words, regions = len(result.tokens.words), len(result.regions)
    made = maps(visit, details if method.needs_result else None, View(method.name))
    for rows, shape in zip(made, [(words, regions), (regions, words)], strict=True):
        assert rows.shape == shape and rows.dtype == np.float32 and (rows >= 0).all()
        assert all(total == pytest.approx(1, abs=1e-5) or total == 0 for total in rows.sum(1))


@each_method
def test_a_sentence_and_a_text_beside_each_picture_say_what_the_map_shows(method, visit, details):
    view, word, region = View(method.name), visit.answer.result.tokens.words[0], visit.answer.result.regions.labels[0]
    shown = inspector(replace(visit, focus=Focus("word", 0)), details, view)
    assert shown.said.startswith(f"<p>“{word}” {method.word_verb} ") and shown.said.endswith(".</p>")
    where = f'alt="Where “{word}” {method.verb}'
    assert f"{where}: " in shown.figure and f'{where}"' in all_maps(visit, details, view)
    said = inspector(replace(visit, focus=Focus("region", 0)), details, view).said
    assert said.startswith(f"<p>“{region}” {method.region_verb} ") and said.endswith(".</p>")


@each_method
def test_layer_and_head_can_be_chosen_where_they_change_the_maps(method, scenes, visit, details):
    changes = Inspect(scenes, None, str).redraw(visit, None, None, View(method.name))
    assert changes.layers_shown == method.has_layers and (changes.details is not None) == method.needs_result
    one, other = (maps(visit, details, View(method.name, head=head))[0] for head in ("1", "2"))
    assert np.array_equal(one, other) != method.has_layers


@each_method
def test_what_is_offered_and_shown_without_a_result_needs_none(method, answering, visit):
    answer = replace(visit.answer, result=replace(visit.answer.result, matches=()))
    changes = answering.answered(answer, Visit(), None, View(method.name), False, {})
    assert ((method.title, method.name) in changes.methods) == (not method.needs_result)
    shown = changes.view.map_method
    assert (shown.title, shown.name) in changes.methods and (shown is method or method.needs_result)
    assert changes.layers_shown == shown.has_layers and f" {shown.word_verb} " in changes.said
