"""A region covered in the picture itself, so that everything, detection included, can be run again without it."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image


def paint_out(picture: Image.Image, box: Sequence[float]) -> Image.Image:
    """Cover one box with the picture's background colour: the median, channel by channel, of the pixels on its border.

    Args:
        picture: RGB; it is not changed.
        box: xyxy in pixels of this picture, such as a row of `Regions.boxes`; every pixel that it touches is covered.

    Returns:
        RGB, of the same size.
    """
    pixels = np.array(picture)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    left, top = (max(0, math.floor(side)) for side in box[:2])
    right, bottom = (max(0, math.ceil(side)) for side in box[2:])
    pixels[top:bottom, left:right] = np.median(border, 0).round()
    return Image.fromarray(pixels)
