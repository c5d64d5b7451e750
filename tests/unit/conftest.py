"""What the tests of the interface share: a service over eight small scenes, one answer, and one worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.items import GalleryItem
from lbf_model.gallery.milvus import address
from lbf_model.gallery.milvus.address import MilvusAddress
from lbf_model.indexing.build import build_gallery
from lbf_model.interface.answers import Answer, Query
from lbf_model.interface.events.answering import Answering
from lbf_model.interface.examples import Example
from lbf_model.interface.service import Service
from lbf_model.interface.state import View, Visit
from lbf_model.interface.views.inspector import telling_word
from lbf_model.retrieval.catalog import Catalog, CatalogEntry
from lbf_model.types import Explanation, Match, Regions, SearchResult, Tokens
from tests.milvus import milvus_server

TEXT = "make red cube large"


@pytest.fixture(scope="session")
def scenes(retriever, compared, tiny_css, tiny_split, tmp_path_factory):
    """A service that offers a gallery of eight scenes, s0 to s7, under the name "scenes", and one example for it."""
    entries = [
        GalleryItem(f"s{i}", tiny_split.picture(i, "3d").relative_to(tiny_css).as_posix(), f"scene {i}") for i in range(8)
    ]
    gallery, _ = build_gallery(retriever, tiny_css, entries, tmp_path_factory.mktemp("gallery"), compared=compared)
    entry = CatalogEntry("scenes", "Scenes", gallery, retriever, tuple(compared))
    catalog = Catalog({"scenes": entry}, retriever, tuple(compared))
    service = Service({"scenes": "Scenes"}, lambda: catalog, [Example(tiny_split.picture(9, "3d"), TEXT, "scenes", "s3")])
    service.load_here()
    return service


@pytest.fixture
def path(scenes):
    """The picture of the one example of `scenes`."""
    return str(scenes.examples[0].picture)


@pytest.fixture
def answering(scenes):
    """What answers events of the page about `scenes`; it serves a picture at its own path."""
    return Answering(scenes, lambda path: f"/served{path}")


@pytest.fixture(scope="session")
def visit(scenes):
    """A visitor who asked the example of `scenes`."""
    example = scenes.examples[0]
    answer = scenes.answer(Query(str(example.picture), TEXT, "scenes", 5))
    return Visit().asked(answer, "example:scene", "data:,", "s3", telling_word(answer, View()))


@pytest.fixture(scope="session")
def details(scenes, visit):
    """Of the first result of `visit`."""
    return scenes.details(visit.answer, visit.chosen)


@pytest.fixture(scope="module")
def milvus(tmp_path_factory):
    """What gives addresses on a Milvus server of this machine, by the name of the collection.

    A file of tests has its own: Milvus Lite turns a client away that was idle for minutes ("too_many_pings").
    """
    with milvus_server(tmp_path_factory.mktemp("milvus")) as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr(address, "_SECONDS", 60.0)  # a busy machine is not one that does not answer
        yield lambda collection: MilvusAddress.parse(f"milvus+http://127.0.0.1:{port}/{collection}")


@pytest.fixture
def small_visit(tmp_path):
    """An answer that needs no network: words "make" and "red", a dress with a sleeve on it, one layer of one head."""
    Image.new("RGB", (8, 8), (200, 30, 30)).save(tmp_path / "result.png")
    regions = Regions(
        np.array([[0, 0, 100, 80], [10, 20, 30, 40]], np.float32),
        np.array([0.9, 0.6], np.float32),
        ("gray dress", "gray sleeve"),
        np.zeros((2, 4), np.float32),
        (100, 80),
    )
    attention = Explanation(
        ("make", "red"),
        np.array([[[[0.9, 0.1], [0.5, 0.5]]]], np.float32),  # word to region
        np.array([[[[0.2, 0.8], [0.6, 0.4]]]], np.float32),  # region to word
    )
    result = SearchResult(
        "make red",
        regions,
        Tokens(("make", "red"), np.arange(2)),
        attention,
        np.ones(4, np.float32) / 2,
        "digest",
        np.zeros(385, np.uint8),
        (
            Match(1, "a", str(tmp_path / "result.png"), 0.5, "a"),
            Match(2, "b", str(tmp_path / "result.png"), 0.4, "b", ("c", "d")),
        ),
    )
    answer = Answer(Query("picture.png", "make red", "scenes", 2), Image.new("RGB", (100, 80)), result)
    return Visit().asked(answer, "", "data:,", "b", telling_word(answer, View()))


@pytest.fixture
def small_details(small_visit):
    """Of the first result of `small_visit`, as far as the inspector needs them: the words look the other way round."""
    relevance = SimpleNamespace(
        word_to_region=np.array([[0.3, 0.7], [1.0, 0.0]], np.float32),
        region_to_word=np.array([[0.75, 0.25], [0.0, 1.0]], np.float32),
    )
    return SimpleNamespace(token=small_visit.answer.token, item=SimpleNamespace(id="a"), relevance=relevance)
