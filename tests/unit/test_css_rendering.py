"""The 3D rendering: tight boxes around visible pixels, the same bytes for the same seed, another view for another."""

import colorsys

import numpy as np
import pytest

from lbf_model.tasks.css.rendering_3d import HEIGHT, WIDTH, render
from lbf_model.tasks.css.scenes import COLOR_RGB, POSITIONS, SHAPES, SIZES, Scene, SceneObject, sample_scene

VIVID = ("red", "green", "purple", "cyan", "yellow")  # what can be told from the gray ground by saturation alone


def rendered(*objects, seed=(0,)):
    picture, boxes = render(Scene(objects), seed)
    assert picture.mode == "RGB" and picture.size == (WIDTH, HEIGHT) == (180, 120)
    assert boxes.shape == (len(objects), 4) and boxes.dtype == np.float32
    return np.asarray(picture, int), boxes


def saturation(pixels):
    return pixels.max(2) - pixels.min(2)


def extent(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def hue(rgb):
    return colorsys.rgb_to_hsv(*(v / 255 for v in rgb))[0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZES)
def test_a_box_is_tight_around_the_pixels(shape, size):
    for position, seed in (("top-left", 1), ("bottom-right", 2)):
        pixels, boxes = rendered(SceneObject(position, shape, "red", size), seed=(seed,))
        found = extent(saturation(pixels) > 40)
        assert np.abs(found - boxes[0]).max() <= 1  # a pixel that the object covers in part may be pale
        assert (boxes[0, :2] >= 0).all() and (boxes[0, 2:] <= (WIDTH, HEIGHT)).all()


def test_boxes_hold_only_what_is_seen_of_an_object():
    front = SceneObject("middle-center", "cube", "cyan", "large")
    hidden = SceneObject("top-center", "cube", "red", "small")
    pixels, boxes = rendered(front, hidden, seed=(3,))
    _, alone = rendered(hidden, seed=(3,))
    hues = np.array([[hue(p) for p in row] for row in pixels])
    vivid = saturation(pixels) > 60
    for item, box in zip(Scene((front, hidden)).objects, boxes, strict=True):
        apart = np.abs(hues - hue(COLOR_RGB[item.color]))
        assert np.abs(extent(vivid & (np.minimum(apart, 1 - apart) < 0.08)) - box).max() <= 2
    assert boxes[1, 3] - boxes[1, 1] < alone[0, 3] - alone[0, 1]


def test_boxes_stand_in_the_order_of_the_objects():
    rng = np.random.default_rng(5)
    scene = sample_scene(rng, "train", 6, 6)
    _, boxes = render(scene, (0, 1))
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    for item, (x, y) in zip(scene.objects, centers, strict=True):
        row, column = divmod(POSITIONS.index(item.position), 3)
        assert [x < 75, 60 < x < 120, x > 105][column]
        assert [y < 62, 25 < y < 90, y > 58][row]


@pytest.mark.parametrize("color", VIVID)
def test_an_object_has_its_colour(color):
    pixels, boxes = rendered(SceneObject("middle-center", "sphere", color, "large"))
    left, top, right, bottom = boxes[0].astype(int)
    middle = pixels[(top + bottom) // 2, (left + right) // 2]
    assert abs(hue(middle) - hue(COLOR_RGB[color])) < 0.05


def test_the_ground_is_light_gray():
    pixels, boxes = rendered()
    assert boxes.shape == (0, 4) and pixels.min() > 120 and saturation(pixels).max() < 40


def test_same_seed_same_bytes():
    scene = sample_scene(np.random.default_rng(0), "train")
    (one, boxes), (two, again) = render(scene, (7, 0, 3)), render(scene, (7, 0, 3))
    assert one.tobytes() == two.tobytes() and np.array_equal(boxes, again)


def test_another_seed_moves_objects_a_little():
    cube = SceneObject("middle-center", "cube", "red", "large")
    boxes = np.array([rendered(cube, seed=(0, s))[1][0] for s in range(6)])
    assert len({tuple(b) for b in boxes}) == 6
    assert np.ptp(boxes, axis=0).max() < 25


def test_a_full_grid_keeps_every_object_in_sight():
    scene = Scene(tuple(SceneObject(p, "cube", "red", "large") for p in POSITIONS))
    _, boxes = render(scene, (0,))
    assert boxes.shape == (9, 4) and ((boxes[:, 2:] - boxes[:, :2]) > 3).all()


def test_an_object_that_stays_hidden_is_an_error(monkeypatch):
    monkeypatch.setattr("lbf_model.tasks.css.rendering_3d._FEWEST_VISIBLE", WIDTH * HEIGHT)
    monkeypatch.setattr("lbf_model.tasks.css.rendering_3d._ATTEMPTS", 2)
    with pytest.raises(RuntimeError, match=r"stays hidden.*small red cube"):
        rendered(SceneObject("top-left", "cube", "red", "small"))
