"""The project's own Faster R-CNN: what it promises, with random weights."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork

from lbf_model.checkpoint import CheckpointError, save_checkpoint
from lbf_model.vision.detectors import attribute_rcnn
from lbf_model.vision.detectors.attribute_branches import Description
from lbf_model.vision.detectors.attribute_rcnn import (
    AttributeRcnnDetector,
    Detections,
    load_attribute_rcnn,
    portions,
)
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn, within
from lbf_model.vision.detectors.detector_config import IGNORED, DetectorConfig
from lbf_model.vision.detectors.efficientnet_lite import EfficientNetLite, pyramid_channels
from lbf_model.vision.detectors.region_readers import CELLS, PIXEL_MEAN, PIXEL_STD, PaletteEncoder, PixelEncoder, TextureEncoder
from tests.small import ATTRIBUTES, GARMENTS

CONFIG = DetectorConfig(
    ATTRIBUTES, short_side=64, long_side=96, pyramid_channels=16, hidden=16, attribute_width=4, min_score=0.05
)


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    return AttributeRcnnDetector(build_faster_rcnn(CONFIG), CONFIG, "test")


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


def test_a_large_picture_has_the_regions_of_a_smaller_copy(detector):
    small = picture(207, 135)
    large = small.resize((207 * 5, 135 * 5), Image.Resampling.NEAREST).crop((0, 0, 207 * 5 - 3, 135 * 5 - 2))
    few, many = (detector.detect_regions([one])[0] for one in (small, large))
    assert many.image_size == large.size and np.array_equal(many.features, few.features)
    assert many.boxes_unit == pytest.approx(few.boxes_unit, abs=1e-6)


def test_a_body_that_was_made_faster_gives_the_same_numbers():
    torch.manual_seed(0)
    body = EfficientNetLite().eval()
    for name, buffer in body.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            buffer.normal_()
    images = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before = body(images)
        body.fold_norms()
        folded = body(images)
        body.multiply_pointwise()
        multiplied = body(images)
    for level, wanted in before.items():
        for after in (folded, multiplied):
            assert torch.allclose(after[level], wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
    left = [module for module in body.modules() if isinstance(module, torch.nn.Conv2d)]
    assert left and all(module.kernel_size != (1, 1) for module in left)


def test_a_gpu_is_given_batches_of_few_sizes():
    def sizes(count):
        parts = portions(range(count), torch.device("cuda"))
        assert sorted({place for part in parts for place in part}) == list(range(count)), "each is looked at"
        return [len(part) for part in parts]

    assert portions(range(7), torch.device("cpu")) == [list(range(7))]
    assert portions(range(3, 6), torch.device("cuda")) == [[3, 4, 5, 5, 5, 5, 5, 5]]
    assert sizes(1) == [1] and sizes(7) == [8] and sizes(9) == [8, 1] and sizes(32) == [8] * 4
    assert sizes(33) == [64] and sizes(64) == [64] and sizes(74) == [64, 8, 8]


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


def test_the_batches_of_a_gpu_answer_the_same(detector, monkeypatch):
    pictures = [picture(seed=seed) for seed in range(3)]
    wanted = detector.detect_regions(pictures)
    monkeypatch.setattr(attribute_rcnn, "portions", lambda places, _: portions(places, torch.device("cuda")))
    for one, other in zip(detector.detect_regions(pictures), wanted, strict=True):
        assert one.labels == other.labels and one.boxes == pytest.approx(other.boxes, abs=1e-2)
        assert one.feature_map.base is None or one.feature_map.base.size == one.feature_map.size, (
            "no other picture's map is kept"
        )


def test_a_picture_is_looked_at_together_with_those_that_are_padded_alike(detector, monkeypatch):
    seen, look = [], detector._look
    monkeypatch.setattr(detector, "_look", lambda scaled: seen.append(len(scaled)) or look(scaled))
    detector.detect_regions([picture(90, 60), picture(88, 60, seed=2), picture(60, 90, seed=3)])
    assert seen == [2, 1]


def test_same_picture_same_answer(detector):
    first, second = (detector.detect_regions([picture()])[0] for _ in range(2))
    assert np.array_equal(first.boxes, second.boxes) and np.array_equal(first.features, second.features)


def test_an_answer_does_not_depend_on_the_first_picture_of_the_process():
    def fresh():
        torch.manual_seed(0)
        return AttributeRcnnDetector(build_faster_rcnn(CONFIG), CONFIG, "test")

    plain, after_a_thin_one = fresh(), fresh()
    after_a_thin_one.detect_regions([picture(900, 20)])
    first, second = (detector.detect_regions([picture()])[0] for detector in (plain, after_a_thin_one))
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
    body = EfficientNetLite()
    tensors = {name: t + 1 if t.is_floating_point() else t for name, t in body.state_dict().items()}
    body.load_imagenet(tensors)
    assert torch.equal(body.state_dict()["stem.0.weight"], tensors["stem.0.weight"])
    first = next(iter(tensors))
    with pytest.raises(ValueError, match="do not fit"):
        body.load_imagenet({**tensors, first: torch.zeros(1)})


@pytest.mark.parametrize(
    "change",
    [{"attributes": {}}, {"attributes": {"a": ("one",)}}, {"anchor_sizes": (8,)}, {"from_pixels": ("colour",)},
     {"named": ("kind",)}, {"from_cloth": ("shape",)}, {"from_cloth": ("fit",), "foreground": True}, {"wholes": ("red",)},
     {"from_palette": ("color",)}, {"frozen_body": "lite0"}, {"from_frozen": ("shape",)},
     {"frozen_body": "lite9", "from_frozen": ("shape",)}, {"min_frozen_score": 0.5}],
)  # fmt: skip
def test_a_config_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError):
        DetectorConfig(**{"attributes": ATTRIBUTES, **change})


def test_a_config_read_from_json_is_the_same():
    lists = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(GARMENTS).items()}
    assert DetectorConfig(**lists) == GARMENTS


@pytest.fixture(scope="module")
def garments():
    """A detector that reads colours and textures from the foreground."""
    torch.manual_seed(0)
    return AttributeRcnnDetector(build_faster_rcnn(GARMENTS), GARMENTS, "test")


def garment_target(*boxes, partial=True):
    """Targets of a 96 x 64 picture whose objects fill their boxes, all of one kind."""
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    mask = torch.zeros(1, 64, 96, dtype=torch.uint8)
    for x1, y1, x2, y2 in boxes.int().tolist():
        mask[0, y1:y2, x1:x2] = 1
    attributes = torch.tensor([[0, 5, 0, 1, IGNORED, IGNORED]]).repeat(len(boxes), 1)
    ones = torch.ones(len(boxes), dtype=torch.int64)
    return {"boxes": boxes, "labels": ones, "attributes": attributes, "masks": mask, "partial": torch.tensor(partial)}


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


@pytest.mark.parametrize("encoder", ["colours", "textures"])
def test_what_is_not_foreground_is_not_read(encoder):
    torch.manual_seed(0)
    maps, weights = torch.rand(1, 3, 28, 28), torch.zeros(1, 1, CELLS, CELLS)
    weights[..., : CELLS // 2] = torch.rand(CELLS, CELLS // 2)
    elsewhere, there = maps.clone(), maps.clone()
    elsewhere[..., 16:] += 1
    there[..., :12] += 1
    if encoder == "colours":
        read = lambda seen: PixelEncoder(4)(seen, [torch.tensor([[0.0, 0, 28, 28]])], weights)  # noqa: E731
    else:
        read = lambda seen: TextureEncoder()(seen, [torch.tensor([[0.0, 0, 224, 224]])], weights)  # noqa: E731
    answers = []
    for seen in (maps, elsewhere, there):
        torch.manual_seed(1)
        answers.append(read(seen))
    assert torch.allclose(answers[0], answers[1]) and not torch.allclose(answers[0], answers[2], atol=0.01)


def test_a_palette_is_of_the_foreground_alone_and_its_colors_are_those_of_cielab():
    pixels = torch.zeros(1, 3, 32, 64)
    pixels[:, 0, :, :32], pixels[:, 2, :, 32:] = 0.8, 0.6  # red on the left, blue on the right
    seen = (pixels - torch.tensor(PIXEL_MEAN)[:, None, None]) / torch.tensor(PIXEL_STD)[:, None, None]
    left = torch.zeros(1, 1, CELLS, CELLS)
    left[..., : CELLS // 2 - 1] = 1
    both = torch.ones_like(left)
    boxes = [torch.tensor([[0.0, 0, 64, 32]])]
    red, mixed = (PaletteEncoder()(seen, boxes, foreground)[0] for foreground in (left, both))
    wanted = cv2.cvtColor(np.full((1, 1, 3), (0.8, 0, 0), np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    mean, spread = red[-6:-3] * 2.5, red[-3:] * 2.5
    assert mean.numpy() == pytest.approx(wanted, abs=0.5) and spread.abs().max() < 0.5
    for palette in (red, mixed):
        shares = (palette[:-6] / 20) ** 2
        assert shares.sum() == pytest.approx(1, abs=1e-4) and shares.count_nonzero() <= 16
    assert mixed[-3:].max() * 2.5 > 20


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


def test_texture_is_mean_and_spread_of_the_foreground():
    cells = torch.rand(1, 2, CELLS, CELLS).repeat_interleave(2, 2).repeat_interleave(2, 3)
    mean, spread = TextureEncoder()(cells, [torch.tensor([[0.0, 0, 224, 224]])], torch.ones(1, 1, CELLS, CELLS)).view(2, 2)
    assert torch.allclose(mean, cells.mean((2, 3))[0], atol=1e-5)
    assert torch.allclose(spread, cells.std((2, 3), correction=0)[0], atol=1e-3)


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


def test_pictures_without_any_object_train_on_background():
    torch.manual_seed(0)
    losses = build_faster_rcnn(GARMENTS).train()([torch.rand(3, 64, 96)], [garment_target()])
    assert all(torch.isfinite(v) for v in losses.values()) and losses["loss_foreground"] == 0 < losses["loss_objectness"]


def test_labels_say_named_attributes_in_their_order(garments):
    for label in garments.detect_regions([picture()])[0].labels:
        assert all(w in GARMENTS.attributes[n] for w, n in zip(label.split(), ("pattern", "color", "kind"), strict=True))


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


def test_a_detector_comes_back_from_its_checkpoint(garments, tmp_path):
    torch.manual_seed(0)
    save_checkpoint(tmp_path, "detector", build_faster_rcnn(GARMENTS), GARMENTS, {})
    loaded = load_attribute_rcnn(tmp_path)
    assert loaded.config == GARMENTS
    one, other = (d.detect_regions([picture()])[0] for d in (garments, loaded))
    assert np.array_equal(one.boxes, other.boxes) and np.array_equal(one.features, other.features)
    assert one.labels == other.labels
    plainer = replace(GARMENTS, from_cloth=(), from_palette=(), foreground=False)
    save_checkpoint(tmp_path, "detector", build_faster_rcnn(GARMENTS), plainer, {})
    with pytest.raises(CheckpointError):
        load_attribute_rcnn(tmp_path)


@pytest.mark.parametrize("body, channels", [("lite0", (24, 40, 112, 320)), ("lite2", (24, 48, 120, 352))])
def test_each_body_has_the_published_channels_at_four_strides(body, channels):
    assert pyramid_channels(body) == channels
    maps = EfficientNetLite(body).eval()(torch.zeros(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps.values()] == [
        (c, 64 // s, 96 // s) for c, s in zip(channels, (4, 8, 16, 32), strict=True)
    ]


def test_a_body_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="lite0, lite2"):
        replace(GARMENTS, body="resnet")


def test_attributes_are_read_from_features_as_they_were_detected(garments):
    regions = garments.detect_regions([picture()])[0]
    for name, place in (("pattern", 0), ("color", 1), ("kind", 2)):
        values = garments.config.attributes[name]
        read = [values[i] for i in garments.read_attribute(regions.features, name)]
        assert read == [label.split()[place] for label in regions.labels]


def test_a_label_is_as_likely_as_its_words_together_and_temperature_makes_it_less_sure(garments):
    regions = garments.detect_regions([picture()])[0]
    likely = [garments.attribute_probabilities(regions.features, name).max(1) for name in ("pattern", "color", "kind")]
    assert np.allclose(regions.label_scores, np.prod(likely, 0), atol=1e-5)
    likelier = garments.attribute_probabilities(regions.features, "kind")
    config, garments.config = garments.config, replace(garments.config, temperatures={"kind": 2.0})
    milder = garments.attribute_probabilities(regions.features, "kind")
    garments.config = config
    assert np.allclose(milder, np.sqrt(likelier) / np.sqrt(likelier).sum(1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("temperatures", [{"kind": 0.0}, {"size": 1.0}])
def test_temperatures_are_positive_and_of_attributes_that_there_are(temperatures):
    with pytest.raises(ValueError, match="temperatures"):
        replace(GARMENTS, temperatures=temperatures)
