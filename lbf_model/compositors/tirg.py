"""The "TIRG" row: the sentence gates the whole picture's vector and adds a residual to it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, Compositor, EncodedPictures, build_word_input, start_temperature
from lbf_model.compositors.config import CompositorConfig
from lbf_model.network.batching import RegionBatch, WordBatch
from lbf_model.network.encoders import FeatureMapInput, SelfAttentionEncoder
from lbf_model.network.fusion import GatedSum


@dataclass(frozen=True)
class TirgConfig(CompositorConfig):
    """Of TIRG.

    Attributes:
        tep_layers: one, since TIRG's sentence encoder has one layer.
        cells: h * w, of the feature map.
        cell_width: hidden width of what is learned of each cell.
        gate_start: w_g before training.
        residual_start: w_r before training.
    """

    reads: ClassVar[str] = "feature_map"

    tep_layers: int = 1
    cells: int = 36
    cell_width: int = 128
    gate_start: float = 1.0
    residual_start: float = 10.0


class Tirg(Compositor):
    """f(I, M) = w_g * sigmoid(gate([x, t])) * x + w_r * residual([x, t]).

    Source: Composing Text and Image for Image Retrieval (Vo et al., CVPR 2019) and its code: gate is BN-ReLU-Linear, residual
    BN-ReLU-Linear-ReLU-Linear; w_g and w_r are learned and start at 1 and 10.

    What differs: layer norm stands in place of batch norm, so that an answer does not depend on what else is asked in the same
    batch. x is pooled from the feature map of the detector's body, which stays as it is, where TIRG trains a ResNet along: two
    learned layers a cell, which know where the cell is, stand before the mean. t comes from TEP and a gated sum, as in the
    other rows, instead of an LSTM. Embeddings have unit length and a learned temperature, instead of a learned norm.
    """

    def __init__(self, config: TirgConfig):
        super().__init__(config)
        c = config
        self.picture_input = FeatureMapInput(c.feature_width, c.cells, c.cell_width, c.embedding_width)
        self.word_input = build_word_input(c)
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_words = GatedSum(c.width, c.embedding_width)
        both = 2 * c.embedding_width
        self.gate = nn.Sequential(nn.LayerNorm(both), nn.ReLU(), nn.Linear(both, c.embedding_width))
        self.residual = nn.Sequential(
            nn.LayerNorm(both), nn.ReLU(), nn.Linear(both, both), nn.ReLU(), nn.Linear(both, c.embedding_width)
        )
        self.gate_weight = nn.Parameter(torch.tensor(c.gate_start))
        self.residual_weight = nn.Parameter(torch.tensor(c.residual_start))
        self.log_temperature = start_temperature()

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """x: one vector a picture, (B, E), unnormalised.

        Raises:
            ValueError: some picture has no feature map.
        """
        if pictures.feature_map is None:
            raise ValueError("TIRG reads the feature map of the whole picture, and some picture has none")
        x = self.picture_input(pictures.feature_map)
        return EncodedPictures(x, x.new_ones((len(x), 1), dtype=torch.bool))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """x, scaled to unit length."""
        return F.normalize(encoded.values.float(), dim=-1)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """x, gated and changed by the sentence."""
        x = encoded.values
        t = self.pool_words(self.tep(self.word_input(words.values), words.mask), words.mask)
        both = torch.cat([x, t.to(x.dtype)], -1)
        joint = self.gate_weight * torch.sigmoid(self.gate(both)) * x + self.residual_weight * self.residual(both)
        return Composition(F.normalize(joint.float(), dim=-1))

    def standardise(self, features: np.ndarray) -> None:
        self.picture_input.standardise(features)
