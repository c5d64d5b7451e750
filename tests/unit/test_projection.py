"""The map of the joint space around a query."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from lbf_model.explain.projection import Placed, draw_projection, project, variance_shares


def unit(count: int, width: int = 32, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def items(count: int, picture: bool = True) -> list[Placed]:
    thumbnail = Image.new("RGB", (60, 90), (200, 60, 40)) if picture else None
    return [Placed(v, str(i + 1), thumbnail, answer=i == 0) for i, v in enumerate(unit(count, seed=1))]


def test_axes_hold_variance_in_order_and_it_is_all_there_is_of_a_plane():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(40, 2)) * [3, 1] @ np.linalg.qr(rng.normal(size=(16, 2)))[0].T + 5
    points = project(flat)
    assert points.shape == (40, 2) and points.dtype == np.float32
    assert points.mean(0) == pytest.approx([0, 0], abs=1e-5)
    assert points[:, 0].var() > points[:, 1].var()
    assert np.cov(points.T)[0, 1] == pytest.approx(0, abs=1e-4)
    assert sum(variance_shares(flat)) == pytest.approx(1, abs=1e-5)
    gaps = np.linalg.norm(flat[:, None] - flat, axis=2)
    assert np.linalg.norm(points[:, None] - points, axis=2) == pytest.approx(gaps, abs=1e-4)


def test_shares_are_those_of_the_largest_singular_values():
    vectors = unit(30)
    values = np.linalg.svd(vectors - vectors.mean(0), compute_uv=False) ** 2
    assert variance_shares(vectors) == pytest.approx(tuple(values[:2] / values.sum()), abs=1e-5)


def test_the_view_does_not_hang_on_the_order_and_changes_no_input():
    vectors = unit(20)
    before = vectors.copy()
    order = np.random.default_rng(2).permutation(20)
    assert project(vectors[order]) == pytest.approx(project(vectors)[order], abs=1e-5)
    assert np.array_equal(vectors, before) and np.array_equal(project(vectors), project(vectors))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_vectors_work(count):
    points = project(unit(count))
    assert points.shape == (count, 2) and points[:, 1] == pytest.approx(np.zeros(count), abs=1e-6)
    assert variance_shares(unit(count)) == pytest.approx((float(count == 2), 0), abs=1e-5)


def test_equal_vectors_are_one_point():
    same = np.repeat(unit(1), 5, 0)
    assert np.abs(project(same)).max() < 1e-6 and variance_shares(same) == (0, 0)
    drawn = draw_projection(same[0], [Placed(v, "1", Image.new("RGB", (50, 50))) for v in same], Placed(same[0]))
    assert drawn.size == (720, 600)


@pytest.mark.parametrize(
    ("count", "picture", "reference"), [(8, True, True), (8, False, True), (0, True, True), (0, True, False), (1, True, False)]
)
def test_it_draws_what_there_is(count, picture, reference):
    home = Placed(unit(1, seed=5)[0], "you", Image.new("RGB", (90, 60))) if reference else None
    drawn = draw_projection(unit(1, seed=4)[0], items(count, picture), home, "make it red")
    assert drawn.mode == "RGB" and drawn.size == (720, 600)
    pixels = np.asarray(drawn)
    assert (pixels[:, :3] == 255).all() and (pixels[:, -3:] == 255).all()  # nothing is cut off at the sides
    assert (np.abs(pixels.astype(int) - (0xD5, 0x5E, 0x00)).max(2) < 8).sum() > 100  # the query's star


def test_a_width_scales_the_drawing():
    assert draw_projection(unit(1)[0], items(4), width=400, height=300).size == (400, 300)


@pytest.mark.parametrize("text", ["$x^", "a $broken\\frac$ sum", "x" * 2000, "<b>", "多言語 🙂", "two\nlines", ""])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_any_text_can_be_written(text):
    home = Placed(unit(1, seed=5)[0], text[:20])
    drawn = np.asarray(draw_projection(unit(1, seed=4)[0], items(2), home, text))
    assert (drawn[:40, :8] == 255).all() and (drawn[:40, -8:] == 255).all()  # a long one is cut


def test_same_input_same_bytes_in_any_thread_and_no_global_figure():
    arguments = unit(1, seed=4)[0], items(6), Placed(unit(1, seed=5)[0], "you"), "make it red"
    with ThreadPoolExecutor(4) as pool:
        drawn = {future.result().tobytes() for future in [pool.submit(draw_projection, *arguments) for _ in range(4)]}
    assert len(drawn) == 1
    assert "matplotlib.pyplot" not in sys.modules


def test_pictures_are_not_changed():
    picture = Image.new("RGB", (300, 200), (1, 2, 3))
    draw_projection(unit(1)[0], [Placed(unit(1, seed=3)[0], "1", picture)])
    assert picture.size == (300, 200) and picture.getpixel((0, 0)) == (1, 2, 3)
