"""What the simple compositors share: one vector of a picture, one of a sentence."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.network.encoders import RegionInput, SelfAttentionEncoder, WordInput
from lbf_model.network.fusion import GatedSum
from lbf_model.network.lbf import LbfConfig


class PooledEncoders(nn.Module):
    """Picture and sentence encoders as strong as LBF's own, pooled before the two ever meet."""

    def __init__(self, config: LbfConfig):
        super().__init__()
        c = config
        self.config = config
        self.region_input = RegionInput(c.feature_width, c.width)
        self.vep = SelfAttentionEncoder(c.vep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_regions = GatedSum(c.width, c.embedding_width)
        self.word_input = WordInput(len(c.vocabulary) + 1, c.max_words, c.width)
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_words = GatedSum(c.width, c.embedding_width)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(15.0)))

    def encode_regions(self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor) -> Tensor:
        """As `LbfNetwork.encode_regions`."""
        return self.vep(self.region_input(features, boxes_unit), region_mask)

    def text_vector(self, word_ids: Tensor) -> Tensor:
        """(B, T) int64, 0 is padding -> (B, E), unnormalised."""
        mask = word_ids != 0
        return self.pool_words(self.tep(self.word_input(word_ids), mask), mask)

    def embed_target(self, regions: Tensor, region_mask: Tensor) -> Tensor:
        """As `LbfNetwork.embed_target`."""
        return F.normalize(self.pool_regions(regions, region_mask), dim=-1)

    def embed_query(self, regions: Tensor, region_mask: Tensor, word_ids: Tensor) -> tuple[Tensor, None, None]:
        """As `LbfNetwork.embed_query`, without attention; what differs between these compositors."""
        raise NotImplementedError

    def encode_target(self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor) -> Tensor:
        """As `LbfNetwork.encode_target`."""
        return self.embed_target(self.encode_regions(features, boxes_unit, region_mask), region_mask)

    def compose_query(
        self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor, word_ids: Tensor
    ) -> tuple[Tensor, None, None]:
        """As `LbfNetwork.compose_query`, without attention."""
        return self.embed_query(self.encode_regions(features, boxes_unit, region_mask), region_mask, word_ids)

    @property
    def temperature(self) -> Tensor:
        """What a cosine is multiplied with in training; kept at 100 or below."""
        return self.log_temperature.exp().clamp(max=100.0)
