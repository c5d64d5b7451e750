"""The "FiLM" row: the sentence scales and shifts the channels of the feature map."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import ChangedMapCompositor
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class FilmConfig(FeatureMapCompositorConfig):
    """Hyper-parameters of FiLM.

    Attributes:
        film_blocks: residual blocks, each modulated by the sentence; four in the original.
    """

    film_blocks: int = 2


class FilmBlock(nn.Module):
    """y = ReLU(W x); y + ReLU(scale * norm(conv3x3(y)) + shift) (Perez et al., figure 3), with a norm over each picture."""

    def __init__(self, width: int):
        super().__init__()
        self.enter = nn.Conv2d(width, width, 1)
        self.look_around = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.GroupNorm(1, width, affine=False)

    def forward(self, x: Tensor, scale: Tensor | float, shift: Tensor | float) -> Tensor:
        """(B, C, h, w) float, and scale and shift of each channel, (B, C, 1, 1) float or a number -> (B, C, h, w)."""
        y = F.relu(self.enter(x))
        return y + F.relu(scale * self.norm(self.look_around(y)) + shift)


class Film(ChangedMapCompositor):
    """f(I, M) = the picture's vector, with block l's channels scaled by 1 + gamma_l(t) and shifted by beta_l(t).

    Source: FiLM: Visual Reasoning with a General Conditioning Layer (Perez et al., AAAI 2018, eqs. 1 and 2, and figure 3 for
    the block), as the baseline of TIRG (Vo et al., CVPR 2019, section 4) has it: the modulated map's vector is the embedding.

    What differs: the body is frozen for every row, so the modulated blocks come after it, and there are two of them; each cell
    gets its position from a learned embedding instead of two coordinates. A norm over each picture replaces batch norm, for the
    reason that `FeatureMapCompositor` gives. A target goes through the same blocks, neither scaled nor shifted.
    """

    def __init__(self, config: FilmConfig):
        super().__init__(config)
        self.blocks = nn.ModuleList(FilmBlock(config.cell_width) for _ in range(config.film_blocks))
        self.modulation = nn.Linear(config.embedding_width, config.film_blocks * 2 * config.cell_width)

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """The picture's vector, without a sentence modulating the blocks."""
        return self._embed(self.grid_of(encoded), [(1.0, 0.0)] * len(self.blocks))

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The picture's vector, with the sentence modulating each block."""
        gamma, beta = self.modulation(self.text_vector(words)).unflatten(-1, (2, len(self.blocks), -1, 1, 1)).unbind(1)
        return Composition(self._embed(self.grid_of(encoded), zip((1 + gamma).unbind(1), beta.unbind(1), strict=True)))

    def _embed(self, grid: Tensor, modulation: Iterable[tuple]) -> Tensor:
        """A map (B, C, side, side) and each block's scale and shift -> (B, E) of unit length."""
        for block, (scale, shift) in zip(self.blocks, modulation, strict=True):
            grid = block(grid, scale, shift)
        return self.embed_grid(grid)
