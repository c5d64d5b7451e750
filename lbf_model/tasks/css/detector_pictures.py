"""CSS pictures as a detector's training examples.

The test split shows shape-colour pairs that training never shows, so shape must be recognised without relying on colour: in
most training pictures the colour channels are shuffled or mixed and the picture is made much brighter or darker. Colours are
learned only from the other pictures, and shapes only from these. (Otherwise yellow, the brightest colour, still gave away the
shape: 37 % of the yellow cylinders were taken for cubes without the change of brightness, and 7 % while shapes were learned
from pictures in their own colours, too. Colour cannot rely on shape because it is predicted from single pixels; see
`region_readers.PixelEncoder`.)
"""

from dataclasses import dataclass

import numpy as np
import torch

from lbf_model.tasks.css.scenes import COLORS, SHAPES, SIZES
from lbf_model.tasks.css.storage import CssImage, CssSplit
from lbf_model.training.train_detector import Example
from lbf_model.vision.detectors.detector_config import IGNORED, DetectorConfig
from lbf_model.vision.pictures import load_stored

CSS_ATTRIBUTES = {"size": SIZES, "color": COLORS, "shape": SHAPES}
_COLOR, _SHAPE = (list(CSS_ATTRIBUTES).index(name) for name in ("color", "shape"))
CSS_DETECTOR = DetectorConfig(CSS_ATTRIBUTES, short_side=144, long_side=256, from_pixels=("color",))


@dataclass(frozen=True)
class CssPictures:
    """Examples of a CSS split, all of a batch in one rendering.

    Attributes:
        split: the data.
        share_2d: share of batches in the 2D rendering.
        shuffle_colors: share of pictures whose colour channels are shuffled: shapes are learned there, colours elsewhere.
    """

    split: CssSplit
    share_2d: float = 0.25
    shuffle_colors: float = 0.6

    @property
    def facts(self) -> dict:
        """What a checkpoint says about its data."""
        return {
            "data": "css train split, both renderings",
            "share_2d": self.share_2d,
            "shuffle_colors": self.shuffle_colors,
        }

    def batch(self, rng: np.random.Generator, count: int) -> list[Example]:
        """Draw `count` pictures and their targets."""
        rendering = "2d" if rng.random() < self.share_2d else "3d"
        chosen = rng.integers(len(self.split.images), size=count)
        return [self._example(self.split.images[i], rendering, rng) for i in chosen]

    def _example(self, image: CssImage, rendering: str, rng) -> Example:
        pixels = np.asarray(load_stored(self.split.picture(image.index, rendering)), np.float32) / 255
        boxes = image.true_boxes(rendering).copy()
        attributes = attribute_labels(image)
        if rng.random() < self.shuffle_colors:
            pixels = pixels[..., rng.permutation(3)]
            if rng.random() < 0.5:
                pixels = _mix_channels(pixels, rng)
            pixels = pixels * rng.uniform(0.6, 1.6)
            attributes[:, _COLOR] = IGNORED
        else:
            attributes[:, _SHAPE] = IGNORED
        pixels = np.clip(pixels * rng.uniform(0.9, 1.1) + rng.uniform(-0.04, 0.04), 0, 1)
        if rng.random() < 0.5:
            pixels = pixels[:, ::-1]
            boxes[:, [0, 2]] = pixels.shape[1] - boxes[:, [2, 0]]
        target = {
            "boxes": torch.from_numpy(boxes),
            "labels": torch.ones(len(boxes), dtype=torch.int64),
            "attributes": torch.from_numpy(attributes),
        }
        return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)), target


def attribute_labels(image: CssImage) -> np.ndarray:
    """(objects, 3) int64: indices of size, colour and shape, in the order of CSS_ATTRIBUTES."""
    rows = [(SIZES.index(o.size), COLORS.index(o.color), SHAPES.index(o.shape)) for o in image.scene.objects]
    return np.array(rows, np.int64).reshape(-1, len(CSS_ATTRIBUTES))


def _mix_channels(pixels, rng):
    """Change the hue: each new channel is a random convex mixture of the old ones; gray stays gray."""
    return pixels @ rng.dirichlet(np.full(3, 0.6), size=3).T.astype(np.float32)
