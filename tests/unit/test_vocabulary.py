"""Sentences cut into known words; everything else is said, not guessed."""

import numpy as np
import pytest

from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.text.vocabulary import MAX_CHARACTERS, TextError, Vocabulary


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(CSS_WORDS, CSS_ALIASES)


def test_words_are_found_in_any_case_with_or_without_hyphen(vocabulary):
    wanted = ("make", "top", "left", "small", "gray", "object", "large")
    for text in ("make top-left small gray object large", "  MAKE top left, small gray object: LARGE!  "):
        assert vocabulary.tokenize_text(text).words == wanted


def test_other_spellings_become_words(vocabulary):
    tokens = vocabulary.tokenize_text("delete big grey ball")
    assert tokens.words == ("remove", "large", "gray", "sphere")
    assert tokens.unknown == ()


def test_unknown_words_are_named_once_and_left_out(vocabulary):
    tokens = vocabulary.tokenize_text("replace red by pink, pink cube")
    assert tokens.words == ("red", "cube")
    assert tokens.unknown == ("replace", "by", "pink")
    assert tokens.values.dtype == np.int64 and (tokens.values > 0).all()


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "pink elephant", "розовый", "粉红色的球", "!!!", "🟥"])
def test_nothing_known_is_refused(vocabulary, text):
    with pytest.raises(TextError):
        vocabulary.tokenize_text(text)


def test_the_refusal_names_the_unknown_and_the_known(vocabulary):
    with pytest.raises(TextError, match=r"elephant.*cube"):
        vocabulary.tokenize_text("elephant")


def test_long_texts_are_refused(vocabulary):
    with pytest.raises(TextError, match="10000 characters"):
        vocabulary.tokenize_text("a" * 10_000)
    with pytest.raises(TextError, match="words"):
        vocabulary.tokenize_text("red " * (MAX_CHARACTERS // 5))


def test_a_text_of_many_megabytes_is_refused_as_it_is(vocabulary):
    with pytest.raises(TextError, match="The text has 6000 characters"):  # each of which would become 18
        vocabulary.tokenize_text("\ufdfa" * 6000)


def test_full_width_letters_are_read(vocabulary):
    assert vocabulary.tokenize_text("ｒｅｄ cube").words == ("red", "cube")


def test_a_vocabulary_must_be_unambiguous():
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(["a", "a"])
    with pytest.raises(ValueError, match="alias"):
        Vocabulary(["a"], {"b": "c"})
