"""How many of the nearest vectors an approximate search finds, and how much effort that takes."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from lbf_model.gallery.backends.base import Backend

Effort = TypeVar("Effort")  # how much of an index a search looks at, in its engine's own terms

_MEASURED_AT = 10  # results
_QUERIES = 200
_ENOUGH = 0.98  # recall at which the effort stops being raised


def least_effort(
    exact: Backend, efforts: Sequence[Effort], search: Callable[[Effort, np.ndarray, int], np.ndarray]
) -> tuple[Effort, float]:
    """The first effort that finds nearly all of the nearest vectors, or else the last, and its recall.

    Args:
        exact: the vectors.
        efforts: to try in turn.
        search: (effort, queries (N, E), K) -> the rows found, (N, K).
    """
    queries = sample_queries(exact)
    count = min(_MEASURED_AT, len(exact))
    _, nearest = exact.search(queries, count)
    for effort in efforts:
        found = search(effort, queries, count)
        recall = round(float(np.mean([np.isin(n, f).mean() for n, f in zip(nearest, found, strict=True)])), 4)
        if recall >= _ENOUGH:
            break
    return effort, recall


def sample_queries(vectors: Backend) -> np.ndarray:
    """(N, E) float32, unit length: midpoints between some vectors and, for each, one of its nearest neighbours.

    They lie among the vectors, as composed queries do, but none of them is itself one of the vectors.
    """
    rng = np.random.default_rng(0)
    chosen = vectors.vectors(np.sort(rng.choice(len(vectors), min(_QUERIES, len(vectors)), replace=False)))
    _, near = vectors.search(chosen, min(_MEASURED_AT + 1, len(vectors)))
    others = rng.integers(min(1, near.shape[1] - 1), near.shape[1], len(near))  # the first is the vector itself
    middle = chosen + vectors.vectors(near[np.arange(len(near)), others])
    return middle / np.linalg.norm(middle, axis=1, keepdims=True)
