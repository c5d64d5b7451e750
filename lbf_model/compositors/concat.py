"""The "Concat" row: a small network on the picture's and the sentence's vectors, side by side."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import RegionCompositorConfig
from lbf_model.compositors.pooled import PooledEncoders
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class ConcatConfig(RegionCompositorConfig):
    """Hyper-parameters of the concat row.

    Attributes:
        mix_dropout: in the network that mixes both vectors, in training; 0.1 in TIRG's code.
    """

    mix_dropout: float = 0.1


class Concat(PooledEncoders):
    """f(I, M) = MLP([x, t]).

    Source: the concat baseline of TIRG (CVPR 2019): BN-ReLU-Linear-BN-ReLU-Dropout-Linear. Layer norm replaces batch norm, so
    that an answer does not depend on the other queries in its batch.
    """

    def __init__(self, config: ConcatConfig):
        super().__init__(config)
        width = 2 * config.embedding_width
        self.mix = nn.Sequential(
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Dropout(config.mix_dropout),
            nn.Linear(width, config.embedding_width),
        )

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """Both vectors, mixed."""
        both = [self.pool_regions(*encoded), self.text_vector(words)]
        return Composition(F.normalize(self.mix(torch.cat(both, -1)), dim=-1))
