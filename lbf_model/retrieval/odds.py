"""How likely an answer is what was asked for, told from the cosines of its results.

A cosine by itself tells a visitor nothing: 0.6 may be a perfect answer to one text and a poor one to another. What is told
instead is how often answers with such cosines were right, on queries that trained nothing (`calibrate-answers` fits it).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

READ = 10  # results that are looked at, however many are shown
DOUBTFUL = 0.35  # an answer that is less likely right than this is told to fit badly


@dataclass(frozen=True)
class AnswerOdds:
    """The log odds of a right first result: constant + cosine * (its cosine) + lead * (its lead over the next ones).

    Attributes:
        constant: of the sum.
        cosine: weight of the first result's cosine.
        lead: weight of what that is above the mean of the next nine results.
    """

    constant: float
    cosine: float
    lead: float

    def likelihood(self, scores: Sequence[float]) -> float:
        """How likely the first result is right, in [0, 1].

        Args:
            scores: cosines of the first ten results, best first; fewer where a gallery has no more, but one at least.
        """
        return float(self.likelihoods(np.array([scores]))[0])

    def likelihoods(self, scores: np.ndarray) -> np.ndarray:
        """(N,) float of N answers, as `likelihood`, from their cosines (N, K)."""
        return 1 / (1 + np.exp(-(self.constant + describe_scores(scores) @ [self.cosine, self.lead])))


def describe_scores(scores: np.ndarray) -> np.ndarray:
    """(N, K) cosines, best first -> (N, 2): the first, and its lead over the mean of the others; 0 where there are none."""
    others = scores[:, 1:READ]
    lead = scores[:, 0] - others.mean(1) if others.shape[1] else np.zeros(len(scores))
    return np.stack([scores[:, 0], lead], 1)
