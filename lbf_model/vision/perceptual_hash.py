"""A perceptual hash: what a picture looks like, in a few bytes that hardly changes when the picture is saved again.

It holds two thumbnails, not bits: one of brightness, and a coarser one of colour. Hashes of sign bits (pHash, dHash) call any
two nearly blank pictures the same or every one of them different, because the sign of almost nothing is noise, and they know no
colour. How close two hashes of one picture are is the business of `gallery.near_duplicates`, which reads them.

The filters matter more than the sizes. Averaging boxes of pixels lets fine stripes and sharp edges alias, and then a picture at
half its size moved by 30 of 255 somewhere; with a filter that overlaps it moves by 6.
"""

import numpy as np
from PIL import Image

BRIGHTNESS_SIDE = 16  # of 12, pages of text with one layout come too close to one another
COLOR_SIDE = 8  # of 6, so does one small object in another colour
_SHAPE_STEPS = 22  # per doubling of width / height; the thinnest picture that is read (1:50) stays below 128 steps

# ITU-R BT.601, as JPEG uses it: then its losses in brightness stay out of the colours, and the other way round.
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])
_COLORS = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]).T


def perceptual_hash(picture: Image.Image) -> np.ndarray:
    """The hash of a picture. Copies at another size, or saved with other losses, have nearly the same one.

    Args:
        picture: RGB, from `load_picture`.

    Returns:
        (385,) uint8: 1 for the shape (log2 of width / height), 16x16 of brightness and 8x8x2 of colour (Cb and Cr, 128 is
        gray), row by row.
    """
    # All large pictures are first averaged to 512 pixels or more: cheap, and much finer than what is kept. A smaller gap would
    # let pages of text alias.
    size = (BRIGHTNESS_SIDE, BRIGHTNESS_SIDE)
    small = np.asarray(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=32), np.float64)
    cells = small.reshape(COLOR_SIDE, 2, COLOR_SIDE, 2, 3).mean((1, 3))
    gray, colors = small @ _BRIGHTNESS, cells @ _COLORS + 128
    shape = np.log2(picture.width / picture.height) * _SHAPE_STEPS + 128
    values = np.concatenate([[shape], gray.ravel(), colors.ravel()])
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
