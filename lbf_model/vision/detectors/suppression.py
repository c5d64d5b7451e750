"""Non-maximum suppression in many pictures at once.

torchvision's takes one group of boxes at a time. For each, a GPU is waited for, which costs more than the networks: of 64
pictures a body took 12 ms on an H100, and their proposals 65.
"""

import torch
from torch import Tensor
from torchvision.ops import nms

_FEW = 4  # groups that are sooner done one by one on a CPU than together on a GPU


def suppress_overlaps(boxes: Tensor, real: Tensor, threshold: float) -> Tensor:
    """Of boxes that overlap, keep the best: greedy suppression, in each group by itself.

    Args:
        boxes: (G, N, 4) float, xyxy, of G groups, best first.
        real: (G, N) bool, False for what only fills a row.
        threshold: intersection over union above which the worse of two has to go.

    Returns:
        (G, N) bool: what stays.
    """
    if boxes.device.type == "cpu" or len(boxes) <= _FEW:
        return _one_by_one(boxes.cpu(), real.cpu(), threshold).to(boxes.device)
    return _together(boxes, real, threshold)


def _one_by_one(boxes: Tensor, real: Tensor, threshold: float) -> Tensor:
    kept = torch.zeros_like(real)
    worse = torch.arange(real.shape[1], 0, -1, dtype=boxes.dtype)
    for group in range(len(boxes)):
        places = real[group].nonzero()[:, 0]
        kept[group, places[nms(boxes[group, places], worse[places], threshold)]] = True
    return kept


def _together(boxes: Tensor, real: Tensor, threshold: float) -> Tensor:
    """A box stays unless a better one that stays overlaps it: the fixed point of one step for all boxes. Step k settles the k
    best at least, and in practice about five settle all."""
    left, top, right, bottom = boxes.unbind(-1)
    shared = _shared(left, right) * _shared(top, bottom)
    area = (right - left) * (bottom - top)
    overlaps = (shared / (area[..., :, None] + area[..., None, :] - shared) > threshold).triu(1)
    kept = real
    while True:
        now = real & ~(overlaps & kept[..., None]).any(-2)
        if torch.equal(now, kept):
            return kept
        kept = now


def _shared(low: Tensor, high: Tensor) -> Tensor:
    """(..., N, N): how much of a side each two boxes share."""
    lowest, highest = torch.minimum(high[..., :, None], high[..., None, :]), torch.maximum(low[..., :, None], low[..., None, :])
    return (lowest - highest).clamp(min=0)


def clip_to_pictures(boxes: Tensor, sizes: list[tuple[int, int]]) -> Tensor:
    """Boxes (B, N, 4), xyxy, with what lies outside of their pictures cut off; sizes are B heights and widths in pixels."""
    limits = boxes.new_tensor([(width, height) * 2 for height, width in sizes])
    return torch.minimum(boxes.clamp(min=0), limits[:, None])


def at_least(boxes: Tensor, side: float) -> Tensor:
    """(..., N) bool: which boxes (..., N, 4) are as wide and as high as `side`."""
    return ((boxes[..., 2:] - boxes[..., :2]) >= side).all(-1)
