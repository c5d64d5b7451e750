"""Cloth dyed to another colour, and nothing else."""

import cv2
import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import sample_garment
from lbf_model.tasks.garments.color_names import PLAIN, name_pixels
from lbf_model.tasks.garments.recoloring import SHADES, base_color, recolor, sample_shade

BLUE = np.array([40, 20, -50], np.float32)  # CIELAB
BOXES = [pytest.param(color, np.array(box, np.float32), id=color) for color, boxes in SHADES.items() for box in boxes]


def pixels_of(lab: np.ndarray) -> np.ndarray:
    """(N, 3) CIELAB -> (N, 3) uint8 sRGB."""
    return (cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0].clip(0, 1) * 255).round().astype(np.uint8)


@pytest.fixture(scope="module")
def plain():
    """Drawn garments of plain cloth: pixels and mask of a white, a black and a red one."""
    garments = [sample_garment(np.random.default_rng(1), "skirt", color, "solid") for color in ("white", "black", "red")]
    return [(np.asarray(d.picture), d.mask) for d in (draw(garment, 64) for garment in garments)]


def test_a_garment_can_be_dyed_to_every_colour_that_a_pixel_can_have():
    assert tuple(SHADES) == PLAIN == COLORS[:-1]


@pytest.mark.parametrize(("color", "box"), BOXES)
def test_shades_have_the_name_they_stand_under(color, box):
    low, high = box
    grid = np.stack(np.meshgrid(*np.linspace(low, high, 7).T), -1).reshape(-1, 3)
    assert {PLAIN[i] for i in name_pixels(pixels_of(grid))} == {color}


@pytest.mark.parametrize(("color", "box"), BOXES)
def test_dyed_cloth_has_the_colour_that_was_asked(color, box, plain):
    for pixels, mask in plain:
        names = name_pixels(recolor(pixels, mask, box.mean(0))[mask])
        assert np.mean(names == PLAIN.index(color)) > 0.5


def test_shades_are_drawn_from_their_boxes_by_the_generator_alone():
    for color, boxes in SHADES.items():
        shades = [sample_shade(np.random.default_rng(seed), color) for seed in range(20)]
        assert all(any((low <= s).all() and (s <= high).all() for low, high in np.array(boxes, np.float32)) for s in shades)
        assert np.array_equal(shades[3], sample_shade(np.random.default_rng(3), color))


def test_only_the_garment_is_dyed(plain):
    pixels, mask = plain[2]
    before = pixels.copy()
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    cloth = np.median(pixels[mask], 0).astype(np.uint8)
    for ground in (pixels, np.where(mask[..., None], pixels, cloth)):  # the second lies on its own colour
        changed = (recolor(ground, mask, BLUE) != ground).any(-1)
        assert changed[mask].mean() > 0.9 and not changed[~near].any()
    assert np.array_equal(pixels, before)


def test_a_strong_print_and_the_folds_stay():
    light = np.linspace(50, 70, 40, dtype=np.float32)
    cloth = np.stack([light, np.full(40, 60), np.full(40, 30)], 1)  # red, lit from the right
    pixels = pixels_of(cloth)[None].repeat(40, 0)
    pixels[10:30, 10:30] = 250, 240, 60
    dyed = recolor(pixels, np.ones((40, 40), bool), BLUE)
    assert np.array_equal(dyed[10:30, 10:30], pixels[10:30, 10:30])
    row = cv2.cvtColor(dyed[:1].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    assert (np.diff(row[:, 0]) > -0.5).all() and row[-1, 0] > row[0, 0] + 8
    assert {PLAIN[i] for i in name_pixels(dyed[0])} == {"blue"}


def test_the_base_colour_is_the_cloth_and_not_its_mean_with_the_print():
    red, white = np.array([45, 60, 35], np.float32), np.array([95, 0, 0], np.float32)
    lab = np.concatenate([np.tile(red, (70, 1)), np.tile(white, (30, 1))])
    assert base_color(lab) == pytest.approx(red)
