"""The "Text only" row: the query is the sentence; the reference picture is not seen."""

from dataclasses import dataclass

import torch.nn.functional as F

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import RegionCompositorConfig
from lbf_model.compositors.pooled import PooledEncoders
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class TextOnlyConfig(RegionCompositorConfig):
    """Nothing of its own."""


class TextOnly(PooledEncoders):
    """f(I, M) = t(M)."""

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The sentence's vector."""
        return Composition(F.normalize(self.text_vector(words), dim=-1))
