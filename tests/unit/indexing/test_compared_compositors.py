"""Compared compositors embed the same regions, from one detection, and their vectors follow updates."""

import os

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.items import GalleryError
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.compare import load_compared
from tests.small import CountingRetriever
from tests.unit.indexing.small_folder import counts, draw, files, index


def test_compared_compositors_embed_the_same_regions_with_one_detection(retriever, compared, folder, out):
    counting = CountingRetriever(retriever)
    gallery, _ = index(counting, folder, out, compared=compared)
    assert counting.pictures == 12
    assert gallery.facts.compared == tuple(b.facts for b in compared) and len(compared) >= 4
    pictures = [Image.open(gallery.picture(item)) for item in gallery.items]
    regions = retriever.detect_regions(pictures)
    embeddings = retriever.encoder.encode_targets(regions)
    assert gallery.vectors() == pytest.approx(embeddings, abs=1e-5)
    for b in compared:
        vectors = b.encode_targets(regions)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert gallery.seen_by(b.fingerprint).vectors() == pytest.approx(vectors, abs=1e-3)
    assert retriever.open_gallery(out).facts == gallery.facts


def test_an_update_adds_compared_compositors_to_an_old_gallery(retriever, compared, folder, out):
    entries = list_folder(folder).entries
    named = [type(e)(f"id {i}", e.path, f"caption {i}") for i, e in enumerate(entries)]
    old, _ = build_gallery(retriever, folder, named, out)
    os.utime(folder / "07.png", ns=(1, 1))
    counting = CountingRetriever(retriever)
    new, changes = index(counting, folder, out, update=True, compared=compared[:2])
    assert counting.pictures == 12 and counts(changes) == (0, 0, 0, 12)
    assert np.array_equal(new.vectors(), old.vectors()), "its own vectors stay, to the last bit"
    assert [(i.id, i.caption, i.regions) for i in new.items] == [(i.id, i.caption, i.regions) for i in old.items]
    more, _ = index(retriever, folder, out, update=True, compared=compared)
    anew, _ = build_gallery(retriever, folder, named, out.parent / "anew", compared=compared)
    for b in compared:
        vectors = more.seen_by(b.fingerprint).vectors()
        assert np.array_equal(vectors, anew.seen_by(b.fingerprint).vectors())
        assert b not in compared[:2] or np.array_equal(vectors, new.seen_by(b.fingerprint).vectors())


def test_an_update_keeps_compared_vectors_of_unchanged_pictures(retriever, compared, folder, out):
    first, _ = index(retriever, folder, out, compared=compared)
    draw(folder / "new.png", 50)
    draw(folder / "03.png", 51)
    (folder / "01.png").rename(folder / "sub" / "moved.png")
    counting = CountingRetriever(retriever)
    second, changes = index(counting, folder, out, update=True, compared=compared)
    assert counting.pictures == 2 and counts(changes) == (2, 1, 1, 10)
    for b in compared:
        old, new = first.seen_by(b.fingerprint), second.seen_by(b.fingerprint)
        kept = dict(zip((i.digest for i in old.items), old.vectors(), strict=True))
        for item, vector in zip(new.items, new.vectors(), strict=True):
            assert np.array_equal(vector, kept.get(item.digest)) == (item.path not in ("new.png", "03.png"))


def test_an_interrupted_build_with_compared_compositors_gives_the_same_bytes(retriever, compared, folder, out, tmp_path):
    index(retriever, folder, tmp_path / "whole", compared=compared)
    with pytest.raises(KeyboardInterrupt):
        index(CountingRetriever(retriever, stop_after=8), folder, out, compared=compared)
    with pytest.raises(GalleryError, match="unfinished"):
        index(retriever, folder, out, compared=compared[:1])
    rest = CountingRetriever(retriever)
    index(rest, folder, out, compared=compared)
    assert rest.pictures == 4 and files(out) == files(tmp_path / "whole")


def test_an_interrupted_addition_leaves_the_old_gallery_and_goes_on(retriever, compared, folder, out):
    old, _ = index(retriever, folder, out)
    with pytest.raises(KeyboardInterrupt):
        index(CountingRetriever(retriever, stop_after=8), folder, out, update=True, compared=compared)
    assert retriever.open_gallery(out).facts == old.facts
    rest = CountingRetriever(retriever)
    new, _ = index(rest, folder, out, update=True, compared=compared)
    assert rest.pictures == 4 and np.array_equal(new.vectors(), old.vectors()) and len(new.facts.compared) == len(compared)


def test_an_update_needs_the_compared_compositors_that_the_gallery_knows(retriever, compared, folder, out):
    index(retriever, folder, out, compared=compared[:2])
    with pytest.raises(GalleryError, match=rf"{compared[0].facts.name} is {compared[0].fingerprint}\).*--baseline"):
        index(retriever, folder, out, update=True, compared=compared[1:])


def test_the_same_picture_has_the_same_compared_vectors(retriever, compared_folder, folder, out):
    with Image.open(folder / "02.png") as picture:
        picture.save(folder / "again.bmp")
    concat = load_compared([compared_folder / "concat"], retriever)
    counting = CountingRetriever(retriever)
    gallery, _ = index(counting, folder, out, compared=concat)
    assert counting.pictures == 12
    view = gallery.seen_by(concat[0].fingerprint)
    best = view.search(view.vector("02.png"), 12)
    assert len(best) == 12 and (best[0].id, best[0].duplicates) == ("02.png", ("again.bmp",))
