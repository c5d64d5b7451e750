"""The contract that every kind of detector is held to, with random weights."""

import re

import numpy as np
import pytest
import torch

from lbf_model.checkpoint import save_checkpoint
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.registry import DETECTOR_KINDS, load_detector
from tests.unit.detector.published_detectors import (
    ABSENT,
    shrink,
    small_config,
    write_detectron2,
    write_torchvision_coco,
)
from tests.unit.detector.small_detector import CONFIG, picture

SIZES = ((90, 60), (88, 60), (60, 90), (300, 200), (7, 5), (1, 1))  # the first two may be looked at in one batch


def checkpoint_folder(folder):
    torch.manual_seed(0)
    save_checkpoint(folder, "detector", build_faster_rcnn(CONFIG), CONFIG, {})
    return load_detector(folder)


def torchvision_coco(folder):
    return shrink(load_detector(f"torchvision-coco:{write_torchvision_coco(folder)}"))


def detectron2(folder):
    pytest.importorskip("detectron2", reason=ABSENT)
    config, weights = write_detectron2(folder, small_config("fpn"))
    return load_detector(f"detectron2:{config}:{weights}")


# A further kind needs a function here, which makes a small detector in an empty folder.
SMALL = {"": checkpoint_folder, "torchvision-coco": torchvision_coco, "detectron2": detectron2}


@pytest.fixture(scope="module", params=DETECTOR_KINDS, ids=lambda name: name or "folder")
def detector(request, tmp_path_factory):
    return SMALL[request.param](tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def found(detector):
    """The regions of one picture of each size, which were looked at together."""
    return detector.detect_regions([picture(*size) for size in SIZES])


def test_it_says_which_it_is_and_how_wide_its_features_are(detector):
    assert re.fullmatch("[0-9a-f]{12}", detector.fingerprint)
    assert detector.feature_width > 0 and detector.feature_map_channels > 0


def test_each_picture_has_its_regions_in_the_promised_form(detector, found):
    for size, regions in zip(SIZES, found, strict=True):
        count = len(regions)
        assert regions.image_size == size and 1 <= count <= 36
        assert regions.boxes.shape == (count, 4) and regions.scores.shape == (count,)
        assert regions.features.shape == (count, detector.feature_width)
        assert regions.feature_map.shape == (detector.feature_map_channels, 6, 6)
        assert {array.dtype for array in (regions.boxes, regions.scores, regions.features)} == {np.dtype(np.float32)}
        assert regions.feature_map.dtype == np.float16
        assert np.isfinite(regions.features).all() and np.isfinite(regions.feature_map).all()
        assert all(isinstance(label, str) and label for label in regions.labels)


def test_the_best_come_first(found):
    for regions in found:
        assert (np.diff(regions.scores) <= 0).all()
        assert (regions.scores >= 0).all() and (regions.scores <= 1).all()


def test_boxes_lie_in_the_picture(found):
    for regions in found:
        assert (regions.boxes >= -1e-3).all() and (regions.boxes[:, 2:] <= np.array(regions.image_size) + 1e-3).all()
        assert (regions.boxes[:, 2:] > regions.boxes[:, :2]).all()


def test_an_answer_does_not_depend_on_the_other_pictures(detector, found):
    for size, together in zip(SIZES, found, strict=True):
        (alone,) = detector.detect_regions([picture(*size)])
        assert alone.labels == together.labels
        assert alone.boxes == pytest.approx(together.boxes, abs=1e-2)
        assert alone.features == pytest.approx(together.features, abs=1e-4)
        assert alone.feature_map == pytest.approx(together.feature_map, rel=1e-2, abs=1e-3)


def test_no_pictures_no_regions(detector):
    assert detector.detect_regions([]) == []
