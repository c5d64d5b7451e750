"""A perceptual hash: what a picture looks like, in a few bytes that hardly change when the picture is saved again.

It holds two thumbnails, not bits: one of brightness, and a coarser one of colour. Hashes of sign bits (pHash, dHash) find any
two nearly blank pictures the same, or all of them different, because the sign of almost nothing is noise; and they ignore
colour. `gallery.near_duplicates` compares hashes, and decides how close two hashes of one picture must be.

The filters matter more than the sizes. With plain box averaging, fine stripes and sharp edges alias, and a picture at half its
size differed by 30 of 255 somewhere; with an overlapping filter, it differs by 6.
"""

import numpy as np
from PIL import Image

BRIGHTNESS_SIDE = 16  # with 12, pages of text in the same layout become too similar
COLOR_SIDE = 8  # with 6, so do pictures of one small object in two colours
_SHAPE_STEPS = 22  # per doubling of width / height; the thinnest picture that is read (1:50) stays below 128 steps

# ITU-R BT.601, as JPEG uses it, so that JPEG's losses in brightness do not leak into the colours, or the other way round.
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])
_COLORS = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]).T


def perceptual_hash(picture: Image.Image) -> np.ndarray:
    """The hash of a picture. Copies at another size, or saved with other losses, have nearly the same hash.

    Args:
        picture: RGB, from `load_picture`.

    Returns:
        (385,) uint8: 1 for the shape (log2 of width / height), 16x16 of brightness and 8x8x2 of colour (Cb and Cr, 128 is
        gray), row by row.
    """
    # Large pictures are first averaged down to 512 pixels or more: cheap, and much finer than what is kept. With a smaller gap,
    # pages of text would alias.
    size = (BRIGHTNESS_SIDE, BRIGHTNESS_SIDE)
    small = np.asarray(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=32), np.float64)
    cells = small.reshape(COLOR_SIDE, 2, COLOR_SIDE, 2, 3).mean((1, 3))
    gray, colors = small @ _BRIGHTNESS, cells @ _COLORS + 128
    shape = np.log2(picture.width / picture.height) * _SHAPE_STEPS + 128
    values = np.concatenate([[shape], gray.ravel(), colors.ravel()])
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
