"""Colours told by name, of a pixel and of a garment."""

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.catalogue.fabrics import SHADES
from lbf_model.tasks.garments.color_names import PLAIN, expose, name_garment, name_pixels

WHOLE = np.ones((40, 40), bool)


def cloth(*colors: str) -> np.ndarray:
    """(40, 40, 3) uint8: bands of the prototypes of some colours."""
    bands = [np.frombuffer(bytes.fromhex(SHADES[c][0]), np.uint8) for c in colors]
    return np.repeat(np.stack(bands), 40 // len(colors), 0)[:, None].repeat(40, 1)


def test_every_pixel_can_be_named_and_multicolor_is_no_pixel():
    assert set(PLAIN) | {"multicolor"} == set(COLORS)
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    names = name_pixels(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3))
    assert names.dtype == np.int64 and set(names.tolist()) == set(range(len(PLAIN)))


@pytest.mark.parametrize("color", PLAIN)
def test_shades_of_the_catalogue_have_their_names(color):
    shades = np.stack([np.frombuffer(bytes.fromhex(shade), np.uint8) for shade in SHADES[color]])
    assert {PLAIN[i] for i in name_pixels(shades)} == {color}


@pytest.mark.parametrize("color", PLAIN)
def test_a_plain_garment_has_the_colour_of_its_cloth(color):
    framed = cloth("white").copy()
    framed[4:36, 4:36] = cloth(color)[4:36, 4:36]
    mask = np.zeros_like(WHOLE)
    mask[4:36, 4:36] = True
    assert name_garment(framed, mask) == (color, {color: 1.0})


def test_three_strong_colours_are_multicolor_and_two_are_not():
    name, shares = name_garment(cloth("red", "yellow", "blue", "green"), WHOLE)
    assert name == "multicolor" and {"red", "yellow", "blue", "green"} <= shares.keys() and sum(shares.values()) <= 1.01
    assert name_garment(cloth("red", "red", "red", "blue"), WHOLE)[0] == "red"


def test_folds_do_not_change_the_name():
    assert name_garment(cloth("black", "red"), WHOLE)[0] == "red"
    assert name_garment(cloth("gray", "white", "gray", "gray", "white"), WHOLE)[0] == "white"


def test_a_dark_picture_is_brightened_by_half_at_most():
    dusk = (cloth("white") * 0.7).astype(np.uint8)
    assert name_garment(dusk, WHOLE)[0] == "white"
    assert np.array_equal(expose(np.full((4, 4, 3), 100, np.uint8)), np.full((4, 4, 3), 150))
    bright = cloth("white", "red")
    assert np.array_equal(expose(bright), bright)
