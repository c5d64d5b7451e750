"""The "Concat" row: a small network on the picture's and the sentence's vectors, side by side."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.lbf import LbfConfig
from lbf_model.compositors.pooled import PooledEncoders


class Concat(PooledEncoders):
    """f(I, M) = MLP([x, t]).

    Source: the concat baseline of TIRG (CVPR 2019): BN-ReLU-Linear-BN-ReLU-Dropout-Linear. Layer norm stands in place of
    batch norm, so that an answer does not depend on what else is asked in the same batch.
    """

    def __init__(self, config: LbfConfig):
        super().__init__(config)
        width = 2 * config.embedding_width
        self.mix = nn.Sequential(
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.LayerNorm(width),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(width, config.embedding_width),
        )

    def embed_query(
        self, regions: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, None, None]:
        """Both vectors, mixed."""
        both = [self.pool_regions(regions, region_mask), self.text_vector(word_values, word_mask)]
        return F.normalize(self.mix(torch.cat(both, -1)), dim=-1), None, None
