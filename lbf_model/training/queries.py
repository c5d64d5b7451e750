"""What a compositor is trained on: batches of composed queries, and a validation that judges its progress."""

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
        fits: (B, T, R) bool, regions of the reference picture that each word fits by itself: "red" fits the red ones, whatever
            the sentence is about. A word that fits none is free to look anywhere; one that fits all is taught an even map.
        meant: (B, R) bool, regions that the sentence is about: those it changes. If there are none, the sentence is about
            nothing in the picture; if it means all, its words are free to look anywhere.
        linked: (B, R) bool, regions that words may touch: the ones pointed at, or all. None if no query in the batch points.
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
        references: S reference pictures; they also serve as extra negatives.
        source: (B,) int64, the row of `references` that each query starts from.
        words: B modification texts.
        targets: B target pictures.
        false_negatives: (B, B + S) bool, True where a column is as right an answer as the target; the target itself is not
            marked.
        soft_negatives: (B, B + S) bool, True where a column has what was asked for but otherwise differs from the target; it
            counts only a little as a wrong answer. None if the data set has no soft negatives.
        grounding: where the words should look; None if the data set does not know.
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
        facts: what a checkpoint records about its data and detector.
        features: (M, F) float32, features that the compositor reads, used to standardise its input.
    """

    facts: dict
    features: np.ndarray

    def batch(self, step: int) -> QueryBatch:
        """The batch for one update; it depends only on the run's seed and `step`."""
        ...

    def judge(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """The validation score that selects the best checkpoint, and named figures for the curve; no test data is used."""
        ...
