"""Probabilities that are as often right as they say: how far off they are, and the temperature that mends them.

Source: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): expected calibration error, temperature scaling.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

_BINS = 10
_COLDEST, _HOTTEST = 0.2, 10.0


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error: the mean distance between confidence and share of right answers, over ten equal bins.

    Args:
        confidence: (N,) float in [0, 1].
        right: (N,) bool.

    Returns:
        A share in [0, 1].
    """
    bins = np.minimum((np.asarray(confidence) * _BINS).astype(int), _BINS - 1)
    gaps = [abs(np.mean(confidence[bins == b]) - np.mean(right[bins == b])) * np.mean(bins == b) for b in np.unique(bins)]
    return float(sum(gaps))


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """What to divide logits by, so that the likelihood of the truth is highest; the order of answers stays.

    Args:
        logits: (N, V) float, of pictures that did not train.
        truth: (N,) int64, their right values.

    Returns:
        A temperature in [0.2, 10]; above 1 where the logits are too sure of themselves.
    """

    def unlikely(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), 1)[np.arange(len(truth)), truth].mean()

    best = minimize_scalar(unlikely, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(best.x))
