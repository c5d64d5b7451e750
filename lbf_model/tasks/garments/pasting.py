"""Pictures next to each other in one picture, for queries about one of two garments."""

from collections.abc import Sequence

import numpy as np
from PIL import Image


def scale_to_height(pictures: Sequence[Image.Image], height: int) -> list[Image.Image]:
    """Pictures as high as `height` pixels, each in its own proportions."""
    return [picture.resize((round(picture.width * height / picture.height), height)) for picture in pictures]


def paste_in_a_row(pictures: Sequence[Image.Image]) -> Image.Image:
    """RGB pictures of one height as one picture, from left to right."""
    return Image.fromarray(np.concatenate([np.asarray(picture) for picture in pictures], 1))
