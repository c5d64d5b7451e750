"""Losses are those of what is answered and reach their branches; within a partly known object nothing is background."""

import math

import pytest
import torch

from lbf_model.vision.detectors.attribute_branches import Description
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn, within
from lbf_model.vision.detectors.detector_config import IGNORED
from tests.small import GARMENTS
from tests.unit.detector.small_detector import CONFIG, garment_target


def test_training_gives_finite_losses_and_reaches_every_branch():
    torch.manual_seed(0)
    model = build_faster_rcnn(CONFIG).train()
    images = [torch.rand(3, 60, 90), torch.rand(3, 60, 90)]
    one, none = torch.ones(1, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)
    targets = [
        {"boxes": torch.tensor([[10.0, 10, 40, 40]]), "labels": one, "attributes": torch.tensor([[1, IGNORED, 0]])},
        {"boxes": torch.zeros(0, 4), "labels": none, "attributes": none.reshape(0, 3)},
    ]
    losses = model(images, targets)
    assert {"loss_size", "loss_color", "loss_shape", "loss_box"} <= losses.keys()
    assert all(torch.isfinite(v) for v in losses.values())
    assert losses["loss_color"] == 0, "an ignored label trains nothing"
    sum(losses.values()).backward()
    assert model.backbone.body.stem[0].weight.grad.abs().sum() > 0
    assert model.roi_heads.branches.hidden["shape"].weight.grad.abs().sum() > 0


def test_what_answers_alike_everywhere_loses_what_is_known():
    """Branches that answer by their bias alone lose the cross-entropy of that answer, on whichever boxes they are asked."""
    torch.manual_seed(0)
    model = build_faster_rcnn(GARMENTS).train()
    branches, bias = model.roi_heads.branches, {}
    classifiers = dict(branches.classify) | {f"frozen_{name}": reader.classify for name, reader in branches.frozen.items()}
    with torch.no_grad():
        for name, layer in classifiers.items():
            layer.weight.zero_()
            bias[name] = layer.bias.copy_(torch.randn(len(layer.bias))).clone()
        branches.foreground.layers[-1].weight.zero_()
        branches.foreground.layers[-1].bias.zero_()
    target = garment_target((10, 10, 50, 50), (50, 5, 85, 40))
    losses = model([torch.rand(3, 64, 96)] * 2, [target, garment_target()])
    right = dict(zip(GARMENTS.attributes, target["attributes"][0].tolist(), strict=True))
    assert {f"loss_{name}" for name in bias} < losses.keys() and IGNORED in right.values()
    for name, logits in bias.items():
        known = right[name.removeprefix("frozen_")]
        wanted = 0 if known == IGNORED else -logits.log_softmax(0)[known].item()
        assert losses[f"loss_{name}"].item() == pytest.approx(wanted, rel=1e-4), name
    assert losses["loss_foreground"].item() == pytest.approx(math.log(2), rel=1e-4), "one half everywhere"


def test_pictures_without_any_object_train_on_background():
    torch.manual_seed(0)
    losses = build_faster_rcnn(GARMENTS).train()([torch.rand(3, 64, 96)], [garment_target()])
    assert all(torch.isfinite(v) for v in losses.values()) and losses["loss_foreground"] == 0 < losses["loss_objectness"]


def test_a_foreground_is_learned_by_its_own_loss_alone():
    torch.manual_seed(0)
    model = build_faster_rcnn(GARMENTS).train()
    losses = model([torch.rand(3, 64, 96)] * 2, [garment_target((10, 10, 50, 50), (50, 5, 85, 40)), garment_target()])
    assert losses.keys() >= {"loss_foreground", *(f"loss_{name}" for name in GARMENTS.attributes)}
    assert all(torch.isfinite(v) for v in losses.values()) and losses["loss_length"] == 0
    head = model.roi_heads.branches.foreground.layers[0].weight
    (losses["loss_color"] + losses["loss_pattern"]).backward(retain_graph=True)
    assert head.grad is None
    losses["loss_foreground"].backward()
    assert head.grad.abs().sum() > 0


def test_a_frozen_body_is_a_second_witness_that_training_leaves_alone():
    torch.manual_seed(0)
    model = build_faster_rcnn(GARMENTS).train()
    losses = model([torch.rand(3, 64, 96)], [garment_target((10, 10, 60, 50))])
    sum(losses.values()).backward()
    assert losses["loss_frozen_kind"] > 0
    assert all(p.grad is None for p in model.backbone.frozen_body.parameters())
    reader = model.roi_heads.branches.frozen["kind"]
    assert reader.hidden.weight.grad.abs().sum() > 0
    quick = {id(p) for p in model.roi_heads.branches.quick_parameters()}
    assert {id(p) for p in reader.parameters()} <= quick
    told = Description(torch.zeros(1, 1), {"a": torch.ones(1, 2), "b": torch.ones(1, 2)}, {"b": torch.ones(1, 2)}, None)
    assert told.together["a"].tolist() == [[1, 1]] and told.together["b"].tolist() == [[2, 2]]


def labelled_boxes(target) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Boxes and labels that proposal network and box head learn from: 1 object, 0 background, -1 neither."""
    torch.manual_seed(0)
    model, seen = build_faster_rcnn(GARMENTS).train(), []

    def watch(part, method, place):
        assign = getattr(part, method)

        def watched(boxes, *rest):
            answer = assign(boxes, *rest)
            seen.append((boxes[0], answer[place][0]))
            return answer

        setattr(part, method, watched)

    watch(model.rpn, "assign_targets_to_anchors", 0)
    watch(model.roi_heads, "assign_targets_to_proposals", 1)
    losses = model([torch.rand(3, 64, 96)], [target])
    assert all(torch.isfinite(v) for v in losses.values()) and len(seen) == 2
    return seen


def test_nothing_within_a_partly_known_object_is_background():
    box = (8, 8, 60, 60)
    wholly, partly = (labelled_boxes(garment_target(box, partial=p)) for p in (False, True))
    for (boxes, known), (same, now) in zip(wholly, partly, strict=True):
        there = within(boxes, torch.tensor([box]))
        assert torch.equal(boxes, same) and (known[there] == 0).any() and not (now[there] == 0).any()
        assert torch.equal(now[~there], known[~there]) and (now[~there] == 0).any(), "beside it there is background"
        assert torch.equal(now[known != 0], known[known != 0]), "objects stay objects"
    assert all((labels == 0).any() for _, labels in labelled_boxes(garment_target())), "nothing known, nothing spared"


def test_within_tells_how_much_of_a_box_lies_in_a_known_one():
    boxes = torch.tensor([[0.0, 0, 10, 10], [6, 0, 16, 10], [8, 0, 18, 10], [2, 2, 4, 4], [20, 20, 20, 20], [-50, -50, 50, 50]])
    known = torch.tensor([[0.0, 0, 10, 10], [30, 30, 40, 40]])
    assert within(boxes, known).tolist() == [True, True, False, True, False, False]
    assert within(boxes, known, 0.7).tolist() == [True, False, False, True, False, False]
    assert not within(boxes, known[:0]).any() and len(within(boxes[:0], known)) == 0
