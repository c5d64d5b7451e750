"""What comes before fusion: region input and VEP, word input and TEP."""

import numpy as np
import torch
from torch import Tensor, nn

from lbf_model.network.attention import SelfAttentionBlock


class Standardised(nn.Module):
    """A module that standardises a detector's features with the mean and standard deviation of the training pictures.

    A subclass calls `self.standardised(features)`.
    """

    def __init__(self, feature_width: int):
        super().__init__()
        self.register_buffer("feature_mean", torch.zeros(feature_width))
        self.register_buffer("feature_std", torch.ones(feature_width))

    def standardise(self, features: np.ndarray) -> None:
        """Set mean and standard deviation from features (M, F) float32; 0.01 is added to the latter, so that it is never 0."""
        self.feature_mean.copy_(torch.from_numpy(features.mean(0)))
        self.feature_std.copy_(torch.from_numpy(features.std(0) + 1e-2))

    def standardised(self, features: Tensor) -> Tensor:
        """(..., F) float -> (..., F)."""
        return (features - self.feature_mean) / self.feature_std


class RegionInput(Standardised):
    """c^i = Linear(avg(e^i, p^i)): region feature and position become one vector (paper, section on visual input).

    p^i comes from [N(x), N(y), N(w), N(h)], the centre and extent of the normalised box. The feature and the box have
    different widths, so the feature is standardised and projected first; the paper does not say how it handles this. Two more
    differences: p^i is a small network of two layers instead of one Linear, and e^i and p^i each pass through a LayerNorm
    before they are averaged. Without `positions`, c^i = Linear(e^i).
    """

    def __init__(self, feature_width: int, width: int, positions: bool = True):
        super().__init__(feature_width)
        self.feature = nn.Linear(feature_width, width)
        self.position = nn.Sequential(nn.Linear(4, width), nn.GELU(), nn.Linear(width, width)) if positions else None
        self.norm_feature = nn.LayerNorm(width)
        self.norm_position = nn.LayerNorm(width) if positions else None
        self.out = nn.Linear(width, width)

    def forward(self, features: Tensor, boxes_unit: Tensor) -> Tensor:
        """Embed regions.

        Args:
            features: (B, R, F) float, from a detector.
            boxes_unit: (B, R, 4) float, xyxy in [0, 1].

        Returns:
            (B, R, D).
        """
        e = self.norm_feature(self.feature(self.standardised(features)))
        if self.position is None:
            return self.out(e)
        corner, opposite = boxes_unit[..., :2], boxes_unit[..., 2:]
        box = torch.cat([corner + opposite - 1, opposite - corner], -1)  # centre in [-1, 1], extent in [0, 1]
        p = self.norm_position(self.position(box))
        return self.out((e + p) / 2)


class FeatureMapInput(Standardised):
    """One vector for a whole picture: each cell of a feature map goes through two layers, together with a learned embedding of
    its position; then comes a linear layer on the mean over cells.

    Compositors that compose before the mean call `project` and `describe_cells` separately.
    """

    def __init__(self, channels: int, cells: int, hidden: int, outputs: int):
        super().__init__(channels)
        self.cells = cells
        self.cell = nn.Linear(channels, hidden)
        self.position = nn.Embedding(cells, hidden)
        nn.init.normal_(self.position.weight, std=0.5)
        self.layers = nn.Sequential(nn.LayerNorm(hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.out = nn.Linear(hidden, outputs)

    def project(self, feature_map: Tensor) -> Tensor:
        """What is in each cell: (B, C, h, w) float -> (B, cells, hidden).

        Raises:
            ValueError: the map has a different number of cells.
        """
        features = feature_map.flatten(2).transpose(1, 2)
        if features.shape[1] != self.cells:
            raise ValueError(f"the feature map has {features.shape[1]} cells instead of {self.cells}")
        return self.cell(self.standardised(features))

    def describe_cells(self, projected: Tensor) -> Tensor:
        """What is in each cell, with the cell's position: (B, cells, hidden) float from `project` -> (B, cells, hidden)."""
        return self.layers(projected + self.position.weight)

    def forward(self, feature_map: Tensor) -> Tensor:
        """(B, C, h, w) float -> (B, E); ValueError as for `project`."""
        return self.out(self.describe_cells(self.project(feature_map)).mean(1))


class WordInput(nn.Module):
    """Emb(word) + P(place): two embedding tables (paper, section on textual input)."""

    def __init__(self, vocabulary_size: int, max_words: int, width: int):
        super().__init__()
        self.word = nn.Embedding(vocabulary_size, width, padding_idx=0)
        self.place = nn.Embedding(max_words, width)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) int64 word ids, 0 is padding -> (B, T, D)."""
        return self.word(ids) + self.place.weight[: ids.shape[1]]


class WordFeatureInput(nn.Module):
    """Linear(feature) + P(place): words come as features of a pretrained encoder instead of ids (not in the paper)."""

    def __init__(self, feature_width: int, max_words: int, width: int):
        super().__init__()
        self.feature = nn.Sequential(nn.LayerNorm(feature_width), nn.Linear(feature_width, width))
        self.place = nn.Embedding(max_words, width)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, W) float word features -> (B, T, D)."""
        return self.feature(features) + self.place.weight[: features.shape[1]]


class SelfAttentionEncoder(nn.Module):
    """A stack of self-attention blocks: VEP over regions, TEP over words."""

    def __init__(self, layers: int, width: int, heads: int, expansion: int, dropout: float):
        super().__init__()
        self.blocks = nn.ModuleList(SelfAttentionBlock(width, heads, expansion, dropout) for _ in range(layers))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, N, D) float and (B, N) bool, True where real -> (B, N, D)."""
        for block in self.blocks:
            x = block(x, mask)
        return x
