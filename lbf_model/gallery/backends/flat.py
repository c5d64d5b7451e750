"""Exact search: every vector is compared with the query."""

from pathlib import Path
from typing import Self

import faiss
import numpy as np


class FlatBackend:
    """faiss's flat inner product (see `base.Backend`). Row numbers are kept as ids, so that the file says them, too."""

    def __init__(self, index: faiss.Index):
        self._index = index
        self.width = index.d

    @classmethod
    def build(cls, vectors: np.ndarray, half: bool = False) -> Self:
        """As `Backend.build`."""
        width = vectors.shape[1]
        stored = faiss.ScalarQuantizer.QT_fp16
        flat = faiss.IndexScalarQuantizer(width, stored, faiss.METRIC_INNER_PRODUCT) if half else faiss.IndexFlatIP(width)
        index = faiss.IndexIDMap2(flat)
        index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.arange(len(vectors)))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> Self:
        """As `Backend.load`."""
        if not path.is_file():
            raise FileNotFoundError(2, "missing", str(path))
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise ValueError(f"{path.name}: not an index of faiss ({str(error).splitlines()[0]})") from None

    def save(self, path: Path) -> None:
        """As `Backend.save`."""
        with path.open("wb") as file:  # faiss by itself loses the end of an index without an error where the disk gets full
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

    def __len__(self) -> int:
        return self._index.ntotal

    def in_order(self) -> bool:
        """As `Backend.in_order`."""
        return np.array_equal(faiss.vector_to_array(self._index.id_map), np.arange(len(self)))

    def search(self, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """As `Backend.search`."""
        scores, rows = self._index.search(np.ascontiguousarray(queries, np.float32), count)
        order = np.lexsort((rows, -scores))  # faiss leaves equal scores in any order
        return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """As `Backend.vectors`."""
        rows = np.asarray(rows, np.int64)
        if len(rows) and rows[0] >= 0 and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return self._index.index.reconstruct_n(int(rows[0]), len(rows))
        return self._index.index.reconstruct_batch(rows)
