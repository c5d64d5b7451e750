"""The page as it is assembled, without a server."""

import copy
import inspect

import pytest

from lbf_model.interface.page import build_page
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import SessionFiles


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
