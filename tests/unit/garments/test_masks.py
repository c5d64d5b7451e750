"""A garment told from what it lies on."""

import cv2
import numpy as np
import pytest

from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import sample_garment
from lbf_model.tasks.garments.garment_masks import bounding_box, find_garment


def block(hole: slice) -> np.ndarray:
    """A red square of 56 pixels on grainy gray, in which `hole` shows the ground."""
    rng = np.random.default_rng(0)
    pixels = np.full((96, 96, 3), 150) + rng.normal(0, 6, (96, 96, 1))
    ground = pixels.copy()
    pixels[20:76, 20:76] = np.array([190, 30, 40]) + rng.normal(0, 6, (56, 56, 1))
    pixels[hole, hole] = ground[hole, hole]
    return pixels.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("category", "color", "pattern"),
    [("t-shirt", "red", "solid"), ("dress", "white", "solid"), ("longsleeve", "black", "solid"), ("skirt", "blue", "striped")],
)
def test_a_garment_is_found_on_its_ground(category, color, pattern):
    drawing = draw(sample_garment(np.random.default_rng(2), category, color, pattern), 96)
    found = find_garment(np.asarray(drawing.picture))
    assert found.dtype == bool and found.shape == drawing.mask.shape
    assert (found & drawing.mask).sum() / (found | drawing.mask).sum() > 0.8


def test_a_wide_hole_shows_the_ground_and_a_small_one_is_a_print():
    assert not find_garment(block(slice(40, 56)))[45:51, 45:51].any()
    assert find_garment(block(slice(46, 50)))[30:66, 30:66].all()


@pytest.mark.parametrize("shape", [(64, 80), (1, 1), (150, 120)])
def test_something_is_always_found(shape):
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    for pixels in (np.zeros((*shape, 3), np.uint8), noise):
        found = find_garment(pixels)
        assert found.shape == shape and found.any()


def test_same_picture_same_mask():
    pixels = block(slice(40, 56))
    before, first = pixels.copy(), find_garment(pixels)
    cv2.setRNGSeed(5)
    assert np.array_equal(find_garment(pixels), first) and np.array_equal(pixels, before)


def test_the_box_bounds_the_mask():
    mask = np.zeros((9, 7), bool)
    mask[3, 2] = mask[5, 4] = True
    assert bounding_box(mask).tolist() == [2, 3, 5, 6]
