"""How far a mean over queries may be off: its bootstrap interval."""

import numpy as np
from scipy.stats import bootstrap

_RESAMPLES = 2000


def mean_interval(values: np.ndarray, seed: int) -> tuple[float, float, float]:
    """A mean, and the ends of its 95 % percentile bootstrap interval.

    Args:
        values: (N,) float.
        seed: of the resamples.

    Returns:
        The mean, and the lower and upper end; the mean three times if all values are equal, such as a single one.
    """
    mean = float(values.mean())
    if not np.ptp(values):
        return mean, mean, mean
    rng = np.random.default_rng(seed)
    low, high = bootstrap((values,), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=rng).confidence_interval
    return mean, float(low), float(high)
