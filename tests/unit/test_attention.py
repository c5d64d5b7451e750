"""Numbers from attention."""

import numpy as np
import pytest

from lbf_model.explain.attention import (
    content_words,
    contrast,
    how_telling,
    region_maps,
    telling_layer,
    telling_word,
    word_maps,
)
from lbf_model.types import Explanation


@pytest.fixture
def explanation():
    rng = np.random.default_rng(0)
    forth, back = rng.random((2, 4, 3, 5)), rng.random((2, 4, 5, 3))
    forth, back = forth / forth.sum(-1, keepdims=True), back / back.sum(-1, keepdims=True)
    return Explanation(("make", "red", "large"), forth.astype(np.float32), back.astype(np.float32))


def test_one_layer_and_head_is_what_the_network_returned(explanation):
    assert np.array_equal(word_maps(explanation, layer=0, head=3)[1], explanation.word_to_region[0, 3, 1])
    assert np.array_equal(region_maps(explanation, layer=1, head=0)[4], explanation.region_to_word[1, 0, 4])


def test_the_mean_is_over_layers_and_heads_and_sums_to_one(explanation):
    assert word_maps(explanation)[2] == pytest.approx(explanation.word_to_region[:, :, 2].mean((0, 1)))
    assert word_maps(explanation, layer=1)[2] == pytest.approx(explanation.word_to_region[1, :, 2].mean(0))
    assert word_maps(explanation)[2].sum() == pytest.approx(1, abs=1e-5)
    assert region_maps(explanation)[0].sum() == pytest.approx(1, abs=1e-5)


def test_maps_hold_every_word_and_every_region(explanation):
    maps, back = word_maps(explanation), region_maps(explanation, layer=1, head=2)
    assert maps.shape == (3, 5) and back.shape == (5, 3) and maps.dtype == back.dtype == np.float32
    assert np.array_equal(back, explanation.region_to_word[1, 2])
    for arguments in ((2, None), (None, 4), (-1, 0)):
        with pytest.raises(ValueError, match="counted from 0"):
            word_maps(explanation, *arguments)


def test_contrast_is_what_is_left_without_the_mean_over_rows(explanation):
    maps = word_maps(explanation)
    before = maps.copy()
    left = contrast(maps)
    assert left.shape == maps.shape and left.dtype == np.float32
    assert left.sum(0) == pytest.approx(np.zeros(5), abs=1e-6)
    assert left + maps.mean(0) == pytest.approx(maps)
    assert (left < 0).any() and np.array_equal(maps, before)
    assert not contrast(maps[:1]).any()  # one word alone has nothing particular
    assert np.abs(contrast(np.repeat(maps[:1], 4, 0))).max() < 1e-6


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("replace grey color to pink", "grey pink"),
        ("same but in navy", "navy"),
        ("i d like these in crimson please", "crimson"),
        ("remove middle left large object", "remove middle left large"),
        ("Make It Longer", "Longer"),
        ("without sleeves , not red !", "without sleeves not red"),
        ("anything but red please", "red"),
        ("make it the same", "make it the same"),  # where nothing remains, all stays
    ],
)
def test_content_words_leave_out_what_holds_a_sentence_together(text, left):
    words = text.split()
    assert [words[i] for i in content_words(words)] == left.split()


def test_the_telling_word_singles_out_a_region_and_is_no_function_word():
    forth = np.array([[0.9, 0.1], [0.5, 0.5], [0.3, 0.7], [0.5, 0.5]], np.float32)[None, None]
    back = np.full((1, 1, 2, 4), 0.25, np.float32)
    assert telling_word(Explanation(("of", "dots", "stripes", "red"), forth, back)) == 2
    assert telling_word(Explanation(("of", "to", "in", "the"), forth, back)) == 0


def test_how_telling_adds_up_what_content_words_single_out():
    forth = np.array([[0.9, 0.1], [0.5, 0.5], [0.3, 0.7], [0.5, 0.5]], np.float32)[None, None]
    back = np.full((1, 1, 2, 4), 0.25, np.float32)
    assert how_telling(Explanation(("of", "dots", "stripes", "red"), forth, back)) == pytest.approx(0.05 + 0.25 + 0.05)
    assert how_telling(Explanation(("of", "dots", "stripes", "red"), np.full_like(forth, 0.5), back)) == 0


def test_the_last_layer_says_more_only_where_the_first_is_nearly_even():
    even, telling = np.full((1, 1, 2, 4), 0.25, np.float32), np.array([[[[0.7, 0.1, 0.1, 0.1]] * 2]], np.float32)
    near = np.array([[[[0.43, 0.19, 0.19, 0.19]] * 2]], np.float32)  # shares differ by a little less than an even share
    wanted = {"even, telling": 1, "near, telling": 1, "telling, even": 0, "telling, telling": 0, "even, even": 0}
    kinds = {"even": even, "telling": telling, "near": near}
    for names, layer in wanted.items():
        maps = np.concatenate([kinds[name] for name in names.split(", ")])
        assert telling_layer(Explanation(("make", "red"), maps, maps.swapaxes(2, 3))) == layer, names


def test_function_words_do_not_decide_which_layer_says_more():
    first = np.array([[[[0.9, 0.1], [0.5, 0.5]]]], np.float32)  # "the" prefers a region, "red" does not
    maps = np.concatenate([first, first[:, :, ::-1]])
    assert telling_layer(Explanation(("the", "red"), maps, maps)) == 1
