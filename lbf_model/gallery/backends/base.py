"""What a gallery asks of whatever searches its vectors."""

from pathlib import Path
from typing import Protocol, Self

import numpy as np


class Backend(Protocol):
    """Vectors of unit length, known by row number from 0 and searched by inner product, which is their cosine.

    Attributes:
        width: E, of the vectors.
    """

    width: int

    @classmethod
    def build(cls, vectors: np.ndarray, half: bool = False) -> Self:
        """Index vectors.

        Args:
            vectors: (G, E) float32, unit length.
            half: store numbers as float16, at half the size; that moves a cosine by less than 0.0002.
        """
        ...

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `save` wrote.

        Raises:
            FileNotFoundError: it is missing.
            ValueError: it is broken.
        """
        ...

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        ...

    def __len__(self) -> int:
        """G, how many vectors there are."""
        ...

    def in_order(self) -> bool:
        """Whether row numbers count from 0 in the order of the vectors, as they do unless a file was altered."""
        ...

    def search(self, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows nearest to each query.

        Args:
            queries: (N, E) float32, unit length.
            count: K, at most G.

        Returns:
            scores: (N, K) float32, cosines, highest first; equal ones in the order of their rows.
            rows: (N, K) int64.
        """
        ...

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """(M, E) float32 of the rows (M,) int64, of unit length as nearly as they are stored."""
        ...
