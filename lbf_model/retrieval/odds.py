"""How likely an answer is what was asked for, estimated from the cosines of its results and from the query itself.

A cosine by itself tells a visitor nothing: 0.6 may be a perfect answer to one text and a poor one to another. We report instead
how often such answers to such queries were right, on queries that were not used for training (`calibrate-answers` fits this).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

READ = 10  # results that are looked at, however many are shown
DOUBTFUL = 0.35  # an answer less likely to be right than this is reported as a poor match


@dataclass(frozen=True)
class AnswerOdds:
    """The log odds that the first result is right: a constant, plus terms for its cosine, its lead and the query.

    Attributes:
        constant: the constant term.
        cosine: weight of the first result's cosine.
        lead: weight of that cosine minus the mean of the next nine.
        query: weight of each of the E numbers of the query's embedding, since the odds depend on what is asked for: anything
            that is not red fits "not red", so no picture comes as close to that query as a red one comes to "make it red".
    """

    constant: float
    cosine: float
    lead: float
    query: tuple[float, ...]

    def likelihood(self, query: np.ndarray, scores: Sequence[float]) -> float:
        """How likely the first result is right, in [0, 1].

        Args:
            query: (E,) float32, unit length: the query's embedding.
            scores: cosines of the first ten results, best first; fewer if the gallery has fewer, but at least one.
        """
        return float(self.likelihoods(query[None], np.array([scores]))[0])

    def likelihoods(self, queries: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """(N,) float, the `likelihood` of N answers, from the queries' embeddings (N, E) and the cosines (N, K)."""
        weights = np.array([self.cosine, self.lead, *self.query])
        return 1 / (1 + np.exp(-(self.constant + describe_answers(queries, scores) @ weights)))


def describe_answers(queries: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The features that the odds are computed from, for each of N answers.

    Args:
        queries: (N, E) float32, unit length.
        scores: (N, K) cosines, best first.

    Returns:
        (N, 2 + E) float64: the first cosine; its lead over the mean of the others, 0 if there are none; the embedding.
    """
    others = scores[:, 1:READ]
    lead = scores[:, 0] - others.mean(1) if others.shape[1] else np.zeros(len(scores))
    return np.column_stack([scores[:, 0], lead, queries]).astype(np.float64)
