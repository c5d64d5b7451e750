"""Probabilities that are as often right as they say: how far off they are, and the temperature that mends them.

Source: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): expected calibration error, temperature scaling.
"""

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_expit, log_softmax

from lbf_model.retrieval.odds import DOUBTFUL, AnswerOdds, describe_scores
from lbf_model.training.metrics import percent

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


def fit_odds(scores: np.ndarray, right: np.ndarray) -> AnswerOdds:
    """A logistic regression of right first results on the cosines of answers.

    Args:
        scores: (N, 10) float, of the first ten results, best first, of queries that trained nothing.
        right: (N,) bool, whether the first is what was asked for.

    Raises:
        ValueError: all of them are right, or all wrong.
    """
    if right.all() or not right.any():
        raise ValueError(f"all {len(right)} first results are {'right' if right.all() else 'wrong'}; ask other queries")
    told = describe_scores(scores)
    signs = np.where(right, 1.0, -1.0)

    def unlikely(weights: np.ndarray) -> float:
        return -log_expit(signs * (weights[0] + told @ weights[1:])).mean()

    constant, cosine, lead = minimize(unlikely, np.zeros(3), method="BFGS").x
    return AnswerOdds(round(float(constant), 4), round(float(cosine), 4), round(float(lead), 4))


def evaluate_odds(odds: AnswerOdds, scores: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """How well likelihoods tell right answers from wrong ones; shares in percent.

    Args:
        odds: to judge.
        scores: (N, 10) float, as for `fit_odds`.
        right: (N,) bool.
    """
    likely = odds.likelihoods(scores)
    doubted = likely < DOUBTFUL
    better = (likely[right][:, None] > likely[~right]).mean() + 0.5 * (likely[right][:, None] == likely[~right]).mean()
    return {
        "answers": len(right),
        "right": percent(right),
        "expected calibration error": round(100 * calibration_error(likely, right), 2),
        "area under the ROC curve": round(100 * float(better), 2),
        "doubted": percent(doubted),
        "right where doubted": percent(right[doubted]),
        "right where not doubted": percent(right[~doubted]),
    }
