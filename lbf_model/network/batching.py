"""Records -> padded tensors: the only place where padding is made."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lbf_model.types import Regions


class RegionBatch(NamedTuple):
    """Padded regions: features (B, R, F) float32, boxes_unit (B, R, 4) float32, mask (B, R) bool, True where real."""

    features: Tensor
    boxes_unit: Tensor
    mask: Tensor

    def to(self, device: torch.device | str) -> "RegionBatch":
        return RegionBatch(*(t.to(device) for t in self))


class WordBatch(NamedTuple):
    """Padded words: values (B, T) int64 ids or (B, T, W) float32 features, mask (B, T) bool, True where real."""

    values: Tensor
    mask: Tensor

    def to(self, device: torch.device | str) -> "WordBatch":
        return WordBatch(*(t.to(device) for t in self))


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


def batch_words(sentences: Sequence[np.ndarray]) -> WordBatch:
    """Pad `Tokens.values` of each sentence with zeros to the longest of them."""
    shape = (len(sentences), max(len(s) for s in sentences))
    values, mask = np.zeros(shape + sentences[0].shape[1:], sentences[0].dtype), np.zeros(shape, bool)
    for row, s in enumerate(sentences):
        values[row, : len(s)], mask[row, : len(s)] = s, True
    return WordBatch(torch.from_numpy(values), torch.from_numpy(mask))
