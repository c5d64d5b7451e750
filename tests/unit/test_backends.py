"""The contract that every back end of a gallery is held to, against NumPy's product and sort."""

import numpy as np
import pytest

from lbf_model import checksums
from lbf_model.gallery.backends import BACKENDS, flat
from lbf_model.gallery.milvus.address import MilvusConnection
from lbf_model.gallery.milvus.publish import publish_gallery
from lbf_model.gallery.milvus.searcher import MilvusSearcher
from tests.milvus import write_gallery


def unit(values):
    return values / np.linalg.norm(values, axis=1, keepdims=True)


VECTORS = unit(np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32))
QUERIES = unit(np.random.default_rng(1).normal(size=(7, 16)).astype(np.float32))


@pytest.fixture(params=BACKENDS)
def kind(request):
    return BACKENDS[request.param]


@pytest.fixture(params=[*BACKENDS, "milvus"])
def searcher_of(request, tmp_path, monkeypatch):
    """What makes a searcher of vectors: a back end, or what is published to Milvus and opened again."""
    if request.param != "milvus":
        return BACKENDS[request.param].build
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    address = request.getfixturevalue("milvus")("contract")

    def publish(vectors):
        connection = MilvusConnection(address)
        return MilvusSearcher(connection, publish_gallery(write_gallery(tmp_path / "gallery", vectors), address))

    return publish


@pytest.mark.parametrize("count", [1, 10, 300])
def test_the_nearest_vectors_are_found_in_order(searcher_of, count):
    scores, rows = searcher_of(VECTORS).search(QUERIES, count)
    exact = QUERIES @ VECTORS.T
    assert scores.shape == rows.shape == (7, count) and scores.dtype == np.float32 and rows.dtype == np.int64
    assert np.array_equal(rows, np.argsort(-exact, 1, kind="stable")[:, :count])
    assert scores == pytest.approx(np.sort(exact, 1)[:, ::-1][:, :count], abs=1e-5)


def test_equal_scores_keep_the_order_of_rows(searcher_of):
    _, rows = searcher_of(np.repeat(VECTORS[:3], 4, axis=0)).search(VECTORS[1:2], 12)
    assert rows[0, :4].tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize("rows", [np.arange(300), np.arange(5, 60), np.array([7, 3, 3, 299]), np.array([], int)])
def test_vectors_come_back_by_row(searcher_of, rows):
    found = searcher_of(VECTORS).vectors(rows)
    assert found.dtype == np.float32 and np.array_equal(found, VECTORS[rows])


def test_all_vectors_come_block_by_block_in_the_order_of_rows(searcher_of):
    searcher = searcher_of(VECTORS)
    blocks = list(searcher.blocks())
    assert blocks[0][0] == 0 and np.array_equal(np.concatenate([block for _, block in blocks]), VECTORS)


@pytest.mark.parametrize("rows", [np.arange(1, 300, 3), np.array([299])])
def test_only_some_rows_are_searched(searcher_of, rows):
    count = min(10, len(rows))
    scores, found = searcher_of(VECTORS).search(QUERIES, count, rows)
    exact = QUERIES @ VECTORS[rows].T
    assert np.array_equal(found, rows[np.argsort(-exact, 1, kind="stable")[:, :count]])
    assert scores == pytest.approx(np.sort(exact, 1)[:, ::-1][:, :count], abs=1e-5)


@pytest.mark.parametrize("half", [False, True])
def test_all_vectors_come_a_few_at_a_time(kind, half, monkeypatch):
    monkeypatch.setattr(flat, "BLOCK", 128)
    index = kind.build(VECTORS, half)
    blocks = list(index.blocks())
    assert [first for first, _ in blocks] == [0, 128, 256]
    assert np.array_equal(np.concatenate([block for _, block in blocks]), index.vectors(np.arange(300)))


@pytest.mark.parametrize("half", [False, True])
def test_some_of_a_mapped_file_are_indexed_in_the_order_asked_for_and_a_few_at_a_time(kind, half, monkeypatch):
    copied = []

    class Mapped(np.ndarray):
        def __getitem__(self, rows):
            copied.append(len(super().__getitem__(rows)))
            return super().__getitem__(rows)

    monkeypatch.setattr(flat, "BLOCK", 128)
    order = np.random.default_rng(0).permutation(300)[:260]
    index = kind.build(VECTORS.view(Mapped), half, order)
    assert index.vectors(np.arange(260)) == pytest.approx(VECTORS[order], abs=1e-3 if half else 0)
    assert copied == [128, 128, 4]


@pytest.mark.parametrize("few", [0, 4096], ids=["masked", "copied out"])
@pytest.mark.parametrize("half", [False, True])
def test_only_the_rows_asked_for_are_searched(kind, half, few, monkeypatch):
    monkeypatch.setattr(flat, "_FEW", few)
    rows = np.arange(1, 300, 3)
    index = kind.build(VECTORS, half)
    scores, found = index.search(QUERIES, 10, rows)
    exact = QUERIES @ index.vectors(rows).T
    assert np.array_equal(found, rows[np.argsort(-exact, 1, kind="stable")[:, :10]])
    assert scores.dtype == np.float32 and scores == pytest.approx(np.sort(exact, 1)[:, ::-1][:, :10], abs=1e-5)
    assert found.dtype == np.int64 and np.array_equal(np.sort(index.search(QUERIES, 100, rows)[1], 1)[0], rows)


def test_half_precision_moves_a_cosine_by_less_than_promised(kind, tmp_path):
    half, whole = kind.build(VECTORS, half=True), kind.build(VECTORS)
    scores, rows = half.search(QUERIES, 300)
    exact = np.take_along_axis(QUERIES @ VECTORS.T, rows, 1)
    assert 0 < np.abs(scores - exact).max() < 2e-4
    half.save(tmp_path / "half")
    whole.save(tmp_path / "whole")
    assert (tmp_path / "half").stat().st_size < 0.7 * (tmp_path / "whole").stat().st_size


@pytest.mark.parametrize("large", [0, 10**9], ids=["mapped", "read"])
def test_saved_and_loaded_is_the_same(kind, tmp_path, monkeypatch, large):
    monkeypatch.setattr(checksums, "_LARGE", large)
    index = kind.build(VECTORS)
    index.save(tmp_path / "index")
    assert {*tmp_path.iterdir()} == {*kind.files(tmp_path / "index")}
    loaded = kind.load(tmp_path / "index")
    assert loaded.in_order()
    assert (len(loaded), loaded.width) == (len(index), index.width) == (300, 16)
    for one, other in zip(index.search(QUERIES, 20), loaded.search(QUERIES, 20), strict=True):
        assert np.array_equal(one, other)


def test_missing_and_broken_files_are_told_apart(kind, tmp_path):
    with pytest.raises(FileNotFoundError):
        kind.load(tmp_path / "none")
    (tmp_path / "broken").write_bytes(b"{broken")
    with pytest.raises(ValueError, match="broken"):
        kind.load(tmp_path / "broken")
