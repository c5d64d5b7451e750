"""A region is painted over with the colour of the ground."""

import numpy as np
from PIL import Image

from lbf_model.explain.covering import paint_out


def test_painting_covers_the_box_with_the_ground_and_nothing_else():
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1] = ([10, 200, 30],) * 4
    pixels[0, :5] = 255
    picture = Image.fromarray(pixels)
    painted = np.asarray(paint_out(picture, np.array([10.2, 5.0, 20.1, 15.9], np.float32)))
    assert (painted[5:16, 10:21] == [10, 200, 30]).all()
    outside = np.ones(pixels.shape[:2], bool)
    outside[5:16, 10:21] = False
    assert np.array_equal(painted[outside], pixels[outside])
    assert np.array_equal(np.asarray(picture), pixels), "the picture itself is not changed"
    everything = np.asarray(paint_out(picture, (-3, -3, 80, 80)))
    assert everything.shape == pixels.shape and (everything == [10, 200, 30]).all()
