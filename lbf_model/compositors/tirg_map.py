"""The "TIRG on the map" row: the sentence gates each cell of the feature map and adds a residual to it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.feature_map import ChangedMapCompositor
from lbf_model.compositors.tirg import TirgConfig
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class TirgMapConfig(TirgConfig):
    """Hyper-parameters of TIRG on the map.

    Attributes:
        change_width: channels between the two convolutions of gate and residual; the original has as many as the input.
    """

    change_width: int = 80


class TirgMap(ChangedMapCompositor):
    """The vector of w_g * sigmoid(gate([x, t])) * x + w_r * residual([x, t]), where x is the map and t is copied to every cell.

    Source: Composing Text and Image for Image Retrieval (Vo et al., CVPR 2019) and its code, which has TIRG on the last
    convolution's map as well as on the vector: gate and residual are norm-conv3x3-ReLU-conv3x3; w_g and w_r are learned.
    What differs, besides what the base classes say: w_r starts at 1 instead of 10, as in `Tirg`; t is projected to the width of
    a cell before it is concatenated with x; there are fewer channels between the convolutions; and the norm is over each
    picture instead of batch norm. A target's map stays as it is.
    """

    def __init__(self, config: TirgMapConfig):
        super().__init__(config)
        self.say = nn.Linear(config.embedding_width, config.cell_width)
        self.gate = _look_around(config.cell_width, config.change_width)
        self.residual = _look_around(config.cell_width, config.change_width)
        self.gate_weight = nn.Parameter(torch.tensor(config.gate_start))
        self.residual_weight = nn.Parameter(torch.tensor(config.residual_start))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """The picture's vector."""
        return self.embed_grid(self.grid_of(encoded))

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The vector of the map, gated and changed by the sentence."""
        x = self.grid_of(encoded)
        t = self.say(self.text_vector(words)).to(x.dtype)[..., None, None].expand_as(x)
        both = torch.cat([x, t], 1)
        changed = self.gate_weight * torch.sigmoid(self.gate(both)) * x + self.residual_weight * self.residual(both)
        return Composition(self.embed_grid(changed))


def _look_around(width: int, between: int) -> nn.Sequential:
    """(B, 2 * width, side, side) -> (B, width, side, side)."""
    enter, leave = nn.Conv2d(2 * width, between, 3, padding=1), nn.Conv2d(between, width, 3, padding=1)
    return nn.Sequential(nn.GroupNorm(1, 2 * width), enter, nn.ReLU(), leave)
