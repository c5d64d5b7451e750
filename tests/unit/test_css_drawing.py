"""The flat drawing: marks where the boxes say, in the colours of the benchmark."""

import numpy as np
import pytest

from lbf_model.tasks.css.drawing_2d import SIZE, draw_flat
from lbf_model.tasks.css.scenes import COLOR_RGB, COLORS, POSITIONS, SHAPES, SIZES, Scene, SceneObject, sample_scene

WHITE = (255, 255, 255)


def drawn(*objects):
    picture, boxes = draw_flat(Scene(objects))
    assert picture.mode == "RGB" and picture.size == (SIZE, SIZE) == (64, 64)
    return np.asarray(picture), boxes


def extent(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def test_an_empty_scene_is_white():
    pixels, boxes = drawn()
    assert (pixels == 255).all() and boxes.shape == (0, 4) and boxes.dtype == np.float32


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("position", POSITIONS)
def test_a_box_is_tight_around_its_mark(position, size, shape):
    pixels, boxes = drawn(SceneObject(position, shape, "blue", size))
    assert extent((pixels != 255).any(2)) == boxes[0].tolist()
    assert boxes.min() >= 0 and boxes.max() <= SIZE
    side = {"small": 9, "large": 17}[size]  # twice the half-extent, and the middle pixel
    assert (boxes[0, 2:] - boxes[0, :2]).tolist() == [side, side]


@pytest.mark.parametrize("color", COLORS)
def test_colours_are_those_of_the_benchmark(color):
    pixels, _ = drawn(SceneObject("middle-center", "cube", color, "large"))
    assert {tuple(p) for p in pixels.reshape(-1, 3)} == {WHITE, COLOR_RGB[color]}


def test_shapes_are_square_diamond_and_triangle():
    masks = {s: (drawn(SceneObject("middle-center", s, "red", "large"))[0] != 255).any(2)[24:41, 24:41] for s in SHAPES}
    assert masks["cube"].all()
    widths = {s: masks[s].sum(1) for s in SHAPES}
    assert widths["sphere"][0] == widths["sphere"][-1] == 1 and widths["sphere"][8] == 17
    assert widths["cylinder"][0] == 1 and widths["cylinder"][-1] == 17  # points up
    assert (np.diff(widths["cylinder"]) >= 0).all()
    assert all((mask == mask[:, ::-1]).all() for mask in masks.values())


def test_every_object_of_a_scene_has_its_box_in_order():
    rng = np.random.default_rng(0)
    for _ in range(40):
        scene = sample_scene(rng, "train", 1, 9)
        picture, boxes = draw_flat(scene)
        pixels, outside = np.asarray(picture), np.ones((SIZE, SIZE), bool)
        for item, box in zip(scene.objects, boxes.astype(int), strict=True):
            window = (slice(box[1], box[3]), slice(box[0], box[2]))
            mask = (pixels[window] == COLOR_RGB[item.color]).all(2)
            assert extent(mask) == [0, 0, box[2] - box[0], box[3] - box[1]]
            assert outside[window].all()  # boxes don't overlap
            outside[window] = False
        assert (pixels[outside] == 255).all()


def test_positions_are_seen_from_the_viewer():
    boxes = [drawn(SceneObject(p, "cube", "red", "small"))[1][0] for p in ("top-left", "top-right", "bottom-left")]
    assert boxes[0][0] < boxes[1][0] and boxes[0][1] == boxes[1][1]
    assert boxes[0][1] < boxes[2][1] and boxes[0][0] == boxes[2][0]


def test_the_drawing_is_certain():
    scene = sample_scene(np.random.default_rng(1), "test")
    assert draw_flat(scene)[0].tobytes() == draw_flat(scene)[0].tobytes()
