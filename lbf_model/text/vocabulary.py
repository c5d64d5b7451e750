"""The words the network knows, and splitting a sentence into them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lbf_model.types import Tokens

MAX_CHARACTERS = 500
MAX_WORDS = 32
_LONGEST_TYPED = 10 * MAX_CHARACTERS  # blanks around it included; normalising many megabytes would hold up everybody
_WORD = re.compile(r"[^\W_]+")


class TextError(ValueError):
    """The sentence cannot be used; the message says what to do."""


def cut_words(text: str) -> list[str]:
    """Split a sentence at every character that is neither a letter nor a digit.

    Args:
        text: any Unicode text. Letter case, the encoding of accents and punctuation around words do not matter.

    Returns:
        Words in lower case; possibly none.

    Raises:
        TextError: empty or more than 500 characters.
    """
    if len(text) <= _LONGEST_TYPED:
        text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        raise TextError("Type what should change, for example: replace grey color to pink.")
    if len(text) > MAX_CHARACTERS:
        raise TextError(f"The text has {len(text)} characters; shorten it to {MAX_CHARACTERS} or fewer.")
    return _WORD.findall(text.lower())


def check_count(words: Sequence[str]) -> None:
    """Raise TextError if a sentence has more than 32 words."""
    if len(words) > MAX_WORDS:
        raise TextError(f"The text has {len(words)} words; shorten it to {MAX_WORDS} or fewer.")


class Vocabulary:
    """Whole words, looked up in lower case; hyphens split words ("top-left" is two). Id 0 is padding, not a word."""

    def __init__(self, words: Iterable[str], aliases: Mapping[str, str] | None = None):
        """Number the words from 1.

        Args:
            words: each once, lower case.
            aliases: other spellings -> words.

        Raises:
            ValueError: a word is given twice, or an alias is itself a word or maps to none.
        """
        self.words = tuple(words)
        self._ids = {word: number for number, word in enumerate(self.words, start=1)}
        if len(self._ids) != len(self.words):
            raise ValueError("a word is in the vocabulary twice")
        for alias, word in (aliases or {}).items():
            if word not in self.words or alias in self._ids:
                raise ValueError(f"the alias {alias!r} for {word!r} is itself a word or maps to none")
            self._ids[alias] = self._ids[word]

    def __len__(self) -> int:
        """How many ids there are, padding included."""
        return len(self.words) + 1

    def check_text(self, text: str) -> None:
        """Raise TextError where `tokenize_text` would."""
        self.tokenize_text(text)

    def tokenize_text(self, text: str) -> Tokens:
        """Split a sentence into known words; unknown ones are reported, not guessed.

        Args:
            text: as for `cut_words`.

        Returns:
            Tokens with `values` (T,) int64, from 1.

        Raises:
            TextError: empty, more than 500 characters or 32 known words, or no known word at all.
        """
        found = cut_words(text)
        known = [w for w in found if w in self._ids]
        unknown = tuple(dict.fromkeys(w for w in found if w not in self._ids))
        if not known:
            told = f"None of these words is known: {', '.join(unknown[:5])}." if unknown else "The text contains no word."
            raise TextError(f"{told} Use some of these: {', '.join(self.words)}.")
        check_count(known)
        ids = np.array([self._ids[w] for w in known], np.int64)
        return Tokens(tuple(self.words[i - 1] for i in ids), ids, unknown)

    def tokenize_texts(self, texts: Sequence[str]) -> list[Tokens]:
        """`tokenize_text` for many sentences."""
        return [self.tokenize_text(text) for text in texts]
