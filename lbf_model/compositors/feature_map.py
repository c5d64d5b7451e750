"""What compositors that read the feature map of the whole picture share."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lbf_model.compositors.base import Compositor, EncodedPictures, build_word_input
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.network.batching import RegionBatch, WordBatch
from lbf_model.network.encoders import FeatureMapInput, SelfAttentionEncoder
from lbf_model.network.pooling import GatedPooling


class FeatureMapCompositor(Compositor):
    """A compositor whose pictures are one vector x each, learned from the feature map of the detector's body.

    The papers of these rows also train a ResNet. Here the body is frozen for every row, so that rows differ only in how they
    compose: two learned layers per cell, which know the cell's position, come before the mean. Where a paper has batch norm,
    these rows have layer norm, so that an answer does not depend on the other queries in its batch. Embeddings have unit
    length and a learned temperature, instead of a learned norm.
    """

    def __init__(self, config: FeatureMapCompositorConfig):
        super().__init__(config)
        c = config
        self.picture_input = FeatureMapInput(c.feature_width, c.cells, c.cell_width, c.embedding_width)
        self.word_input = build_word_input(c)

    def project_cells(self, pictures: RegionBatch) -> Tensor:
        """What is in each cell of B pictures, (B, cells, cell_width).

        Raises:
            ValueError: some picture has no feature map, or one with a different number of cells.
        """
        if pictures.feature_map is None:
            raise ValueError(f"{type(self).__name__} reads the feature map of the whole picture, but some picture has none")
        return self.picture_input.project(pictures.feature_map)

    def describe_cells(self, pictures: RegionBatch) -> Tensor:
        """What is in each cell, with the cell's position, (B, cells, cell_width); errors as for `project_cells`."""
        return self.picture_input.describe_cells(self.project_cells(pictures))

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """x: one vector per picture, (B, E), unnormalised; errors as for `project_cells`."""
        return unpadded(self.picture_input.out(self.describe_cells(pictures).mean(1)))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """x, scaled to unit length."""
        return F.normalize(encoded.values.float(), dim=-1)

    def standardise(self, features: np.ndarray) -> None:
        self.picture_input.standardise(features)


class PictureSentenceCompositor(FeatureMapCompositor):
    """A `FeatureMapCompositor` whose sentences are one vector t each, from TEP and a gated sum as in rows that read regions.

    The papers of these rows use an LSTM instead.
    """

    def __init__(self, config: FeatureMapCompositorConfig):
        super().__init__(config)
        c = config
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_words = GatedPooling(c.width, c.embedding_width)

    def text_vector(self, words: WordBatch) -> Tensor:
        """t: B sentences -> (B, E), unnormalised."""
        return self.pool_words(self.tep(self.word_input(words.values), words.mask), words.mask)


class ChangedMapCompositor(PictureSentenceCompositor):
    """A `PictureSentenceCompositor` whose sentence changes the map; the changed map's vector is the query.

    Raises:
        ValueError: the config's feature map is not square.
    """

    def __init__(self, config: FeatureMapCompositorConfig):
        super().__init__(config)
        self.side = math.isqrt(config.cells)
        if self.side**2 != config.cells:
            raise ValueError(f"{type(self).__name__} reads square feature maps, and {config.cells} cells do not make one")

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """The cells before any change, (B, cells, cell_width); errors as for `project_cells`."""
        return unpadded(self.describe_cells(pictures))

    def grid_of(self, encoded: EncodedPictures) -> Tensor:
        """The map, (B, cell_width, side, side)."""
        return encoded.values.transpose(1, 2).unflatten(-1, (self.side, self.side))

    def embed_grid(self, grid: Tensor) -> Tensor:
        """A map (B, cell_width, side, side) -> its vector (B, E), unit length."""
        return F.normalize(self.picture_input.out(grid.mean((2, 3))).float(), dim=-1)


def unpadded(values: Tensor) -> EncodedPictures:
    """Pictures without padding: (B, D), one vector each, or (B, N, D), the same number of items each."""
    items = values.shape[1] if values.ndim == 3 else 1
    return EncodedPictures(values, values.new_ones((len(values), items), dtype=torch.bool))
