"""The "Image + text" row: the picture's vector and the sentence's, added."""

from dataclasses import dataclass

import torch.nn.functional as F

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import RegionCompositorConfig
from lbf_model.compositors.pooled import PooledEncoders
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class SumConfig(RegionCompositorConfig):
    """Nothing of its own."""


class Sum(PooledEncoders):
    """f(I, M) = x + t, trained end to end; nothing of the one can depend on the other."""

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """Both vectors, added."""
        return Composition(F.normalize(self.pool_regions(*encoded) + self.text_vector(words), dim=-1))
