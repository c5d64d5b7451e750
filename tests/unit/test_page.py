"""The page as it is assembled, without a server."""

import copy
import inspect
from dataclasses import replace

import pytest
from PIL import Image

from lbf_model.interface.examples import Example
from lbf_model.interface.page import build_page
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import SessionFiles
from lbf_model.interface.state import Visit
from lbf_model.interface.worked_example import WorkedExample


class Uncopied(Service):
    """A service that says so when somebody copies it."""

    def __deepcopy__(self, memo):
        raise AssertionError("copied")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    service = Uncopied({"scenes": "Scenes"}, lambda: pytest.fail("models were loaded"))
    return build_page(service, SessionFiles(service.catalog, tmp_path_factory.mktemp("visitors")))


def test_the_page_is_built_without_loading_a_model(page):
    assert page.get_config_file()["components"]


def test_opening_the_page_does_not_copy_the_service(page):
    """Gradio copies the page's config for each visitor; a method in it would drag along what it is bound to."""
    copy.deepcopy(page.get_config_file())
    for block in page.blocks.values():
        held = [v for v in vars(block).values() if inspect.ismethod(v) and v.__self__ is not block]
        assert not held, f"{block} holds {held}"


def test_clicks_on_every_component_with_buttons_are_listened_to(page):
    heard = {tuple(target) for d in page.get_config_file()["dependencies"] for target in d["targets"]}
    pieces = {block.elem_id: id for id, block in page.blocks.items() if getattr(block, "elem_id", None)}
    for name in ("examples", "suggestions", "trail", "results", "words", "figure", "pointing", "panel"):
        assert (pieces[name], "select") in heard, name


def test_the_page_opens_on_a_stored_answer_without_loading_a_model(small_visit, tmp_path):
    Image.new("RGB", (100, 80), (90, 90, 90)).save(tmp_path / "dress.png")
    example = Example(tmp_path / "dress.png", "make red", "scenes", "b")
    result = replace(small_visit.answer.result, digest=example.digest)
    worked = WorkedExample(example, result, ("make it blue",))
    service = Uncopied({"scenes": "Scenes"}, lambda: pytest.fail("models were loaded"), [example], worked)
    (tmp_path / "visitors").mkdir()
    page = build_page(service, SessionFiles(service.catalog, tmp_path / "visitors"))
    values = {c["props"].get("elem_id"): c["props"].get("value") for c in page.get_config_file()["components"]}
    assert values["text"] == "make red" and values["picture"]["path"].endswith("dress.png")
    assert 'data-asked="make red"' in values["results"] and "✓ the expected result" in values["results"]
    assert "make it blue" in values["suggestions"] and "<img" in values["figure"]
    assert values["how-it-works"] == "", "it is filled when it is opened"
    (visit,) = (state.value for state in page.blocks.values() if isinstance(getattr(state, "value", None), Visit))
    assert visit.opened and copy.deepcopy(visit).answer is visit.answer, "one answer serves all visitors"


def test_the_place_in_line_is_told_before_a_search_is_sent_off(page):
    """A page sends the events of one click in the order in which they were made, each when the one before is answered."""
    search = next(block._id for block in page.blocks.values() if getattr(block, "value", None) == "Search")
    queued = [function.queue for function in page.fns.values() if (search, "click") in function.targets]
    assert queued == [False, True]


def test_the_program_on_the_page_asks_the_default_gallery(page):
    (program,) = (c["props"] for c in page.get_config_file()["components"] if c["props"].get("elem_id") == "python")
    compile(program["value"], "program", "exec")
    assert 'picture, "Say what should be different", "scenes", ' in program["value"]
