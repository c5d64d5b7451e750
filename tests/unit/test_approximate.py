"""What approximate back ends promise beside the contract: a measured recall, exact scores, and exactness where it is cheap."""

import numpy as np
import pytest

from lbf_model.gallery.backends import AUTOMATIC, BACKENDS, choose_backend
from lbf_model.gallery.backends.flat import FlatBackend
from lbf_model.gallery.backends.recall import sample_queries

RNG = np.random.default_rng(0)


def unit(values):
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


CENTRES = RNG.normal(size=(40, 32))
VECTORS = unit(CENTRES[RNG.integers(0, 40, 3000)] + 0.6 * RNG.normal(size=(3000, 32)))
QUERIES = unit(CENTRES[RNG.integers(0, 40, 50)] + 0.6 * RNG.normal(size=(50, 32)))
EXACT = QUERIES @ VECTORS.T


@pytest.fixture(params=["hnsw", "ivf-pq"], scope="module")
def index(request):
    return BACKENDS[request.param].build(VECTORS)


def test_scores_are_exact_and_most_of_the_nearest_are_found(index):
    scores, rows = index.search(QUERIES, 10)
    assert scores == pytest.approx(np.take_along_axis(EXACT, rows, 1), abs=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all() and all(len(set(found)) == 10 for found in rows.tolist())
    nearest = np.argsort(-EXACT, 1)[:, :10]
    assert np.mean([np.isin(n, r).mean() for n, r in zip(nearest, rows, strict=True)]) > 0.9


def test_recall_is_that_of_the_index_as_it_searches(index):
    queries = sample_queries(FlatBackend.build(VECTORS))
    assert queries.shape == (200, 32) and np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    assert (queries @ VECTORS.T).max() < 0.9999, "no query is a vector of the gallery"
    nearest = np.argsort(-(queries @ VECTORS.T), 1)[:, :10]
    _, rows = index.search(queries, 10)
    assert index.recall == pytest.approx(np.mean([np.isin(n, r).mean() for n, r in zip(nearest, rows, strict=True)]), abs=1e-3)
    assert 0.9 < index.recall <= 1 and FlatBackend.build(VECTORS).recall is None


def test_more_effort_is_made_until_enough_is_found(index, monkeypatch):
    kind = type(index)
    monkeypatch.setattr(kind, "efforts", (1,))
    lazy = kind.build(VECTORS)
    assert lazy.recall < index.recall


def test_the_effort_is_kept_on_disk(index, tmp_path):
    index.save(tmp_path / "vectors.faiss")
    loaded = type(index).load(tmp_path / "vectors.faiss")
    assert np.array_equal(loaded.search(QUERIES, 10)[1], index.search(QUERIES, 10)[1])
    for file in index.files(tmp_path / "vectors.faiss"):
        whole = file.read_bytes()
        file.unlink()
        with pytest.raises(FileNotFoundError):
            type(index).load(tmp_path / "vectors.faiss")
        file.write_bytes(whole)


def test_an_index_of_other_vectors_is_refused(index, tmp_path):
    index.save(tmp_path / "vectors.faiss")
    FlatBackend.build(VECTORS[:100]).save(tmp_path / "vectors.faiss")
    with pytest.raises(ValueError, match="of 3000 vectors, but there are 100"):
        type(index).load(tmp_path / "vectors.faiss")


@pytest.mark.parametrize("share", [2, 50])
def test_a_search_of_some_rows_finds_the_nearest_of_them(index, share):
    rows = np.arange(1, 3000, share)
    scores, found = index.search(QUERIES, 10, rows)
    assert np.isin(found, rows).all() and scores == pytest.approx(np.take_along_axis(EXACT, found, 1), abs=1e-5)
    nearest = rows[np.argsort(-EXACT[:, rows], 1)[:, :10]]
    recall = np.mean([np.isin(n, r).mean() for n, r in zip(nearest, found, strict=True)])
    assert recall == 1 if share == 50 else recall > 0.9, "few rows are all compared"


def test_a_large_share_is_searched_exactly(index):
    _, rows = index.search(QUERIES, 300)
    assert np.array_equal(np.sort(rows, 1), np.sort(np.argsort(-EXACT, 1)[:, :300], 1))


def test_too_few_candidates_are_made_up_for(index, monkeypatch):
    found = type(index._index).search

    def few(self, queries, count, *, params=None):
        scores, rows = found(self, queries, count, params=params)
        rows[0, 5:] = -1
        return scores, rows

    monkeypatch.setattr(type(index._index), "search", few)
    _, rows = index.search(QUERIES, 10)
    assert np.array_equal(rows[0], np.argsort(-EXACT[0])[:10])


def test_the_back_end_is_chosen_by_size():
    assert AUTOMATIC not in BACKENDS
    assert [choose_backend(count) for count in (1, 1000, 1_000_000, 100_000_000)] == ["flat", "flat", "hnsw", "ivf-pq"]
