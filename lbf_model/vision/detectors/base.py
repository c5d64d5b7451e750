"""What the rest of the project expects from a detector."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.poolers import LevelMapper

from lbf_model.types import Regions
from lbf_model.vision.detectors.detector_config import DetectorConfig

MAX_REGIONS = 36  # K of the paper's "big" setting; a smaller K takes the best of these
FEATURE_MAP_SIDE = 6  # cells a side of `Regions.feature_map`


class RegionDetector(Protocol):
    """Finds the regions of pictures.

    Attributes:
        fingerprint: twelve hex digits that identify the exact weights. A detector without weights gives a hash of its settings
            instead, including a version number of its code.
        feature_width: F, of a region's feature.
        feature_map_channels: C, of `Regions.feature_map`.
    """

    fingerprint: str
    feature_width: int
    feature_map_channels: int

    def detect_regions(self, pictures: Sequence[Image.Image]) -> list[Regions]:
        """The regions of each RGB picture, best first, 1 to 36 of them; with the picture's feature map.

        A picture's regions do not depend on the other pictures, except for rounding.
        """
        ...


@runtime_checkable
class BoxDescriber(RegionDetector, Protocol):
    """A detector that can also describe boxes that it is given, such as the ground truth."""

    def describe_boxes(self, picture: Image.Image, boxes: np.ndarray | None) -> Regions:
        """Features and labels of known boxes, with score 1.

        Args:
            picture: RGB.
            boxes: (R, 4) float32, xyxy pixels. None or an empty array describes the whole picture instead.
        """
        ...


@runtime_checkable
class AttributeReader(RegionDetector, Protocol):
    """A detector whose region features encode the regions' attributes.

    Attributes:
        config: says which attributes there are, which of them labels name, and which part of a feature each has.
    """

    config: DetectorConfig

    def read_attribute(self, features: np.ndarray, name: str) -> np.ndarray:
        """The likeliest value of one attribute: (M, F) float32 features -> (M,) int64 indices into its values."""
        ...


def average_to_grid(feature_map: Tensor) -> Tensor:
    """(B, C, height, width) -> (B, C, 6, 6): each cell the mean of the part of the map that it covers."""
    return F.adaptive_avg_pool2d(feature_map, FEATURE_MAP_SIDE)


def fix_pooled_strides(pool: MultiScaleRoIAlign) -> None:
    """Fix the strides of a pyramid's pooling to 4, 8, 16 and 32.

    By default, torchvision guesses them from the first picture of the process and keeps them for good; a first picture of
    1000x40 pixels then spoils the regions of all later pictures.
    """
    pool.scales = [1 / 4, 1 / 8, 1 / 16, 1 / 32]
    pool.map_levels = LevelMapper(2, 5, pool.canonical_scale, pool.canonical_level)
