"""The project's own Faster R-CNN: what it promises, with random weights."""

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.vision.detector import FasterRcnnDetector
from lbf_model.vision.efficientnet_lite import EfficientNetLite0
from lbf_model.vision.faster_rcnn import IGNORED, DetectorConfig, build_faster_rcnn
from tests.small import ATTRIBUTES

CONFIG = DetectorConfig(
    ATTRIBUTES, short_side=64, long_side=96, pyramid_channels=16, hidden=16, attribute_width=4, min_score=0.05
)


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    return FasterRcnnDetector(build_faster_rcnn(CONFIG), CONFIG, "test")


def picture(width=90, height=60, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8))


def test_regions_lie_in_the_picture_best_first(detector):
    for size in ((90, 60), (60, 90), (300, 200), (7, 5), (1, 1)):
        regions = detector.detect_regions([picture(*size)])[0]
        assert 1 <= len(regions) <= 36
        assert regions.features.shape == (len(regions), CONFIG.feature_width) and np.isfinite(regions.features).all()
        assert (regions.boxes >= -1e-3).all() and (regions.boxes[:, 2:] <= np.array(size) + 1e-3).all()
        assert (np.diff(regions.scores) <= 0).all()
        assert regions.image_size == size


def test_an_answer_does_not_depend_on_the_other_pictures(detector):
    one = picture(seed=1)
    alone = detector.detect_regions([one])[0]
    for other in (picture(seed=2), picture(40, 90, seed=3)):
        together = detector.detect_regions([other, one])[1]
        assert len(together) == len(alone)
        assert together.boxes == pytest.approx(alone.boxes, abs=1e-2)
        assert together.features == pytest.approx(alone.features, abs=1e-4)


def test_folded_norms_give_the_same_numbers():
    torch.manual_seed(0)
    body = EfficientNetLite0().eval()
    for name, buffer in body.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            buffer.normal_()
    images = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before = body(images)
        body.fold_norms()
        after = body(images)
    for level, wanted in before.items():
        assert torch.allclose(after[level], wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))


def test_same_picture_same_answer(detector):
    first, second = (detector.detect_regions([picture()])[0] for _ in range(2))
    assert np.array_equal(first.boxes, second.boxes) and np.array_equal(first.features, second.features)


def test_nothing_sure_enough_becomes_the_whole_image(detector):
    regions = detector.detect_regions([picture()], min_score=0.999)[0]
    assert regions.whole_image and regions.labels == ("whole image",)
    assert regions.boxes.tolist() == [[0, 0, 90, 60]]
    assert regions.features.any()


def test_labels_name_every_attribute(detector):
    regions = detector.detect_regions([picture()])[0]
    for label in regions.labels:
        assert all(word in values for word, values in zip(label.split(), ATTRIBUTES.values(), strict=True))


def test_known_boxes_are_described(detector):
    boxes = np.array([[10, 10, 40, 40], [30, 5, 80, 55]], np.float32)
    regions = detector.describe_boxes(picture(), boxes)
    assert np.array_equal(regions.boxes, boxes) and regions.scores.tolist() == [1, 1] and not regions.whole_image
    assert detector.describe_boxes(picture(), boxes[:0]).whole_image
    detected = detector.detect_regions([picture()])[0]
    again = detector.describe_boxes(picture(), detected.boxes)
    assert again.features == pytest.approx(detected.features, abs=2e-2)


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


def test_imagenet_weights_must_fit():
    body = EfficientNetLite0()
    tensors = {name: t + 1 if t.is_floating_point() else t for name, t in body.state_dict().items()}
    body.load_imagenet(tensors)
    assert torch.equal(body.state_dict()["stem.0.weight"], tensors["stem.0.weight"])
    first = next(iter(tensors))
    with pytest.raises(ValueError, match="do not fit"):
        body.load_imagenet({**tensors, first: torch.zeros(1)})


@pytest.mark.parametrize("change", [{"attributes": {}}, {"attributes": {"a": ("one",)}}, {"anchor_sizes": (8,)}])
def test_a_config_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError):
        DetectorConfig(**{"attributes": ATTRIBUTES, **change})
