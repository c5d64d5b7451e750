"""What the simple compositors share: one vector of a picture, one of a sentence."""

import math

import torch
from torch import Tensor, nn

from lbf_model.compositors.base import Compositor
from lbf_model.compositors.lbf import LbfConfig, build_word_input
from lbf_model.network.encoders import RegionInput, SelfAttentionEncoder
from lbf_model.network.fusion import GatedSum


class PooledEncoders(Compositor):
    """Picture and sentence encoders as strong as LBF's own, pooled before the two ever meet."""

    def __init__(self, config: LbfConfig):
        super().__init__()
        c = config
        self.config = config
        self.region_input = RegionInput(c.feature_width, c.width)
        self.vep = SelfAttentionEncoder(c.vep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_regions = GatedSum(c.width, c.embedding_width)
        self.word_input = build_word_input(c)
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_words = GatedSum(c.width, c.embedding_width)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(15.0)))

    def text_vector(self, word_values: Tensor, word_mask: Tensor) -> Tensor:
        """Words as for `compose_query` -> (B, E), unnormalised."""
        return self.pool_words(self.tep(self.word_input(word_values), word_mask), word_mask)
