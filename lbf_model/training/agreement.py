"""How well estimates of what matters agree with the truth, over many queries."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from lbf_model.training.bootstrap import mean_interval

FEWEST = 3  # regions or words needed for a meaningful rank correlation


@dataclass(frozen=True)
class Parts:
    """Truths and estimates for the regions, or the words, of one query.

    Attributes:
        truths: by name, (N,) float: how much the target's cosine drops without each part.
        estimates: by name, (N,) float: how much each part matters according to the estimate.
    """

    truths: dict[str, np.ndarray]
    estimates: dict[str, np.ndarray]


def can_be_ranked(parts: Parts) -> bool:
    """Whether there are enough parts for a rank correlation."""
    return all(len(values) >= FEWEST for values in parts.truths.values())


def agreement(parts: Sequence[Parts], seed: int) -> dict:
    """How well estimates agree with truths, over queries that have at least three parts.

    Args:
        parts: of each query.
        seed: for the bootstrap resamples.

    Returns:
        "queries", "parts a query", "top-1 by chance" in percent; and for each truth, by estimate: "spearman", the mean over
        queries of the rank correlation, with "low" and "high" (95 % bootstrap interval over queries), and "top-1", the
        percentage of queries in which estimate and truth have the same highest part. An estimate is not compared with itself
        as the truth.

    Raises:
        ValueError: no query has three parts.
    """
    kept = [p for p in parts if can_be_ranked(p)]
    if not kept:
        raise ValueError(f"none of {len(parts)} queries has {FEWEST} regions or words to rank; give more queries")
    counts = np.array([len(next(iter(p.truths.values()))) for p in kept])
    figures = {
        "queries": len(kept),
        "parts a query": round(float(counts.mean()), 2),
        "top-1 by chance": round(100 * float((1 / counts).mean()), 2),
    }
    for truth in kept[0].truths:
        pairs = {n: [(p.estimates[n], p.truths[truth]) for p in kept] for n in kept[0].estimates if n != truth}
        figures[truth] = {
            name: {**_interval(np.array([spearman(*pair) for pair in some]), seed), "top-1": _top_agreement(some)}
            for name, some in pairs.items()
        }
    return figures


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """SciPy's rank correlation of two (N,) arrays, in [-1, 1]; 0 if all values of either are equal, which ranks nothing."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other).statistic)


def _top_agreement(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Percentage of (estimate, truth) pairs with the same highest part; tied parts are equally likely to be picked."""
    shares = [np.mean(truth[estimate == estimate.max()] == truth.max()) for estimate, truth in pairs]
    return round(100 * float(np.mean(shares)), 2)


def _interval(values: np.ndarray, seed: int) -> dict[str, float]:
    """The mean of (Q,) rank correlations, with its bootstrap interval."""
    return {name: round(value, 4) for name, value in zip(("spearman", "low", "high"), mean_interval(values, seed), strict=True)}
