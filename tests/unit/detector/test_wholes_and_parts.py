"""Which detections become regions: a whole hides another within it, and parts alone are nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector, Detections
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from tests.small import GARMENTS
from tests.unit.detector.small_detector import picture


def detections(boxes, logits, wholes=None, features=None) -> Detections:
    """Of R boxes in the 96 x 64 pixels as which `picture` is looked at, less sure one after the other; of each attribute that
    `logits` (name -> (R, values)) leave out, they have the first value."""
    count = len(boxes)
    logits = {name: torch.eye(len(values))[[0] * count] for name, values in GARMENTS.attributes.items()} | logits
    return Detections(
        np.array(boxes, np.float32),
        np.array([0.9, 0.8, 0.7][:count], np.float32),
        np.zeros((count, GARMENTS.feature_width), np.float32) if features is None else features,
        np.array([1] * count if wholes is None else wholes, np.float32),
        np.zeros((1, 6, 6), np.float16),
        (64, 96),
        {name: values.softmax(1).numpy() for name, values in logits.items()},
    )


@pytest.mark.parametrize("second, kept", [("dress", [0, 2]), ("sleeve", [0, 1, 2])])
def test_a_whole_within_a_surer_whole_is_left_out(garments, second, kept):
    kinds = GARMENTS.attributes["kind"]
    said = [kinds.index(kind) for kind in ("shirt", second, "skirt")]
    features = np.arange(3 * GARMENTS.feature_width, dtype=np.float32).reshape(3, -1)
    boxes = [(0, 0, 50, 50), (10, 10, 40, 45), (60, 0, 90, 50)]
    found = detections(boxes, {"kind": torch.eye(len(kinds))[said]}, features=features)
    regions = garments._regions(found, picture(), 0.5)
    assert regions.scores.tolist() == pytest.approx([(0.9, 0.8, 0.7)[i] for i in kept])
    assert np.array_equal(regions.features, features[kept]) and len(regions.labels) == len(kept)
    picky = AttributeRcnnDetector(garments.model, replace(GARMENTS, min_frozen_score=0.4), "test")
    doubted = picky._regions(found._replace(wholes=np.array([0.3, 0.5, 0.5])), picture(), 0.5)
    assert doubted.scores.tolist() == pytest.approx([0.8, 0.7]), "what is no garment hides none"
    assert picky._regions(found._replace(wholes=np.full(3, 0.3)), picture(), 0.5) is None


@pytest.mark.parametrize(
    "second, kept", [((0, 0, 40, 57), 1), ((0, 0, 40, 58), 2)], ids=["seven tenths within", "less than seven tenths within"]
)
def test_how_much_of_a_whole_lies_within_a_surer_one(garments, second, kept):
    found = detections([(0, 0, 40, 40), second], {})
    assert len(garments._regions(found, picture(), 0.5)) == kept


@pytest.mark.parametrize("threshold, found", [(0.74, True), (0.76, False)])
def test_a_whole_is_what_the_second_answer_of_the_frozen_body_says(threshold, found):
    config = replace(GARMENTS, min_frozen_score=threshold)
    torch.manual_seed(0)
    model = build_faster_rcnn(config)
    with torch.no_grad():
        model.roi_heads.branches.whole.classify.weight.zero_()
        model.roi_heads.branches.whole.classify.bias.copy_(torch.tensor([0, math.log(3)]))  # three quarters sure
    regions = AttributeRcnnDetector(model, config, "test").detect_regions([picture()])[0]
    assert regions.whole_image != found


def test_parts_without_any_whole_are_nothing(garments):
    kinds = GARMENTS.attributes["kind"]
    found = detections([(0, 0, 50, 50)], {"kind": torch.eye(len(kinds))[[kinds.index("sleeve")]]})
    assert garments._regions(found, picture(), 0.5) is None
    free = AttributeRcnnDetector(garments.model, replace(GARMENTS, wholes=()), "test")
    assert len(free._regions(found, picture(), 0.5)) == 1


def test_of_parts_alone_the_largest_that_looks_like_a_whole_is_one(garments):
    kinds = GARMENTS.attributes["kind"]
    logits = torch.zeros(3, len(kinds))
    logits[range(3), [kinds.index(kind) for kind in ("sleeve", "sleeve", "sleeve")]] = 5.0
    logits[:, kinds.index("skirt")] = torch.tensor([1.0, 2.0, 3.0])
    boxes = [(0, 0, 10, 10), (0, 0, 60, 60), (0, 0, 90, 90)]
    found = detections(boxes, {"kind": logits}, wholes=[0.9, 0.6, 0.1])
    picky = AttributeRcnnDetector(garments.model, replace(GARMENTS, min_frozen_score=0.4), "test")
    regions = picky._regions(found, picture(), 0.5)
    assert [label.split()[-1] for label in regions.labels] == ["sleeve", "skirt", "sleeve"]
    assert regions.scores.tolist() == pytest.approx([0.9, 0.8, 0.7])
    one, called, _ = regions.label_scores.tolist()
    assert called / one == pytest.approx(math.exp(2 - 5), rel=0.05), "as sure as it is of the new name"
