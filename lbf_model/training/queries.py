"""What a compositor is trained on: batches of composed queries, and a judge of how far it has come."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import RegionBatch, WordBatch


class Grounding(NamedTuple):
    """Where the words of B queries should look, as far as the data know.

    Attributes:
        fits: (B, T, R) bool, regions of the reference picture that each word fits by itself: "red" the red ones, whatever the
            sentence is about. A word that fits none is free to look anywhere.
        meant: (B, R) bool, regions that the sentence is about: what it changes. Where there are none, it is about nothing that
            is there; where all are, its words are free.
        linked: (B, R) bool, regions that words may touch: those that somebody points at, or all. None where nobody points.
    """

    fits: Tensor
    meant: Tensor
    linked: Tensor | None = None

    def to(self, device: torch.device | str) -> "Grounding":
        return Grounding(*(None if known is None else known.to(device) for known in self))


@dataclass(frozen=True)
class QueryBatch:
    """B composed queries over S reference pictures.

    Attributes:
        references: S reference pictures; they serve as extra negatives, too.
        source: (B,) int64, row of `references` each query starts from.
        words: B modification texts.
        targets: B target pictures.
        false_negatives: (B, B + S) bool, True where a column would be as right an answer as the target, which is not marked.
        soft_negatives: (B, B + S) bool, True where a column has what was asked for but is not all that the target is; it counts
            little as a wrong answer. None where a data set knows no such thing.
        grounding: where the words should look; None where a data set does not know.
    """

    references: RegionBatch
    source: Tensor
    words: WordBatch
    targets: RegionBatch
    false_negatives: Tensor
    soft_negatives: Tensor | None = None
    grounding: Grounding | None = None


class Queries(Protocol):
    """A data set's training queries.

    Attributes:
        facts: what a checkpoint says of its data and detector.
        features: (M, F) float32, features of what the compositor reads, to standardise by.
    """

    facts: dict
    features: np.ndarray

    def batch(self, step: int) -> QueryBatch:
        """The batch of an update; depends on the run's seed and `step` alone."""
        ...

    def judge(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """A score by which the best checkpoint is chosen, and named figures for the curve; no test data decides."""
        ...
