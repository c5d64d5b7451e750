"""The "Image only" row: the query is the reference picture; the text is not read."""

from torch import Tensor

from lbf_model.compositors.pooled import PooledEncoders


class ImageOnly(PooledEncoders):
    """f(I, M) = g(I)."""

    def embed_query(
        self, regions: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, None, None]:
        """The target embedding of the reference picture."""
        return self.embed_target(regions, region_mask), None, None
