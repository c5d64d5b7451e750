"""Pictures of regions and of attention: what is drawn, and that nothing else changes."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lbf_model.explain.canvas import Tags, boxes_on, dashed, fitted
from lbf_model.explain.drawing import draw_heat, draw_regions
from lbf_model.types import Regions
from tests.small import random_regions

GRAY = (120, 120, 120)


def regions_at(*boxes, size=(100, 100)) -> Regions:
    count = len(boxes)
    return Regions(
        np.array(boxes, np.float32), np.ones(count, np.float32), ("thing",) * count, np.zeros((count, 2), np.float32), size
    )


def pixels(drawn: Image.Image) -> np.ndarray:
    return np.asarray(drawn, int)


@pytest.mark.parametrize("size", [(180, 120), (64, 64), (1, 1), (900, 30), (1500, 1000)])
def test_drawing_fits_any_picture_and_changes_no_input(size):
    picture = Image.new("RGB", size, (120, 160, 200))
    before = picture.tobytes()
    regions = random_regions(4, size=size)
    boxes = regions.boxes.copy()
    weights = np.array([0.7, 0.2, 0.1, 0.0], np.float32)
    kept = weights.copy()
    kinds = [(style, signed) for style in ("boxes", "soft") for signed in (False, True)]
    heats = [draw_heat(picture, regions, weights - signed / 4, style, signed) for style, signed in kinds]
    for drawn in (draw_regions(picture, regions), draw_regions(picture, regions, chosen=2), *heats):
        assert drawn.mode == "RGB" and max(drawn.size) == 720
    assert picture.tobytes() == before
    assert np.array_equal(weights, kept) and np.array_equal(regions.boxes, boxes)


def test_the_long_side_is_as_asked_for():
    picture, regions = Image.new("RGB", (200, 100), GRAY), random_regions(2, size=(200, 100))
    assert draw_heat(picture, regions, np.ones(2), long_side=300).size == (300, 150)
    assert draw_regions(picture, regions, long_side=300).size == (300, 150)


@pytest.mark.parametrize("style", ["boxes", "soft"])
def test_heat_follows_the_weights(style):
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((10, 30, 40, 70), (60, 30, 90, 70))
    drawn = pixels(draw_heat(picture, regions, np.array([0.9, 0.1]), style, labels=False))
    left, right = drawn[360, 180], drawn[360, 540]
    assert left.sum() > right.sum()  # the map's high end is bright, its low end dark
    turned = pixels(draw_heat(picture, regions, np.array([0.1, 0.9]), style, labels=False))
    assert np.array_equal(turned[360, 180], right) and np.array_equal(turned[360, 540], left)


@pytest.mark.parametrize("style", ["boxes", "soft"])
def test_a_word_is_scaled_by_its_own_peak(style):
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((10, 30, 40, 70), (60, 30, 90, 70))
    one, other = (pixels(draw_heat(picture, regions, np.array([0.4, 0.2]) * k, style, labels=False)) for k in (1, 0.5))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(("style", "signed"), [("boxes", False), ("boxes", True), ("soft", False), ("soft", True)])
def test_nothing_to_show_is_the_dimmed_picture_with_its_regions_outlined(style, signed):
    picture, regions = Image.new("RGB", (100, 100), (200, 80, 40)), regions_at((20, 20, 80, 80))
    drawn = pixels(draw_heat(picture, regions, np.zeros(1), style, signed))
    left, top, right, bottom = boxes_on((720, 720), regions.boxes_unit)[0]
    assert set(map(tuple, drawn[[top, bottom], left : right + 1].reshape(-1, 3))) == {(160, 160, 160)}
    dimmed = drawn[5, 5]
    assert (drawn[(top + bottom) // 2, (left + right) // 2] == dimmed).all() and len(
        np.unique(drawn.reshape(-1, 3), axis=0)
    ) == 2


def test_a_small_box_is_seen_within_a_large_one():
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((0, 0, 100, 100), (40, 40, 60, 60))
    for weights in ((0.9, 0.1), (0.1, 0.9)):
        drawn = pixels(draw_heat(picture, regions, np.array(weights), labels=False))
        assert not np.array_equal(drawn[360, 360], drawn[150, 150])


def test_a_soft_light_fades_towards_the_edge_of_its_box():
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((20, 20, 80, 80))
    drawn = pixels(draw_heat(picture, regions, np.ones(1), "soft", labels=False))
    ground = drawn[5, 5]
    steps = [np.abs(drawn[360, x] - ground).sum() for x in (360, 240, 180, 160)]
    assert steps == sorted(steps, reverse=True) and steps[-1] < steps[0] / 4
    assert np.array_equal(drawn[155, 155], ground)  # a corner, which the ellipse does not reach


@pytest.mark.parametrize("style", ["boxes", "soft"])
def test_signed_weights_show_their_sign(style):
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((10, 30, 40, 70), (60, 30, 90, 70))
    drawn = pixels(draw_heat(picture, regions, np.array([0.2, -0.2]), style, signed=True, labels=False))
    above, below = drawn[360, 180], drawn[360, 540]
    assert above[0] > above[2] and below[2] > below[0]  # orange, purple


def test_without_signs_negative_weights_are_nothing():
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((10, 30, 40, 70), (60, 30, 90, 70))
    one, other = (pixels(draw_heat(picture, regions, np.array([0.5, w]), labels=False)) for w in (0, -0.9))
    assert np.array_equal(one, other)


def test_labels_can_be_left_out():
    picture, regions = Image.new("RGB", (100, 100), GRAY), regions_at((10, 50, 40, 70))
    assert draw_heat(picture, regions, np.ones(1)).tobytes() != draw_heat(picture, regions, np.ones(1), labels=False).tobytes()


@pytest.mark.parametrize("weights", [np.ones(2), np.ones((3, 1)), np.array([0.1, np.nan, 0.2])])
def test_weights_that_fit_no_regions_are_refused(weights):
    with pytest.raises(ValueError, match="finite weights"):
        draw_heat(Image.new("RGB", (100, 100)), random_regions(3, size=(100, 100)), weights)


def test_what_is_not_there_is_refused():
    picture, regions = Image.new("RGB", (100, 100)), random_regions(3, size=(100, 100))
    with pytest.raises(ValueError, match="no style 'dots'"):
        draw_heat(picture, regions, np.ones(3), "dots")
    for chosen in (3, -1):
        with pytest.raises(ValueError, match="no region"):
            draw_regions(picture, regions, chosen=chosen)


def test_the_chosen_region_keeps_its_colours_and_the_rest_is_gray():
    picture, regions = Image.new("RGB", (100, 100), (200, 60, 40)), regions_at((10, 30, 40, 70), (60, 30, 90, 70))
    drawn = pixels(draw_regions(picture, regions, chosen=1))
    assert tuple(drawn[400, 540]) == (200, 60, 40)
    assert len(set(drawn[400, 180])) == 1


def test_same_input_same_bytes():
    picture, regions = Image.new("RGB", (180, 120), GRAY), random_regions(36)
    weights = np.linspace(0, 1, 36)
    for draw in (lambda: draw_regions(picture, regions), lambda: draw_heat(picture, regions, weights, "soft")):
        assert draw().tobytes() == draw().tobytes()


def test_tags_lie_within_the_canvas_and_never_on_each_other():
    canvas = Image.new("RGB", (720, 480), "white")
    tags = Tags(canvas)
    rng = np.random.default_rng(0)
    corners = np.sort(rng.random((60, 2, 2)), 1).reshape(60, 4)
    written = [tags.put(box, "large gray cube", "#E69F00") for box in boxes_on(canvas.size, corners)]
    places = np.array(tags._taken)
    assert 10 < sum(written) == len(places) < 60
    assert places.min() >= 0 and (places[:, 2] < 720).all() and (places[:, 3] < 480).all()
    for i, one in enumerate(places):
        for other in places[:i]:
            assert one[0] > other[2] or other[0] > one[2] or one[1] > other[3] or other[1] > one[3]


def test_a_tag_that_fits_nowhere_is_left_out():
    canvas = Image.new("RGB", (60, 20), "white")
    assert not Tags(canvas, letters=0.2).put((0, 0, 59, 19), "a name much too long for this", "#E69F00")
    assert canvas.tobytes() == Image.new("RGB", (60, 20), "white").tobytes()


def test_boxes_stay_on_the_canvas():
    assert boxes_on((100, 50), np.array([[-1, 0, 2, 1], [0.5, 0.5, 0.5, 0.5]])) == [(0, 0, 99, 49), (50, 25, 50, 25)]
    assert boxes_on((100, 50), np.zeros((0, 4))) == []


def test_dashes_stay_within_the_box():
    canvas = fitted(Image.new("RGB", (50, 50), "white"), 100)
    dashed(ImageDraw.Draw(canvas), (20, 20, 70, 60), "#000000", width=3, dash=7)
    dark = np.argwhere(np.asarray(canvas)[..., 0] == 0)
    assert dark.min(0).tolist() == [20, 20] and dark.max(0).tolist() == [60, 70]
    assert (np.asarray(canvas)[20, 20:71, 0] == 255).any()
