"""Numbers from attention, and pictures from numbers."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.explain.drawing import draw_regions, draw_word_heat
from lbf_model.explain.weights import explain_region, explain_word
from lbf_model.types import Explanation
from tests.small import random_regions


@pytest.fixture
def explanation():
    rng = np.random.default_rng(0)
    forth, back = rng.random((2, 4, 3, 5)), rng.random((2, 4, 5, 3))
    forth, back = forth / forth.sum(-1, keepdims=True), back / back.sum(-1, keepdims=True)
    return Explanation(("make", "red", "large"), forth.astype(np.float32), back.astype(np.float32))


def test_one_layer_and_head_is_what_the_network_returned(explanation):
    assert np.array_equal(explain_word(explanation, 1, layer=0, head=3), explanation.word_to_region[0, 3, 1])
    assert np.array_equal(explain_region(explanation, 4, layer=1, head=0), explanation.region_to_word[1, 0, 4])


def test_the_mean_is_over_layers_and_heads_and_sums_to_one(explanation):
    assert explain_word(explanation, 2) == pytest.approx(explanation.word_to_region[:, :, 2].mean((0, 1)))
    assert explain_word(explanation, 2, layer=1) == pytest.approx(explanation.word_to_region[1, :, 2].mean(0))
    assert explain_word(explanation, 2).sum() == pytest.approx(1, abs=1e-5)
    assert explain_region(explanation, 0).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("arguments", [(3,), (-1,), (0, 2), (0, 0, 4), (0, -1)])
def test_what_is_not_there_is_refused(explanation, arguments):
    with pytest.raises(ValueError, match="counted from 0"):
        explain_word(explanation, *arguments)


@pytest.mark.parametrize("size", [(180, 120), (64, 64), (1, 1), (900, 30)])
def test_drawing_fits_any_picture_and_changes_no_input(size):
    picture = Image.new("RGB", size, (120, 160, 200))
    before = picture.tobytes()
    regions = random_regions(4, size=size)
    weights = np.array([0.7, 0.2, 0.1, 0.0], np.float32)
    for drawn in (draw_regions(picture, regions), draw_word_heat(picture, regions, weights)):
        assert drawn.mode == "RGB" and max(drawn.size) >= 720
    assert picture.tobytes() == before


def test_heat_follows_the_weights():
    picture = Image.new("RGB", (180, 120), (120, 120, 120))
    regions = random_regions(2, seed=3)
    one, other = (np.asarray(draw_word_heat(picture, regions, np.array(w, np.float32))) for w in ((0.9, 0.1), (0.1, 0.9)))
    assert not np.array_equal(one, other)
