"""The "Image + text" row: the picture's vector and the sentence's, added."""

import torch.nn.functional as F
from torch import Tensor

from lbf_model.compositors.pooled import PooledEncoders


class Sum(PooledEncoders):
    """f(I, M) = x + t, trained end to end; nothing of the one can depend on the other."""

    def embed_query(
        self, regions: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, None, None]:
        """Both vectors, added."""
        joint = self.pool_regions(regions, region_mask) + self.text_vector(word_values, word_mask)
        return F.normalize(joint, dim=-1), None, None
