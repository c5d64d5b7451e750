"""Texts that refuse what they ask for are told; those that only replace or refuse something are not."""

import pytest

from lbf_model.tasks.css.grammar import KINDS, sample_modification
from lbf_model.tasks.garments.contradictions import find_contradiction
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.tasks.notices import contradictions
from lbf_model.text.vocabulary import cut_words


@pytest.mark.parametrize(
    "text, word",
    [
        ("red but not red", "red"),
        ("make it striped without stripes", "stripes"),
        ("a crimson dress, not in red", "red"),
        ("as a hoodie but no hoodie please", "hoodie"),
        ("anything but blue, make it blue", "blue"),
        ("i want it green, don't make it green", "green"),
    ],
)
def test_what_is_asked_for_and_refused_is_told(text, word):
    assert f"“{word}”" in find_contradiction(cut_words(text))
    assert contradictions(cut_words(text)) == (find_contradiction(cut_words(text)),)


@pytest.mark.parametrize(
    "text",
    [
        "not red but blue",
        "replace red with something that is not red",
        "blue instead of red, not red",
        "a red dress without stripes",
        "anything but red",
        "red, not blue",
        "make it red",
    ],
)
def test_what_is_only_replaced_or_refused_is_no_contradiction(text):
    assert find_contradiction(cut_words(text)) == ""


def test_training_never_contradicts_itself():
    import numpy as np

    rng = np.random.default_rng(0)
    changes = [
        Change("color", "red", "blue", garment="dress"),
        Change("color", None, "blue"),
        Change("pattern", "striped", "dotted", "left"),
        Change("pattern", None, "striped"),
        Change("color", "pink", "gray", second=Change("pattern", "dotted", "striped")),
        Change("category", "skirt", "dress"),
    ]
    for number in range(900):
        text = sample_sentence(rng, changes[number % len(changes)], ("train", "paraphrases")[number // 6 % 2])
        assert find_contradiction(cut_words(text)) == "", text
    for number in range(200):
        words = cut_words(sample_modification(rng, KINDS[number % 3]).text)
        assert contradictions(words) == (), words
