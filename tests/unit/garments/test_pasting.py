"""Garments next to each other in one picture."""

import numpy as np
from PIL import Image

from lbf_model.tasks.garments.pasting import paste_in_a_row, scale_to_height


def test_pictures_keep_their_proportions():
    tall, wide = scale_to_height([Image.new("RGB", (30, 60)), Image.new("RGB", (50, 20))], 20)
    assert tall.size == (10, 20) and wide.size == (50, 20)


def test_pictures_that_are_high_enough_keep_their_pixels():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (7, 11, 3), dtype=np.uint8))
    assert scale_to_height([picture], 7)[0].tobytes() == picture.tobytes()


def test_pictures_lie_from_left_to_right():
    colors = ("red", "lime", "blue")
    row = paste_in_a_row([Image.new("RGB", (4, 3), color) for color in colors])
    assert row.size == (12, 3)
    assert [row.getpixel((4 * place + 2, 1)) for place in range(3)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
