"""Small galleries, written anew for each test: of one compositor, and of three."""

from dataclasses import replace

import pytest

from lbf_model.gallery.store import GalleryWriter
from tests.unit.gallery.small_gallery import FACTS, TWO, add, both, embeddings, items


@pytest.fixture
def gallery(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, items(20), embeddings(20))
    return writer.finish([{"path": "bad.png", "reason": "broken"}])


@pytest.fixture
def compared(tmp_path):
    """Twenty pictures with vectors of three compositors; pictures 0 and 4 are the same."""
    writer = GalleryWriter(tmp_path / "g", TWO)
    some, main, others = items(20), embeddings(20), both(20)
    some[4] = replace(some[4], digest=some[0].digest)
    for vectors in (main, *others.values()):
        vectors[4] = vectors[0]
    add(writer, some, main, others)
    return writer.finish([])
