"""What compositors that read regions share: VEP over regions, and a gated sum as the target's embedding."""

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from lbf_model.compositors.base import Compositor, EncodedPictures
from lbf_model.network.batching import RegionBatch


class RegionCompositor(Compositor):
    """A compositor whose pictures are encoded regions. A subclass makes `region_input`, `vep` and `pool_regions`."""

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """V(I): region features and positions through VEP, (B, R, D)."""
        regions = self.region_input(pictures.features, pictures.boxes_unit)
        return EncodedPictures(self.vep(regions, pictures.mask), pictures.mask)

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """The gated sum of encoded regions, scaled to unit length."""
        return F.normalize(self.pool_regions(*encoded), dim=-1)

    def standardise(self, features: np.ndarray) -> None:
        self.region_input.standardise(features)
