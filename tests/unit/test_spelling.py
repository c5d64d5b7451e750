"""Slips of the pen find their word, and only where one word is meant."""

import pytest

from lbf_model.text.spelling import meant_word, slips

KNOWN = ("red", "grey", "gray", "pink", "striped", "stripes", "sleeveless", "skirt", "short", "shorts", "please", "latte")


@pytest.mark.parametrize(
    ("typed", "meant", "count"),
    [
        ("grey", "grey", 0),
        ("gery", "grey", 1),
        ("gry", "grey", 1),
        ("reed", "red", 1),
        ("pnik", "pink", 1),
        ("vary", "very", 1.01),
        ("greyt", "grey", 1.01),
        ("", "ab", 2),
        ("pnikk", "pink", 2),
    ],
)
def test_slips_are_counted(typed, meant, count):
    assert slips(typed, meant) == count


def test_the_nearest_word_is_meant():
    typed = ("gery", "rgey", "pnik", "strped", "slevelss", "redd")
    assert [meant_word(w, KNOWN) for w in typed] == ["grey", "grey", "pink", "striped", "sleeveless", "red"]


def test_a_swapped_missed_or_doubled_letter_is_likelier_than_a_wrong_one():
    known = ("grey", "very", "green", "white", "wide", "pink", "pinky")
    assert [meant_word(w, known) for w in ("gery", "gren", "wite", "pinkk")] == ["grey", "green", "white", "pink"]


@pytest.mark.parametrize("typed", ["gruy", "skort", "rd", "elephant", "pkni", "pleated", "matte"])
def test_nothing_is_guessed_between_two_words_or_far_from_any(typed):
    assert meant_word(typed, KNOWN) is None
