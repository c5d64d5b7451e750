"""Suppression of many groups at once gives what torchvision gives of each."""

import pytest
import torch

from lbf_model.vision.detectors import suppression
from lbf_model.vision.detectors.suppression import suppress_overlaps


@pytest.mark.parametrize("seed", range(3))
def test_a_gpu_suppresses_the_same_boxes_as_torchvision(seed):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(4, 60, 2, generator=generator) * 40
    boxes = torch.cat([corners, corners + 5 + 60 * torch.rand(4, 60, 2, generator=generator)], 2)
    real = torch.rand(4, 60, generator=generator) > 0.2
    boxes[~real] = 0  # no area at all
    for threshold in (0.3, 0.7):
        kept = suppression._together(boxes, real, threshold)
        assert torch.equal(kept, suppression._one_by_one(boxes, real, threshold))
        assert kept.any(1).all() and (real & ~kept).any()
    assert not suppress_overlaps(boxes[:, :0], real[:, :0], 0.5).any()


@pytest.mark.parametrize("groups, chosen", [(4, "_one_by_one"), (5, "_together")])
def test_a_gpu_suppresses_few_groups_one_by_one(groups, chosen, monkeypatch):
    """On "meta", which has no values, in place of a GPU."""
    asked = []
    for way in ("_one_by_one", "_together"):
        monkeypatch.setattr(suppression, way, lambda boxes, real, threshold, way=way: asked.append(way) or real)
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: tensor)
    suppress_overlaps(torch.zeros(groups, 3, 4, device="meta"), torch.ones(groups, 3, dtype=torch.bool, device="meta"), 0.5)
    assert asked == [chosen]
