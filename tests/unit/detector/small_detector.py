"""A small config of the project's own detector, and pictures and targets for it."""

import numpy as np
import torch
from PIL import Image

from lbf_model.vision.detectors.detector_config import IGNORED, DetectorConfig
from tests.small import ATTRIBUTES

CONFIG = DetectorConfig(
    ATTRIBUTES, short_side=64, long_side=96, pyramid_channels=16, hidden=16, attribute_width=4, min_score=0.05
)


def picture(width=90, height=60, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8))


def garment_target(*boxes, partial=True):
    """Targets of a 96 x 64 picture whose objects fill their boxes, all of one kind."""
    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    mask = torch.zeros(1, 64, 96, dtype=torch.uint8)
    for x1, y1, x2, y2 in boxes.int().tolist():
        mask[0, y1:y2, x1:x2] = 1
    attributes = torch.tensor([[0, 5, 0, 1, IGNORED, IGNORED]]).repeat(len(boxes), 1)
    ones = torch.ones(len(boxes), dtype=torch.int64)
    return {"boxes": boxes, "labels": ones, "attributes": attributes, "masks": mask, "partial": torch.tensor(partial)}
