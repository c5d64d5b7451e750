"""Numbers from attention, and tables of effects."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from lbf_model.explain.attention import (
    content_words,
    contrast,
    region_maps,
    telling_word,
    word_maps,
)
from lbf_model.explain.bars import effects_table
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


NAMES = ("<script>alert(1)</script>", "gray sleeve", "a & b", "collar")


def table(**changes) -> str:
    facts = {
        "labels": NAMES,
        "shares": np.array([0.5, 0.3, 0.2, 0.0]),
        "scores": np.array([0.65, 0.80, np.nan, 0.55], np.float32),
        "ranks": np.array([4, 1, 0, 12]),
        "score": 0.71,
        "rank": 1,
        "caption": "What <b>each</b> part did",
    }
    return effects_table(**{**facts, **changes})


def test_the_part_that_helps_most_comes_first_and_what_cannot_be_left_out_last():
    html = table()
    expected = ("collar", "&lt;script&gt;alert(1)&lt;/script&gt;", "gray sleeve", "a &amp; b")
    order = [html.index(f">{name}</th>") for name in expected]
    assert order == sorted(order)
    assert "cosine 0.710 → 0.650" in html and "rank 1 → 4" in html and "rank 1 stays" in html
    assert "cannot be left out" in html[order[-1] :] and "nan" not in html


def test_texts_of_a_table_are_escaped_and_it_is_well_formed():
    html = table()
    assert "<script" not in html and "<b>" not in html
    root = ElementTree.fromstring(html.replace("<br>", "<br/>"))
    assert root.tag == "table" and root.find("caption").text == "What <b>each</b> part did"
    assert len(root.findall("tbody/tr")) == 4
    assert {th.get("scope") for th in root.iter("th")} == {"col", "row"}


def test_bars_never_leave_their_track():
    for html in (table(), table(shares=np.zeros(4)), table(scores=np.full(4, 0.71)), table(scores=np.full(4, np.nan))):
        bars = [(float(left), float(width)) for left, width in re.findall(r"left:([-\d.]+)%;width:([-\d.]+)%", html)]
        assert bars and all(min(left, width) >= 0 and left + width <= 100 for left, width in bars)


def test_an_empty_table_works_and_lengths_must_agree():
    empty = np.zeros(0)
    assert "<tbody></tbody>" in table(labels=(), shares=empty, scores=empty, ranks=empty)
    with pytest.raises(ValueError, match="one each"):
        table(shares=np.ones(3))
