"""What every compositor is: regions are encoded once, then embedded as a target or, with words, as a query."""

import torch.nn.functional as F
from torch import Tensor, nn


class Compositor(nn.Module):
    """The shared half of LBF and the rows beside it.

    A subclass makes `region_input`, `vep`, `pool_regions` and `log_temperature`, and says in `embed_query` how words change
    encoded regions.
    """

    def encode_regions(self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor) -> Tensor:
        """V(I): region features and places through VEP.

        Args:
            features: (B, R, F) float.
            boxes_unit: (B, R, 4) float, xyxy in [0, 1].
            region_mask: (B, R) bool, True where real.

        Returns:
            (B, R, D).
        """
        return self.vep(self.region_input(features, boxes_unit), region_mask)

    def embed_target(self, regions: Tensor, region_mask: Tensor) -> Tensor:
        """g(I_t) of encoded regions: (B, R, D) float and (B, R) bool -> (B, E) of unit length."""
        return F.normalize(self.pool_regions(regions, region_mask), dim=-1)

    def embed_query(
        self, regions: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """f(I, M) of encoded regions (B, R, D); the rest as for `compose_query`."""
        raise NotImplementedError

    def encode_target(self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor) -> Tensor:
        """g(I_t): embed a gallery picture. Arguments as for `encode_regions`; returns (B, E) of unit length."""
        return self.embed_target(self.encode_regions(features, boxes_unit, region_mask), region_mask)

    def compose_query(
        self, features: Tensor, boxes_unit: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """f(I, M): embed a reference picture together with its modification text.

        Args:
            features: (B, R, F) float.
            boxes_unit: (B, R, 4) float, xyxy in [0, 1].
            region_mask: (B, R) bool, True where real; at least one a row.
            word_values: (B, T) int64 ids, or (B, T, W) float features where the config says so.
            word_mask: (B, T) bool, True where real; at least one a row.

        Returns:
            composed: (B, E) of unit length.
            word_to_region: (B, layers, H, T, R); each real word's row sums to 1 over real regions, 0 on padding. None where a
                compositor has no attention between words and regions.
            region_to_word: (B, layers, H, R, T); each real region's row sums to 1 over real words, 0 on padding; or None.

        Raises:
            ValueError: from LBF, some picture has no region, or some text no word.
        """
        return self.embed_query(self.encode_regions(features, boxes_unit, region_mask), region_mask, word_values, word_mask)

    @property
    def temperature(self) -> Tensor:
        """What a cosine is multiplied with in training; kept at 100 or below."""
        return self.log_temperature.exp().clamp(max=100.0)
