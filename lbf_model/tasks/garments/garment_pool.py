"""Garments indexed by their facts, so that partners for a query are found at once."""

from collections.abc import Sequence

import numpy as np

from lbf_model.tasks.garments.regions import UNKNOWN


class GarmentPool:
    """Garments indexed by their facts, so that those that differ in only one or two facts are found at once.

    Attributes:
        facts: (N, 6) int64.
        origin: (N,) int64; equal for pictures of one and the same garment.
        pictures: (N,) int64, their indices among the region table's pictures.
    """

    def __init__(self, facts: np.ndarray, origin: np.ndarray, pictures: np.ndarray, kept: np.ndarray | None = None):
        """Index garments; `kept`, (N,) bool, leaves the others out."""
        kept = np.ones(len(facts), bool) if kept is None else kept
        self.facts, self.origin, self.pictures = facts[kept], origin[kept], pictures[kept]
        self._groups: dict[tuple[int, ...], dict[bytes, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.facts)

    def like(self, fact: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """Garments that are like `fact` in all facts but those in `columns`, whatever they are there."""
        columns = tuple(columns)
        if columns not in self._groups:
            rest, group = np.unique(np.delete(self.facts, columns, 1), axis=0, return_inverse=True)
            order = np.argsort(group, kind="stable")
            members = np.split(order, np.cumsum(np.bincount(group, minlength=len(rest)))[:-1])
            self._groups[columns] = {row.tobytes(): numbers for row, numbers in zip(rest, members, strict=True)}
        return self._groups[columns].get(np.delete(fact, columns).tobytes(), _NOBODY)

    def differing(self, fact: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """Garments that are like `fact` except for another known value in each of `columns`."""
        found = self.like(fact, columns)
        values = self.facts[found][:, list(columns)]
        return found[((values != fact[list(columns)]) & (values != UNKNOWN)).all(1)]


_NOBODY = np.empty(0, np.int64)
