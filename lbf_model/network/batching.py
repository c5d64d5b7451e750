"""Records -> padded tensors: the only place where padding is added."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lbf_model.types import Regions, SearchResult


class RegionBatch(NamedTuple):
    """B pictures.

    Attributes:
        features: (B, R, F) float32, padded along R.
        boxes_unit: (B, R, 4) float32, xyxy in [0, 1].
        mask: (B, R) bool, True where a region is real.
        feature_map: (B, C, h, w) float32, of the whole pictures; None if some picture has none, or if none was asked for.
    """

    features: Tensor
    boxes_unit: Tensor
    mask: Tensor
    feature_map: Tensor | None = None

    def to(self, device: torch.device | str) -> "RegionBatch":
        return RegionBatch(*(None if t is None else t.to(device) for t in self))


class WordBatch(NamedTuple):
    """Padded words: values (B, T) int64 ids or (B, T, W) float32 features, mask (B, T) bool, True where real."""

    values: Tensor
    mask: Tensor

    def to(self, device: torch.device | str) -> "WordBatch":
        return WordBatch(*(t.to(device) for t in self))


def batch_regions(regions: Sequence[Regions], max_regions: int) -> RegionBatch:
    """Pad the best `max_regions` of each picture to the longest of them; stack feature maps where all pictures have one."""
    kept = [r.top(max_regions) for r in regions]
    longest = max(len(r) for r in kept)
    features = np.zeros((len(kept), longest, kept[0].features.shape[1]), np.float32)
    boxes = np.zeros((len(kept), longest, 4), np.float32)
    mask = np.zeros((len(kept), longest), bool)
    for row, r in enumerate(kept):
        features[row, : len(r)], boxes[row, : len(r)], mask[row, : len(r)] = r.features, r.boxes_unit, True
    maps = None
    if all(r.feature_map is not None for r in kept):
        maps = torch.from_numpy(np.stack([r.feature_map for r in kept]).astype(np.float32))
    return RegionBatch(torch.from_numpy(features), torch.from_numpy(boxes), torch.from_numpy(mask), maps)


def batch_links(links: Sequence[np.ndarray], width: int) -> Tensor:
    """Cut or pad each picture's links, (R,) bool for regions that words may touch, to a RegionBatch's `width`: (B, width)."""
    padded = np.zeros((len(links), width), bool)
    for row, own in enumerate(links):
        padded[row, : len(own)] = own[:width]
    return torch.from_numpy(padded)


def batch_words(sentences: Sequence[np.ndarray]) -> WordBatch:
    """Pad `Tokens.values` of each sentence with zeros to the longest of them."""
    shape = (len(sentences), max(len(s) for s in sentences))
    values, mask = np.zeros(shape + sentences[0].shape[1:], sentences[0].dtype), np.zeros(shape, bool)
    for row, s in enumerate(sentences):
        values[row, : len(s)], mask[row, : len(s)] = s, True
    return WordBatch(torch.from_numpy(values), torch.from_numpy(mask))


def batch_query(
    result: SearchResult, max_regions: int, device: torch.device | str
) -> tuple[RegionBatch, WordBatch, Tensor | None]:
    """An answered query as a batch of one, as it was composed: regions, words and links (None if it pointed at nothing)."""
    regions = batch_regions([result.regions], max_regions).to(device)
    words = batch_words([result.tokens.values]).to(device)
    return regions, words, None if result.links is None else batch_links([result.links], regions.mask.shape[1]).to(device)
