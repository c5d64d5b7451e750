"""A gallery holds vectors of compared compositors, too, and answers for each of them."""

import json

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import GalleryWriter, load_gallery, read_facts, write_checksums
from tests.unit.gallery.small_gallery import FACTS, TWO, add, both, embeddings, items


def test_a_gallery_answers_for_compared_compositors_as_for_its_own(compared):
    loaded = load_gallery(compared.place, "aaa", "bbb")
    assert read_facts(compared.place) == loaded.facts == TWO
    for gallery in (compared, loaded):
        for name, vectors in both(20).items():
            view = gallery.seen_by(name)
            assert view.items == gallery.items and view.facts.embedding_width == vectors.shape[1]
            query = embeddings(1, seed=5, width=vectors.shape[1])[0]
            matches = view.search(query, 20, exclude=["id3"])
            assert len(matches) == 18 and {m.id: m.duplicates for m in matches}["id0"] == ("id4",)
            exact = {f"id{i}": score for i, score in enumerate(vectors @ query)}
            assert all(m.score == pytest.approx(exact[m.id], abs=2e-4) for m in matches), "float16 is exact enough"
            assert [m.id for m in matches] == sorted((m.id for m in matches), key=lambda id: -exact[id])
            for match in matches:
                scores, ranks = view.rank(query[None], match.id, ["id3"])
                assert ranks[0] == match.rank and scores[0] == pytest.approx(match.score, abs=1e-5)
        assert np.array_equal(gallery.vectors(), gallery.seen_by("aaa").vectors())
    query = embeddings(1, seed=5)[0]
    assert [m.id for m in compared.search(query, 20)] != [m.id for m in compared.seen_by("ccc").search(query, 20)]


def test_stored_compared_vectors_survive_being_stored_again(compared, tmp_path):
    writer = GalleryWriter(tmp_path / "again", TWO)
    add(writer, compared.items, compared.vectors(), {name: compared.seen_by(name).vectors() for name in ("ccc", "ddd")})
    writer.finish([])
    for name in ("hashes-1.npy", "vectors-1.faiss", "vectors-1-ccc.faiss", "vectors-1-ddd.faiss", "gallery.json"):
        assert (tmp_path / "again" / name).read_bytes() == (compared.place / name).read_bytes()
    assert len(load_gallery(tmp_path / "again", "aaa", "bbb").seen_by("ddd").vector("id7")) == 12


def test_vectors_that_a_gallery_does_not_hold_are_a_clear_error(compared, gallery):
    with pytest.raises(GalleryError, match="no vectors of compositor zzz"):
        compared.seen_by("zzz")
    with pytest.raises(GalleryError, match="no vectors of compositor aaa"):
        compared.seen_by("ccc").seen_by("aaa")
    with pytest.raises(GalleryError, match="no vectors"):
        gallery.seen_by("ccc")


def test_outdated_compared_vectors_are_deleted_last(compared):
    writer = GalleryWriter(compared.place, FACTS)
    add(writer, items(2), embeddings(2))
    (compared.place / "vectors-1.graph").write_bytes(b"of a back end that this version does not know")
    assert load_gallery(compared.place, "aaa", "bbb").facts == TWO
    writer.finish([])
    assert sorted(p.name for p in compared.place.iterdir()) == [
        "checksums-2.json",
        "gallery.json",
        "hashes-2.npy",
        "items-2.sqlite",
        "vectors-2.faiss",
    ]


@pytest.mark.parametrize("spoil", ["missing", "broken", "short", "records"])
def test_broken_compared_vectors_are_clear_errors(compared, spoil):
    path = compared.place / "vectors-1-ccc.faiss"
    if spoil == "missing":
        path.unlink()
    elif spoil == "broken":
        path.write_bytes(b"{broken")
    elif spoil == "short":
        (compared.place / "vectors-1-ddd.faiss").replace(path)
        (compared.place / "vectors-1-ddd.faiss").write_bytes(path.read_bytes())
    else:
        about = compared.place / "gallery.json"
        about.write_text(json.dumps({**json.loads(about.read_text()), "compared": [{"name": "x"}]}))
    with pytest.raises(GalleryError, match=r"missing|altered"):
        load_gallery(compared.place, "aaa", "bbb")
    with pytest.raises(GalleryError, match=r"missing|broken|vectors of ccc"):
        write_checksums(compared.place)
