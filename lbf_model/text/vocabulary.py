"""Words the network knows, and a sentence cut into them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lbf_model.types import Tokens

MAX_CHARACTERS = 500
MAX_WORDS = 32
_WORD = re.compile(r"[^\W_]+")


class TextError(ValueError):
    """The sentence cannot be used; the message says what to do."""


def cut_words(text: str) -> list[str]:
    """Cut a sentence at everything that is neither letter nor digit.

    Args:
        text: any Unicode text. Letter case, accents' encoding and punctuation around words do not matter.

    Returns:
        Words in lower case; maybe none.

    Raises:
        TextError: empty or more than 500 characters.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        raise TextError("Type what should change, for example: replace grey color to pink.")
    if len(text) > MAX_CHARACTERS:
        raise TextError(f"The text has {len(text)} characters; shorten it to {MAX_CHARACTERS} or fewer.")
    return _WORD.findall(text.lower())


def check_count(words: Sequence[str]) -> None:
    """Raise TextError where a sentence has more than 32 words."""
    if len(words) > MAX_WORDS:
        raise TextError(f"The text has {len(words)} words; shorten it to {MAX_WORDS} or fewer.")


class Vocabulary:
    """Whole words, looked up in lower case; hyphens part words ("top-left" is two). Id 0 is padding and no word."""

    def __init__(self, words: Iterable[str], aliases: Mapping[str, str] | None = None):
        """Number the words from 1.

        Args:
            words: each once, lower case.
            aliases: other spellings -> words.

        Raises:
            ValueError: a word stands twice, or an alias is a word or stands for none.
        """
        self.words = tuple(words)
        self._ids = {word: number for number, word in enumerate(self.words, start=1)}
        if len(self._ids) != len(self.words):
            raise ValueError("a word stands in the vocabulary twice")
        for alias, word in (aliases or {}).items():
            if word not in self.words or alias in self._ids:
                raise ValueError(f"the alias {alias!r} for {word!r} is a word itself or stands for none")
            self._ids[alias] = self._ids[word]

    def __len__(self) -> int:
        """How many ids there are, padding included."""
        return len(self.words) + 1

    def check_text(self, text: str) -> None:
        """Raise TextError where `tokenize_text` would."""
        self.tokenize_text(text)

    def tokenize_text(self, text: str) -> Tokens:
        """Cut a sentence into known words; unknown ones are named, not guessed.

        Args:
            text: as for `cut_words`.

        Returns:
            Tokens with `values` (T,) int64, from 1.

        Raises:
            TextError: empty, more than 500 characters or 32 known words, or without any known word.
        """
        found = cut_words(text)
        known = [w for w in found if w in self._ids]
        unknown = tuple(dict.fromkeys(w for w in found if w not in self._ids))
        if not known:
            said = ", ".join(unknown[:5]) or "no word at all"
            raise TextError(f"None of these words is known: {said}. Use some of these: {', '.join(self.words)}.")
        check_count(known)
        ids = np.array([self._ids[w] for w in known], np.int64)
        return Tokens(tuple(self.words[i - 1] for i in ids), ids, unknown)

    def tokenize_texts(self, texts: Sequence[str]) -> list[Tokens]:
        """`tokenize_text` of many sentences."""
        return [self.tokenize_text(text) for text in texts]
