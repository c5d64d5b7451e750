"""Recall and success at K: how often a right picture is among the first K results."""

from collections.abc import Sequence

import numpy as np

CUTOFFS = (1, 5, 10, 50, 100)
_CHUNK = 512


def first_hit_ranks(
    queries: np.ndarray, gallery: np.ndarray, own: np.ndarray, target_scenes: np.ndarray, gallery_scenes: np.ndarray
) -> np.ndarray:
    """Rank of the best gallery picture that shows the target scene.

    Protocol: cosine over all pictures of the split; the query's own picture is excluded; a hit is any picture whose scene
    equals the target's. Equal scores count against the query.

    Args:
        queries: (Q, E) float32, unit length.
        gallery: (G, E) float32, unit length.
        own: (Q,) int64, gallery row of each query's own picture, -1 if it is not in the gallery.
        target_scenes: (Q,) int64.
        gallery_scenes: (G,) int64.

    Returns:
        (Q,) int64, from 1; G + 1 if the gallery holds no hit.
    """
    ranks = np.empty(len(queries), np.int64)
    for first in range(0, len(queries), _CHUNK):
        rows = slice(first, first + _CHUNK)
        scores = queries[rows] @ gallery.T
        present = own[rows] >= 0
        scores[np.flatnonzero(present), own[rows][present]] = -np.inf
        hit = gallery_scenes[None] == target_scenes[rows, None]
        hit[np.flatnonzero(present), own[rows][present]] = False
        best = np.where(hit, scores, -np.inf).max(1)
        better = (~(scores < best[:, None]) & ~hit).sum(1)  # NaN counts against the query, too
        ranks[rows] = np.where(hit.any(1), better + 1, len(gallery) + 1)
    return ranks


def percent(hits: np.ndarray) -> float:
    """The share of True in percent; 0 for an empty array."""
    return round(100 * float(hits.mean()), 2) if hits.size else 0.0


def recall(ranks: np.ndarray, cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, float]:
    """R@K in percent for each cutoff: {"R@1": 79.2, ...}; 0 if there are no queries."""
    return {f"R@{k}": percent(ranks <= k) for k in cutoffs}


def success(scores: np.ndarray, right: np.ndarray, cutoffs: Sequence[int] = (1, 5, 10)) -> dict[str, float]:
    """Share in percent of queries with a right result among the first k, 0 if there are no queries; equal scores count against
    the query.

    Args:
        scores: (Q, G) float; -inf where a picture is excluded.
        right: (Q, G) bool.
        cutoffs: the values of k.
    """
    best = np.where(right, scores, -np.inf).max(1)
    rank = ((scores >= best[:, None]) & ~right).sum(1) + 1
    rank = np.where(np.isfinite(best), rank, np.inf)
    return {f"success@{k}": percent(rank <= k) for k in cutoffs}
