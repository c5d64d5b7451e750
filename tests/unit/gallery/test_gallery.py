"""A gallery finds each item itself, ranks by cosine, and shows the same picture once."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import GalleryWriter
from tests.unit.gallery.small_gallery import FACTS, add, embeddings, items


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
    matches = gallery.search(embeddings(20)[3], 20, exclude=["id3"])
    assert len(matches) == 19 and "id3" not in {m.id for m in matches}
    assert [m.rank for m in matches] == list(range(1, 20))
    assert len(gallery.search(embeddings(20)[3], 5, exclude=["not there"])) == 5


def test_equal_scores_keep_the_order_of_the_gallery(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, items(6), np.repeat(embeddings(1), 6, axis=0))
    found = writer.finish([]).search(embeddings(1)[0], 6)
    assert [m.id for m in found] == [f"id{i}" for i in range(6)]


@pytest.fixture
def repeated(tmp_path):
    """Ten pictures, of which 0, 4 and 7 are the same, and so are 2 and 3."""
    same = {4: 0, 7: 0, 3: 2}
    vectors = embeddings(10)
    for row, other in same.items():
        vectors[row] = vectors[other]
    writer = GalleryWriter(tmp_path / "g", FACTS)
    add(writer, [replace(item, digest=f"digest {same.get(i, i)}") for i, item in enumerate(items(10))], vectors)
    return writer.finish([])


def test_the_same_picture_is_one_match_that_names_the_others(repeated):
    for count in range(1, 12):
        matches = repeated.search(embeddings(10)[0], count)
        assert len(matches) == min(count, 7), "the count is kept where there are so many different pictures"
        assert matches[0].id == "id0" and matches[0].duplicates == ("id4", "id7")
        assert [m.rank for m in matches] == list(range(1, len(matches) + 1))
    assert {m.id: m.duplicates for m in matches}["id2"] == ("id3",)
    assert {m.id: m.duplicates for m in matches}["id5"] == ()


def test_leaving_the_reference_out_leaves_out_its_duplicates(repeated):
    for one in ("id0", "id4", "id7"):
        matches = repeated.search(embeddings(10)[0], 6, exclude=[one])
        assert len(matches) == 6 and not {"id0", "id4", "id7"} & {m.id for m in matches}


def test_an_item_stands_where_search_ranks_it(gallery):
    queries = embeddings(3, seed=5)
    for exclude in ((), ("id4",)):
        for query in queries:
            for match in gallery.search(query, 20, exclude):
                scores, ranks = gallery.rank(query[None], match.id, exclude)
                assert ranks[0] == match.rank and scores[0] == pytest.approx(match.score, abs=1e-5)
    scores, ranks = gallery.rank(queries, "id7")
    assert scores.shape == ranks.shape == (3,)
    assert np.allclose(gallery.vector("id7"), embeddings(20)[7])
    with pytest.raises(GalleryError, match="no picture 'elsewhere'"):
        gallery.rank(queries, "elsewhere")


def test_pictures_that_stand_several_times_count_once_in_a_rank(tmp_path):
    writer = GalleryWriter(tmp_path / "g", FACTS)
    vectors = embeddings(3)[[0, 0, 1, 2]]
    add(writer, [replace(item, digest=f"d{max(i - 1, 0)}") for i, item in enumerate(items(4))], vectors)
    gallery = writer.finish([])
    query = vectors[0]
    for match in gallery.search(query, 4):
        assert gallery.rank(query[None], match.id)[1][0] == match.rank
    assert gallery.rank(query[None], "id1")[1][0] == 1
