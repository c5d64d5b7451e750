"""A finished gallery is loaded as it was written, is replaced in one step, and has one writer at a time."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import GalleryWriter, check_gallery, load_gallery, read_facts, read_unaltered
from tests.unit.gallery.small_gallery import FACTS, TWO, add, both, embeddings, flipped, items


def test_saved_and_loaded_is_the_same(gallery):
    loaded = load_gallery(gallery.place, "aaa", "bbb")
    query = embeddings(1, seed=9)[0]
    assert loaded.search(query, 20) == gallery.search(query, 20)
    assert loaded.items == gallery.items
    assert np.array_equal(loaded.vectors(), embeddings(20))
    assert np.array_equal(loaded.vectors(["id7", "id3"]), embeddings(20)[[7, 3]])
    assert loaded.skipped == gallery.skipped == ({"path": "bad.png", "reason": "broken"},)
    assert read_facts(gallery.place) == loaded.facts == FACTS
    assert not list(gallery.place.glob("*.part"))


def test_an_empty_gallery_is_refused(tmp_path):
    with pytest.raises(GalleryError, match="no readable picture"):
        GalleryWriter(tmp_path / "g", FACTS).finish([])


def test_a_gallery_is_whole_until_the_next_one_is_finished(gallery):
    folder = gallery.place
    writer = GalleryWriter(folder, FACTS)
    add(writer, items(3), embeddings(3))
    add(writer, [replace(items(1)[0], caption="new")], embeddings(1))
    assert load_gallery(folder, "aaa", "bbb").items == gallery.items
    chosen = writer.finish([], ["2.png", "0.png"])
    assert load_gallery(folder, "aaa", "bbb").items == chosen.items
    assert [(i.id, i.caption) for i in chosen.items] == [("id2", "caption 2"), ("id0", "new")]
    assert np.array_equal(chosen.vectors(), embeddings(3)[[2, 0]])
    assert sorted(p.name for p in folder.iterdir()) == [
        "checksums-2.json",
        "gallery.json",
        "hashes-2.npy",
        "items-2.sqlite",
        "vectors-2.faiss",
    ]


@pytest.mark.parametrize("backend", ["hnsw", "ivf-pq"])
def test_a_gallery_keeps_how_it_is_searched_and_how_well(tmp_path, backend):
    folder, count = tmp_path / "g", 400
    writer = GalleryWriter(folder, replace(TWO, backend=backend))
    add(writer, items(count), embeddings(count), both(count))
    made = writer.finish([])
    loaded = load_gallery(folder, "aaa", "bbb")
    assert loaded.facts == made.facts == read_facts(folder) and loaded.facts.backend == backend
    assert 0.9 < loaded.facts.recall <= 1
    query = embeddings(1, seed=5)[0]
    assert loaded.search(query, 5, ["id3"]) == made.search(query, 5, ["id3"])
    for match in loaded.search(query, 5):
        assert loaded.rank(query[None], match.id)[0] == pytest.approx(match.score, abs=1e-5)
    exact = loaded.seen_by("ccc")
    assert (exact.facts.backend, exact.facts.recall) == ("flat", None)
    assert [m.id for m in exact.search(query, 5)] == [f"id{row}" for row in np.argsort(-(both(count)["ccc"] @ query))[:5]]
    assert check_gallery(folder) == count
    flipped(folder / "vectors-1.index", 200)
    with pytest.raises(GalleryError, match=r"vectors-1\.index: altered"):
        load_gallery(folder, "aaa", "bbb")
    assert read_unaltered(folder).backends.keys() == {"ccc", "ddd"}
    writer = GalleryWriter(folder, replace(TWO, backend="auto"))
    add(writer, items(3), embeddings(3), both(3))
    assert writer.finish([]).facts == TWO and not list(folder.glob("*.index"))
