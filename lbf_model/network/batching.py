"""Records -> padded tensors: the only place where padding is made."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lbf_model.types import Regions, Tokens


class RegionBatch(NamedTuple):
    """Padded regions: features (B, R, F) float32, boxes_unit (B, R, 4) float32, mask (B, R) bool, True where real."""

    features: Tensor
    boxes_unit: Tensor
    mask: Tensor

    def to(self, device: torch.device | str) -> "RegionBatch":
        return RegionBatch(*(t.to(device) for t in self))


def batch_regions(regions: Sequence[Regions], max_regions: int) -> RegionBatch:
    """Pad the best `max_regions` of each picture to the longest of them."""
    kept = [r.top(max_regions) for r in regions]
    longest = max(len(r) for r in kept)
    features = np.zeros((len(kept), longest, kept[0].features.shape[1]), np.float32)
    boxes = np.zeros((len(kept), longest, 4), np.float32)
    mask = np.zeros((len(kept), longest), bool)
    for row, r in enumerate(kept):
        features[row, : len(r)], boxes[row, : len(r)], mask[row, : len(r)] = r.features, r.boxes_unit, True
    return RegionBatch(torch.from_numpy(features), torch.from_numpy(boxes), torch.from_numpy(mask))


def batch_words(ids: Sequence[np.ndarray]) -> Tensor:
    """(B, T) int64, padded with 0 to the longest of the given id lists."""
    padded = np.zeros((len(ids), max(len(i) for i in ids)), np.int64)
    for row, i in enumerate(ids):
        padded[row, : len(i)] = i
    return torch.from_numpy(padded)


def batch_tokens(tokens: Sequence[Tokens]) -> Tensor:
    """(B, T) int64 word ids of tokenised sentences."""
    return batch_words([t.ids for t in tokens])
