"""Approximate search: a faiss index returns candidates, which are compared with the query exactly.

So scores are exact, and the only possible error is that one of the nearest vectors is not among the candidates. How often that
happens is measured when an index is built, and its search effort is raised until it is rare.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

import faiss
import numpy as np

from lbf_model.gallery.backends.flat import FlatBackend, read_index, selector, write_index
from lbf_model.gallery.backends.recall import least_effort

_CANDIDATES = 4  # per requested result
_FEWEST_CANDIDATES = 100
# If more than this share of the searched vectors is requested, or no more than this share is searched, the search is exact.
_LARGE_SHARE, _SMALL_SHARE = 0.05, 0.05


class ApproximateBackend(ABC):
    """A `Backend` that stores its vectors as `FlatBackend` does, with a faiss index beside them.

    A subclass says how to make its index, and how to set the effort of a search.

    Attributes:
        efforts: from least to most, tried in this order when a gallery is built.
        index_type: the type that faiss must read from the file.
        exact: the vectors, searched without the index.
    """

    efforts: ClassVar[tuple[int, ...]]
    index_type: ClassVar[type[faiss.Index]]

    def __init__(self, vectors: FlatBackend, index: faiss.Index):
        self.exact, self._index = vectors, index
        self.width = vectors.width
        self.recall: float | None = None

    @staticmethod
    @abstractmethod
    def make_index(vectors: np.ndarray) -> faiss.Index:
        """Build an index of vectors (G, E) float32."""

    @staticmethod
    @abstractmethod
    def set_effort(index: faiss.Index, effort: int) -> None:
        """Set how much of the index a search looks at; the setting is stored with the index."""

    @staticmethod
    @abstractmethod
    def among(selected: faiss.IDSelector, index: faiss.Index) -> faiss.SearchParameters:
        """The parameters for searching only some rows, with the effort that was set."""

    @classmethod
    def build(cls, vectors: np.ndarray, half: bool = False, rows: np.ndarray | None = None) -> Self:
        """As `Backend.build`. Raises the search effort step by step, until nearly all of the nearest vectors are found."""
        exact = FlatBackend.build(vectors, half, rows)
        whole = exact.whole()
        built = cls(exact, cls.make_index(exact.vectors(np.arange(len(exact))) if whole is None else whole))

        def search(effort: int, queries: np.ndarray, count: int) -> np.ndarray:
            cls.set_effort(built._index, effort)
            return built._search(queries, count)[1]

        _, built.recall = least_effort(built.exact, cls.efforts, search)
        return built

    @classmethod
    def load(cls, path: Path) -> Self:
        """As `Backend.load`."""
        vectors_file, index_file = cls.files(path)
        vectors, index = FlatBackend.load(vectors_file), read_index(index_file)
        if type(index) is not cls.index_type:
            raise ValueError(f"{index_file.name}: wrong type of index ({type(index).__name__})")
        if (index.ntotal, index.d) != (len(vectors), vectors.width):
            raise ValueError(f"{index_file.name}: of {index.ntotal} vectors, but there are {len(vectors)}")
        return cls(vectors, index)

    @staticmethod
    def files(path: Path) -> tuple[Path, ...]:
        """As `Backend.files`."""
        return path, path.with_suffix(".index")

    def save(self, path: Path) -> None:
        """As `Backend.save`."""
        vectors_file, index_file = self.files(path)
        self.exact.save(vectors_file)
        write_index(self._index, index_file)

    def __len__(self) -> int:
        return len(self.exact)

    def in_order(self) -> bool:
        """As `Backend.in_order`."""
        return self.exact.in_order()

    def search(self, queries: np.ndarray, count: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """As `Backend.search`; a row that is not a candidate is missing, and those after it move up."""
        few = rows is not None and len(rows) <= _SMALL_SHARE * len(self)
        if few or count > _LARGE_SHARE * (len(self) if rows is None else len(rows)):
            return self.exact.search(queries, count, rows)
        scores, found = self._search(queries, count, rows)
        short = (found < 0).any(1)  # too few candidates
        if short.any():
            scores[short], found[short] = self.exact.search(queries[short], count, rows)
        return scores, found

    def _search(self, queries: np.ndarray, count: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        only = None if rows is None else self.among(selector(rows, len(self)), self._index)
        wanted = min(max(_CANDIDATES * count, _FEWEST_CANDIDATES), len(self))
        _, candidates = self._index.search(np.ascontiguousarray(queries, np.float32), wanted, params=only)
        return self.exact.score(queries, count, candidates)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """As `Backend.vectors`."""
        return self.exact.vectors(rows)

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """As `Backend.blocks`."""
        return self.exact.blocks()
