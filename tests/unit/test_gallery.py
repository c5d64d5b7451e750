"""A gallery finds itself, keeps its order, resumes, and refuses strangers."""

import itertools
import json

import numpy as np
import pytest

from lbf_model.gallery.index import GalleryError, GalleryFacts, GalleryItem, GalleryWriter, load_gallery

FACTS = GalleryFacts("aaa", "bbb", 8, "pictures")


def items(count, first=0):
    return [
        GalleryItem(f"id{i}", f"{i}.png", f"caption {i}", ({"box": [0, 0, 1, 1], "score": 1.0, "label": "x"},))
        for i in range(first, first + count)
    ]


def embeddings(count, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def gallery(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    writer.add(items(20), embeddings(20))
    return writer.finish([{"path": "bad.png", "reason": "broken"}])


def test_every_item_finds_itself_first(gallery):
    for row, vector in enumerate(embeddings(20)):
        best = gallery.search(vector, 1)[0]
        assert best.id == f"id{row}" and best.rank == 1
        assert best.score == pytest.approx(1, abs=1e-5)
        assert best.path.endswith(f"{row}.png") and best.caption == f"caption {row}"


def test_scores_fall_and_ranks_count(gallery):
    matches = gallery.search(embeddings(1, seed=5)[0], 20)
    assert [m.rank for m in matches] == list(range(1, 21))
    assert all(a.score >= b.score for a, b in itertools.pairwise(matches))
    scores = embeddings(20) @ embeddings(1, seed=5)[0]
    assert [m.id for m in matches] == [f"id{i}" for i in np.argsort(-scores)]


def test_more_results_than_pictures_gives_all(gallery):
    assert len(gallery.search(embeddings(1)[0], 500)) == 20


def test_the_reference_itself_can_be_left_out(gallery):
    matches = gallery.search(embeddings(20)[3], 20, exclude="id3")
    assert len(matches) == 19 and "id3" not in {m.id for m in matches}
    assert [m.rank for m in matches] == list(range(1, 20))
    assert len(gallery.search(embeddings(20)[3], 5, exclude="not there")) == 5


def test_equal_scores_keep_the_order_of_the_gallery(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    writer.add(items(6), np.repeat(embeddings(1), 6, axis=0))
    found = writer.finish([]).search(embeddings(1)[0], 6)
    assert [m.id for m in found] == [f"id{i}" for i in range(6)]


def test_saved_and_loaded_is_the_same(gallery):
    loaded = load_gallery(gallery.folder, "aaa", "bbb")
    query = embeddings(1, seed=9)[0]
    assert loaded.search(query, 20) == gallery.search(query, 20)
    assert loaded.items == gallery.items
    assert np.array_equal(loaded.vectors(), embeddings(20))
    assert json.loads((gallery.folder / "skipped.json").read_text()) == [{"path": "bad.png", "reason": "broken"}]
    assert not list(gallery.folder.glob("*.part"))


@pytest.mark.parametrize("names", [("zzz", "bbb"), ("aaa", "zzz")])
def test_a_gallery_of_another_checkpoint_is_refused(gallery, names):
    with pytest.raises(GalleryError, match="zzz is in use"):
        load_gallery(gallery.folder, *names)


def test_an_interrupted_build_keeps_what_is_complete(tmp_path):
    folder = tmp_path / "g"
    GalleryWriter(folder, FACTS).add(items(5), embeddings(5))
    with (folder / "items.jsonl.part").open("a") as file:
        file.write('{"id": "cut o')
    with (folder / "vectors.part").open("ab") as file:
        file.write(b"12345")
    writer = GalleryWriter(folder, FACTS)
    assert [i.id for i in writer.items] == [f"id{i}" for i in range(5)]
    writer.add(items(3, first=5), embeddings(8)[5:])
    gallery = writer.finish([])
    assert np.array_equal(gallery.vectors()[:5], embeddings(5)) and len(gallery) == 8


def test_another_checkpoint_cannot_go_on_with_it(tmp_path):
    GalleryWriter(tmp_path / "g", FACTS).add(items(1), embeddings(1))
    with pytest.raises(GalleryError, match="unfinished"):
        GalleryWriter(tmp_path / "g", GalleryFacts("other", "bbb", 8, "pictures"))


def test_an_empty_gallery_is_refused(tmp_path):
    with pytest.raises(GalleryError, match="no readable picture"):
        GalleryWriter(tmp_path / "g", FACTS).finish([])


@pytest.mark.parametrize("name", ["gallery.json", "items.jsonl", "vectors.faiss"])
def test_missing_and_broken_files_are_clear_errors(gallery, name):
    path = gallery.folder / name
    path.write_bytes(b"{broken")
    with pytest.raises(GalleryError):
        load_gallery(gallery.folder, "aaa", "bbb")
    path.unlink()
    with pytest.raises(GalleryError):
        load_gallery(gallery.folder, "aaa", "bbb")
