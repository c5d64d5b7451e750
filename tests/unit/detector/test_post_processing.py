"""Proposals and detections are those that torchvision's own post-processing gives."""

import torch
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork


def test_proposals_are_those_of_torchvision(detector):
    torch.manual_seed(0)
    rpn, counts, sizes = detector.model.rpn, [300, 90, 30, 9], [(50, 60), (64, 64)]
    corners = torch.rand(2, sum(counts), 2) * 60 - 5
    boxes = torch.cat([corners, corners + torch.rand(2, sum(counts), 2) * 40 - 1], 2)  # some of them inside out
    logits = torch.randn(2 * sum(counts), 1)
    wanted = RegionProposalNetwork.filter_proposals(rpn, boxes, logits, sizes, counts)
    for found, right in zip(rpn.filter_proposals(boxes, logits, sizes, counts), wanted, strict=True):
        assert len(found) == 2
        assert all(torch.equal(one, other) and len(one) for one, other in zip(found, right, strict=True))


def test_detections_are_those_of_torchvision(detector):
    torch.manual_seed(0)
    heads, sizes, counts = detector.model.roi_heads, [(50, 60), (64, 64), (64, 40)], [40, 7, 25]
    corners = [torch.rand(count, 2) * 50 for count in counts]
    proposals = [torch.cat([corner, corner + 2 + torch.rand(len(corner), 2) * 40], 1) for corner in corners]
    logits, refinement = torch.randn(sum(counts), 2) * 2, torch.randn(sum(counts), 8)
    boxes, scores, labels = RoIHeads.postprocess_detections(heads, logits, refinement, proposals, sizes)
    found = heads.postprocess_detections(logits, refinement, proposals, sizes)
    for values, right in zip(found, (boxes, scores), strict=True):
        assert all(torch.equal(one, other) and len(one) for one, other in zip(values, right, strict=True))
    assert all((own == 1).all() for own in labels)


def test_where_nothing_is_proposed_nothing_is_detected(detector):
    none, counts = torch.zeros(0, 2), [(50, 60), (64, 64)]
    boxes, scores = detector.model.roi_heads.postprocess_detections(none, torch.zeros(0, 8), [torch.zeros(0, 4)] * 2, counts)
    assert [len(own) for own in (*boxes, *scores)] == [0] * 4
