"""The interface that a gallery needs for searching its vectors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

import numpy as np

BLOCK = 8192  # vectors processed at a time, so that nothing needs a copy of all of them


class Searcher(Protocol):
    """Vectors of unit length, numbered by row from 0 and searched by inner product, which is their cosine.

    Attributes:
        width: E, the width of the vectors.
    """

    width: int

    def __len__(self) -> int:
        """G, how many vectors there are."""
        ...

    def search(self, queries: np.ndarray, count: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The rows nearest to each query.

        Args:
            queries: (N, E) float32, unit length.
            count: K, at most the number of rows searched.
            rows: (M,) int64, ascending: the only rows to search; None searches all.

        Returns:
            scores: (N, K) float32, cosines, highest first; equal ones in row order.
            rows: (N, K) int64.
        """
        ...

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """(M, E) float32, the vectors of the rows (M,) int64; unit length up to storage precision."""
        ...

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """All vectors, a block at a time: the row of the first, and (n, E) float32, which must not be written to."""
        ...


class Backend(Searcher, Protocol):
    """A searcher whose vectors are in files of the gallery's folder.

    Attributes:
        recall: share of the ten nearest vectors that `search` finds, measured by `build`; None if the search is exact, or if
            the back end was loaded from files: the gallery's facts keep the value.
        exact: the same vectors, searched exactly.
    """

    recall: float | None
    exact: "Backend"

    @classmethod
    def build(cls, vectors: np.ndarray, half: bool = False, rows: np.ndarray | None = None) -> Self:
        """Index vectors.

        Args:
            vectors: (N, E) float32, unit length. From a mapped file, at most `BLOCK` are copied at a time.
            half: store numbers as float16, at half the size; that changes a cosine by less than 0.0002.
            rows: (G,) int64, which vectors to index, in this order; None takes all.
        """
        ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open what `save` wrote. Large files stay on disk, and are read as they are searched.

        Raises:
            FileNotFoundError: a file is missing.
            ValueError: a file is broken.
        """
        ...

    @staticmethod
    def files(path: Path) -> tuple[Path, ...]:
        """The files that `save` writes, `path` first."""
        ...

    def save(self, path: Path) -> None:
        """Write the vectors to `path`, and any further files beside it."""
        ...

    def in_order(self) -> bool:
        """Whether row numbers count from 0 in the order of the vectors, as they do unless a file was altered."""
        ...
