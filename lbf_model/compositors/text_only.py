"""The "Text only" row: the query is the sentence; the reference picture is not seen."""

import torch.nn.functional as F
from torch import Tensor

from lbf_model.compositors.pooled import PooledEncoders


class TextOnly(PooledEncoders):
    """f(I, M) = t(M)."""

    def embed_query(
        self, regions: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, None, None]:
        """The sentence's vector."""
        return F.normalize(self.text_vector(word_values, word_mask), dim=-1), None, None
