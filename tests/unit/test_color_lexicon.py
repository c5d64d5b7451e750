"""Colour names told as places in CIELAB."""

import numpy as np

from lbf_model.text.color_lexicon import WIDTH, basic_words, color_values


def test_words_without_a_colour_are_zeros():
    assert not color_values(["make", "the", "denim", "shirt", "dark"]).any()
    assert color_values([]).shape == (0, WIDTH)


def test_names_lie_where_their_colour_is():
    known, light, a, b = color_values(["navy", "cream", "crimson", "emerald"]).T
    assert (known == 1).all()
    assert b[0] < -0.2 and light[1] > 0.9 and a[2] > 0.4 and a[3] < -0.4


def test_the_longest_name_counts_for_all_its_words():
    sky, blue = color_values(["sky", "blue"])
    assert np.array_equal(sky, blue) and not np.array_equal(blue, color_values(["blue"])[0])


def test_both_spellings_of_gray_are_one_colour():
    assert np.array_equal(color_values(["dark", "grey"]), color_values(["dark", "gray"]))


def test_a_name_without_a_basic_colour_is_read_as_one():
    assert basic_words(["replace", "grey", "color", "to", "crimson"]) == ["replace", "grey", "color", "to", "red"]
    assert basic_words(["burnt", "sienna", "dress"]) == ["orange", "orange", "dress"]
    assert basic_words(["light", "blue"]) == ["light", "blue"], "MiniLM knows what this is"
    assert basic_words(["longer", "sleeves"]) == ["longer", "sleeves"]
    assert basic_words([]) == []


def test_what_is_typed_stays_in_place():
    words = ["a", "navy", "or", "lilac", "shirt"]
    assert basic_words(words) == ["a", "blue", "or", "purple", "shirt"] and words[1] == "navy"
