"""Training pictures placed anew: what the boxes say stays true."""

import numpy as np

from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.augmentation import FramedGarment, dye, frame_garment, light, paste_side_by_side
from lbf_model.tasks.garments.garment_masks import bounding_box

# A garment without texture whose one part, its right half, is told by colour.
PIXELS = np.full((80, 60, 3), 200, np.uint8)
PIXELS[20:60, 15:45] = 20, 60, 200
PIXELS[20:60, 30:45] = 220, 40, 30
MASK = PIXELS.std(-1) > 30
BOXES = np.array([[15, 20, 45, 60], [30, 20, 45, 60]], np.float32)
FRAMES = ((64, 96), (80, 80), (48, 40))


def placed(seed: int) -> FramedGarment:
    return frame_garment(PIXELS, MASK, BOXES, "blue", FRAMES[seed % 3], np.random.default_rng(seed))


def test_boxes_lie_in_the_frame_and_the_first_bounds_the_mask():
    for seed in range(60):
        made = placed(seed)
        width, height = FRAMES[seed % 3]
        assert made.pixels.shape == (height, width, 3) and made.mask.shape == (height, width) and made.color == "blue"
        assert made.boxes.dtype == np.float32 and np.array_equal(made.boxes[0], bounding_box(made.mask))
        assert (made.boxes >= 0).all() and (made.boxes <= [width, height, width, height]).all() and made.visible[0]


def test_parts_move_with_their_pixels_and_some_are_mirrored():
    away = {False: [], True: []}
    for seed in range(90):
        made = placed(seed)
        redness = made.pixels[..., 0].astype(int) - made.pixels[..., 2]
        mirrored = made.boxes[1, 0] + made.boxes[1, 2] < made.boxes[0, 0] + made.boxes[0, 2]
        away[bool(mirrored)].append(bounding_box(redness > 100) - made.boxes[1])
        assert made.visible[1]
    for kind in away.values():
        assert len(kind) > 20 and np.abs(kind).max() < 2 and np.abs(np.mean(kind, 0)).max() < 0.6


def test_a_box_that_the_frame_cuts_away_is_not_visible():
    boxes = np.concatenate([BOXES, [[-200, -200, -180, -180], [46, 21, 47, 22]]]).astype(np.float32)
    for seed in range(20):
        visible = frame_garment(PIXELS, MASK, boxes, "blue", FRAMES[0], np.random.default_rng(seed)).visible
        assert visible.tolist() == [True, True, False, False], "nor is a speck"


def test_same_generator_same_picture_and_inputs_stay():
    before = PIXELS.copy(), MASK.copy(), BOXES.copy()
    for seed in range(5):
        one, same, other = placed(seed), placed(seed), placed(seed + 3)
        assert np.array_equal(one.pixels, same.pixels) and np.array_equal(one.boxes, same.boxes)
        assert not np.array_equal(one.boxes, other.boxes)
        assert np.array_equal(*(dye(PIXELS, MASK, np.random.default_rng(seed))[0] for _ in range(2)))
    assert all(np.array_equal(a, b) for a, b in zip(before, (PIXELS, MASK, BOXES), strict=True))


def test_light_brightens_or_darkens_all_of_a_picture():
    factors = []
    for seed in range(40):
        lit = light(PIXELS, np.random.default_rng(seed)).astype(float)
        factors.append(lit[:10].mean() / 200)
        assert lit.shape == PIXELS.shape and np.ptp(lit[:10].mean((0, 1))) < 0.16 * 200
    assert 0.7 < min(factors) < 0.9 and 1.05 < max(factors) < 1.25


def test_dyes_cover_every_colour_but_multicolor():
    assert {dye(PIXELS[::8, ::6], MASK[::8, ::6], np.random.default_rng(seed))[1] for seed in range(200)} == set(COLORS[:-1])


def test_two_garments_stand_side_by_side():
    left, right = (frame_garment(PIXELS, MASK, BOXES, "blue", (40, 64), np.random.default_rng(seed)) for seed in (1, 2))
    pixels, mask, boxes, visible = paste_side_by_side(left, right)
    assert np.array_equal(pixels[:, :40], left.pixels) and np.array_equal(pixels[:, 40:], right.pixels)
    assert np.array_equal(bounding_box(mask[:, 40:]), boxes[2] - [40, 0, 40, 0])
    assert np.array_equal(boxes[:2], left.boxes) and boxes.dtype == np.float32
    assert visible.tolist() == [*left.visible, *right.visible]
