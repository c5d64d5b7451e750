"""Colour names told as places in CIELAB."""

import re

import numpy as np
from matplotlib.colors import CSS4_COLORS, XKCD_COLORS, to_rgb

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


def cielab(rgb) -> np.ndarray:
    """CIE 15, D65, of sRGB in [0, 1] (IEC 61966-2-1)."""
    rgb = np.asarray(rgb)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    xyz = to_xyz @ linear / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_values_are_those_of_the_published_tables():
    """Not to the last digit: OpenCV, which computed the shipped values, approximates CIELAB."""

    def letters(name: str) -> str:
        """Equal for "orange red", "orangered" and "orange/red", and for gray and grey."""
        return re.sub("[ /]", "", name).replace("grey", "gray")

    published: dict[str, list[np.ndarray]] = {}
    names = []
    for name, code in [*XKCD_COLORS.items(), *CSS4_COLORS.items()]:
        names.append(name.removeprefix("xkcd:"))
        published.setdefault(letters(names[-1]), []).append(cielab(to_rgb(code)))
    known = 0
    for name in names:
        values = color_values(name.split())
        if "/" not in name and (values == values[0]).all() and values[0, 0] == 1:
            apart = [np.abs(100 * values[0, 1:] - lab).max() for lab in published[letters(name)]]
            assert min(apart) < 0.5, name
            known += 1
    assert known > 900
