"""Words the network knows, and a sentence cut into them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import numpy as np

from lbf_model.types import Tokens

MAX_CHARACTERS = 500
MAX_WORDS = 32
_WORD = re.compile(r"[^\W_]+")


class TextError(ValueError):
    """The sentence cannot be used; the message says what to do."""


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

    def tokenize_text(self, text: str) -> Tokens:
        """Cut a sentence into known words; unknown ones are named, not guessed.

        Args:
            text: any Unicode text. Letter case, accents' encoding and punctuation around words do not matter.

        Raises:
            TextError: empty, more than 500 characters or 32 words, or without any known word.
        """
        text = unicodedata.normalize("NFKC", text).strip()
        if not text:
            raise TextError("Type what should change, for example: make top-left red cube large.")
        if len(text) > MAX_CHARACTERS:
            raise TextError(f"The text has {len(text)} characters; shorten it to {MAX_CHARACTERS} or fewer.")
        found = _WORD.findall(text.lower())
        known = [w for w in found if w in self._ids]
        unknown = tuple(dict.fromkeys(w for w in found if w not in self._ids))
        if not known:
            said = ", ".join(unknown[:5]) or "no word at all"
            raise TextError(f"None of these words is known: {said}. Known are: {', '.join(self.words)}.")
        if len(known) > MAX_WORDS:
            raise TextError(f"The text has {len(known)} words; shorten it to {MAX_WORDS} or fewer.")
        ids = np.array([self._ids[w] for w in known], np.int64)
        return Tokens(tuple(self.words[i - 1] for i in ids), ids, unknown)
