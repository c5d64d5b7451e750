"""Exact search: every vector is compared with the query."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import faiss
import numpy as np

from lbf_model.checksums import is_large
from lbf_model.gallery.backends.base import BLOCK

_FEW = 4096  # rows; copying out and comparing up to this many is faster than scanning all vectors


class FlatBackend:
    """faiss's flat inner product (see `base.Backend`). A large file is memory-mapped, not read."""

    recall = None

    def __init__(self, index: faiss.Index):
        self._whole = index  # galleries in earlier formats wrap the vectors in an index that stores their row numbers
        self._index = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexIDMap) else index
        self.width = self._index.d

    @property
    def exact(self) -> Self:
        """As `Backend.exact`."""
        return self

    @classmethod
    def build(cls, vectors: np.ndarray, half: bool = False, rows: np.ndarray | None = None) -> Self:
        """As `Backend.build`."""
        count, width = len(vectors) if rows is None else len(rows), vectors.shape[1]
        stored = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexScalarQuantizer(width, stored, faiss.METRIC_INNER_PRODUCT) if half else faiss.IndexFlatIP(width)
        index.codes.resize(count * index.code_size)  # reserve all now: growing copies the index, and needs twice the memory
        index.codes.resize(0)
        for block in (slice(first, first + BLOCK) for first in range(0, count, BLOCK)):
            index.add(np.ascontiguousarray(vectors[block] if rows is None else vectors[rows[block]], np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> Self:
        """As `Backend.load`."""
        loaded = cls(read_index(path))
        if not isinstance(loaded._index, (faiss.IndexFlatIP, faiss.IndexScalarQuantizer)):
            raise ValueError(f"{path.name}: not an index of flat vectors, but {type(loaded._index).__name__}")
        return loaded

    @staticmethod
    def files(path: Path) -> tuple[Path, ...]:
        """As `Backend.files`."""
        return (path,)

    def save(self, path: Path) -> None:
        """As `Backend.save`."""
        write_index(self._index, path)

    def __len__(self) -> int:
        return self._index.ntotal

    def in_order(self) -> bool:
        """As `Backend.in_order`."""
        if self._whole is self._index:
            return True
        return np.array_equal(faiss.vector_to_array(self._whole.id_map), np.arange(len(self)))

    def search(self, queries: np.ndarray, count: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """As `Backend.search`."""
        if rows is not None and len(rows) <= _FEW:
            return self.score(queries, count, np.broadcast_to(rows, (len(queries), len(rows))))
        only = None if rows is None else faiss.SearchParameters(sel=selector(rows, len(self)))
        found = self._index.search(np.ascontiguousarray(queries, np.float32), count, params=only)
        return best_first(*found)

    def score(self, queries: np.ndarray, count: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The nearest of some rows to each query, exactly.

        Args:
            queries: (N, E) float32, unit length.
            count: K, at most M.
            rows: (N, M) int64, candidates for each query; -1 means none.

        Returns:
            As `search`; if a query has fewer than K candidates, its last rows are -1.
        """
        scores = np.stack([self.vectors(np.maximum(of, 0)) @ query for of, query in zip(rows, queries, strict=True)])
        scores, rows = best_first(np.where(rows < 0, -np.inf, scores).astype(np.float32), rows)
        return scores[:, :count], rows[:, :count]

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """As `Backend.vectors`."""
        rows = np.asarray(rows, np.int64)
        if len(rows) and rows[0] >= 0 and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return self._index.reconstruct_n(int(rows[0]), len(rows))
        return self._index.reconstruct_batch(rows)

    def whole(self) -> np.ndarray | None:
        """A view of the index's vectors (G, E) float32, valid while the index lives; None if it stores them in another form."""
        if not isinstance(self._index, faiss.IndexFlatIP) or not len(self):
            return None
        whole = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.width).reshape(-1, self.width)
        whole.flags.writeable = False
        return whole

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """As `Backend.blocks`."""
        whole = self.whole()
        for first in range(0, len(self), BLOCK):
            count = min(BLOCK, len(self) - first)
            yield first, self._index.reconstruct_n(first, count) if whole is None else whole[first : first + count]


def selector(rows: np.ndarray, count: int) -> faiss.IDSelector:
    """A faiss selector that limits a search to some rows (M,) of `count`."""
    chosen = np.zeros(count, bool)
    chosen[rows] = True
    return faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))


def read_index(path: Path) -> faiss.Index:
    """Read a faiss index; a large one is memory-mapped.

    Raises:
        FileNotFoundError: it is missing.
        ValueError: it is broken.
    """
    if not path.is_file():
        raise FileNotFoundError(2, "missing", str(path))
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if is_large(path) else 0)
    except RuntimeError as error:
        raise ValueError(f"{path.name}: not a faiss index ({str(error).splitlines()[0]})") from None


def write_index(index: faiss.Index, path: Path) -> None:
    """Write a faiss index to a file."""
    with path.open("wb") as file:  # faiss's own writer silently loses the end of an index when the disk gets full
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))


def best_first(scores: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort scores and rows (N, K): highest score first, and equal scores in row order, which no engine guarantees."""
    order = np.lexsort((rows, -scores))
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
