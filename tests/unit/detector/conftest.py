"""Detectors with random weights, made once for all tests of the project's own detector."""

import pytest
import torch

from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from tests.small import GARMENTS
from tests.unit.detector.small_detector import CONFIG


@pytest.fixture(scope="package")
def detector():
    """A detector of size, colour and shape."""
    torch.manual_seed(0)
    return AttributeRcnnDetector(build_faster_rcnn(CONFIG), CONFIG, "test")


@pytest.fixture(scope="package")
def garments():
    """A detector that reads colours and textures from the foreground."""
    torch.manual_seed(0)
    return AttributeRcnnDetector(build_faster_rcnn(GARMENTS), GARMENTS, "test")
