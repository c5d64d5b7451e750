"""Filters narrow a gallery before the best are chosen, and each says what it says of one region."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.gallery.facets import Facets, FilterError
from lbf_model.gallery.item_table import ItemTable
from lbf_model.gallery.items import GalleryFacts, GalleryItem
from lbf_model.gallery.store import GalleryWriter, load_gallery
from tests.small import random_hashes

ATTRIBUTES = {"color": ("red", "blue"), "kind": ("dress", "hat", "t-shirt")}
HELD = {
    "a.png": ["red dress", "blue hat"],
    "summer/b.png": ["blue dress", "red hat"],
    "summer/at sea/c.png": ["red dress", "red dress"],
    "summers/d.png": ["blue t-shirt", "whole image"],
}


def item(path, labels, digest=""):
    return GalleryItem(path, path, path, tuple({"box": [0, 0, 1, 1], "score": 1.0, "label": name} for name in labels), digest)


ITEMS = [item(path, labels, path) for path, labels in HELD.items()]


@pytest.fixture
def facets():
    return Facets(ItemTable.hold(ITEMS, range(4), "here"), ATTRIBUTES)


def test_values_are_counted_by_facet(facets):
    assert facets.values == {
        "color": {"blue": 3, "red": 4},
        "kind": {"dress": 4, "hat": 2, "t-shirt": 1},
        "folder": {"summer": 2, "summer/at sea": 1, "summers": 1},
    }


@pytest.mark.parametrize(
    "filters, rows",
    [
        (["color:red"], [0, 1, 2]),
        (["color:red", "kind:dress"], [0, 2]),  # picture 1 has a red hat and a blue dress
        (["kind:hat", "kind:t-shirt"], [0, 1, 3]),
        (["color:blue", "kind:hat", "kind:t-shirt"], [0, 3]),
        (["color:red", "kind:t-shirt"], []),
        (["folder:summer"], [1, 2]),  # not "summers"
        (["folder:summer/at sea", "folder:summers"], [2, 3]),
        (["folder:summer", "kind:dress", "color:blue"], [1]),
    ],
)
def test_filters_of_one_facet_add_up_and_those_of_several_fit_one_region(facets, filters, rows):
    found = facets.rows(filters)
    assert found.tolist() == rows and found.dtype == np.int64


def test_without_a_filter_everything_is_searched(facets):
    assert facets.rows(()) is None


def test_labels_without_parts_are_a_facet_themselves():
    facets = Facets(ItemTable.hold(ITEMS, range(4), "here"), {})
    assert facets.values.keys() == {"label", "folder"} and facets.values["label"]["red dress"] == 3
    assert facets.rows(["label:red dress"]).tolist() == [0, 2]
    bare = Facets(ItemTable.hold([item("a.png", [])], [0], "here"), ATTRIBUTES)
    assert bare.values == {}


@pytest.mark.parametrize(
    "filter, told",
    [
        ("size:large", "There is no filter 'size' here; there are color, kind, folder."),
        ("red", "There is no filter 'red' here"),
        ("color:green", "No picture here has color 'green'; there are blue, red."),
        ("folder:winter", "No picture here has folder 'winter'"),
        (7, "not a list of filters"),
    ],
)
def test_a_filter_that_names_nothing_is_a_clear_error(facets, filter, told):
    with pytest.raises(FilterError, match=told):
        facets.rows([filter])


# In a gallery


@pytest.fixture
def gallery(tmp_path):
    """Sixty pictures, red in every third; each of the last ten is a copy of the one ten before it, but blue."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = [item(f"{i}.png", ["red dress" if i % 3 == 0 else "blue hat"], f"digest {i}") for i in range(50)]
    items += [replace(item(f"{i}.png", ["blue dress"]), digest=f"digest {i - 10}") for i in range(50, 60)]
    writer = GalleryWriter(tmp_path / "g", GalleryFacts("aaa", "bbb", 8, "pictures"))
    writer.add(items, random_hashes(items), vectors)
    writer.finish([])
    return load_gallery(tmp_path / "g", "aaa", "bbb", ATTRIBUTES)


def test_filters_are_applied_before_the_cut(gallery):
    query = gallery.vector("7.png")
    scores = gallery.vectors() @ query
    red = [row for row in np.argsort(-scores) if row < 50 and row % 3 == 0]
    found = gallery.search(query, 5, filters=["color:red"])
    assert [m.id for m in found] == [f"{row}.png" for row in red[:5]] and [m.rank for m in found] == [1, 2, 3, 4, 5]
    assert len(gallery.search(query, 50, filters=["color:red"])) == len(red) == 17
    assert gallery.search(query, 5, filters=["color:red", "kind:hat"]) == ()
    left_out = gallery.search(query, 17, exclude=[found[0].id], filters=["color:red"])
    assert [m.id for m in left_out] == [f"{row}.png" for row in red[1:]]


def test_a_copy_that_fits_answers_for_its_picture(gallery):
    found = gallery.search(gallery.vector("45.png"), 10, filters=["color:blue", "kind:dress"])
    assert {m.id for m in found} == {f"{i}.png" for i in range(50, 60)}
    assert {m.id: m.duplicates for m in found}["55.png"] == ("45.png",)


@pytest.mark.parametrize("filters", [["color:red"], ["color:blue"], ["color:blue", "kind:dress"]])
def test_a_rank_is_among_what_fits(gallery, filters):
    queries = np.stack([gallery.vector("7.png"), gallery.vector("8.png")])
    for number, query in enumerate(queries):
        for match in gallery.search(query, 60, ["3.png"], filters):
            scores, ranks = gallery.rank(queries, match.id, ["3.png"], filters)
            assert ranks[number] == match.rank and scores[number] == pytest.approx(match.score, abs=1e-5)
