"""The project's own Faster R-CNN: the regions that it promises, with random weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, save_checkpoint
from lbf_model.vision.detectors import attribute_rcnn
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector, load_attribute_rcnn, portions
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from tests.small import ATTRIBUTES, GARMENTS
from tests.unit.detector.small_detector import CONFIG, picture


def test_a_large_picture_has_the_regions_of_a_smaller_copy(detector):
    small = picture(207, 135)
    large = small.resize((207 * 5, 135 * 5), Image.Resampling.NEAREST).crop((0, 0, 207 * 5 - 3, 135 * 5 - 2))
    few, many = (detector.detect_regions([one])[0] for one in (small, large))
    assert many.image_size == large.size and np.array_equal(many.features, few.features)
    assert many.boxes_unit == pytest.approx(few.boxes_unit, abs=1e-6)


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


def test_a_gpu_is_given_batches_of_few_sizes():
    def sizes(count):
        parts = portions(range(count), torch.device("cuda"))
        assert sorted({place for part in parts for place in part}) == list(range(count)), "each is looked at"
        return [len(part) for part in parts]

    assert portions(range(7), torch.device("cpu")) == [list(range(7))]
    assert portions(range(3, 6), torch.device("cuda")) == [[3, 4, 5, 5, 5, 5, 5, 5]]
    assert sizes(1) == [1] and sizes(7) == [8] and sizes(9) == [8, 1] and sizes(32) == [8] * 4
    assert sizes(33) == [64] and sizes(64) == [64] and sizes(74) == [64, 8, 8]


def test_the_batches_of_a_gpu_answer_the_same(detector, monkeypatch):
    pictures = [picture(seed=seed) for seed in range(3)]
    wanted = detector.detect_regions(pictures)
    monkeypatch.setattr(attribute_rcnn, "portions", lambda places, _: portions(places, torch.device("cuda")))
    for one, other in zip(detector.detect_regions(pictures), wanted, strict=True):
        assert one.labels == other.labels and one.boxes == pytest.approx(other.boxes, abs=1e-2)
        assert one.feature_map.base is None or one.feature_map.base.size == one.feature_map.size, (
            "no other picture's map is kept"
        )


def test_nothing_sure_enough_becomes_the_whole_image(detector):
    regions = detector.detect_regions([picture()], min_score=0.999)[0]
    assert regions.whole_image and regions.labels == ("whole image",)
    assert regions.boxes.tolist() == [[0, 0, 90, 60]]
    assert regions.features.any()


def test_known_boxes_are_described(detector):
    boxes = np.array([[10, 10, 40, 40], [30, 5, 80, 55]], np.float32)
    regions = detector.describe_boxes(picture(), boxes)
    assert np.array_equal(regions.boxes, boxes) and regions.scores.tolist() == [1, 1] and not regions.whole_image
    assert detector.describe_boxes(picture(), boxes[:0]).whole_image
    detected = detector.detect_regions([picture()])[0]
    again = detector.describe_boxes(picture(), detected.boxes)
    assert again.features == pytest.approx(detected.features, abs=2e-2)


def test_labels_name_every_attribute(detector):
    regions = detector.detect_regions([picture()])[0]
    for label in regions.labels:
        assert all(word in values for word, values in zip(label.split(), ATTRIBUTES.values(), strict=True))


def test_labels_say_named_attributes_in_their_order(garments):
    for label in garments.detect_regions([picture()])[0].labels:
        assert all(w in GARMENTS.attributes[n] for w, n in zip(label.split(), ("pattern", "color", "kind"), strict=True))


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


def test_on_a_cpu_onednn_runs_the_1x1_convolutions_of_the_body(detector):
    convolutions = [module for module in detector.model.backbone.body.modules() if isinstance(module, torch.nn.Conv2d)]
    assert convolutions and all(module.kernel_size != (1, 1) for module in convolutions)
