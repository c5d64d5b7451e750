"""Probabilities that are right as often as they say: how far off they are, and the temperature that corrects them.

Source: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): expected calibration error, temperature scaling.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax

from lbf_model.retrieval.odds import DOUBTFUL, AnswerOdds, describe_answers

_BINS = 10
_COLDEST, _HOTTEST = 0.2, 10.0
# Keeps the weights of an embedding small: there are hundreds of them, and the answers come from only a few hundred pictures.
# Fitted to half of the pictures and measured on the other half, ten times this value, or a third of it, did as well.
_RIDGE = 0.01


class AnswerTrials(NamedTuple):
    """N answers that are known to be right or wrong, to queries that were not used for training.

    Attributes:
        queries: (N, E) float32, unit length: the queries' embeddings.
        scores: (N, 10) float32, cosines of the first ten results, best first.
        right: (N,) bool, whether the first result is what was asked for.
        references: (N,) int64, the reference picture of each query.
        asked: (N,) str, the kind of change that each query asks for, as named in the figures.
    """

    queries: np.ndarray
    scores: np.ndarray
    right: np.ndarray
    references: np.ndarray
    asked: np.ndarray

    def part(self, rows: np.ndarray) -> "AnswerTrials":
        """The answers of the selected rows, (N,) bool."""
        return AnswerTrials(*(column[rows] for column in self))


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error: the mean gap between confidence and share of right answers, over ten equal-width bins.

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
    """The temperature to divide logits by that gives the truth the highest likelihood; the order of answers does not change.

    Args:
        logits: (N, V) float, of pictures that were not used for training.
        truth: (N,) int64, their right values.

    Returns:
        A temperature in [0.2, 10]; above 1 if the logits are overconfident.
    """

    def unlikely(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), 1)[np.arange(len(truth)), truth].mean()

    best = minimize_scalar(unlikely, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(best.x))


def fit_odds(trials: AnswerTrials) -> AnswerOdds:
    """Fit a logistic regression that predicts right first results, with a ridge penalty on the embedding's weights.

    Raises:
        ValueError: all first results are right, or all wrong.
    """
    right, width = trials.right, trials.queries.shape[1]
    if right.all() or not right.any():
        raise ValueError(f"all {len(right)} first results are {'right' if right.all() else 'wrong'}; ask other queries")
    # Scale the features to about 1 each, so that one penalty suits all directions of an embedding of any width.
    scale = np.array([1, 1, *[np.sqrt(width)] * width])
    features = np.column_stack([np.ones(len(right)), describe_answers(trials.queries, trials.scores) * scale])
    penalty = np.array([0, 0, 0, *[_RIDGE] * width])
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (features @ weights)
        slope = -(signs * expit(-margins)) @ features / len(features)
        return -log_expit(margins).mean() + penalty @ weights**2, slope + 2 * penalty * weights

    constant, *weights = minimize(loss, np.zeros(width + 3), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    cosine, lead, *query = (round(float(weight), 4) for weight in weights * scale)
    return AnswerOdds(round(float(constant), 4), cosine, lead, tuple(query))


def evaluate_odds(odds: AnswerOdds, trials: AnswerTrials) -> dict:
    """How well likelihoods separate right answers from wrong ones, overall and by what is asked for.

    Returns:
        Shares in percent; None for a share of nothing.
    """
    likely = odds.likelihoods(trials.queries, trials.scores)
    kinds = {str(kind): trials.asked == kind for kind in dict.fromkeys(trials.asked.tolist())}
    by_kind = {kind: _judge(likely[rows], trials.right[rows]) for kind, rows in kinds.items()}
    return {**_judge(likely, trials.right), "by what is asked": by_kind}


def _judge(likely: np.ndarray, right: np.ndarray) -> dict[str, float | None]:
    doubted = likely < DOUBTFUL
    ahead = likely[right][:, None] - likely[~right]
    shares = {
        "right": right,
        "predicted": likely,
        "area under the ROC curve": (ahead > 0) + 0.5 * (ahead == 0),
        "doubted": doubted,
        "right where doubted": right[doubted],
        "right where not doubted": right[~doubted],
    }
    return {
        "answers": len(right),
        "expected calibration error": round(100 * calibration_error(likely, right), 2),
        **{name: round(100 * float(values.mean()), 2) if values.size else None for name, values in shares.items()},
    }
