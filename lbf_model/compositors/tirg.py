"""The "TIRG" row: the sentence gates the whole picture's vector and adds a residual to it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import PictureSentenceCompositor
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class TirgConfig(FeatureMapCompositorConfig):
    """Hyper-parameters of TIRG.

    Attributes:
        gate_start: w_g before training.
        residual_start: w_r before training; 10 in the original.
    """

    gate_start: float = 1.0
    residual_start: float = 1.0


class Tirg(PictureSentenceCompositor):
    """f(I, M) = w_g * sigmoid(gate([x, t])) * x + w_r * residual([x, t]).

    Source: Composing Text and Image for Image Retrieval (Vo et al., CVPR 2019) and its code: gate is BN-ReLU-Linear, residual
    BN-ReLU-Linear-ReLU-Linear; w_g and w_r are learned and start at 1 and 10.

    What differs: w_r starts at 1. With 10, a query is at first little more than the untrained residual, and needs thousands of
    updates to find its picture again; the original trains for 160,000. See also the two base classes.
    """

    def __init__(self, config: TirgConfig):
        super().__init__(config)
        width = config.embedding_width
        both = 2 * width
        self.gate = nn.Sequential(nn.LayerNorm(both), nn.ReLU(), nn.Linear(both, width))
        self.residual = nn.Sequential(nn.LayerNorm(both), nn.ReLU(), nn.Linear(both, both), nn.ReLU(), nn.Linear(both, width))
        self.gate_weight = nn.Parameter(torch.tensor(config.gate_start))
        self.residual_weight = nn.Parameter(torch.tensor(config.residual_start))

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """x, gated and changed by the sentence."""
        return Composition(F.normalize(self.compose(encoded.values, self.text_vector(words)).float(), dim=-1))

    def compose(self, x: Tensor, t: Tensor) -> Tensor:
        """The formula: (B, E) and (B, E) -> (B, E), unnormalised."""
        both = torch.cat([x, t.to(x.dtype)], -1)
        return self.gate_weight * torch.sigmoid(self.gate(both)) * x + self.residual_weight * self.residual(both)
