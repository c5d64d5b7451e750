"""The "Image only" row: the query is the reference picture; the text is not read."""

from torch import Tensor

from lbf_model.compositors.encoders import PooledEncoders


class ImageOnly(PooledEncoders):
    """f(I, M) = g(I)."""

    def compose_query(
        self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor, word_ids: Tensor
    ) -> tuple[Tensor, None, None]:
        """As `LbfNetwork.compose_query`, without attention."""
        return self.encode_target(features, boxes_unit, region_mask), None, None
